"""Photos whose label is likely wrong, by confident learning."""

import numpy as np
from numpy.typing import NDArray

from recycler.predictions import BLOCK, Predictions


def likely_label_errors(table: Predictions) -> NDArray[np.bool_]:
    """Photos that likely belong to another class than their label says, bool (N,).

    A photo counts for a class when its probability there reaches the mean of that class's own photos; one that counts
    for another class than its label's, and is called something else, is suspect (Northcutt, Jiang and Chuang 2021,
    Confident Learning: the off-diagonal entries of the confident joint). Photos whose class the model does not know
    are never suspect.
    """
    suspect = np.zeros(len(table), np.bool_)
    known = np.flatnonzero(table.known)
    classes = len(table.classes)
    counts = np.bincount(table.true[known], minlength=classes)
    own = np.bincount(table.true[known], table.p_true[known].astype(np.float64), minlength=classes)
    # A class without photos has no mean to reach: nothing can be confused with it.
    usual = np.divide(own, counts, out=np.full(classes, np.inf), where=counts > 0)
    wrong = known[~table.right[known]]
    for start in range(0, len(wrong), BLOCK):
        rows = wrong[start : start + BLOCK]
        p = table.probabilities[rows]
        reached = np.where(p >= usual - 1e-6, p, 0)
        suspect[rows] = reached.max(axis=1) > reached[np.arange(len(rows)), table.true[rows]]
    return suspect
