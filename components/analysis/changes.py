"""Changes: what got better and what worse than with another subject, photo by photo."""

import numpy as np
import pandas as pd
import streamlit as st

from components import state
from components.analysis import measured
from components.analysis.figure import figure
from components.analysis.names import titles
from components.analysis.photos import show_photos
from components.run_words import facts
from components.words import plain, readable
from recycler.analysis import Analysis
from recycler.analysis.group_figures import change_chart
from recycler.analysis.paired import CHANGES, CLASS, RECYCLING, changes, class_changes, in_words, mcnemar, right_pair

SHOWN = ("fixed", "broken", "still wrong", "still right")
MOST_CLASSES = 20  # bars for the classes that changed most, as many for better as for worse


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw how many photos changed sides, in which classes, and the photos."""
    if beside is None:
        st.info("Choose another model or run to compare with, and see here which photos got better and which worse.")
        return
    both = measured.paired(analysis, beside)
    of = st.segmented_control(
        "Right about", [CLASS, RECYCLING], default=CLASS, required=True, key=state.ANALYSE_CHANGE_OF
    )
    counted, right, other_right = right_pair(both, analysis.rulebook if of == RECYCLING else None)
    if not counted.any():
        st.markdown("None of these photos is of a class that both know.")
        return
    change = changes(counted, right, other_right)
    ours, theirs = map(plain, titles(analysis, beside))
    test = mcnemar(right[counted], other_right[counted])
    st.markdown(in_words(test, f"**{ours}**", f"**{theirs}**", of or CLASS))
    counts = {kind: int((change == CHANGES.index(kind)).sum()) for kind in SHOWN}
    facts({kind.capitalize(): f"{count:,} photos" for kind, count in counts.items()})
    st.caption(f"From {theirs} to {ours}: *fixed* was wrong and is right, *broken* was right and is wrong.")
    clicked = _by_class(class_changes(both, change), f"{of}-{analysis.key}-{beside.key}")
    if clicked:
        name, kind = clicked
        st.markdown(f"**{plain(name)}**, {kind}. Click beside the bars to see all again.")
        names = np.array([readable(one) for one in both.table.names], object)
        chosen = np.isin(both.table.true, np.flatnonzero(names == name)) & (change == CHANGES.index(kind))
    else:
        kind = _kind({kind: count for kind, count in counts.items() if count})
        chosen = change == CHANGES.index(kind)
    show_photos(analysis, both.rows[chosen], f"change-{of}")


def _kind(counts: dict[str, int]) -> str:
    """Choose which photos are shown."""
    kinds = list(counts)
    kind = st.segmented_control(
        "Photos",
        kinds,
        default=kinds[0],
        required=True,
        format_func=lambda name: f"{name} ({counts[name]:,})",
        key=f"{state.ANALYSE_CHANGE}-{'-'.join(kinds)}",
    )
    return kind or kinds[0]


def _by_class(table: pd.DataFrame, key: str) -> tuple[str, str] | None:
    """Draw the classes with most changes; class and change of the bar that was clicked."""
    changed = table[(table["fixed"] > 0) | (table["broken"] > 0)]
    if changed.empty:
        return None
    if len(changed) > 2 * MOST_CLASSES:
        changed = pd.concat([changed.head(MOST_CLASSES), changed.tail(MOST_CLASSES)])
        st.caption(f"The {MOST_CLASSES} classes that gained most and the {MOST_CLASSES} that lost most.")
    shown = changed.assign(**{"class": changed["class"].map(readable)})
    clicked = figure(
        change_chart(shown),
        shown,
        "To the right of zero the photos of a class that became right, to the left those that became wrong. "
        "Click a bar to see them.",
        "changes",
        key=f"changes-{key}",
        on_select="change",
    )
    return (str(clicked[0]["class"]), str(clicked[0]["change"])) if clicked else None
