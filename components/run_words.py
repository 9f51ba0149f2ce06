"""What is said of a run: its state, its figures."""

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from components.words import megabytes, percent, safe
from recycler.comparison import measured
from recycler.errors import RecyclerError
from recycler.runs import Run, RunRecord, State
from recycler.subjects import RUN, find_subject


class Look(NamedTuple):
    """How a state looks: a word, an icon, a colour of Streamlit's."""

    word: str
    icon: str
    colour: str


LOOKS: dict[State, Look] = {
    "queued": Look("waiting", ":material/hourglass_empty:", "gray"),
    "running": Look("running", ":material/play_circle:", "blue"),
    "stopping": Look("stopping", ":material/pending:", "orange"),
    "done": Look("done", ":material/check_circle:", "green"),
    "stopped": Look("stopped", ":material/stop_circle:", "orange"),
    "failed": Look("failed", ":material/error:", "red"),
}


def state_badge(run: Run) -> None:
    """The state as icon, word and colour."""
    look = LOOKS[run.record.state]
    st.badge(look.word, icon=look.icon, color=look.colour)  # type: ignore[arg-type]


def facts(rows: Mapping[str, str]) -> None:
    """Small facts side by side."""
    pairs = "".join(f"<div><dt>{safe(name)}</dt><dd>{safe(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="facts">{pairs}</dl>')


def result_facts(record: RunRecord) -> dict[str, str]:
    """How good a run that has ended is, and what it cost."""
    split, figures = measured(record.figures)
    rows = {}
    if "top1" in figures:
        rows["Names the right class"] = percent(figures["top1"])
    if "recycling_balanced_accuracy" in figures:
        rows["Right about recycling"] = percent(figures["recycling_balanced_accuracy"])
    if rows:
        rows["Measured on"] = f"{figures.get('photos', 0):.0f} {split} photos"
    if record.wall_seconds:
        rows["Took"] = took(record.wall_seconds)
    if record.peak_memory_mb:
        rows["Memory at most"] = megabytes(record.peak_memory_mb)
    return rows


@st.cache_data(max_entries=64, ttl=60, show_spinner=False)
def parent_title(parent: str) -> str:
    """The title of what was trained again, see RunRecord; its name when it is gone."""
    try:
        return find_subject(parent).title
    except RecyclerError:
        return parent.removeprefix(RUN)


def took(seconds: float) -> str:
    """A time that was measured: "48 s", "2 min 5 s", "1 h 12 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
