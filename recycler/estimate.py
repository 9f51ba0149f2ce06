"""How long a training will take and what it will need, before it starts: a simple model with measured rates.

The rates are those of two cores; other processors, and other work on the machine, change them, so the answer is good
to a factor of about two. A GPU is quicker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recycler.backbone_facts import backbone_facts
from recycler.datasets.summary import Summary
from recycler.recipe import Recipe, Stage
from recycler.settings import settings

CORES = 2  # that the rates were measured on
START_SECONDS = 40.0  # TensorFlow's import, building and converting the network, evaluation, writing
OPENED = 1000.0  # photos a second that are opened and compared to find copies
FROZEN = 190e9  # multiply-adds a second through frozen layers on LiteRT: MobileNet at 160, 650 photos
LEARNING = 24e9  # multiply-adds (of the forward pass) a second where layers learn: MobileNet's last 24, 263 photos
AUGMENTED = 940.0 * 160**2  # pixels a second through the fused augmentation
STEP_SECONDS = 0.005  # that a step takes by itself
HEAD_SECONDS = 5e-5  # a photo, through the branches alone
EARLY = 0.7  # of the most epochs, where training may stop early
BASE_BYTES = 1.4e9  # TensorFlow, LiteRT and the conversion
WEIGHT_BYTES = 12  # a parameter: its value and the optimiser's two means, 4 bytes each
PASSES = 3  # values of the forward pass, their gradients, the next batch


@dataclass(frozen=True)
class Estimate:
    """seconds: likely; most_seconds: if no stage stops early. Bytes of memory at most, and of disk for activations."""

    seconds: float
    most_seconds: float
    memory_bytes: float
    disk_bytes: float


def estimate(recipe: Recipe, photos: Summary, native_size: int | None) -> Estimate:
    """What a recipe will take with these photos. native_size: pixels a side of photos that are small."""
    stages = [_Stage(recipe, stage, photos, native_size) for stage in recipe.stages]
    cuts = {stage.last: stage for stage in stages if stage.kept}  # stages that are cut alike share activations
    once = START_SECONDS + photos.photos / OPENED + sum(stage.front for stage in _passes(stages, cuts))
    each = [stage.epoch + (0 if stage.kept else stage.front) for stage in stages]
    facts = backbone_facts()[recipe.network.backbone]
    return Estimate(
        once + sum(seconds * stage.likely_epochs for seconds, stage in zip(each, stages, strict=True)),
        once + sum(seconds * stage.stage.epochs for seconds, stage in zip(each, stages, strict=True)),
        BASE_BYTES + WEIGHT_BYTES * facts.parameters + max(stage.batch_bytes for stage in stages),
        sum(stage.disk_bytes for stage in cuts.values()),
    )


def _passes(stages: Sequence["_Stage"], cuts: Mapping[int, "_Stage"]) -> list["_Stage"]:
    """Stages that need a pass of their own: that of a head keeps what the next fine tuning begins from, too."""
    first, *others = stages
    head = not first.last and first.kept
    tuned = next((stage for stage in others if stage.last), None) if head else None
    return [stage for last, stage in cuts.items() if tuned is None or last != tuned.last]


class _Stage:
    """The figures of one stage. Times are in seconds."""

    def __init__(self, recipe: Recipe, stage: Stage, photos: Summary, native_size: int | None) -> None:
        self.recipe, self.stage, self.photos = recipe, stage, photos
        self.facts = backbone_facts()[recipe.network.backbone]
        self.size = recipe.network.input_size
        self.augmented_size = native_size or self.size
        learning = self.facts.learning(stage.unfreeze_layers, stage.unfreeze_blocks)
        self.last = self.facts.layers - learning[0] if learning else 0  # what lies between them is computed, too
        self.speed = settings().threads / CORES
        self.sides = 2 if recipe.network.flip else 1
        self.trunks = 2 if recipe.network.shape == "separate" and self.last else 1
        change = recipe.augmentation
        self.changes = bool(change.changes)
        self.kept = stage.cache and (bool(change.copies) or not self.changes)
        self.kept = self.kept and self.disk_bytes <= 1e9 * settings().cache_gigabytes

    @property
    def looked_at(self) -> int:
        """Photos, in all their looks, that go through the frozen layers: once, or each epoch when nothing is kept."""
        photos, copies = self.photos, self.recipe.augmentation.copies
        if not self.stage.cache or (self.changes and not copies):
            return photos.train
        everything = not self.last or len(self.recipe.stages) > 1  # measured before each later stage, too
        plain = photos.photos if everything else photos.train + photos.validation
        return plain + copies * photos.train

    @property
    def disk_bytes(self) -> float:
        """Activations in 16-bit floats."""
        return 2.0 * self.sides * self.looked_at * self.facts.activations(self.size, self.last)

    @property
    def front(self) -> float:
        """All looks through augmentation and frozen layers."""
        work = self.sides * (self.facts.work(self.size) - self.facts.work(self.size, self.last))
        pixels = self.augmented_size**2 if self.changes else 0
        return self.looked_at * (work / FROZEN + pixels / AUGMENTED) / self.speed

    @property
    def epoch(self) -> float:
        """One epoch of what learns, and its validation."""
        change = self.recipe.augmentation
        looks = change.copies + 1 if change.each_epoch == "all_looks" else 1
        trained = self.photos.train * looks
        work = self.trunks * self.facts.work(self.size, self.last)
        steps = trained / self.stage.batch_size * STEP_SECONDS
        learning = trained * (HEAD_SECONDS + work / LEARNING) + self.photos.validation * self.sides * work / FROZEN
        return steps + learning / self.speed

    @property
    def likely_epochs(self) -> float:
        """Fewer than the most where it may stop early."""
        epochs, patience = self.stage.epochs, self.stage.patience
        return max(patience, EARLY * epochs) if patience and patience < epochs else epochs

    @property
    def batch_bytes(self) -> float:
        """What a batch takes while layers learn, in 32-bit floats."""
        outputs = self.facts.outputs[self.facts.layers - self.last :]
        values = sum(outputs) * (self.size / self.facts.default_size) ** 2
        return 4.0 * PASSES * self.trunks * self.stage.batch_size * values
