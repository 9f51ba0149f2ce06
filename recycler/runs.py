"""Runs: one folder a training, the truth that pages and command line read.

RUN/run.json         state, figures, what it was made with (`RunRecord`), replaced atomically
RUN/recipe.yaml      the recipe, every field written out
RUN/points.csv       one row a batch (`points.py`)
RUN/epochs.csv       one row an epoch
RUN/doing.json       what is done before and between the epochs, and how much of it
RUN/checkpoint/      what a resumed training goes on from
RUN/network.keras    the best weights as a whole network
RUN/references.npy   embeddings of training photos, for how familiar a photo is
RUN/predictions.parquet   the predictions table on validation, test and left-out sources
RUN/label.json, RUN/place, RUN/stop   title and note, place in the queue, request to stop: what others ask of a run
RUN/trainer.lock     locked by the trainer while it lives: the system unlocks it however the trainer ends
RUN/log.txt          what a trainer that a page started said; locked from its very start, until it ends

Only the process that holds the lock writes the record, so that no two writers meet.
"""

import csv
import fcntl
import io
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import ValidationError

from recycler.access import require
from recycler.errors import RunError
from recycler.points import PointsWriter
from recycler.recipe import Recipe, dump_recipe, load_recipe
from recycler.run_record import LIVE, Doing, Label, RunRecord, StageProgress, State

__all__ = [
    "EPOCHS_FILE",
    "LIVE",
    "LOG_FILE",
    "NETWORK_FILE",
    "POINTS_FILE",
    "PREDICTIONS_FILE",
    "RECIPE_FILE",
    "REFERENCES_FILE",
    "Doing",
    "Label",
    "Run",
    "RunRecord",
    "StageProgress",
    "State",
    "find_run",
    "is_held",
    "list_runs",
    "lives",
    "load_run",
    "new_run",
    "write_array",
    "write_atomically",
]

RECIPE_FILE = "recipe.yaml"
NETWORK_FILE = "network.keras"
EPOCHS_FILE = "epochs.csv"
POINTS_FILE = "points.csv"
PREDICTIONS_FILE = "predictions.parquet"
REFERENCES_FILE = "references.npy"

LOG_FILE = "log.txt"

READ_ONCE = 1 << 15  # records and titles kept in memory: pages ask for those of all runs several times a click
START_SECONDS = 5  # between the record of something and the start of its process, which takes milliseconds


class Run:
    """A run's folder and its record. The trainer calls the methods under "for the trainer", nobody else."""

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.folder = folder
        self.record = record
        self._points: PointsWriter | None = None
        self._epochs: list[dict[str, str]] | None = None
        self._told = 0.0

    @property
    def recipe(self) -> Recipe:
        """The recipe that this run was made from."""
        file = self.folder / RECIPE_FILE
        return _recipe(file, file.stat().st_mtime_ns if file.exists() else 0)

    @property
    def label(self) -> Label:
        """Title and note; the title is the recipe's until somebody gives another."""
        file = f"{self.folder}/label.json"
        try:
            return _label(file, *_stamp(file))
        except OSError:
            return Label(title=self.record.run)

    @label.setter
    def label(self, label: Label) -> None:
        require("train")
        write_atomically(self.folder / "label.json", label.model_dump_json().encode())

    @property
    def doing(self) -> Doing | None:
        """What the trainer was last doing outside the epochs."""
        try:
            return Doing.model_validate_json((self.folder / "doing.json").read_bytes())
        except OSError:
            return None

    @property
    def place(self) -> float:
        """Place in the queue: the smallest is next. By order of arrival, unless somebody moved it."""
        try:
            return float((self.folder / "place").read_text())
        except OSError:
            return self.record.queued.timestamp()

    @place.setter
    def place(self, place: float) -> None:
        write_atomically(self.folder / "place", repr(place).encode())

    def predictions_before(self, stage: int) -> Path:
        """Where the predictions of its validation and test photos from before a later stage, from 1, are kept."""
        return self.folder / f"predictions-before-{stage}.parquet"

    def kept_before(self) -> dict[int, str]:
        """The stages before which its predictions are kept: number, from 1, to a name that no other stage has."""
        names = [stage.name for stage in self.record.stages]
        return {
            number: name if names.count(name) == 1 else f"{name} (stage {number + 1})"
            for number, name in enumerate(names)
            if self.predictions_before(number).exists()
        }

    def epochs(self) -> list[dict[str, str]]:
        """The rows of the table of epochs: stage, epoch, time (Unix), then the values by Keras's names."""
        file = self.folder / EPOCHS_FILE
        return list(csv.DictReader(io.StringIO(file.read_text()))) if file.exists() else []

    @property
    def lock(self) -> FileLock:
        """Held by the trainer while it lives."""
        return FileLock(self.folder / "trainer.lock")

    def ask_to_stop(self) -> None:
        """The trainer stops after the batch that it is at, whichever machine it runs on."""
        (self.folder / "stop").touch()

    def stop_requested(self) -> bool:
        """Whether somebody asked for a stop; a few microseconds, once a batch."""
        return os.path.exists(self.folder / "stop")  # noqa: PTH110 - a third of the time of Path.exists

    def save(self) -> None:
        """Write the record; a reader sees the old one or the new one, never half of it."""
        write_atomically(self.folder / "run.json", self.record.model_dump_json(indent=2).encode() + b"\n")

    def enqueue(self) -> None:
        """Put the run at the end of the queue, whatever became of it before. The caller holds the lock."""
        for request in ("stop", "place"):
            (self.folder / request).unlink(missing_ok=True)
        self.record.state, self.record.queued = "queued", datetime.now(UTC)
        self.record.problem = self.record.hint = ""
        self.record.process = self.record.finished = None
        self.save()

    # For the trainer.

    @property
    def checkpoint(self) -> Path:
        """Folder of what a resumed training goes on from; what is in it only the training knows."""
        folder = self.folder / "checkpoint"
        folder.mkdir(exist_ok=True)
        return folder

    def begin_stage(self, stage: int, name: str, epochs: int, steps: int) -> None:
        """A stage begins, or goes on: number from 0, most epochs, batches an epoch."""
        begun = StageProgress(name=name, epochs=epochs, steps=steps)
        self.record.stages = (*self.record.stages[:stage], begun)
        self.save()

    def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Append a batch's values; epoch and step from 1. Raises OSError when the disk is full."""
        if self._points is None:
            self._points = PointsWriter(self.folder / POINTS_FILE)
        self._points.add(stage, epoch, step, values)

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        """Add an epoch's row to the table of epochs; rows that it does again are replaced."""
        self.flush()
        before = self.epochs() if self._epochs is None else self._epochs
        row = {"stage": str(stage), "epoch": str(epoch), "time": f"{time.time():.3f}"}
        row |= {name: f"{float(value):.7g}" for name, value in values.items()}
        self._epochs = [r for r in before if (int(r["stage"]), int(r["epoch"])) < (stage, epoch)] + [row]
        columns = dict.fromkeys(name for row in self._epochs for name in row)
        text = io.StringIO()
        table = csv.DictWriter(text, list(columns), lineterminator="\n")
        table.writeheader()
        table.writerows(self._epochs)
        write_atomically(self.folder / EPOCHS_FILE, text.getvalue().encode(), durable=False)

    def tell(self, what: str, done: int, total: int) -> None:
        """Say what is being done outside the epochs; written twice a second at most."""
        if done < total and time.monotonic() - self._told < 0.5:
            return
        self._told = time.monotonic()
        doing = Doing(what=what, done=done, total=total)
        write_atomically(self.folder / "doing.json", doing.model_dump_json().encode(), durable=False)

    def flush(self) -> None:
        """Let readers see all points."""
        if self._points is not None:
            self._points.flush()

    def close(self) -> None:
        """The training has ended."""
        if self._points is not None:
            self._points.close()
            self._points = None
        (self.folder / "doing.json").unlink(missing_ok=True)


@lru_cache(maxsize=512)
def _recipe(file: Path, changed: int) -> Recipe:
    """Read once: YAML takes 30 ms, and pages ask for the recipes of all runs at every click."""
    return load_recipe(file)


def new_run(root: Path, recipe: Recipe, device: str, label: Label | None = None, parent: str = "") -> Run:
    """A new run in state *queued*, named by the recipe and the time. Raises RunError when it cannot be written.

    parent: see RunRecord.
    """
    now = datetime.now(UTC)
    try:
        folder = _new_folder(root, f"{recipe.name}-{now:%Y%m%d-%H%M%S}")
        record = RunRecord(run=folder.name, parent=parent, state="queued", created=now, queued=now, device=device)
        run = Run(folder, record)
        write_atomically(folder / RECIPE_FILE, dump_recipe(recipe).encode())
        run.label = label or Label(title=(recipe.title or recipe.name)[:100])
        run.save()
    except OSError as problem:
        raise RunError(
            f"No run can be written to {root} ({problem.strerror}): make room there, or set RECYCLER_HOME to a folder "
            "that can be written to."
        ) from problem
    return run


def load_run(folder: Path) -> Run:
    """A run as it is now: *stopping* when it was asked to, *failed* when its process is gone.

    Raises OSError or pydantic.ValidationError when there is no record that can be read.
    """
    run = _read(folder)
    starting = run.record.queued if run.record.state == "queued" else None
    if run.record.state in LIVE and not lives(starting, folder / "trainer.lock", folder / LOG_FILE):
        run = _read(folder)  # a trainer writes its last state before it lets go of the lock
        if run.record.state in LIVE:
            run.record.state = "failed"
            run.record.problem = "Its process is gone: killed, or the machine went off."
            run.record.hint = f"Go on from its last checkpoint: python -m recycler resume {run.record.run}"
    if run.record.state in LIVE and run.stop_requested():
        run.record.state = "stopping"
    return run


def find_run(root: Path, name: str) -> Run:
    """The run of this name, or the newest one for "latest". Raises RunError."""
    if name not in ("latest", ".", "..") and Path(name).name == name:
        with suppress(OSError, ValidationError):
            return load_run(root / name)
    runs = list_runs(root)
    if name == "latest" and runs:
        return runs[0]
    known = ", ".join(run.record.run for run in runs[:5]) or "none yet; train a recipe first"
    raise RunError(f"There is no run called “{name}”. Newest runs: {known}.")


def list_runs(root: Path) -> list[Run]:
    """All runs, newest first; folders without a readable record are passed over."""
    runs = []
    for folder in _folders(root):
        try:
            runs.append(load_run(folder))
        except (OSError, ValidationError):
            continue
    return sorted(runs, key=lambda run: (run.record.created.timestamp(), run.record.run), reverse=True)


def write_atomically(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file so that nobody, not even after a crash, finds half of it.

    durable: it also outlives a power cut; that takes some milliseconds, more on a slow disk.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write an array as .npy, as `write_atomically`."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_atomically(path, content.getvalue())


def _new_folder(root: Path, stem: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name in (stem, *(f"{stem}-{i}" for i in range(2, 100))):
        with suppress(FileExistsError):
            (root / name).mkdir()
            return root / name
    raise RunError(f"A hundred runs named {stem} began in the same second: start again in a moment.")


def _read(folder: Path) -> Run:
    file = f"{folder}/run.json"
    return Run(folder, _record(file, *_stamp(file)).model_copy())


def _folders(root: Path) -> list[Path]:
    """The folders of all runs; the same objects each time: making 10,000 paths takes longer than using them."""
    try:
        with os.scandir(root) as entries:
            return [_folder(entry.path) for entry in entries]
    except FileNotFoundError:
        return []


@lru_cache(maxsize=READ_ONCE)
def _folder(path: str) -> Path:
    return Path(path)


def _stamp(file: str) -> tuple[int, int]:
    """What is another one after the file was replaced. Raises OSError when there is none."""
    state = os.stat(file)  # noqa: PTH116 - as above
    return state.st_ino, state.st_mtime_ns


@lru_cache(maxsize=READ_ONCE)
def _record(file: str, inode: int, changed: int) -> RunRecord:
    return RunRecord.model_validate_json(Path(file).read_bytes())


@lru_cache(maxsize=READ_ONCE)
def _label(file: str, inode: int, changed: int) -> Label:
    return Label.model_validate_json(Path(file).read_bytes())


def is_held(lock: Path) -> bool:
    """Whether a living process holds a lock; a shared probe, so that two who look never see each other."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def lives(begun: datetime | None, *locks: Path) -> bool:
    """Whether a process that holds one of these files is alive, or has not had the time to be.

    begun: when it was asked for; None when it has started long since. A moment in the future, after somebody set the
    clock back, is not now.
    """
    young = begun is not None and abs(datetime.now(UTC) - begun) < timedelta(seconds=START_SECONDS)
    return young or any(is_held(lock) for lock in locks)
