"""What is taken for what: the confusion matrix, in an order in which confused classes stand together, and its pairs."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from recycler.analysis.class_groups import ClassGroups
from recycler.predictions import Index, Predictions

Counts = NDArray[np.int64]
PAIRS = 50


def cell_counts(table: Predictions, groups: ClassGroups, least: float = 0.0) -> Counts:
    """How many photos of each group (K rows) were said to be of each (K columns).

    least: only photos whose class was said with at least this probability.
    """
    size = len(groups.names)
    place = groups.true(table) * size + groups.said(table)
    if least > 0:
        place = place[table.confidence >= least]
    return np.bincount(place, minlength=size * size).reshape(size, size)


def cell_rows(table: Predictions, groups: ClassGroups, true: str, said: str, least: float = 0.0) -> Index:
    """The photos of one cell, int64 (n,): mistakes before right answers, the surest first."""
    chosen = (groups.true(table) == groups.names.index(true)) & (groups.said(table) == groups.names.index(said))
    rows = np.flatnonzero(chosen & (table.confidence >= least))
    return rows[np.lexsort((-table.confidence[rows], table.right[rows]))]


def confused_order(counts: Counts) -> Index:
    """An order of the K groups in which those that are taken for each other stand together, int64 (K,).

    Average linkage on the shares that each takes of the other, leaves ordered optimally (Bar-Joseph et al. 2001).
    """
    if len(counts) < 3:
        return np.arange(len(counts))
    shares = _shares(counts)
    alike = (shares + shares.T) / 2
    np.fill_diagonal(alike, 0)
    apart = 1 - alike / max(float(alike.max()), 1e-9)
    np.fill_diagonal(apart, 0)
    order: Index = leaves_list(linkage(squareform(apart), "average", optimal_ordering=True)).astype(np.int64)
    return order


def most_confused(counts: Counts, count: int) -> Index:
    """The `count` groups with the largest shares of mistakes, made of them or by saying them, int64."""
    shares = _shares(counts)
    np.fill_diagonal(shares, 0)
    return np.argsort(-(shares.sum(axis=0) + shares.sum(axis=1)), kind="stable")[:count]


def matrix_cells(counts: Counts, groups: ClassGroups, shown: Index, *, diagonal: bool = True) -> pd.DataFrame:
    """The cells that hold photos, a row each: true, said, photos, share (of all photos that are truly so), right.

    shown: the groups to keep, indices.
    """
    true, said = np.nonzero(counts)
    kept = np.isin(true, shown) & np.isin(said, shown) & (diagonal | (true != said))
    return _cells(counts, groups, true[kept], said[kept])


def confused_pairs(counts: Counts, groups: ClassGroups, most: int = PAIRS) -> pd.DataFrame:
    """The largest cells off the diagonal, largest first: true, said, photos, share, and back: photos the other way."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    true, said = np.unravel_index(np.argsort(-wrong, axis=None, kind="stable")[:most], wrong.shape)
    kept = wrong[true, said] > 0
    pairs = _cells(counts, groups, true[kept], said[kept]).drop(columns="right")
    return pairs.assign(back=counts[said[kept], true[kept]])


def _cells(counts: Counts, groups: ClassGroups, true: Index, said: Index) -> pd.DataFrame:
    names = np.array(groups.names, dtype=object)
    return pd.DataFrame(
        {
            "true": names[true],
            "said": names[said],
            "photos": counts[true, said],
            "share": _shares(counts)[true, said],
            "right": true == said,
        }
    )


def _shares(counts: Counts) -> NDArray[np.float64]:
    """Each row as shares of its sum; a row without photos stays 0."""
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
