"""What the thesis measured that Recycler began with, to be read beside one's own figures in the same setting."""

from dataclasses import dataclass

from recycler.analysis import OWN, Analysis
from recycler.recipe import Recipe

SOURCE = (
    "R. Dhammi, Image Recognition to classify recyclable products using Transfer Learning, MSc thesis, 2020: "
    "MobileNet, 50 training photos a class of CIFAR-100, 1,000 test photos"
)
DATA = "cifar100"
TRAINED_A_CLASS = 50
TESTED = 1000
BACKBONE = "mobilenet"


@dataclass(frozen=True)
class Row:
    """A row of its results on CIFAR-100: figures by their usual names, shares from 0 to 1."""

    title: str
    figures: dict[str, float]


ROWS = (
    Row("MobileNet's ImageNet head, before any training", {"top1": 0.155}),
    Row("feature extraction", {"top1": 0.542, "top5": 0.846, "top10": 0.916}),
    Row("fine tuning", {"top1": 0.486, "top5": 0.799, "top10": 0.884}),
    Row("two outputs, fine tuned", {"top1": 0.564, "top5": 0.839, "recycling_accuracy": 0.489}),
)


def comparable(analysis: Analysis) -> bool:
    """Whether these are photos of CIFAR-100 and nothing else, judged by a model of its classes."""
    sources = {str(photo).partition("/")[0] for photo in analysis.table.photos}
    return sources == {DATA} and len(analysis.subject.classes) == 100


def differences_in_setting(analysis: Analysis) -> list[str]:
    """In what the setting of these figures differs from the thesis's, a clause each."""
    found = []
    if len(analysis.table) != TESTED:
        found.append(f"{len(analysis.table):,} photos here, {TESTED:,} there")
    if analysis.split not in ("test", "all"):
        found.append(f"these are {analysis.split} photos, those were test photos")
    elif analysis.split == "all" and analysis.data != OWN:
        found.append("these hold the photos that it may have learned from")
    recipe = analysis.subject.recipe
    return found + (_training(recipe) if recipe else ["it is not known how this one was trained"])


def _training(recipe: Recipe) -> list[str]:
    found = []
    per_class = [source.per_class for source in recipe.data.sources if source.name == DATA]
    if len(per_class) == len(recipe.data.sources) == 1:
        amount = per_class[0]
        if amount is None:
            found.append(f"trained on all training photos, there on {TRAINED_A_CLASS} a class")
        elif (trained := round(amount * (1 - recipe.data.validation))) != TRAINED_A_CLASS:
            found.append(f"trained on {trained} photos a class, there on {TRAINED_A_CLASS}")
    else:
        found.append("trained on other photos, too")
    if recipe.network.backbone != BACKBONE:
        found.append(f"backbone {recipe.network.backbone}, there {BACKBONE}")
    return found
