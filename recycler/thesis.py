"""What the thesis measured that Recycler began with, to be read beside one's own figures in the same setting."""

from recycler.analysis import OWN, Analysis
from recycler.experiments import EXPERIMENTS
from recycler.recipe import Recipe

SOURCE = (
    "R. Dhammi, Image Recognition to classify recyclable products using Transfer Learning, MSc thesis, 2020: "
    "MobileNet, 50 training photos a class of CIFAR-100, 1,000 test photos"
)
DATA = "cifar100"
TRAINED_A_CLASS = 50
TESTED = 1000
BACKBONE = "mobilenet"


FIGURES = ("top1", "top5", "top10", "learned_recycling_accuracy")
ROWS = ("imagenet-head", "feature-extraction", "fine-tuning", "two-outputs")  # its experiments on these photos


def rows() -> list[tuple[str, dict[str, float]]]:
    """Its results on CIFAR-100: titles, and those of FIGURES that it gives, shares from 0 to 1."""
    found = [EXPERIMENTS[name] for name in ROWS]
    return [(one.title, {name: value for name, value in one.thesis.items() if name in FIGURES}) for one in found]


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
