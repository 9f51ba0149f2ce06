"""History: how the model learned, to be read beside what it gets wrong."""

import streamlit as st

from components.curve_view import choose_view, draw_curves, has_curves, known_metrics
from components.run_words import facts, result_facts
from components.words import plain
from recycler.analysis import Analysis
from recycler.runs import list_runs
from recycler.settings import settings
from recycler.subjects import Subject, origin


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw the curves of the subject's run, and of the one beside it over them."""
    runs = list_runs(settings().runs)
    run = origin(analysis.subject, runs)
    if run is None:
        _gone(analysis.subject)
        return
    if rows := result_facts(run.record):
        facts(rows)
    if not has_curves(run):
        st.markdown("This run kept no curves.")
        return
    others = [other for other in runs if other.record.run != run.record.run and other.record.stages]
    view = choose_view(f"analyse-{run.record.run}", known_metrics([run]), others)
    second = origin(beside.subject, runs) if beside else None
    laid_over = {*view.beside, *([second.record.run] if second else [])} - {run.record.run}
    draw_curves("analyse", [run, *(other for other in others if other.record.run in laid_over)], view)
    st.caption(
        "Lines that fall together go well. Where validation rises again while training still falls, the model has "
        "begun to learn its photos by heart; the diamond marks the weights that were kept."
    )


def _gone(subject: Subject) -> None:
    st.info(
        f"The run that “{plain(subject.title)}” came from is no longer among the runs of this computer, so its curves "
        "are gone. What it was measured on at the end stands on its card."
    )
