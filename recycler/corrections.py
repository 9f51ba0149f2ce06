"""Labels that were put right after a table was made: the table as it reads with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from recycler.class_mapping import map_classes
from recycler.datasets import source_name
from recycler.labels import history
from recycler.predictions import Predictions, predictions
from recycler.recipe import Data


def corrected(table: Predictions, labels: Mapping[str, str | None]) -> Predictions:
    """The same predictions of photos whose labels are these now; photos of None are left out.

    labels: photo id to class name. Ids that the table does not have are passed over.
    """
    named = pd.Series(table.photos).isin(list(labels)).to_numpy()
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


def labels_now(
    photos: Data, model: Sequence[str], chosen: Mapping[str, str | None] | None = None
) -> dict[str, str | None]:
    """Photo id in a table to the class that it counts as now, for the corrected labels of these sources.

    In the words of the recipe's label rule, then of the model's classes where the photos have others; None for a photo
    that is left out. model: its classes. chosen: as `map_classes` takes it; names that it need not know are passed
    over. Raises DatasetError.
    """
    now = {
        f"{source_name(source.name)}/{change.photo}": change.now and source.labels.get(change.now, change.now)
        for source in photos.sources
        for change in history(source.name)
    }
    names = {name for name in now.values() if name is not None}
    wanted = {name: target for name, target in (chosen or {}).items() if name in names}
    targets = map_classes(sorted(names), model, wanted)
    return {photo: name and targets.get(name, name) for photo, name in now.items()}
