"""Labels that were put right after a table was made: the table as it reads with them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from recycler.datasets import source_name
from recycler.labels import history
from recycler.predictions import Predictions, predictions
from recycler.recipe import Data


def corrected(table: Predictions, labels: Mapping[str, str | None]) -> Predictions:
    """The same predictions of photos whose labels are these now; photos of None are left out.

    labels: photo id to class name. Ids that the table does not have are passed over.
    """
    named = np.fromiter(map(labels.__contains__, table.photos), np.bool_, len(table))
    gone = np.array([labels[photo] is None for photo in table.photos[named]], np.bool_)
    rows = np.flatnonzero(named)[~gone]
    now = [labels[photo] or "" for photo in table.photos[rows]]
    again = predictions(table.classes, table.photos[rows], table.splits[rows], now, table.probabilities[rows])
    names = (*table.names, *(name for name in again.names if name not in table.names))
    true, p_true, rank = table.true.copy(), table.p_true.copy(), table.rank.copy()
    true[rows] = np.array([names.index(name) for name in again.names], np.int64)[again.true]
    p_true[rows], rank[rows] = again.p_true, again.rank
    kept = np.ones(len(table), np.bool_)
    kept[np.flatnonzero(named)[gone]] = False
    whole = replace(table, names=names, true=true, p_true=p_true, rank=rank)
    return whole if kept.all() else whole.pick(kept)


def labels_now(photos: Data, mapping: Mapping[str, str]) -> dict[str, str | None]:
    """Photo id in a table to the class that it counts as now, for the corrected labels of these sources.

    In the words of the recipe's label rule, then of the model; None for a photo that is left out. Raises DatasetError.
    mapping: data class to the model's class that it counts as.
    """
    found: dict[str, str | None] = {}
    for source in photos.sources:
        for change in history(source.name):
            now = change.now and source.labels.get(change.now, change.now)
            found[f"{source_name(source.name)}/{change.photo}"] = now and mapping.get(now, now)
    return found
