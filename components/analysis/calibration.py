"""Calibration and thresholds: can its "how sure" be trusted, and when should it rather say *unsure*?"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from components import state
from components.analysis import measured
from components.analysis.figure import figure
from components.analysis.names import titles
from components.analysis.photos import show_photos
from components.attempt import attempt
from components.run_words import facts
from components.words import plain, share
from recycler.access import may
from recycler.analysis import OWN, Analysis
from recycler.analysis.calibration import (
    BINS,
    least_confidence,
    reliability,
    sureness,
    thinned,
    with_confidence,
)
from recycler.analysis.calibration_figures import MARKS, reliability_chart, risk_chart
from recycler.analysis.paired import CLASS, RECYCLING
from recycler.metrics import Flags, Floats, confidence_bins, figures_of_merit
from recycler.settings import settings
from recycler.shelf import Card, set_thresholds

DEFAULT_ERROR = 0.05  # as a model is published (ARCHITECTURE.md, Unsure is an answer)


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw how far it can be trusted, then the threshold."""
    _reliability(analysis, beside)
    judged, _, _ = sureness(analysis)
    if judged.any():
        _threshold(analysis)


def _reliability(analysis: Analysis, beside: Analysis | None) -> None:
    st.subheader("Can its “how sure” be trusted?", anchor=False)
    of = st.segmented_control(
        "How sure about", [CLASS, RECYCLING], default=CLASS, required=True, key=state.ANALYSE_SURENESS
    )
    columns = st.columns(2, gap="large") if beside else [st.container()]
    for column, one, title in zip(columns, (analysis, beside), titles(analysis, beside), strict=False):
        if one is None:
            continue
        with column:
            if beside:
                st.markdown(f"**{plain(title)}**")
            counted, sure, right = _asked(one, of or CLASS)
            if not counted.any():
                st.markdown("None of these photos is of a class that it knows.")
                continue
            bins = reliability(sure[counted], right[counted])
            chosen = figure(
                reliability_chart(bins),
                bins,
                "Each dot gathers answers of one sureness. On the dashed line it is right as often as it claims; below "
                "it is too sure of itself, above too modest. Click a column to see its photos.",
                "reliability",
                key=f"reliability-{of}-{one.key}",
                on_select="bin",
            )
            if chosen:
                rows = np.flatnonzero(counted & (confidence_bins(sure, BINS) == int(chosen[0]["bin"])))
                show_photos(one, rows[right[rows].argsort(kind="stable")], f"bin-{one.key}")


def _asked(analysis: Analysis, of: str) -> tuple[Flags, Floats, Flags]:
    """Which photos count, how sure it is and whether it is right, (N,) each."""
    table = analysis.table
    return (table.known, table.confidence, table.right) if of == CLASS else sureness(analysis)


def _threshold(analysis: Analysis) -> None:
    """Choose how many errors are accepted; see what that leaves unsure; keep it."""
    st.subheader("When should it say unsure?", anchor=False)
    error = st.slider(
        "Wrong answers that you accept, of those that it gives",
        0.0,
        0.2,
        DEFAULT_ERROR,
        0.005,
        format="percent",
        key=state.ANALYSE_ERROR,
    )
    judged, sure, right = sureness(analysis)
    risk = measured.risk(analysis)
    chosen = least_confidence(risk, error)
    now = analysis.subject.thresholds.confidence
    answered, accepted = _outcome(risk, chosen), error + 1e-9
    unsure = judged & (sure < chosen)
    wrong = judged & ~unsure & ~right
    facts(
        {
            "Unsure below": f"{chosen:.3f}",
            "Answered": f"{share(answered['coverage'])}, {int(answered['answered']):,} photos",
            "Wrong among these": f"{share(answered['error'])}, {int(answered['wrong']):,} photos",
            "Left unsure": f"{int(unsure.sum()):,}, of which {int((unsure & ~right).sum()):,} would be wrong",
        }
    )
    reachable = answered["error"] <= accepted
    if not reachable:
        st.warning("Not even its surest answers on these photos are that often right: accept a few more errors.")
    marks = pd.DataFrame(
        [_outcome(risk, value) | {"mark": mark} for mark, value in zip(MARKS, (now, chosen), strict=True)]
    )
    points = thinned(risk)
    figure(
        risk_chart(points, marks if analysis.subject.card else marks[1:]),
        points,
        "The further to the right, the more photos it answers; the higher, the more of these answers are wrong. The "
        "lower the line, the better it knows what it does not know.",
        "risk-coverage",
        key=f"risk-{analysis.key}",
    )
    if reachable and may("publish"):
        _save(analysis, chosen, error)
    _examples(analysis, sure, unsure, wrong)


def _outcome(risk: pd.DataFrame, threshold: float) -> dict[str, float]:
    """The row of a risk-coverage table that a threshold leads to; nothing answered above the surest."""
    place = int((risk["threshold"].to_numpy() >= threshold).sum()) - 1
    if place < 0:
        return {"threshold": threshold, "answered": 0, "wrong": 0, "coverage": 0.0, "error": 0.0}
    return {str(name): float(value) for name, value in risk.iloc[place].items()}


def _examples(analysis: Analysis, sure: Floats, unsure: Flags, wrong: Flags) -> None:
    kinds = {"left unsure": unsure, "answered wrongly": wrong}
    kind = st.segmented_control(
        "Photos that would be",
        list(kinds),
        default="left unsure",
        required=True,
        format_func=lambda name: f"{name} ({int(kinds[name].sum()):,})",
        key=state.ANALYSE_EXAMPLES,
    )
    rows = np.flatnonzero(kinds[kind or "left unsure"])
    if not len(rows):
        st.markdown("None of these photos.")
        return
    show_photos(analysis, rows[np.argsort(-sure[rows], kind="stable")], "threshold")


def _save(analysis: Analysis, confidence: float, error: float) -> None:
    """Keep the threshold on the model's card, after a confirmation, if these photos may decide it."""
    reason = measured.refusal(analysis)
    if reason:
        st.caption(f":material/lock: This cannot be saved to a model's card here. {plain(reason, 400)}")
        return
    card = analysis.subject.card
    assert card is not None  # noqa: S101 - else there was a reason
    if card.thresholds.confidence == confidence:
        st.caption(f"This is what the card says, set on {plain(card.thresholds_from, 300)}.")
        return
    with st.popover("Save to the model’s card", icon=":material/save:", key=state.ANALYSE_SAVE):
        st.markdown(
            f"**{plain(card.title)}** then says *unsure* below {confidence:.3f} instead of "
            f"{card.thresholds.confidence:.3f}: on Classify, for everybody here, at once."
        )
        if analysis.data == OWN and analysis.split == "test":
            st.markdown("Its figures on these test photos will flatter it a little: they have helped to choose.")
        if st.button("Yes, save it", key=f"{state.ANALYSE_SAVE}-yes", type="primary"):
            attempt(partial(_keep, analysis, card, confidence, error))


def _keep(analysis: Analysis, card: Card, confidence: float, error: float) -> None:
    """Change the card: the threshold, what it was set on, and the figures that it gives on these photos."""
    thresholds, rules = with_confidence(card.thresholds, confidence), analysis.rulebook
    table = analysis.table.judged(rules, thresholds)
    data = "" if analysis.data == OWN else f"{Path(analysis.data).stem}: "
    set_on = (
        f"{len(table):,} photos ({data}{analysis.split}), so that at most {100 * error:g} % of its answers are wrong "
        f"by the rulebook {rules.name}"
    )
    figures = {f"{data}{analysis.split}": figures_of_merit(table, rules)}
    set_thresholds(settings().models, card.name, thresholds, set_on, figures)
    st.toast("Saved: Classify answers by it from now on.", icon=":material/check_circle:")
