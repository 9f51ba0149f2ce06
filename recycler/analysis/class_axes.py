"""Axes of class names, and the colours of right and wrong answers: the same in all figures of an analysis."""

import json
from collections.abc import Mapping
from typing import Any

import altair as alt

from recycler.figures import RUNS

ANSWERS = {"right": RUNS[0], "wrong": RUNS[1]}
MANY = 40  # classes from which on names are written small
LONGEST = 150  # pixels of a name
ALL_NAMES: dict[str, Any] = {"labelOverlap": False, "labelFlush": False, "ticks": False, "domain": False}


def class_axis(labels: Mapping[str, str], **more: Any) -> alt.Axis:
    """An axis of classes by their names for people. labels: class to that name."""
    return alt.Axis(
        labelExpr=f"({json.dumps(dict(labels))})[datum.label] || datum.label",
        labelLimit=LONGEST,
        labelFontSize=9 if len(labels) > MANY else 12,
        **ALL_NAMES,
        **more,
    )
