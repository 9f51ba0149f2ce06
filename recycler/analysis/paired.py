"""Two subjects on the same photos: what got better, what worse, and whether the difference is real."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from recycler.errors import PredictionsError
from recycler.metrics import Flags, should_recycle
from recycler.predictions import Index, Predictions
from recycler.rulebook import Rulebook

REAL = 0.05  # a difference that chance alone makes less often than this is called real
CLASS, RECYCLING = "the class", "recycling or bin"  # what the two are asked
CHANGES = ("still wrong", "broken", "fixed", "still right")  # by 2 * right now + right before


class PairedTest(NamedTuple):
    """McNemar's exact test (1947): photos that only one of the two gets right, and how often chance does as much.

    gained: only the first is right; lost: only the second. p_value: two-sided, in 0 to 1.
    """

    gained: int
    lost: int
    p_value: float

    @property
    def real(self) -> bool:
        """Whether chance alone would rarely make so large a difference."""
        return self.p_value < REAL


@dataclass(frozen=True, eq=False)
class Pair:
    """Two tables of the same photos in the same order. rows: where these lie in the first table as it was given."""

    table: Predictions
    other: Predictions
    rows: Index


def pair(table: Predictions, other: Predictions) -> Pair:
    """The photos that both tables have, in the order of the first. Raises PredictionsError when there are none."""
    if len(table) == len(other) and bool((table.photos == other.photos).all()):
        return Pair(table, other, np.arange(len(table)))
    places = pd.Index(other.photos).get_indexer(pd.Index(table.photos))
    rows = np.flatnonzero(places >= 0)
    if not len(rows):
        raise PredictionsError("The two have judged no photo in common: evaluate both on the same data.")
    return Pair(table.pick(rows), other.pick(places[rows]), rows)


def paired_tests(paired: Pair, rulebook: Rulebook) -> dict[str, PairedTest]:
    """Whether the two differ, by what they are asked: CLASS, RECYCLING; only where there are photos to ask of."""
    found = {}
    for what, rules in ((CLASS, None), (RECYCLING, rulebook)):
        counted, right, other_right = right_pair(paired, rules)
        if counted.any():
            found[what] = mcnemar(right[counted], other_right[counted])
    return found


def right_pair(paired: Pair, rulebook: Rulebook | None) -> tuple[Flags, Flags, Flags]:
    """Which photos count, and whether each of the two is right, bool (N,) each.

    rulebook: None to ask for the class, among classes that both know; else for recycling or bin at 0.5.
    """
    table, other = paired.table, paired.other
    if rulebook is None:
        return table.known & other.known, table.right, other.right
    judged, should = should_recycle(table, rulebook)
    return judged, (table.p_recycle >= 0.5) == should, (other.p_recycle >= 0.5) == should


def mcnemar(right: Flags, other_right: Flags) -> PairedTest:
    """Whether two subjects err equally often on the same photos, bool (N,) each."""
    gained, lost = int((right & ~other_right).sum()), int((~right & other_right).sum())
    p_value = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return PairedTest(gained, lost, p_value)


def changes(counted: Flags, right: Flags, other_right: Flags) -> NDArray[np.int8]:
    """What became of each photo from the second to the first: int8 (N,), an index into CHANGES; -1: does not count."""
    return np.where(counted, 2 * right.astype(np.int8) + other_right, -1).astype(np.int8)


def class_changes(paired: Pair, change: NDArray[np.int8]) -> pd.DataFrame:
    """A row for each class that has photos that count: class, photos, fixed, broken and net (fixed - broken).

    change: from `changes`.
    """
    names, kinds = len(paired.table.names), len(CHANGES)
    counted = change >= 0
    cells = np.bincount(paired.table.true[counted] * kinds + change[counted], minlength=names * kinds)
    counts = pd.DataFrame(cells.reshape(names, kinds), columns=list(CHANGES))
    table = pd.DataFrame(
        {
            "class": paired.table.names,
            "photos": counts.sum(axis=1),
            "fixed": counts["fixed"],
            "broken": counts["broken"],
            "net": counts["fixed"] - counts["broken"],
        }
    )
    return table[table["photos"] > 0].sort_values(["net", "fixed"], ascending=False, ignore_index=True)


def in_words(test: PairedTest, subject: str, other: str, what: str) -> str:
    """The test as two sentences. what: the two were asked, CLASS or RECYCLING."""
    if not test.gained + test.lost:
        return f"On {what} they are right and wrong on the very same photos."
    photos = "photo" if test.gained == 1 else "photos"
    counts = (
        f"On {what}, {subject} is right on {test.gained:,} {photos} where {other} is wrong, "
        f"and wrong on {test.lost:,} where that one is right."
    )
    p = "p < 0.0001" if test.p_value < 0.0001 else f"p = {test.p_value:.2g}"
    if not test.real:
        return f"{counts} That may well be chance (McNemar’s test, {p})."
    better = subject if test.gained > test.lost else other
    return f"{counts} The difference is real: {better} is better on photos like these (McNemar’s test, {p})."
