"""Predictions tables, analyses of them and models on a shelf, to test with."""

from datetime import date
from pathlib import Path

import numpy as np

from recycler.analysis import OWN, Analysis
from recycler.predictions import Predictions, predictions
from recycler.rulebook import find_rulebook
from recycler.shelf import Card, new_model, write_card
from recycler.subjects import Subject
from recycler.verdict import Thresholds

MANY = ("glass", "paper", "plastic", "metal", "trash", "battery", "shoes", "clothes", "biological", "cardboard",
        "apple", "bottle")  # fmt: skip


def drawn(photos: int = 500, foreign: int = 0, seed: int = 0, skill: float = 2.0) -> Predictions:
    """Predictions of a model that is right about half of the time, over MANY, by the default rulebook.

    foreign: so many photos of a class that the model does not know. skill: by how much the true class's logit is up.
    Photos, their classes and what is hard about them are the same whatever the skill.
    """
    rng = np.random.default_rng(seed)
    true = rng.integers(len(MANY), size=photos)
    logits = rng.normal(size=(photos, len(MANY))) + skill * np.eye(len(MANY))[true]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = [MANY[i] for i in true[: photos - foreign]] + ["chair"] * foreign
    ids = [f"{'garbage' if i % 2 else 'home'}/{i}" for i in range(photos)]
    table = predictions(MANY, ids, "test", names, p.astype(np.float32), rng.random(photos).astype(np.float32))
    return table.judged(find_rulebook("default"), Thresholds(0.7))


def analysed(title: str, table: Predictions, data: str = OWN, split: str = "validation") -> Analysis:
    """An analysis of a model that is on no shelf. title: of its subject."""
    card = small_card(title=title, classes=table.classes, recycling_classes=())
    subject = Subject("small", title, table.classes, card.thresholds, card)
    key = f"{title}-{data}-{split}-{len(table)}-{table.squares.sum()}"
    return Analysis(key, subject, data, split, table, find_rulebook("default"))


def small_card(**changes: object) -> Card:
    """The card of a model of two classes that nobody trained. changes: fields that are to be others."""
    usual = {
        "name": "small",
        "title": "Small",
        "description": "For tests.",
        "created": date(2026, 1, 2),
        "classes": ("glass", "trash"),
        "recycling_classes": ("glass",),
        "input_size": 32,
        "embedding_size": 4,
        "backbone": "mobilenet",
        "thresholds": Thresholds(0.7),
        "thresholds_from": "validation photos",
        "sources": {"home": "2 photos"},
        "metrics": {"test": {"photos": 2.0, "top1": 0.5}},
        "parity": {"top1_agreement": 1.0},
        "recipe": {},
        "versions": {},
    }
    return Card.model_validate(usual | changes)


def put_on_shelf(shelf: Path, card: Card, **files: bytes) -> None:
    """Publish a model that nobody trained. files: contents of model.ENDING by ending, for example tflite."""
    with new_model(shelf, card.name) as folder:
        for ending, content in files.items():
            (folder / f"model.{ending}").write_bytes(content)
        write_card(folder, card)
