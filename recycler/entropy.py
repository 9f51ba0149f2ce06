"""How entropy spreads: box plots as five numbers a box, so that a million photos draw as quickly as a hundred."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycler.predictions import Floats, Index

REACH = 1.5  # of the box's width, how far its whiskers go at most (Tukey 1977)
OUTLIERS = 6  # most that are drawn of a box, from the farthest out


class Boxes(NamedTuple):
    """Box plots. `boxes`: a row each: group, series, photos, low, q1, median, q3, high, mean (bits).

    low, high: the last photos within the whiskers' reach. `outliers`: group, series, entropy_bits, row.
    """

    boxes: pd.DataFrame
    outliers: pd.DataFrame


def entropy_boxes(
    entropy: Floats, group: Index, groups: Sequence[str], series: Index | None = None, names: Sequence[str] = ("",)
) -> Boxes:
    """Box plots of the entropies of each group and series that has photos, by group, then series.

    entropy: (N,) in bits. group, series: int64 (N,), indices into `groups` and `names`. Quartiles are interpolated as
    numpy does.
    """
    place = group if series is None else group * len(names) + series
    order = np.lexsort((entropy, place))
    values = entropy[order].astype(np.float64)
    borders = np.searchsorted(place[order], np.arange(len(groups) * len(names) + 1))
    boxes, outliers = [], []
    for number in np.flatnonzero(np.diff(borders)).tolist():
        start, end = borders[number], borders[number + 1]
        which = (groups[number // len(names)], names[number % len(names)])
        first, last, box = _box(values[start:end])
        boxes.append((*which, end - start, *box))
        outliers += [(*which, values[i], order[i]) for i in _farthest(start, start + first, start + last + 1, end)]
    columns = ["group", "series"]
    return Boxes(
        pd.DataFrame(boxes, columns=[*columns, "photos", "low", "q1", "median", "q3", "high", "mean"]),
        pd.DataFrame(outliers, columns=[*columns, "entropy_bits", "row"]),
    )


def by_median(boxes: pd.DataFrame) -> list[str]:
    """The groups, from the least sure to the surest; a group with several boxes by the mean of their medians."""
    medians = boxes.groupby("group", sort=False)["median"].mean()
    return [str(group) for group in medians.sort_values(ascending=False, kind="stable").index]


def ends(groups: Sequence[str], count: int) -> list[str]:
    """The first and the last `count` of them, or all where these are not fewer."""
    return list(groups) if len(groups) <= 2 * count else [*groups[:count], *groups[-count:]]


def _box(values: NDArray[np.float64]) -> tuple[int, int, tuple[float, ...]]:
    """Where the whiskers end, and low, q1, median, q3, high, mean of sorted values."""
    q1, median, q3 = np.quantile(values, (0.25, 0.5, 0.75))
    reach = REACH * (q3 - q1)
    first = int(np.searchsorted(values, q1 - reach))
    last = int(np.searchsorted(values, q3 + reach, side="right")) - 1
    return first, last, (values[first], q1, median, q3, values[last], float(values.mean()))


def _farthest(start: int, first: int, past: int, end: int) -> list[int]:
    """Of the places before `first` and from `past` on, those nearest the ends."""
    half = OUTLIERS // 2
    below, above = list(range(start, first)), list(range(past, end))
    return below[: max(half, OUTLIERS - len(above))] + above[-max(half, OUTLIERS - len(below)) :]
