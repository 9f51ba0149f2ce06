"""Overview: how good it is, with what chance leaves open, in groups and class by class."""

import pandas as pd
import streamlit as st

from components import state
from components.analysis import measured
from components.analysis.figure import figure
from components.analysis.names import titles
from components.analysis.photos import show_photos
from components.words import plain, readable, safe, share
from recycler import thesis
from recycler.analysis import Analysis
from recycler.analysis.group_figures import group_chart
from recycler.analysis.intervals import Estimate
from recycler.analysis.meanings import MEANINGS
from recycler.analysis.paired import in_words
from recycler.analysis.per_class import photos_of_class

HEADLINES = (("top1",), ("top5",), ("recycling_balanced_accuracy", "recycling_accuracy"))  # the first that there is
WITH_THRESHOLDS = (("coverage",), ("accuracy_when_sure",))
TALLEST = 420  # pixels
FEW_GROUPS = 3  # more are sorted, best first
NUMBER, TEXT = st.column_config.NumberColumn, st.column_config.TextColumn
COLUMNS = {
    "class": TEXT("Class", width=120),
    "recall": NUMBER("Found", format="%.1f %%", width=80, help="Of its photos, how many are named right"),
    "photos": NUMBER("Photos", width=70),
    "taken_for": TEXT("Most often taken for", width=150),
    "precision": NUMBER("Right when said", format="%.1f %%", width=110, help="Of the times that it says this class"),
    "f1": NUMBER("F1", format="%.1f %%", width=70, help="Harmonic mean of found, and right when said"),
    "entropy_bits": NUMBER("Entropy (bits)", format="%.2f", width=100),
    "low": NUMBER("Found, from", format="%.1f %%", width=90, help="95 % interval (Wilson)"),
    "high": NUMBER("Found, to", format="%.1f %%", width=90, help="95 % interval (Wilson)"),
    "goes_to": TEXT("Goes to"),
}
PERCENT = ("recall", "precision", "f1", "low", "high")
SHARES = {"top1": "Names the right class", "recycling_accuracy": "Recycling or not, right"}


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw the figures, then the groups, then the classes."""
    _headlines(analysis, beside)
    if beside:
        _comparison(analysis, beside)
    _all_figures(analysis, beside)
    if measured.beside_thesis(analysis):
        _beside_the_thesis(analysis)
    _groups(analysis, beside)
    _classes(analysis)


def _headlines(analysis: Analysis, beside: Analysis | None) -> None:
    """What matters most as large numbers, each with its interval and the other subject's."""
    found = measured.figures(analysis)
    other = measured.figures(beside) if beside else {}
    wanted = HEADLINES + (WITH_THRESHOLDS if analysis.subject.card else ())
    _, theirs = titles(analysis, beside)
    tiles = []
    for name in [next(name for name in names if name in found) for names in wanted if found.keys() & set(names)]:
        said, estimate = MEANINGS[name], found[name]
        lines = f"<small>{safe(_between(name, estimate))}</small>"
        if name in other:
            lines += f"<small>{safe(theirs)}: {safe(said.shown(other[name].value))}</small>"
        tiles.append(
            f'<div title="{safe(said.says)}"><dt>{safe(said.title)}</dt>'
            f"<dd>{safe(said.shown(estimate.value))}{lines}</dd></div>"
        )
    st.html(f'<dl class="facts">{"".join(tiles)}</dl>')
    st.caption(
        f"On {len(analysis.table):,} photos. The small numbers say what chance leaves open: "
        "for photos like these the figure lies between the two, 19 times in 20."
    )


def _comparison(analysis: Analysis, beside: Analysis) -> None:
    """Whether the two differ, in sentences."""
    both = len(measured.paired(analysis, beside).rows)
    ours, theirs = map(plain, titles(analysis, beside))
    for what, test in measured.tests(analysis, beside).items():
        st.markdown(in_words(test, f"**{ours}**", f"**{theirs}**", what))
    if both < len(analysis.table):
        st.caption(
            f"Compared photo by photo on the {both:,} that both judged; the figures above are of all photos of each."
        )


def figure_rows(analysis: Analysis, beside: Analysis | None) -> pd.DataFrame:
    """Every figure with its interval and its meaning, in words."""
    found = measured.figures(analysis)
    other = measured.figures(beside) if beside else {}
    difference = measured.differences(analysis, beside) if beside else {}
    _, theirs = titles(analysis, beside)
    rows = []
    for name, meaning in MEANINGS.items():
        if name not in found:
            continue
        row = {
            "Figure": meaning.title,
            "Value": meaning.shown(found[name].value),
            "95 % between": _between(name, found[name]),
        }
        if beside:
            row[theirs] = meaning.shown(other[name].value) if name in other else ""
            row["Difference"] = _difference(name, difference.get(name))
        rows.append(row | {"Better": "more" if meaning.more_is_better else "less", "What it says": meaning.says})
    return pd.DataFrame(rows)


def _all_figures(analysis: Analysis, beside: Analysis | None) -> None:
    """All of them, behind a fold."""
    with st.expander("All figures"):
        st.dataframe(
            figure_rows(analysis, beside),
            hide_index=True,
            height="content",
            column_config={"Figure": TEXT(width=220)},
            alt="Figures of merit with intervals",
        )
        if beside:
            st.caption("Differences are taken photo by photo; where the interval does not hold 0, chance is unlikely.")


def _between(name: str, estimate: Estimate) -> str:
    meaning = MEANINGS[name]
    low = meaning.shown(estimate.low).split("\u00a0")[0]
    return f"{low} to {meaning.shown(estimate.high)}"


def _difference(name: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    meaning = MEANINGS[name]
    value, low, high = (f"{100 * v:+.1f}" if meaning.unit == "share" else f"{v:+.3f}" for v in estimate)
    return f"{value} ({low} to {high})"


def _beside_the_thesis(analysis: Analysis) -> None:
    """The same figures as the thesis measured them, and in what the settings differ."""
    found = measured.figures(analysis)
    columns = [name for name in thesis.FIGURES if name in found]
    rows = [(analysis.subject.title, {name: found[name].value for name in columns})]
    rows += [(f"Thesis: {title}", figures) for title, figures in thesis.rows()]
    table = pd.DataFrame(
        [
            {"": title} | {MEANINGS[name].title: share(figures[name]) if name in figures else "" for name in columns}
            for title, figures in rows
        ]
    )
    st.subheader("Beside the thesis", anchor=False)
    names = {"": TEXT(width=240)}  # a phone shows a figure beside them
    st.dataframe(table, hide_index=True, height="content", column_config=names, alt="The same figures in the thesis")
    differs = thesis.differences_in_setting(analysis)
    setting = f"What differs: {'; '.join(map(plain, differs))}." if differs else "The setting is the same."
    st.caption(f"{setting} Source: {thesis.SOURCE}.")


def _groups(analysis: Analysis, beside: Analysis | None) -> None:
    """One share in each group of photos."""
    ways = measured.groups(analysis)
    if not ways:
        return
    st.subheader("In groups", anchor=False)
    with st.container(horizontal=True):
        title = st.segmented_control(
            "Photos by", list(ways), default=next(iter(ways)), required=True, key=state.ANALYSE_GROUPING
        )
        name = st.segmented_control(
            "Figure",
            list(SHARES),
            default="top1",
            required=True,
            format_func=SHARES.__getitem__,
            key=f"{state.ANALYSE_GROUPING}-figure",
        )
    title, name = title or next(iter(ways)), name or "top1"
    ours, theirs = titles(analysis, beside)
    parts = [_group_rows(analysis, ours, title, name)]
    if beside and title in measured.groups(beside):
        parts.append(_group_rows(beside, theirs, title, name))
    if len(parts[0]) > FEW_GROUPS:
        parts[0] = parts[0].sort_values("share", ascending=False)
    rows = pd.concat(parts, ignore_index=True)
    chosen = figure(
        group_chart(rows, SHARES[name]),
        rows,
        "Each dot is the share of right answers in a group, its line what chance leaves open (95 %). "
        "Where two lines do not overlap, the groups differ. Click a dot to see its photos.",
        f"groups-{title.replace(' ', '-')}",
        key=f"groups-{title}-{name}",
        on_select="group",
    )
    if chosen:
        group = str(chosen[0]["group"])
        names = {readable(one): one for one in ways[title].names}
        if group in names:
            st.markdown(f"**{plain(group)}**, what it got wrong first")
            rows_of = ways[title].rows(names[group])
            show_photos(analysis, rows_of[analysis.table.right[rows_of].argsort(kind="stable")], "group")


def _group_rows(analysis: Analysis, subject: str, title: str, name: str) -> pd.DataFrame:
    table = measured.grouped(analysis, title)
    return pd.DataFrame(
        {
            "group": table["group"].map(readable),
            "subject": subject,
            "photos": table["photos"],
            "share": table[name],
            "low": table[f"{name}_low"],
            "high": table[f"{name}_high"],
        }
    )


def _classes(analysis: Analysis) -> None:
    """A row a class; a click on one shows its photos."""
    st.subheader("Class by class", anchor=False)
    table = measured.classes(analysis)
    shown = table[list(COLUMNS)].copy()
    for column in ("class", "taken_for"):
        shown[column] = shown[column].map(readable)
    for column in PERCENT:
        shown[column] *= 100
    chosen = st.dataframe(
        shown,
        hide_index=True,
        height=min(TALLEST, 37 + 35 * len(shown)),
        column_config=COLUMNS,
        key=f"{state.ANALYSE_CLASSES}-{analysis.key}",
        on_select="rerun",
        selection_mode="single-row",
        alt="Classes with their figures",
    )
    rows = [row for row in chosen["selection"]["rows"] if row < len(table)]
    if not rows:
        st.caption("Tick a class to see its photos; a click on a column's name sorts.")
        return
    name = str(table["class"][rows[0]])
    st.markdown(f"**{plain(readable(name))}**, surest mistakes first")
    show_photos(analysis, photos_of_class(analysis.table, name), "class")
