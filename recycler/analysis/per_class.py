"""The predictions table class by class."""

import numpy as np
import pandas as pd

from recycler.analysis.intervals import wilson
from recycler.metrics import confusion_counts, precision_recall_f1
from recycler.predictions import Predictions
from recycler.rulebook import DESTINATIONS, Rulebook


def class_table(table: Predictions, rulebook: Rulebook) -> pd.DataFrame:
    """A row for each class that has photos or was said, in the order of `names`.

    Columns: class, goes_to (title of the destination, "" where the rulebook does not know the class), photos, recall
    with its 95 % interval low and high (Wilson), precision, f1 (0 to 1; NaN where nothing can be said: no photos of the
    class, never said, or a class that the model does not know), taken_for (what it is most often wrongly called, "" for
    never), taken_share (0 to 1), entropy_bits (mean).
    """
    counts = confusion_counts(table)
    names, classes = len(table.names), len(table.classes)
    photos, said = counts.sum(axis=1), np.zeros(names, np.int64)
    said[:classes] = counts.sum(axis=0)
    scores = np.full((3, names), np.nan)
    scores[:, :classes] = precision_recall_f1(table)[:3]
    known = np.arange(names) < classes
    precision = np.where(known & (said > 0), scores[0], np.nan)
    recall, f1 = (np.where(known & (photos > 0), score, np.nan) for score in scores[1:])
    low, high = wilson(np.nan_to_num(recall) * photos, photos)
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    taken = wrong.argmax(axis=1)
    often = wrong[np.arange(names), taken]
    entropy = np.bincount(table.true, weights=table.entropy_bits, minlength=names)
    with np.errstate(invalid="ignore"):
        found: pd.DataFrame = pd.DataFrame(
            {
                "class": table.names,
                "goes_to": [_goes_to(name, rulebook) for name in table.names],
                "photos": photos,
                "recall": recall,
                "low": np.where(np.isnan(recall), np.nan, low),
                "high": np.where(np.isnan(recall), np.nan, high),
                "precision": precision,
                "f1": f1,
                "taken_for": np.where(often > 0, np.array(table.classes, object)[taken], ""),
                "taken_share": often / photos,
                "entropy_bits": entropy / photos,
            }
        )
    there: pd.DataFrame = found[(photos > 0) | (said > 0)]
    return there.reset_index(drop=True)


def photos_of_class(table: Predictions, name: str) -> np.ndarray:
    """The photos of a class, the surest mistakes first: indices, int64 (n,)."""
    rows = np.flatnonzero(table.true == table.names.index(name))
    worth = np.where(table.right[rows], -table.confidence[rows], 1 + table.confidence[rows])
    return rows[np.argsort(-worth, kind="stable")]


def _goes_to(name: str, rulebook: Rulebook) -> str:
    return DESTINATIONS[rulebook.classes[name].destination].title if name in rulebook.classes else ""
