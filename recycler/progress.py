"""How far a training is, how fast, and how long it still takes: from its record and its points."""

import socket
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from recycler.recipe import Recipe
from recycler.runs import RunRecord

RECENT_EPOCHS = 3  # the speed is that of these, validation and all
LEAST_BATCHES = 5  # before a speed can be told


class Standing(NamedTuple):
    """Where a training is. Stage, epoch and step count from 1; seconds_left: of this stage, if it stops no earlier."""

    stage: int
    stages: int
    name: str
    epoch: int
    epochs: int
    step: int
    steps: int
    photos_per_second: float | None
    seconds_left: float | None

    @property
    def share(self) -> float:
        """Done of this stage, 0 to 1."""
        return min(1.0, (self.epoch - 1 + self.step / self.steps) / self.epochs)


def standing(record: RunRecord, recipe: Recipe, points: pd.DataFrame) -> Standing | None:
    """Where a training is by its last point, None before its first stage. points: of `read_points`."""
    if not record.stages:
        return None
    number = len(record.stages) - 1
    stage = record.stages[number]
    since = record.started.timestamp() if record.started else 0.0
    rows = points.tail(RECENT_EPOCHS * stage.steps)
    rows = rows[(rows["stage"] == number) & (rows["time"] >= since)]
    here = points.iloc[-1] if len(points) and points["stage"].iloc[-1] == number else None
    epoch, step = (int(here["epoch"]), int(here["step"])) if here is not None else (1, 0)
    speed = left = None
    if len(rows) >= LEAST_BATCHES and (seconds := rows["time"].iloc[-1] - rows["time"].iloc[0]) > 0:
        rate = (len(rows) - 1) / seconds
        speed = rate * recipe.stages[number].batch_size
        left = ((stage.epochs - epoch + 1) * stage.steps - step) / rate
    return Standing(number + 1, len(recipe.stages), stage.name, epoch, stage.epochs, step, stage.steps, speed, left)


def memory_megabytes(record: RunRecord) -> float | None:
    """What the trainer's process holds in memory now, MB; None where this machine cannot tell."""
    if record.process is None or record.host != socket.gethostname():
        return None
    try:
        status = Path("/proc", str(record.process), "status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
    except (OSError, IndexError, ValueError):
        return None
