"""The verdicts on the photos that came in last, and what came before them in this visit."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import streamlit as st

from components import state
from components.verdict_card import goal_of, tile, verdict_card
from components.visit import Judged, Visit, forget
from components.words import plain, readable, safe
from recycler.classifier import Classifier
from recycler.rulebook import Rulebook
from recycler.spreadsheet import no_formula

EARLIER_COLUMNS = 4


def show_latest(visit: Visit, classifier: Classifier, rulebook: Rulebook) -> None:
    """Cards of the latest photos, the least sure first; refusals as one sentence each."""
    for name, sentence in visit.refused:
        st.warning(f"**{plain(name)}**: {plain(sentence, 300)}", icon=":material/broken_image:")
    judged = [visit.judge(visit.photos[key], classifier, rulebook) for key in visit.latest]
    if len(judged) == 1:
        verdict_card(judged[0], rulebook, classifier, visit, wide=True)
    elif judged:
        _overview(judged, classifier.card.name)
        for row in _rows(sorted(judged, key=_sureness), 2):
            for column, one in zip(st.columns(2), row, strict=False):
                with column:
                    verdict_card(one, rulebook, classifier, visit)


def show_earlier(visit: Visit, classifier: Classifier, rulebook: Rulebook) -> None:
    """Small pictures of the photos before, behind a fold, and the button that forgets all."""
    earlier = visit.earlier()
    if earlier:
        with st.expander(f"Earlier in this visit ({len(earlier)})", key=state.HISTORY, on_change="rerun") as fold:
            if fold.open:
                _small_pictures([visit.judge(photo, classifier, rulebook) for photo in earlier])
    if visit.photos:
        st.button("Forget my photos", key=state.FORGET, on_click=forget, type="tertiary", icon=":material/delete:")


def to_csv(judged: list[Judged], model: str) -> str:
    """One row a photo, in the words of the command line."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["photo", "verdict", "class", "probability", "p_recycle", "entropy_bits", "destination", "advice", "model"]
    )
    for photo, _, v in judged:
        figures = [f"{figure:.4f}" for figure in (v.probability, v.p_recycle, v.entropy_bits)]
        row = [photo.name, v.verdict, v.class_name, *figures, v.destination.name, v.advice, model]
        writer.writerow([no_formula(cell) for cell in row])
    return file.getvalue()


def _overview(judged: list[Judged], model: str) -> None:
    """How many go where, and the table to take away."""
    counts = Counter(goal_of(one.verdict) for one in judged)
    pairs = (
        f'<span class="count">{tile(goal)}{number} {safe(goal.title)}</span>' for goal, number in counts.most_common()
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html(f'<div class="counts">{"".join(pairs)}</div>', width="content")
        st.download_button(
            "Download as CSV",
            to_csv(judged, model),
            "verdicts.csv",
            "text/csv",
            key=state.DOWNLOAD,
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _small_pictures(judged: list[Judged]) -> None:
    for row in _rows(judged, EARLIER_COLUMNS):
        for column, one in zip(st.columns(EARLIER_COLUMNS, wrap=False), row, strict=False):
            goal = goal_of(one.verdict)
            column.image(one.photo.picture, width="stretch", alt=one.photo.name)
            column.caption(f"{goal.icon} {plain(goal.title)}: {plain(readable(one.verdict.advised_class))}")


def _rows(judged: Sequence[Judged], length: int) -> Iterator[Sequence[Judged]]:
    return (judged[start : start + length] for start in range(0, len(judged), length))


def _sureness(judged: Judged) -> tuple[bool, float]:
    return judged.verdict.verdict != "unsure", abs(judged.verdict.p_recycle - 0.5)
