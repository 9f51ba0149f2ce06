"""Which photos of a predictions table to look at, and in which order: the worst first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recycler.analysis.label_errors import likely_label_errors
from recycler.metrics import should_recycle
from recycler.predictions import Index, Predictions
from recycler.rulebook import Rulebook

SURE = 0.9  # from this probability of its class an answer counts as sure
UNSURE = 0.5  # below it, as unsure

Found = tuple[NDArray[np.bool_], NDArray[np.floating]]
"""Which photos, bool (N,), and how bad each is, (N,): the larger, the sooner it is shown."""


class Kind(NamedTuple):
    """A kind of photos. reading: which ones these are and in which order they come, for people."""

    title: str
    reading: str
    find: Callable[[Predictions, Rulebook], Found]


@dataclass(frozen=True)
class Selection:
    """What somebody wants to see.

    kind: one of KINDS. true, said: class names, none for all. confidence: from and to which probability of the said
    class, both within. search: a part of the photo's name, in small or capital letters.
    """

    kind: str = "wrong"
    true: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    confidence: tuple[float, float] = (0.0, 1.0)
    search: str = ""


def select(table: Predictions, rulebook: Rulebook, wanted: Selection) -> Index:
    """Rows of the table that are wanted, int64 (n,), the worst first, equal ones in the order of the table."""
    chosen, badness = KINDS[wanted.kind].find(table, rulebook)
    least, most = wanted.confidence
    if (least, most) != (0, 1):
        chosen = chosen & (table.confidence >= least) & (table.confidence <= most)
    if wanted.true:
        chosen = chosen & np.isin(table.names, wanted.true)[table.true]
    if wanted.said:
        chosen = chosen & np.isin(table.classes, wanted.said)[table.predicted]
    rows = np.flatnonzero(chosen)
    if text := wanted.search.strip():
        found = pc.match_substring(pa.array(table.photos[rows], pa.string()), text, ignore_case=True)
        rows = rows[found.to_numpy(zero_copy_only=False)]
    return rows[np.argsort(-badness[rows], kind="stable")]


def _wrong(table: Predictions, rulebook: Rulebook) -> Found:
    return table.known & ~table.right, _doubt_of_the_truth(table)


def _wrong_side(table: Predictions, rulebook: Rulebook) -> Found:
    judged, should = should_recycle(table, rulebook)
    return judged & ((table.p_recycle >= 0.5) != should), np.abs(table.p_recycle - 0.5)


def _sure_but_wrong(table: Predictions, rulebook: Rulebook) -> Found:
    return table.known & ~table.right & (table.confidence >= SURE), table.confidence


def _unsure_but_right(table: Predictions, rulebook: Rulebook) -> Found:
    return table.right & ((table.confidence < UNSURE) | (table.verdicts == "unsure")), table.entropy_bits


def _wrong_label(table: Predictions, rulebook: Rulebook) -> Found:
    return likely_label_errors(table), table.confidence - np.nan_to_num(table.p_true)


def _all(table: Predictions, rulebook: Rulebook) -> Found:
    return np.ones(len(table), np.bool_), _doubt_of_the_truth(table)


def _doubt_of_the_truth(table: Predictions) -> NDArray[np.floating]:
    """One minus the probability of the true class; of photos whose class the model does not know, the confidence."""
    return np.where(table.known, 1 - np.nan_to_num(table.p_true), table.confidence)


KINDS: dict[str, Kind] = {
    "wrong": Kind(
        "Wrong class",
        "Photos that were called something else, first those whose true class seemed least likely.",
        _wrong,
    ),
    "side": Kind(
        "Recycling errors",
        "Photos on the wrong side, recycling or bin, first those furthest on it.",
        _wrong_side,
    ),
    "sure": Kind(
        "Sure but wrong",
        f"Photos that were called something else with at least {SURE:.0%}, the surest first.",
        _sure_but_wrong,
    ),
    "unsure": Kind(
        "Unsure but right",
        f"Photos that were called right, but with less than {UNSURE:.0%} or the verdict *unsure*; most doubt first.",
        _unsure_but_right,
    ),
    "label": Kind(
        "Likely wrong labels",
        "Photos for which the model speaks more clearly for another class than it mostly does for that class's own: "
        "perhaps the label is wrong, not the model. The clearest first. On photos that it was trained on this says "
        "little.",
        _wrong_label,
    ),
    "all": Kind("All photos", "All photos, first those whose true class seemed least likely.", _all),
}
