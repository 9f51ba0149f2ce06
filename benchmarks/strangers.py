"""How often a model is unsure: of waste it should answer, of photos that show none of its classes it should not.

Waste: the recipe's own test photos, and all photos of each source that the others can stand in for, said by a network
trained without it. Strange things: CIFAR-100's public test photos of animals, vehicles, people and places, upscaled,
and the sample photos that come with scikit-learn, scikit-image and matplotlib, where installed. Needs RECYCLER_DATA.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import table, write
from recycler.classifier import Classifier, Reader, load_classifier, predict_all
from recycler.datasets import load_dataset
from recycler.learning.data import load_data
from recycler.learning.training import Job, left_out_tables
from recycler.predictions import Predictions, join_predictions, predictions
from recycler.recipe import Recipe, recipe_of
from recycler.rulebook import Rulebook, find_rulebook
from recycler.settings import settings
from recycler.verdict import ALWAYS_ANSWER, Prediction, is_strange, standing

MODEL = "household"
PLACES = {"sklearn": "datasets/images", "skimage": "data", "matplotlib": "mpl-data/sample_data"}
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif")
EVERY = 5  # of CIFAR's test photos
ANIMALS = (
    *("aquatic_mammals", "fish", "insects", "large_carnivores", "large_omnivores_and_herbivores", "medium_mammals"),
    *("non-insect_invertebrates", "reptiles", "small_mammals"),
)
OTHERS = (
    *("large_man-made_outdoor_things", "large_natural_outdoor_scenes", "people", "trees"),
    *("vehicles_1", "vehicles_2"),
)
COSTS = (0.05, 0.1)  # shares of waste that a score may take for strange

Score = Callable[[Predictions], NDArray[np.floating]]
SCORES: dict[str, Score] = {  # low for what is strange
    "familiarity": attrgetter("familiarity"),
    "and a tenth of the probability": lambda said: standing(said.familiarity, said.confidence),
    "probability of the class": attrgetter("confidence"),
    "entropy": lambda said: np.negative(said.entropy_bits),
}


def cifar(superclasses: Sequence[str]) -> list[Reader]:
    """Public test photos of these superclasses."""
    data = load_dataset("cifar100")
    coarse = dict(data.coarse)
    chosen = [
        i for i in range(len(data)) if data.splits[i] == "test" and coarse[data.classes[data.labels[i]]] in superclasses
    ]
    return [partial(data.read_bytes, i) for i in chosen[::EVERY]]


def sample_photos() -> list[Path]:
    """Photos that come with packages that are installed."""
    specs = [(importlib.util.find_spec(package), place) for package, place in PLACES.items()]
    folders = [Path(spec.origin).parent / place for spec, place in specs if spec and spec.origin]
    return [path for folder in folders for path in sorted(folder.glob("*")) if path.suffix.lower() in ENDINGS]


def said_of(classifier: Classifier, readers: Sequence[Reader], name: str, true: Sequence[str] = ()) -> Predictions:
    """What the model says of these photos. true: their classes, none for photos of nothing that it knows."""
    answers = [a for a in predict_all(classifier, readers, settings().threads) if isinstance(a, Prediction)]
    return predictions(
        classifier.card.classes,
        [f"{name}/{i}" for i in range(len(answers))],
        name,
        true or ["nothing known"] * len(answers),
        np.stack([answer.probabilities for answer in answers]),
        familiarity=np.array([answer.familiarity for answer in answers], np.float32),
    )


def waste(classifier: Classifier, recipe: Recipe, rulebook: Rulebook) -> Iterator[Predictions]:
    """The test photos by source, then each source by a network that was trained without it."""
    prepared = load_data(recipe, show)
    data, test = prepared.data, prepared.parts.test
    for source, name in enumerate(data.sources):
        photos = test[data.source[test] == source]
        readers = [partial(data.read_bytes, int(i)) for i in photos]
        yield said_of(classifier, readers, f"{name}, test", [data.classes[i] for i in data.labels[photos]])
    for left_out in left_out_tables(Job(recipe, prepared, rulebook, show)):
        name = f"{left_out.photos[0].split('/')[0]}, left out"
        yield replace(left_out, splits=np.full(len(left_out), name, object))


def show(what: str, done: int, total: int) -> None:
    """Progress, when a part begins and ends."""
    if done in (0, total):
        print(f"{what}: {done} of {total}", file=sys.stderr)


def main() -> None:
    """Ask, and write `benchmarks/strangers.md`."""
    classifier = load_classifier(MODEL, settings().threads)
    card = classifier.card
    recipe = recipe_of(card.recipe, "the card's recipe")
    rulebook = find_rulebook(recipe.rulebook, card.classes)
    known = list(waste(classifier, recipe, rulebook))
    files = sample_photos()
    strange = [
        said_of(classifier, cifar(ANIMALS), "CIFAR's animals"),
        said_of(classifier, cifar(OTHERS), "CIFAR's vehicles, people and places"),
        said_of(classifier, [path.read_bytes for path in files], "sample photos of packages"),
    ]
    rows = []
    for said in (*known, *strange):
        judged = said.judged(rulebook, card.thresholds)
        shares = (judged.verdicts == "unsure", is_strange(said.familiarity, said.confidence, card.thresholds))
        rows.append([str(said.splits[0]), f"{len(said):,}", *(f"{share.mean():.3f}" for share in shares)])
    foreign = join_predictions([said for said in known if str(said.splits[0]).endswith("left out")])
    foreign = foreign.judged(rulebook, ALWAYS_ANSWER)
    compared = []
    for name, score in SCORES.items():
        for cost in COSTS:
            limit = np.quantile(score(foreign), cost)
            compared.append([name, f"{cost:.2f}", *(f"{(score(said) < limit).mean():.3f}" for said in strange)])
    write(
        "strangers",
        "Photos of things that the model does not know",
        [
            f"The model `{MODEL}`, version {card.version}. *unsure*: share of the photos on which its verdict is *not "
            "sure*, by the thresholds on its card; *strange*: unsure because the photo is unlike all that it learned "
            "from. *test*: photos of a source that it knows. *left out*: said by a network trained without it.",
            table(["photos", "how many", "unsure", "strange"], rows),
            "## By which score\n\nThe share of strange things that each score notices, when its limit is such that it "
            "takes so large a share of the left-out waste with them (*cost*).",
            table(["score", "cost", *(str(said.splits[0]) for said in strange)], compared),
            f"Sample photos: {', '.join(path.name for path in files)}.",
        ],
    )


if __name__ == "__main__":
    main()
