"""What each lever of the household model gives, judged by leaving each source out in turn, and on grey ground.

Training uses the training photos of two sources, testing all photos of the third; nothing is chosen on the test photos
of the recipe. Needs RECYCLER_DATA with garbage, trashnet and home.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score

from benchmarks.grey import on_grey
from benchmarks.report import table, write
from recycler.datasets.dataset import Dataset
from recycler.datasets.split import Split
from recycler.learning.activations import Activations
from recycler.learning.data import Index, Prepared, load_data
from recycler.learning.training import Job, Trained, table_of, train_on
from recycler.metrics import should_recycle
from recycler.predictions import Predictions
from recycler.recipe import Augmentation, Recipe, load_recipe
from recycler.rulebook import Rulebook, find_rulebook
from recycler.settings import PROJECT

RECIPE = PROJECT / "recipes" / "household.yaml"


@dataclass(frozen=True)
class Lever:
    """One row: the recipe with what has been switched on so far."""

    name: str
    masked: bool = False
    ruled: bool = False
    copies: int = 0
    flip: bool = False
    smoothing: float = 0.0
    dropout: float = 0.2
    shift: float = 0.0

    def recipe(self, base: Recipe) -> Recipe:
        """The base recipe with these switches."""
        stage = base.stages[0].model_copy(update={"label_smoothing": self.smoothing})
        return base.model_copy(
            update={
                "network": base.network.model_copy(update={"flip": self.flip, "dropout": self.dropout}),
                "augmentation": base.augmentation.model_copy(update={"copies": self.copies})
                if self.copies
                else Augmentation(),
                "masked_prior": self.masked,
                "source_shift": self.shift,
                "stages": (stage,),
            }
        )


LEVERS = (
    Lever("all photos together, plain"),
    Lever("masked with prior", masked=True),
    Lever("+ the label rule", masked=True, ruled=True),
    Lever("+ one augmented copy", masked=True, ruled=True, copies=1),
    Lever("+ flip averaged", masked=True, ruled=True, copies=1, flip=True),
    Lever("+ label smoothing", masked=True, ruled=True, copies=1, flip=True, smoothing=0.05),
    Lever("+ dropout 0.5", masked=True, ruled=True, copies=1, flip=True, smoothing=0.05, dropout=0.5),
    Lever("+ shift (the recipe)", masked=True, ruled=True, copies=1, flip=True, smoothing=0.05, dropout=0.5, shift=1),
)


def as_they_come(recipe: Recipe) -> Recipe:
    """The recipe without its label rule: photos with the classes of their folders."""
    bare: dict[str, object] = {"labels": {}, "relabel": {}, "leave_out": ()}
    sources = tuple(source.model_copy(update=bare) for source in recipe.data.sources)
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"sources": sources})})


def ruled_labels(prepared: Prepared, recipe: Recipe) -> Index:
    """The label (N,) of each photo by the recipe's label rule, -1 for those that it leaves out."""
    ruled = load_data(recipe, show).data
    label = dict(zip(ruled.photos, ruled.labels, strict=True))
    classes = [*prepared.data.classes]
    return np.array([classes.index(ruled.classes[label[p]]) if p in label else -1 for p in prepared.data.photos])


def measure(base: Recipe, lever: Lever, prepared: Prepared, by_rule: Index, grey: Dataset) -> dict[str, float]:
    """The figures of one row. by_rule: labels (N,) by the label rule, on which every row is tested; grey: on_grey."""
    rulebook = find_rulebook(base.rulebook)
    recipe = lever.recipe(base)
    job = Job(recipe, prepared, rulebook, show)
    data, train = prepared.data, prepared.parts.train
    tested = replace(job, prepared=replace(prepared, data=replace(data, labels=np.maximum(by_rule, 0))))
    if lever.ruled:
        job, train = tested, train[by_rule[train] >= 0]
    wrapper = (by_rule >= 0) & (prepared.data.labels == data.classes.index("trash")) & (by_rule != data.labels)
    material = rulebook.mask(data.classes)[np.maximum(by_rule, 0)] & (by_rule >= 0)
    figures = {}
    for source, name in enumerate(data.sources):
        rest = train[data.source[train] != source]
        trained = train_on(job, rest)
        known = np.bincount(data.labels[rest], minlength=len(data.classes)) > 0
        photos = np.flatnonzero((data.source == source) & material)
        said = table_of(tested, trained, photos, "left out", known)
        figures[f"{name} class"] = float(said.right.mean())
        if (known & ~rulebook.mask(data.classes)).any():
            figures[f"{name} recycling"] = recycled(said)
        if name == "trashnet":
            wrappers = table_of(tested, trained, np.flatnonzero(wrapper), "left out", known)
            figures["wrappers recycling"] = recycled(wrappers)
    trained = train_on(job, train)
    validation = prepared.parts.validation[by_rule[prepared.parts.validation] >= 0]
    said = table_of(tested, trained, validation, "validation")
    figures |= accuracies(said, rulebook, "validation")
    return figures | accuracies(table_on(grey, tested, trained), rulebook, "on grey")


def table_on(data: Dataset, job: Job, trained: Trained) -> Predictions:
    """The predictions table of photos that no training knows."""
    nothing = np.zeros(0, np.int64)
    prepared = Prepared(data, Split(nothing, nothing, nothing))
    seen = tuple(Activations(front.front, prepared, job.recipe, show) for front in trained.activations)
    photos = np.arange(len(data))
    return table_of(replace(job, prepared=prepared), replace(trained, activations=seen), photos, "test")


def accuracies(said: Predictions, rulebook: Rulebook, name: str) -> dict[str, float]:
    """Accuracy of the class, and balanced accuracy of recycle or bin."""
    _, should = should_recycle(said, rulebook)
    return {
        f"{name} class": float(said.right.mean()),
        f"{name} recycle/bin": float(balanced_accuracy_score(should, said.p_recycle >= 0.5)),
    }


def recycled(said: Predictions) -> float:
    """Share of the photos that are said to be recycling."""
    return float((said.p_recycle >= 0.5).mean())


def show(what: str, done: int, total: int) -> None:
    """Progress on standard error."""
    if done == total or done % 512 == 0:
        sys.stderr.write(f"{what}: {done} of {total}\n")


def main(recipe_file: Path = RECIPE) -> None:
    """Measure every lever and write the table."""
    base = load_recipe(recipe_file)
    prepared = load_data(as_they_come(base), show)
    by_rule = ruled_labels(prepared, base)
    validation = prepared.parts.validation
    known = validation[by_rule[validation] >= 0]
    grey = on_grey(replace(prepared.data, labels=np.maximum(by_rule, 0)), known)
    rows = {}
    for lever in LEVERS:
        keras.utils.set_random_seed(base.seed)
        rows[lever.name] = measure(base, lever, prepared, by_rule, grey)
        sys.stderr.write(f"{lever.name}: {rows[lever.name]}\n")
    columns = list(rows[LEVERS[0].name])
    cells = [[name, *(f"{row[c]:.3f}" if c in row else "" for c in columns)] for name, row in rows.items()]
    text = (
        "Each source is left out of training in turn; all its recyclable photos test what was learned from the other "
        "two. *class*: accuracy over the five materials that all sources share. *recycling*: share of them that the "
        "summed classes call recycling (without garbage nothing in training goes to the bin, hence no such column). "
        "*wrappers*: what TrashNet's folder trash holds of plastic and paper, with TrashNet left out. *validation*: "
        "trained on all three, the validation photos of all three; recycle/bin is balanced accuracy. *on grey*: those "
        f"of them that lie on white, cut out and laid on grey ({len(grey)} photos, `benchmarks/grey.py`): the one test "
        "of classes that do not go to the recycling on a ground that no training saw. Labels to test with follow the "
        "label rule in every row."
    )
    write("household", "What each lever gives the household model", [text, table(["lever", *columns], cells)])


if __name__ == "__main__":
    main()
