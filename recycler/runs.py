"""Runs: one folder a training, written by the trainer alone and read by everybody else.

RUN/run.json         state, figures, what it was made with (`RunRecord`), replaced atomically
RUN/recipe.yaml      the recipe, every field written out
RUN/epochs.csv       one row an epoch
RUN/network.keras    the best weights as a whole network
RUN/points.jsonl     one line a batch while training
RUN/checkpoint/      what the trainer needs to go on after a break
RUN/predictions.parquet   the predictions table on validation, test and left-out sources
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from recycler.errors import RunError
from recycler.recipe import Recipe, dump_recipe, load_recipe

State = Literal["queued", "running", "stopping", "done", "stopped", "failed"]

NETWORK_FILE = "network.keras"
EPOCHS_FILE = "epochs.csv"
PREDICTIONS_FILE = "predictions.parquet"


class RunRecord(BaseModel):
    """What is known of a run.

    figures: split name to figures of merit; filled when the run is done.
    sources: source name to how many photos of it were used, in words.
    wall_seconds: from start to end; photos_fingerprint: of the joined data set.
    """

    model_config = ConfigDict(extra="forbid")

    run: str
    state: State
    started: datetime
    device: str
    versions: dict[str, str]
    classes: tuple[str, ...] = ()
    recycling_classes: tuple[str, ...] = ()
    sources: dict[str, str] = {}
    photos_fingerprint: str = ""
    wall_seconds: float = 0.0
    figures: dict[str, dict[str, float]] = {}
    peak_memory_mb: float = 0.0
    problem: str = ""


class Run:
    """A run's folder and its record."""

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.folder = folder
        self.record = record

    @property
    def recipe(self) -> Recipe:
        """The recipe that this run was made from."""
        return load_recipe(self.folder / "recipe.yaml")

    @property
    def checkpoint(self) -> Path:
        """The trainer's own folder; it alone knows what is in it."""
        return self.folder / "checkpoint"

    def begin_stage(self, stage: int, name: str, epochs: int, steps: int) -> None:
        """A stage (from 0) begins or goes on; steps: an epoch."""
        self._append({"stage": stage, "name": name, "epochs": epochs, "steps": steps})

    def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """What one batch gave; epoch and step from 1."""
        self._append({"stage": stage, "epoch": epoch, "step": step, **values})

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        """What one epoch gave; epoch from 1."""
        self._append({"stage": stage, "epoch": epoch, **values})

    def stop_requested(self) -> bool:
        """Whether somebody asked this run to stop."""
        return (self.folder / "stop").exists()

    def flush(self) -> None:
        """Nothing is buffered."""

    def _append(self, line: dict[str, object]) -> None:
        with (self.folder / "points.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """Write the record; a reader sees the old one or the new one, never half of it."""
        write_atomically(self.folder / "run.json", self.record.model_dump_json(indent=2).encode() + b"\n")


def start_run(root: Path, recipe: Recipe, device: str, versions: dict[str, str]) -> Run:
    """A new run in state *running*, named by the recipe and the time."""
    started = datetime.now(UTC)
    stem = f"{recipe.name}-{started:%Y%m%d-%H%M%S}"
    root.mkdir(parents=True, exist_ok=True)
    for name in (stem, *(f"{stem}-{i}" for i in range(2, 100))):
        try:
            (root / name).mkdir()
        except FileExistsError:
            continue
        run = Run(root / name, RunRecord(run=name, state="running", started=started, device=device, versions=versions))
        write_atomically(run.folder / "recipe.yaml", dump_recipe(recipe).encode())
        run.save()
        return run
    raise RunError(f"A hundred runs named {stem} began in the same second: start again in a moment.")


def find_run(root: Path, name: str) -> Run:
    """The run of this name, or the newest one for "latest". Raises RunError."""
    runs = list_runs(root)
    if name == "latest" and runs:
        return runs[0]
    for run in runs:
        if run.record.run == name:
            return run
    known = ", ".join(run.record.run for run in runs[:5]) or "none yet; train a recipe first"
    raise RunError(f"There is no run called “{name}”. Newest runs: {known}.")


def list_runs(root: Path) -> list[Run]:
    """All runs, newest first; folders without a readable record are passed over."""
    runs = []
    for path in root.glob("*/run.json"):
        try:
            runs.append(Run(path.parent, RunRecord.model_validate_json(path.read_bytes())))
        except (OSError, ValidationError):
            continue
    return sorted(runs, key=lambda run: (run.record.started, run.record.run), reverse=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody, not even after a crash, finds half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
