"""By classes or superclasses, and which of them: what the views of many classes ask first."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import state
from components.words import readable
from recycler.analysis import Analysis
from recycler.analysis.class_groups import ClassGroups, each_class, everything, superclasses

CLASSES, SUPERCLASSES, ALL_PHOTOS = "Classes", "Superclasses", "All photos"
FEW = 40  # classes that are shown without being asked for


def choose_kind(analysis: Analysis, key: str, *, all_photos: bool = False) -> str:
    """Draw the choice between classes, superclasses where there are some, and all photos together if asked for."""
    kinds = [CLASSES, *([SUPERCLASSES] if analysis.coarse else []), *([ALL_PHOTOS] if all_photos else [])]
    if len(kinds) == 1:
        return CLASSES
    kind = st.segmented_control("By", kinds, default=CLASSES, required=True, key=f"{state.ANALYSE_BY}-{key}")
    return kind or CLASSES


def groups_of(analysis: Analysis, kind: str) -> ClassGroups:
    """The groups of a kind that was chosen."""
    if kind == SUPERCLASSES:
        return superclasses(analysis.table, analysis.coarse)
    return everything(analysis.table) if kind == ALL_PHOTOS else each_class(analysis.table)


def choose_shown(
    analysis: Analysis, order: Sequence[str], part: tuple[str, Sequence[str]], key: str, more: DeltaGenerator
) -> dict[str, str]:
    """Draw which groups to show where there are many; return them in their order, with their names for people.

    order: all there are. part: a part of them and what it is, shown first where there are more than `FEW`.
    more: where to draw the choice of single ones.
    """
    if len(order) <= 2:
        return {group: readable(group) for group in order}
    parts = {part[0]: part[1]} if len(order) > FEW else {}
    parts[f"All {len(order)}"] = order
    for name in sorted(set(analysis.coarse.values())):
        if inside := [group for group in order if analysis.coarse.get(group) == name]:
            parts[f"Only {readable(name)}"] = inside
    key = f"{key}-{len(order)}"
    part_of = next(iter(parts))
    if len(parts) > 1:
        part_of = st.selectbox("Show", list(parts), key=f"{state.ANALYSE_SHOWN}-{key}", width=230)
    only = more.multiselect(
        "Only these", list(order), format_func=readable, key=f"{state.ANALYSE_ONLY}-{key}", placeholder="All"
    )
    wanted = set(only or parts[part_of])
    return {group: readable(group) for group in order if group in wanted}
