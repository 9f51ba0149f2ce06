"""One stage of training: epochs of batches on what learns, watched, kept in checkpoints, ended by its best weights."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import keras
import numpy as np

from recycler.errors import TrainingError
from recycler.learning.batches import Batches
from recycler.learning.checkpoint import Checkpoint, assign, values
from recycler.learning.cuts import StageNetwork
from recycler.learning.data import Index, Progress
from recycler.learning.device import jit_compile
from recycler.learning.optimisation import learning_rate, new_optimiser, plateau_patience
from recycler.recipe import Stage

CHECKPOINT_SECONDS = 120.0  # at most, within a long epoch
VALIDATION_BATCH = 256


class Interrupted(Exception):  # noqa: N818
    """A stop was asked for while something was prepared."""


class Watcher(Protocol):
    """Who is told what happens, and may ask to stop. recycler.runs.Run is one."""

    def begin_stage(self, stage: int, name: str, epochs: int, steps: int) -> None:
        """Stage from 0; steps an epoch."""

    def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Epoch and step from 1. After a resume, steps since the last checkpoint come again, with the same values."""

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        """Epoch from 1."""

    def stop_requested(self) -> bool:
        """Asked once a batch."""

    def flush(self) -> None:
        """A good moment to hand on what was buffered."""


class Unwatched:
    """A watcher that nobody asks."""

    def begin_stage(self, stage: int, name: str, epochs: int, steps: int) -> None:
        """Nothing."""

    def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Nothing."""

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        """Nothing."""

    def stop_requested(self) -> bool:
        """Never."""
        return False

    def flush(self) -> None:
        """Nothing."""


@dataclass
class State:
    """Where a training is; with the arrays of its checkpoint, all that it needs to go on.

    epoch: epochs done in this stage; step: steps done in the next one, over `seen` photos with these sums of values.
    best: lowest validation loss of this stage, reached after `best_epoch` epochs (0: as it began).
    waited: epochs since then. falls: how often the rate fell; stood: epochs since the loss was lower or the rate fell.
    """

    stage: int
    epoch: int = 0
    step: int = 0
    seen: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best: float = math.inf
    best_epoch: int = 0
    waited: int = 0
    falls: int = 0
    stood: int = 0


class StageTrainer:
    """Trains one stage. Afterwards its network has the best weights."""

    def __init__(
        self,
        stage: Stage,
        network: StageNetwork,
        batches: Batches,
        validation: Index,
        watcher: Watcher,
        checkpoint: Checkpoint,
        progress: Progress,
    ) -> None:
        self.stage, self.model, self.batches, self.validation = stage, network.training, batches, validation
        self.watcher, self.checkpoint, self.progress = watcher, checkpoint, progress
        self.steps = batches.steps()
        self.saved_at = time.monotonic()
        self.rate = 0.0
        _compile(self.model, stage, network.backbone, batches.device)

    def train(self, state: State) -> bool:
        """Train from this state on; False if it was stopped. Raises TrainingError when the loss is not a number."""
        self.state = state
        if state.epoch or state.step:
            self._restore()
        self.watcher.begin_stage(state.stage, self.stage.name, self.stage.epochs, self.steps)
        if not state.epoch and not state.step:
            state.best = self._validate()["loss"]
            self._save_best()
        try:
            with _precision(self.model, self.batches.recipe.mixed_precision):
                while state.epoch < self.stage.epochs and state.waited < (self.stage.patience or math.inf):
                    if not self._epoch(state.epoch + 1):
                        return False
        finally:
            self._use_best()
        return True

    def _epoch(self, epoch: int) -> bool:
        """One epoch from the step where the state is; False if it was stopped."""
        begin, state = time.monotonic(), self.state
        done = state.seen
        for step, batch in enumerate(self.batches.training(epoch, state.step), state.step + 1):
            if self.watcher.stop_requested():
                self._save()
                return False
            self._step(epoch, step, batch)
            if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS:
                self._save()
        seconds = time.monotonic() - begin
        row = {name: total / state.seen for name, total in state.sums.items()}
        row |= {f"val_{name}": value for name, value in self._validate().items()}
        row |= {
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": seconds,
            "photos_per_second": (state.seen - done) / seconds,
        }
        self._end_epoch(epoch, row)
        return True

    def _step(self, epoch: int, step: int, batch: Any) -> None:
        state = self.state
        rate = learning_rate(
            self.stage, (epoch - 1) * self.steps + step - 1, self.steps * self.stage.epochs, state.falls
        )
        if rate != self.rate:  # setting it takes a tenth of a millisecond
            self.model.optimizer.learning_rate = self.rate = rate
        logs = _logs(self.model.train_on_batch(*batch, return_dict=True))
        if not math.isfinite(logs["loss"]):
            raise TrainingError(
                f"The loss is no number any more ({self.stage.name}, epoch {epoch}, step {step}): the steps were too "
                f"large. Lower the learning rate, which was {rate:.2g}, or let it rise more slowly with warm_up."
            )
        photos = len(batch[0]["log_prior"])
        state.step, state.seen = step, state.seen + photos
        _add(state.sums, logs, photos)
        self.watcher.log_batch(state.stage, epoch, step, logs | {"learning_rate": rate})

    def _end_epoch(self, epoch: int, row: dict[str, float]) -> None:
        state, loss = self.state, row["val_loss"]
        state.epoch, state.step, state.seen, state.sums = epoch, 0, 0, {}
        if loss < state.best:
            state.best, state.best_epoch, state.waited, state.stood = loss, epoch, 0, 0
            self._save_best()
        else:
            state.waited, state.stood = state.waited + 1, state.stood + 1
            if state.stood >= plateau_patience(self.stage):
                state.falls, state.stood = state.falls + 1, 0
        self._save()
        self.watcher.log_epoch(state.stage, epoch, row)
        self.watcher.flush()
        self.progress(f"{self.stage.name}, validation loss {loss:.3f}", epoch, self.stage.epochs)

    def _validate(self) -> dict[str, float]:
        """Loss and accuracies on the validation photos, which are never augmented."""
        sums: dict[str, float] = {}
        with self._averaged():
            for batch in self.batches.plain(self.validation, VALIDATION_BATCH):
                _add(sums, _logs(self.model.test_on_batch(*batch, return_dict=True)), len(batch[0]["log_prior"]))
        return {name: total / len(self.validation) for name, total in sums.items()}

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Within, the weights are their moving averages, where the stage asks for these."""
        optimiser, variables = self.model.optimizer, self.model.trainable_variables
        if not self.stage.ema or not int(optimiser.iterations):
            yield
            return
        own = values(variables)
        assign(variables, values(optimiser._model_variables_moving_average))
        yield
        assign(variables, own)

    def _variables(self) -> list[keras.Variable]:
        """All that changes in training: weights, statistics, seeds of dropout, the optimiser's memory."""
        return [*self.model.variables, *self.model.optimizer.variables]

    def _save(self) -> None:
        self.checkpoint.save("state", values(self._variables()), asdict(self.state))
        self.saved_at = time.monotonic()

    def _save_best(self) -> None:
        with self._averaged():
            self.checkpoint.save(f"best-{self.state.stage}", values(self.model.weights))

    def _restore(self) -> None:
        kept = self.checkpoint.load("state")
        assert kept is not None  # noqa: S101
        assign(self._variables(), kept[1])

    def _use_best(self) -> None:
        kept = self.checkpoint.load(f"best-{self.state.stage}")
        if kept is not None:
            assign(self.model.weights, kept[1])


def _compile(model: keras.Model, stage: Stage, backbone: frozenset[int], device: str) -> None:
    weights = {"recycling": stage.recycling_weight, "coarse": stage.coarse_weight}
    outputs = list(model.output)
    model.compile(
        optimizer=new_optimiser(stage, backbone),
        loss={name: _loss(name) for name in outputs},
        loss_weights={name: weights.get(name, stage.object_weight) for name in outputs},
        metrics={name: [_accuracy()] for name in outputs if name in ("object", "coarse")},
        jit_compile=jit_compile(device),
    )
    model.optimizer.build(model.trainable_variables)


@contextmanager
def _precision(model: keras.Model, mixed: bool) -> Iterator[None]:
    """Within, the layers compute in bfloat16 where `mixed`; weights and logits stay in 32 bits."""
    layers = [layer for layer in model._flatten_layers(include_self=False) if layer.name != "with_prior"]
    policies = [layer.dtype_policy for layer in layers]
    for layer in layers if mixed else ():
        layer.dtype_policy = "mixed_bfloat16"
    try:
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy


def _loss(name: str) -> keras.losses.Loss:
    """Cross-entropy from logits, in nats: binary for yes-or-no outputs, categorical for classes."""
    if name in ("recycling", "multi_hot"):
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def _accuracy() -> keras.metrics.Metric:
    return keras.metrics.CategoricalAccuracy(name="accuracy")


def _add(sums: dict[str, float], logs: Mapping[str, float], photos: int) -> None:
    """Keras gives the means of one batch; sums over the photos make means of many."""
    for name, value in logs.items():
        sums[name] = sums.get(name, 0.0) + value * photos


def _logs(logs: Mapping[str, Any]) -> dict[str, float]:
    """Keras's figures by name; a network with one output calls its accuracy what others call object_accuracy."""
    return {"object_accuracy" if name == "accuracy" else name: float(np.asarray(v)) for name, v in logs.items()}
