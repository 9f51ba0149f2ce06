"""Evaluations, each made once, in a process of its own, and kept: RECYCLER_HOME/evaluations/KEY/.

KEY/evaluation.json      what was asked, how far it is, how it ended (`Evaluation`)
KEY/predictions.parquet  the predictions table
KEY/embeddings.npy       float16 (N, D), a row for each of the table's
KEY/lock                 held by the process that makes it, while it lives
KEY/stop                 somebody's request to stop

The key names the model's file, the photos, the split and the mapping of classes: the same question
about the same things is answered from here.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from recycler.access import require
from recycler.class_mapping import map_classes
from recycler.datasets.dataset import Dataset
from recycler.datasets.named import require_offered
from recycler.errors import DatasetError, ModelError
from recycler.evaluation import Evaluated
from recycler.failures import explain
from recycler.predictions import Predictions, read_predictions, write_predictions
from recycler.processes import spawn
from recycler.recipe import Data, Source
from recycler.runs import NETWORK_FILE, is_held, lives, write_array, write_atomically
from recycler.settings import settings
from recycler.shelf import LITERT_FILE
from recycler.subjects import Subject, find_subject
from recycler.verdict import ALWAYS_ANSWER, Thresholds

OWNED = "own:"  # before the name of a subject: the photos of its recipe
FORMAT = 2  # raise when tables change, so that kept ones are made anew
RECORD_FILE = "evaluation.json"
PREDICTIONS_FILE = "predictions.parquet"
EMBEDDINGS_FILE = "embeddings.npy"
LOCK_FILE = "lock"
STOP_FILE = "stop"
LOG_FILE = "log.txt"
TELL_SECONDS = 0.5


Wishes = tuple[tuple[str, str | None], ...]
"""Data class to the class of the model that it is to count as, None for none; in the order of names."""


@dataclass(frozen=True)
class Question:
    """What is asked of whom.

    data: a data set's name or path, or "own:SUBJECT" for the photos of that subject's recipe, divided as it says.
    split: "test", "train", "validation" (of own photos) or "all". mapping: data class to the class of the model that it
    is to count as, None for none; goes before what `map_classes` finds by itself.
    """

    subject: str
    data: str
    split: str = "test"
    mapping: Wishes = ()

    @property
    def owner(self) -> str | None:
        """Whose own photos are asked about, if any."""
        return self.data.removeprefix(OWNED) if self.data.startswith(OWNED) else None


def photos_asked(question: Question) -> Data:
    """Which photos a question is about, all splits, as a recipe names them.

    Raises ModelError or RunError when the subject whose own photos are meant is not there or has no recipe.
    """
    if question.owner is None:
        return Data(sources=(Source(name=question.data),))
    recipe = find_subject(question.owner).recipe
    if recipe is None:
        raise ModelError(
            f"The recipe of {question.owner} is of an older version, so its photos cannot be found: "
            "name a data set instead."
        )
    return recipe.data


class Evaluation(BaseModel):
    """How an evaluation stands.

    doing, done, total: what is done, and how much of it, `since` when. problem: why it did not end, with a hint.
    thresholds: those of the model that was asked. mapping: data class to the model's class that it counts as.
    left_out: sentences. learned: how many of the photos the model has learned from; they stand in
    the table under the split "train".
    """

    model_config = ConfigDict(frozen=True)

    question: Question
    state: Literal["running", "done", "stopped", "failed"] = "running"
    began: datetime
    since: datetime | None = None
    doing: str = "starting"
    done: int = 0
    total: int = 0
    thresholds: Thresholds = ALWAYS_ANSWER
    mapping: dict[str, str] = {}
    left_out: tuple[str, ...] = ()
    learned: int = 0
    problem: str = ""

    def seconds_left(self, now: datetime) -> float | None:
        """Of what is done now; None while that cannot be told."""
        if self.since is None or self.since > now or not 0 < self.done <= self.total:
            return None
        return (now - self.since).total_seconds() / self.done * (self.total - self.done)


def key_of(question: Question, subject: Subject, data: Dataset, fingerprint: str) -> str:
    """The name of an evaluation. data: the joined photos that are asked about, all splits, labels not corrected.

    fingerprint: of `data`; the page keeps it, for it opens photos.
    A label that is put right changes what was true, not what was said: `corrections.corrected` reads a kept table anew.
    What cannot make a difference makes none: the split of photos that have none, a wish for what is so anyway.
    Raises DatasetError for a mapping of classes that are not there.
    """
    if subject.run:
        file = (subject.run.folder / NETWORK_FILE).stat()
        weights = f"{file.st_size} {file.st_mtime_ns}"
    else:
        weights = f"{subject.card.checksums.get(LITERT_FILE)} {subject.card.temperature}" if subject.card else ""
    split = question.split if question.owner is not None or any(data.splits) else "all"
    mapping = sorted(map_classes(data.classes, subject.classes, dict(question.mapping)).items())
    parts = [FORMAT, question.subject, weights, question.data, fingerprint, split, mapping]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def find_evaluation(key: str) -> Evaluation | None:
    """How an evaluation stands; *failed* when its process is gone, None when nobody has asked yet."""
    folder = folder_of(key)
    try:
        found = Evaluation.model_validate_json((folder / RECORD_FILE).read_bytes())
        starting = None if found.total else found.began
        if found.state != "running" or lives(starting, folder / LOCK_FILE, folder / LOG_FILE):
            return found
        found = Evaluation.model_validate_json((folder / RECORD_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    gone = {"state": "failed", "problem": "Its process is gone: ask again."}
    return found if found.state != "running" else found.model_copy(update=gone)


def start_evaluation(key: str, question: Question) -> None:
    """Ask in the background, unless it is under way.

    Raises DatasetError when the home folder cannot be written to, or whoever asks may not open the photos; AccessError.
    """
    require("analyse")
    require_offered(source.name for source in photos_asked(question).sources)
    standing = find_evaluation(key)
    if standing and standing.state == "running":
        return
    try:
        folder_of(key).mkdir(parents=True, exist_ok=True)
        (folder_of(key) / STOP_FILE).unlink(missing_ok=True)
        _write(key, Evaluation(question=question, began=datetime.now(UTC)))
    except OSError as problem:
        raise DatasetError(
            f"Nothing can be written to {settings().evaluations} ({problem.strerror}): make room there, or set "
            "RECYCLER_HOME to a folder that can be written to."
        ) from problem
    maps = [argument for name, target in question.mapping for argument in ("--map", f"{name}={target or ''}")]
    asked = ["--model", question.subject, "--data", question.data, "--split", question.split, *maps]
    spawn(folder_of(key) / LOG_FILE, "evaluate", *asked)


def stop_evaluation(key: str) -> None:
    """Ask an evaluation that is under way to stop; it does within a few photos. Nothing of it is kept.

    Raises AccessError.
    """
    require("analyse")
    with suppress(FileNotFoundError):  # somebody has removed it
        (folder_of(key) / STOP_FILE).touch()


def load_evaluation(key: str) -> tuple[Evaluation, Predictions]:
    """A finished evaluation and its table, not yet judged by a rulebook; it is marked as used.

    Raises DatasetError when it is not there, PredictionsError when its table is damaged.
    """
    found = find_evaluation(key)
    if found is None or found.state != "done":
        raise DatasetError(found.problem if found else "This evaluation was removed: ask again.")
    os.utime(folder_of(key))
    return found, read_predictions(folder_of(key) / PREDICTIONS_FILE)


def thresholds_now(subject: Subject, evaluation: Evaluation) -> Thresholds:
    """By which thresholds its answers are judged: a card's may have been set since it was asked."""
    return subject.thresholds if subject.card else evaluation.thresholds


def load_embeddings(key: str) -> NDArray[np.float16] | None:
    """The embeddings (N, D) of an evaluation's photos, read from disk as they are needed; None when there are none."""
    try:
        found: NDArray[np.float16] = np.load(folder_of(key) / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found


@contextmanager
def evaluating(key: str, question: Question) -> Iterator[Callable[[str, int, int], None] | None]:
    """Hold an evaluation while it is made; gives a function that is told how far it is, or None if it is done already.

    Waits while another process is at it. However the block ends is kept, a problem as a sentence.
    """
    folder_of(key).mkdir(parents=True, exist_ok=True)
    with FileLock(folder_of(key) / LOCK_FILE):
        standing = find_evaluation(key)
        if standing and standing.state == "done":
            yield None
            return
        telling = _Telling(key, Evaluation(question=question, began=datetime.now(UTC)))
        try:
            yield telling
        except BaseException as problem:
            state = "stopped" if (folder_of(key) / STOP_FILE).exists() else "failed"
            end = {"state": state, "problem": explain(problem, "").problem}
            _write(key, telling.record.model_copy(update=end))
            raise
        finally:
            (folder_of(key) / STOP_FILE).unlink(missing_ok=True)


class _Telling:
    """Keeps how far an evaluation is, twice a second and whenever something else begins; heeds a request to stop."""

    def __init__(self, key: str, record: Evaluation) -> None:
        self.key, self.record, self.told = key, record, time.monotonic()
        _write(key, record)

    def __call__(self, doing: str, done: int, total: int) -> None:
        now = time.monotonic()
        another = doing != self.record.doing
        if not another and now - self.told < TELL_SECONDS:
            return
        if (folder_of(self.key) / STOP_FILE).exists():
            raise DatasetError("It was stopped before it had seen all photos.")
        since = datetime.now(UTC) if another else self.record.since
        self.told = now
        self.record = self.record.model_copy(update={"doing": doing, "done": done, "total": total, "since": since})
        _write(self.key, self.record)


def keep_evaluation(
    key: str,
    question: Question,
    evaluated: Evaluated,
    thresholds: Thresholds,
    mapping: Mapping[str, str],
    learned: int,
) -> Evaluation:
    """Keep what came out, and make room by removing what was not looked at for longest."""
    folder = folder_of(key)
    write_predictions(folder / PREDICTIONS_FILE, evaluated.table)
    write_array(folder / EMBEDDINGS_FILE, evaluated.embeddings)
    record = Evaluation(
        question=question,
        state="done",
        began=datetime.now(UTC),
        thresholds=thresholds,
        mapping=dict(mapping),
        left_out=evaluated.left_out,
        learned=learned,
    )
    _write(key, record)
    kept = sorted(settings().evaluations.glob(f"*/{RECORD_FILE}"), key=lambda path: -path.parent.stat().st_mtime)
    for old in kept[settings().evaluations_kept :]:
        if old.parent != folder and not is_held(old.parent / LOCK_FILE):
            shutil.rmtree(old.parent, ignore_errors=True)
    return record


def folder_of(key: str) -> Path:
    """Where an evaluation lies."""
    return settings().evaluations / key


def sorted_mapping(chosen: Mapping[str, str | None]) -> Wishes:
    """A mapping as a question holds it: the same wishes, the same question."""
    return tuple(sorted(chosen.items(), key=lambda pair: pair[0]))


def _write(key: str, record: Evaluation) -> None:
    write_atomically(folder_of(key) / RECORD_FILE, record.model_dump_json().encode(), durable=False)
