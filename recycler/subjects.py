"""Who is judged: a model on the shelf, or a run that has learned something."""

from dataclasses import dataclass

from pydantic import ValidationError

from recycler.errors import ModelError, RunError
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook, find_rulebook
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Run, list_runs
from recycler.settings import settings
from recycler.shelf import Card, list_models
from recycler.verdict import Thresholds

RUN = "run:"
ALWAYS_ANSWER = Thresholds(confidence=0.0)  # a run has no thresholds before it is published


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
    def recipe(self) -> Recipe | None:
        """What it was made from; None for a model whose recipe an older version wrote."""
        try:
            return self.run.recipe if self.run else Recipe.model_validate(self.card.recipe if self.card else None)
        except ValidationError:
            return None


def list_subjects() -> list[Subject]:
    """All models on the shelf, then all runs that have predictions, newest first."""
    models = [
        Subject(card.name, card.title, card.classes, card.thresholds, card) for card in list_models(settings().models)
    ]
    runs = [run for run in list_runs(settings().runs) if _has_learned(run)]
    return models + [
        Subject(RUN + run.record.run, run.label.title, run.record.classes, ALWAYS_ANSWER, run=run) for run in runs
    ]


def find_subject(name: str) -> Subject:
    """A model by its name, or a run as run:NAME. Raises ModelError or RunError for one that is not there."""
    subjects = {subject.name: subject for subject in list_subjects()}
    if name in subjects:
        return subjects[name]
    known = ", ".join(subjects) or "none yet; train a recipe first"
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


def _has_learned(run: Run) -> bool:
    return all((run.folder / name).exists() for name in (PREDICTIONS_FILE, NETWORK_FILE))
