"""Answer a question: what does a model, or a run, say of these photos? TensorFlow is needed for runs alone."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from recycler.analysis.corrections import corrected, labels_now
from recycler.class_mapping import map_classes
from recycler.classifier import Classifier
from recycler.datasets import load_dataset
from recycler.datasets.dataset import Dataset
from recycler.datasets.sources import load_sources
from recycler.errors import DatasetError
from recycler.evaluation import evaluate, rows_of
from recycler.evaluations import (
    Evaluation,
    Question,
    evaluating,
    keep_evaluation,
    key_of,
    load_evaluation,
    photos_asked,
)
from recycler.learning.data import Prepared, Progress, load_data
from recycler.predictions import Predictions
from recycler.settings import settings
from recycler.shelf import ShelfModel, list_models, load_model
from recycler.subjects import Subject, find_subject, model_at_hand, published_name

PARTS = ("train", "validation", "test")
MODELS_KEPT = 8  # of runs, to be asked again: 10 to 60 MB each


def answer(question: Question, progress: Progress) -> tuple[Evaluation, Predictions]:
    """The evaluation that answers a question, made if it is not kept, and its table, not yet judged by a rulebook.

    Its labels are those of now, corrected ones among them.

    A run is asked as the very model that publishing would make of it. Photos that the subject has learned from stand
    under the split "train", whatever was asked for. Raises RecyclerError.
    """
    subject = find_subject(question.subject)
    photos = photos_asked(question)
    data = load_sources(photos, lambda name: load_dataset(name, corrected=False))
    key = key_of(question, subject, data, data.fingerprint())
    with evaluating(key, question) as tell:
        if tell is not None:

            def both(what: str, done: int, total: int) -> None:
                tell(what, done, total)
                progress(what, done, total)

            classifier = Classifier(model_of(subject, both), settings().threads)
            mapping = map_classes(data.classes, classifier.card.classes, dict(question.mapping))
            data, splits, unknown = _splits(question, subject, data, both)
            found = evaluate(classifier, data, splits, mapping, settings().threads, both)
            found = replace(found, left_out=(*found.left_out, *unknown))
            learned = int((found.table.splits == "train").sum()) if question.split != "train" else 0
            keep_evaluation(key, question, found, classifier.card.thresholds, mapping, learned)
    evaluation, table = load_evaluation(key)
    return evaluation, corrected(table, labels_now(photos, evaluation.mapping))


def model_of(subject: Subject, progress: Progress) -> ShelfModel:
    """The shelf model of a subject; of a run the one that publishing would make, kept on a shelf of our own."""
    found = model_at_hand(subject)
    if found is None:
        assert subject.run is not None  # noqa: S101 - only a run can be without
        from recycler.learning.export import publish

        name = published_name(subject.run)
        publish(subject.run, name, settings().published, lambda doing: progress(doing, 0, 1))
        found = load_model(settings().published, name)
    if subject.run:
        os.utime(found.folder)
        _make_room(settings().published)
    return found


def _make_room(shelf: Path) -> None:
    """Remove the models of runs that were not asked for longest."""
    folders = sorted((shelf / card.name for card in list_models(shelf)), key=lambda path: -path.stat().st_mtime)
    for old in folders[MODELS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(shelf / ".replaced", ignore_errors=True)  # nobody takes these back


def _splits(
    question: Question, subject: Subject, data: Dataset, progress: Progress
) -> tuple[Dataset, dict[int, str], tuple[str, ...]]:
    """The photos, which of them are asked about and the split to write beside each, and what is not known."""
    if question.owner is not None:
        recipe = find_subject(question.owner).recipe
        assert recipe is not None  # noqa: S101 - photos_asked has seen to it
        prepared = load_data(recipe, progress)
        parts = PARTS if question.split == "all" else (question.split,)
        own = {int(i): part for part in parts for i in getattr(prepared.parts, part)}
        data = prepared.data
        if question.owner == question.subject:
            return data, own, ()
    else:
        own = {int(i): data.splits[i] or question.split for i in rows_of(data, question.split)}
    try:
        part_of = _parts(subject, {data.photos[i] for i in own}, progress)
    except DatasetError as problem:
        return data, own, (f"Whether the model has learned from some of these photos is not known. {problem}",)
    return data, {i: part_of.get(data.photos[i], split) for i, split in own.items()}, ()


def _parts(subject: Subject, asked: set[str], progress: Progress) -> dict[str, str]:
    """Photo id to the part that it had when the subject was made, for photos that its recipe names.

    Photos are only opened, to find copies among them, where some of those asked about are among them.
    """
    recipe = subject.recipe
    if recipe is None or asked.isdisjoint(load_sources(recipe.data).photos):
        return {}
    prepared: Prepared = load_data(recipe, progress)
    return {prepared.data.photos[i]: part for part in PARTS for i in getattr(prepared.parts, part)}
