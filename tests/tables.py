"""Predictions tables, and analyses of them, to test with."""

from datetime import date

import numpy as np

from recycler.analysis import OWN, Analysis
from recycler.predictions import Predictions, predictions
from recycler.rulebook import find_rulebook
from recycler.shelf import Card
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
    """An analysis of a model that is on no shelf. title: of its subject; also its key."""
    card = Card(
        name="small",
        title=title,
        description="For tests.",
        created=date(2026, 1, 2),
        classes=table.classes,
        recycling_classes=(),
        input_size=32,
        embedding_size=4,
        backbone="mobilenet",
        thresholds=Thresholds(0.7),
        thresholds_from="validation photos",
        sources={"home": "2 photos"},
        metrics={},
        parity={},
        recipe={},
        versions={},
    )
    subject = Subject("small", title, table.classes, card.thresholds, card)
    return Analysis(title, subject, data, split, table, find_rulebook("default"))
