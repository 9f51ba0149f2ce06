"""The gallery of what went wrong: filters, then photos, the worst first."""

import numpy as np
import streamlit as st

from components import state
from components.analysis import labels
from components.analysis.photos import show_photos
from components.words import plain, readable
from recycler.analysis import Analysis
from recycler.analysis.selection import KINDS, Selection, select
from recycler.predictions import Index


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Choose which photos, and see them."""
    wanted = _choose(analysis)
    rows = _select(analysis.key, wanted, analysis)
    share = f"{len(rows):,} of {len(analysis.table):,} photos"
    st.markdown(f"**{share}.** {KINDS[wanted.kind].reading}{_narrowed(wanted)}")
    show_photos(analysis, rows, f"failed-{analysis.key}-{hash(wanted)}")
    labels.show_changes(analysis)


def _choose(analysis: Analysis) -> Selection:
    table = analysis.table
    kind = st.pills(
        "Which photos",
        list(KINDS),
        default=next(iter(KINDS)),
        required=True,
        format_func=lambda kind: KINDS[kind].title,
        key=f"{state.ANALYSE_FILTER}-kind",
        label_visibility="collapsed",
    )
    # Behind a fold, because they fill the screen of a phone; its label stays, because another one would close it.
    fold = st.expander("Narrow them down", icon=":material/filter_list:", key=f"{state.ANALYSE_FILTER}-fold")
    true, said, search, sure = fold.columns(4)
    names = sorted((table.names[i] for i in np.unique(table.true)), key=readable)
    return Selection(
        kind=kind or next(iter(KINDS)),
        true=tuple(
            true.multiselect(
                "What it is", names, format_func=readable, placeholder="Any", key=f"{state.ANALYSE_FILTER}-true"
            )
        ),
        said=tuple(
            said.multiselect(
                "What was said",
                sorted(table.classes, key=readable),
                format_func=readable,
                placeholder="Any",
                key=f"{state.ANALYSE_FILTER}-said",
            )
        ),
        search=search.text_input("Name of the photo", placeholder="Any", key=f"{state.ANALYSE_FILTER}-search"),
        confidence=_share(
            sure.slider("How sure, in %", 0, 100, (0, 100), format="%d %%", key=f"{state.ANALYSE_FILTER}-sure")
        ),
    )


def _narrowed(wanted: Selection) -> str:
    """What they were narrowed down to, in words; "" for nothing."""
    names = {"really ": wanted.true, "called ": wanted.said}
    parts = [lead + " or ".join(plain(readable(name)) for name in some) for lead, some in names.items() if some]
    if text := wanted.search.strip():
        parts.append(f"with “{plain(text)}” in the name")
    if wanted.confidence != (0, 1):
        parts.append("{:.0%} to {:.0%} sure".format(*wanted.confidence))
    return f" Only those {', '.join(parts)}." if parts else ""


def _share(percents: tuple[int, int]) -> tuple[float, float]:
    return percents[0] / 100, percents[1] / 100


@st.cache_resource(max_entries=16, show_spinner="Looking through the predictions…")
def _select(key: str, wanted: Selection, _analysis: Analysis) -> Index:
    return select(_analysis.table, _analysis.rulebook, wanted)
