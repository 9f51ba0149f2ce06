"""What every view of an analysis needs: one subject's predictions on one data set and split, and by whose rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recycler.predictions import Predictions
from recycler.recipe import Data
from recycler.rulebook import Rulebook
from recycler.subjects import Subject

OWN = "own"  # the photos that the subject's recipe names, divided as the recipe says


@dataclass(frozen=True, eq=False)
class Analysis:
    """Predictions and what is needed to read them.

    key: names subject, data, split and their state; the same key, the same analysis: for caches and widgets.
    data: OWN, or a data set's name or path, or "own:SUBJECT" for another subject's own photos.
    photos: where the photos are; None for a table from a file whose photos nobody knows.
    coarse: class to superclass, where the data have superclasses.
    mapping: class of the photos to the model's class that it counts as, where they differ or not.
    left_out: what could not be judged, a sentence each.
    evaluation: the key of the evaluation, under which the embeddings of its photos are kept; "" for a run's own table.
    """

    key: str
    subject: Subject
    data: str
    split: str
    table: Predictions
    rulebook: Rulebook
    photos: Data | None = None
    coarse: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    evaluation: str = ""
