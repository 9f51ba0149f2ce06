"""Who is judged: a model on the shelf, or a run that has learned something."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from recycler.errors import ModelError, RecipeError, RunError
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook, find_rulebook
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Run, find_run, list_runs
from recycler.settings import settings
from recycler.shelf import KERAS_FILE, Card, ShelfModel, checksum, list_models, load_model
from recycler.verdict import ALWAYS_ANSWER, Thresholds

RUN = "run:"
LONGEST_NAME = 64  # of a model


@dataclass(frozen=True)
class Subject:
    """A model or a run. name: as people type it, "household" or "run:quick-20260101-120000"; title: for people."""

    name: str
    title: str
    classes: tuple[str, ...]
    thresholds: Thresholds
    card: Card | None = None
    run: Run | None = None

    @property
    def parent(self) -> str:
        """The name of the subject that it was trained again from, "" for none."""
        known = self.run.record if self.run else self.card
        return known.parent if known else ""

    @property
    def recipe(self) -> Recipe | None:
        """What it was made from; None where an older version wrote a recipe that is none now."""
        try:
            return self.run.recipe if self.run else Recipe.model_validate(self.card.recipe if self.card else None)
        except (ValidationError, RecipeError):
            return None


def list_subjects() -> list[Subject]:
    """All models on the shelf, then all runs that have predictions, newest first."""
    return _models() + [_of_run(run) for run in list_runs(settings().runs) if _has_learned(run)]


def find_subject(name: str) -> Subject:
    """A model by its name, or a run as run:NAME. Raises ModelError or RunError for one that is not there."""
    if name.startswith(RUN):
        with suppress(RunError):
            run = find_run(settings().runs, name.removeprefix(RUN))
            if _has_learned(run):
                return _of_run(run)
    elif found := [model for model in _models() if model.name == name]:
        return found[0]
    known = ", ".join(subject.name for subject in list_subjects()) or "none yet; train a recipe first"
    if name.startswith(RUN):
        raise RunError(f"There is no finished run called “{name.removeprefix(RUN)}”. There are: {known}.")
    raise ModelError(f"There is no model called “{name}”. There are: {known}.")


def rulebook_of(subject: Subject, name: str | None = None) -> Rulebook:
    """The rulebook of this name, else the one that the subject was trained with, else the one of the settings.

    Raises RulebookError when it lacks one of the subject's classes.
    """
    recipe = subject.recipe
    chosen = name or (recipe.rulebook if recipe else settings().rulebook)
    rulebook = find_rulebook(chosen, subject.classes)
    rulebook.check(subject.classes)
    return rulebook


def origin(subject: Subject, runs: Sequence[Run]) -> Run | None:
    """The run that a subject came from: of a model, the one of these that holds the very same weights, if any."""
    if subject.run or subject.card is None:
        return subject.run
    try:
        size = (settings().models / subject.name / KERAS_FILE).stat().st_size
    except OSError:
        return None
    files = ((run, run.folder / NETWORK_FILE) for run in runs)
    same_size = ((run, file) for run, file in files if file.exists() and file.stat().st_size == size)
    weights = subject.card.checksums.get(KERAS_FILE)
    return next((run for run, file in same_size if checksum(file) == weights), None)


def model_at_hand(subject: Subject) -> ShelfModel | None:
    """The shelf model of a subject: of a run, the one that its first evaluation made of it, and None before that.

    Raises ModelError.
    """
    if subject.run is None:
        return load_model(settings().models, subject.name) if subject.card else None
    weights = checksum(subject.run.folder / NETWORK_FILE)
    name = published_name(subject.run)
    kept = {card.name: card for card in list_models(settings().published)}.get(name)
    current = kept is not None and kept.checksums.get(KERAS_FILE) == weights
    return load_model(settings().published, name) if current else None


def published_name(run: Run) -> str:
    """The name of the model that evaluations make of a run; a run's own name may be too long for a model."""
    name = run.record.run
    return name if len(name) <= LONGEST_NAME else f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _models() -> list[Subject]:
    cards = list_models(settings().models)
    return [Subject(card.name, card.title, card.classes, card.thresholds, card) for card in cards]


def _of_run(run: Run) -> Subject:
    return Subject(RUN + run.record.run, run.label.title, run.record.classes, ALWAYS_ANSWER, run=run)


def _has_learned(run: Run) -> bool:
    # os.path, which takes a third of the time, for each of 10,000 runs at every click
    return all(os.path.exists(f"{run.folder}/{name}") for name in (PREDICTIONS_FILE, NETWORK_FILE))  # noqa: PTH110
