"""The thesis's experiments as rows: what is trained, what it is tested on, what the thesis measured, what differs here.

A row names a recipe, most of them of `recipes/thesis/`, and what it changes of it, so that a row says its one
difference and nothing else. Figures of the thesis: R. Dhammi, Image Recognition to classify recyclable products using
Transfer Learning, MSc thesis, 2020.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from recycler.errors import RecipeError
from recycler.recipe import Recipe, parse_recipe
from recycler.settings import PROJECT

RECIPES = PROJECT / "recipes" / "thesis"

Test = Literal["own", "own_scaled_twice", "cifar100", "garbage", "imagenet_head"]
"""What a row is tested on: the test photos of its recipe; these with the backbone's scaling done to them once more; all
photos of another data set that its network knows a class for; or the recipe's test photos, but seen by MobileNet with
ImageNet's own head, for which nothing is trained."""


@dataclass(frozen=True)
class Experiment:
    """One row.

    name: for the command line and for files. section: under which it stands.
    recipe: a file, as seen from `recipes/thesis`. changes: place in it ("network.input_size", "stages.1") to what
        stands there instead; None takes it out.
    thesis: what the thesis measured: top1, top5, top10, validation_loss (nats), learned_recycling_accuracy, minutes.
    differs: what is not as in the thesis, beyond what the recipe's head says of all that use it.
    """

    name: str
    section: str
    title: str
    recipe: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    tested_on: Test = "own"
    thesis: Mapping[str, float] = field(default_factory=dict)
    differs: str = ""

    @property
    def is_trained(self) -> bool:
        """Whether it needs a training."""
        return self.tested_on != "imagenet_head"

    def recipe_of(self, seed: int) -> Recipe:
        """The whole recipe of this row with one seed of weights, batches and augmentation; the photos stay the same."""
        fields = yaml.safe_load((RECIPES / self.recipe).read_text(encoding="utf-8"))
        for place, value in self.changes.items():
            _change(fields, place, value)
        fields |= {"name": f"thesis-{self.name}", "title": self.title, "seed": seed}
        return parse_recipe(yaml.safe_dump(fields), f"The row {self.name}")


def _change(fields: dict[str, Any], place: str, value: Any) -> None:
    """Put another value at a place in a recipe's fields, or take out what is there, in place."""
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    part: Any = fields
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value


_BEFORE = {"stages.1": None}  # the first stage alone
_TWO_BEFORE = {"top1": 0.536, "learned_recycling_accuracy": 0.411, "minutes": 63.0}
_TWO_AFTER = {"top1": 0.564, "top5": 0.839, "learned_recycling_accuracy": 0.489}
_FEATURES = {"top1": 0.542, "top5": 0.846, "top10": 0.916, "validation_loss": 1.591, "minutes": 0.8}
_TUNED = {"top1": 0.486, "top5": 0.799, "top10": 0.884, "validation_loss": 1.903, "minutes": 13.75}
_NO_FIGURE = "The thesis says what it chose, without a figure."

_METHODS = (
    Experiment(
        "imagenet-head",
        "Methods",
        "MobileNet's own ImageNet head, before any training",
        "feature_extraction.yaml",
        {"network.input_size": 224},
        "imagenet_head",
        {"top1": 0.155},
        "Nothing is trained: photos are upscaled to 224 pixels, and the probabilities of all kinds of a thing add up, "
        "by the map in `recycler/shared_classes.py`. Counted over the test photos of 53 classes, the 54 that the "
        "thesis calls shared but poppy, which ImageNet's 1,000 lack. How the thesis mapped and counted is not known.",
    ),
    Experiment("feature-extraction", "Methods", "Feature extraction", "feature_extraction.yaml", thesis=_FEATURES),
    Experiment(
        "fine-tuning-before",
        "Methods",
        "Fine tuning, its first stage alone",
        "fine_tuning.yaml",
        _BEFORE,
        thesis={"validation_loss": 1.991, "minutes": 4.07},
    ),
    Experiment("fine-tuning", "Methods", "Fine tuning, both stages", "fine_tuning.yaml", thesis=_TUNED),
)

_SHAPES = (
    Experiment(
        "two-outputs-before",
        "Outputs and shapes",
        "Two outputs, a trunk each, before fine tuning",
        "two_outputs.yaml",
        _BEFORE,
        thesis=_TWO_BEFORE,
    ),
    Experiment(
        "two-outputs",
        "Outputs and shapes",
        "Two outputs, a trunk each, fine tuned",
        "two_outputs.yaml",
        thesis=_TWO_AFTER,
    ),
    Experiment(
        "shape-shared",
        "Outputs and shapes",
        "Two outputs on one trunk",
        "two_outputs.yaml",
        {"network.shape": "shared"},
        differs="Not in the thesis, which gave each output a trunk of its own.",
    ),
    Experiment(
        "shape-multi-hot",
        "Outputs and shapes",
        "One output of 101, classes and recycling together",
        "two_outputs.yaml",
        {"network.shape": "multi_hot"},
        differs="The thesis tried and dropped it, without a figure.",
    ),
    Experiment(
        "superclass",
        "Outputs and shapes",
        "Three outputs on one trunk: class, recycling, superclass",
        "two_outputs.yaml",
        {"network.shape": "shared", "network.outputs": ["coarse"]},
        differs="The thesis planned more outputs.",
    ),
)

_INPUTS = (
    *(
        Experiment(
            f"input-{size}",
            "Input size",
            f"Photos upscaled to {size} pixels, the head alone",
            "fine_tuning.yaml",
            _BEFORE | {"network.input_size": size},
            thesis={"validation_loss": loss},
            differs=differs,
        )
        for size, loss, differs in (
            (128, 2.193, ""),
            (
                160,
                1.991,
                "The thesis's figure is that of its fine tuning's first stage, so these rows stop there, too.",
            ),
            (224, 1.998, ""),
        )
    ),
    Experiment(
        "upscaling-bicubic",
        "Input size",
        "Photos upscaled to 160 pixels by bicubic interpolation, the head alone",
        "fine_tuning.yaml",
        _BEFORE | {"network.upscaling": "bicubic"},
        differs="Not in the thesis; the other rows upscale bilinearly. How the thesis did is not known.",
    ),
)

_AUGMENTATIONS = (
    Experiment(
        "augmentation-none",
        "Augmentation",
        "Fine tuning without augmentation",
        "fine_tuning.yaml",
        {"augmentation": {}},
        differs="The thesis: it overfits. No figure.",
    ),
    Experiment(
        "augmentation-relevant",
        "Augmentation",
        "Fine tuning with the relevant augmentations",
        "fine_tuning.yaml",
        thesis=_TUNED,
        differs="The row fine-tuning again.",
    ),
    Experiment(
        "augmentation-heavy",
        "Augmentation",
        "Fine tuning with heavy augmentation",
        "fine_tuning.yaml",
        {"augmentation.preset": "heavy"},
        differs="The thesis: it hurts. No figure.",
    ),
)

_LEARNING = (
    Experiment(
        "layers-12",
        "What learns, and how",
        "The last 12 layers fine tuned instead of 24",
        "fine_tuning.yaml",
        {"stages.1.unfreeze_layers": 12},
        differs="The thesis's choice for its home photos.",
    ),
    Experiment(
        "dropout-off",
        "What learns, and how",
        "Fine tuning without dropout",
        "fine_tuning.yaml",
        {"network.dropout": 0.0},
        differs=_NO_FIGURE,
    ),
    Experiment(
        "batch-norm-training",
        "What learns, and how",
        "Fine tuning with the backbone's batch norm in training mode",
        "fine_tuning.yaml",
        {"stages.1.backbone_batch_norm": "training"},
        differs=(
            f"{_NO_FIGURE} With the first seed no epoch of the second stage was as good as how it began, so what was "
            "learned before it is measured (see its curves)."
        ),
    ),
    Experiment(
        "scaled-twice",
        "What learns, and how",
        "The fine-tuned network, shown photos that are scaled already",
        "fine_tuning.yaml",
        tested_on="own_scaled_twice",
        thesis={"top1": 0.0, "top5": 0.06, "top10": 0.08},
        differs="The thesis's same network, shown photos as they are, had 0.47, 0.79 and 0.87.",
    ),
)

_ACROSS = "Only what both sets have counts: cans (metal) and four fruits and a mushroom (biological), "
_HOME = (
    Experiment(
        "home-photos",
        "Few photos, and across data sets",
        "Trained on 20 photos a class of waste, tested on the rest of them",
        "home_photos.yaml",
        tested_on="garbage",
        thesis={"validation_loss": 0.886, "minutes": 10.55},
        differs="The thesis had no photos of its home beside those it validated with, so its loss alone stands here.",
    ),
    Experiment(
        "home-on-cifar",
        "Few photos, and across data sets",
        "The same, tested on CIFAR-100",
        "home_photos.yaml",
        tested_on="cifar100",
        thesis={"top1": 0.364, "top5": 0.84, "top10": 0.98},
        differs=f"{_ACROSS}of ten classes to choose from; the thesis had 11, all of them in CIFAR-100. The photos come "
        "in upscaled from 32 pixels.",
    ),
    Experiment(
        "cifar-on-home",
        "Few photos, and across data sets",
        "Feature extraction on CIFAR-100, tested on photos of waste",
        "feature_extraction.yaml",
        tested_on="garbage",
        thesis={"top1": 0.432, "top5": 0.814, "top10": 0.89},
        differs=f"{_ACROSS}though much else is in those folders; the other classes of CIFAR-100 may be chosen, too. "
        "The photos come in at 32 pixels, as the network takes them.",
    ),
    Experiment(
        "cifar-tuned-on-home",
        "Few photos, and across data sets",
        "Fine tuning on CIFAR-100, tested on photos of waste",
        "fine_tuning.yaml",
        tested_on="garbage",
        thesis={"top1": 0.259, "top5": 0.509, "top10": 0.636},
        differs="As the row before.",
    ),
)

_DOWNLOADED = (
    "Its ImageNet weights come by Keras's download alone; without the internet there is no result, as random weights "
    "would say nothing."
)
_BACKBONES = tuple(
    Experiment(
        name.replace("_", "-"),
        "Further work that the thesis names",
        f"Feature extraction with {title}",
        "feature_extraction.yaml",
        {"network.backbone": name},
        differs=differs,
    )
    for name, title, differs in (
        ("efficientnet_lite0", "EfficientNet-Lite0", ""),
        ("efficientnet_lite2", "EfficientNet-Lite2", ""),
        ("inception_v3", "Inception v3", _DOWNLOADED),
        ("resnet50", "ResNet50", _DOWNLOADED),
    )
)

_FURTHER = (
    *_BACKBONES,
    Experiment(
        "lite0-tuned",
        "Further work that the thesis names",
        "Fine tuning with EfficientNet-Lite0",
        "fine_tuning.yaml",
        {"network.backbone": "efficientnet_lite0"},
    ),
    Experiment(
        "other-data",
        "Further work that the thesis names",
        "Feature extraction on photos of waste",
        "garbage.yaml",
    ),
)

_BEATEN = (
    Experiment(
        "best",
        "Beaten",
        "Our recipe for as many photos",
        "../cifar100_tenth.yaml",
        thesis=_TWO_AFTER | {"minutes": 63.0},
        differs="Three outputs on one trunk, of which the summed classes say best what is recycling. Tested on all "
        "public test photos that RECYCLER_DATA holds.",
    ),
    Experiment(
        "fastest",
        "Beaten",
        "The thesis's accuracy within a minute",
        "../cifar100_fast.yaml",
        thesis={"top1": 0.564, "minutes": 63.0},
        differs="One look at each photo, one linear layer.",
    ),
)

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (*_METHODS, *_SHAPES, *_INPUTS, *_AUGMENTATIONS, *_LEARNING, *_HOME, *_FURTHER, *_BEATEN)
}


def find_experiments(names: Sequence[str]) -> list[Experiment]:
    """The rows of these names, or all. Raises RecipeError for a name that is none."""
    for name in names:
        if name not in EXPERIMENTS:
            raise RecipeError(f"There is no row “{name}”. There are: {', '.join(EXPERIMENTS)}.")
    return [EXPERIMENTS[name] for name in names or EXPERIMENTS]


def trained_first(experiment: Experiment, known: Sequence[Experiment]) -> Experiment:
    """The first of the known rows that has the same training."""
    return next(e for e in known if (e.recipe, e.changes) == (experiment.recipe, experiment.changes))
