"""The shipped model, asked about drawn photos; a run's own copy is tested with the exports of runs."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from recycler.evaluations import Question, load_embeddings, sorted_mapping
from recycler.labels import change_label
from recycler.learning.answer import MODELS_KEPT, _make_room, answer
from recycler.recipe import Data, Recipe, Source
from recycler.settings import PROJECT, settings
from recycler.shelf import CARD_FILE, load_model
from tests.datasets.pictures import photo, write_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = [f"{kind}/{i}.jpg" for kind in ("glass", "can", "teapot") for i in range(6)]
    return write_tree(tmp_path / "kitchen", {name: photo(seed) for seed, name in enumerate(names)})


@pytest.fixture
def shelf(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf with one model that says it was made from these photos of glass."""
    folder = tmp_path / "models" / "household"
    shutil.copytree(PROJECT / "models" / "household", folder)
    source = Source(name=str(tree), labels={"can": None, "teapot": None})
    recipe = Recipe(name="small", data=Data(sources=(source,), validation=0.2, test=0.2))
    card = load_model(tmp_path / "models", "household").card
    card = card.model_copy(update={"recipe": recipe.model_dump(mode="json")})
    (folder / CARD_FILE).write_text(card.model_dump_json())
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    return tmp_path / "models"


def silent(what: str, done: int, total: int) -> None:
    pass


def test_a_second_ask_opens_no_photo(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question("household", str(tree), "all", sorted_mapping({"teapot": "metal"}))
    first, table = answer(question, silent)
    assert [table.names[i] for i in table.true].count("metal") == 12
    assert first.learned == 0
    told: list[str] = []
    second, again = answer(question, lambda what, *_: told.append(what))
    assert second == first
    assert not told
    np.testing.assert_array_equal(again.probabilities, table.probabilities)


def test_a_label_put_right_counts_as_what_the_model_calls_it_without_another_look(tree: Path) -> None:
    question = Question("household", str(tree), "all")
    answer(question, silent)
    change_label(str(tree), "glass/0.jpg", "can")
    change_label(str(tree), "glass/1.jpg", None)
    told: list[str] = []
    _, table = answer(question, lambda what, *_: told.append(what))
    classes = {photo: table.names[i] for photo, i in zip(table.photos, table.true, strict=True)}
    assert classes["kitchen/glass/0.jpg"] == "metal"
    assert "kitchen/glass/1.jpg" not in classes
    assert not told


def test_photos_that_the_model_has_learned_from_are_told_apart(tree: Path, shelf: Path) -> None:
    evaluation, table = answer(Question("household", str(tree), "all"), silent)
    learned = set(table.photos[table.splits == "train"])
    _, own = answer(Question("household", "own:household", "train"), silent)
    assert evaluation.learned == len(learned) == 4
    assert learned == set(own.photos)
    assert all(photo.startswith("kitchen/glass/") for photo in learned)


def test_own_photos_are_divided_as_the_recipe_says(shelf: Path) -> None:
    parts = {}
    for split in ("train", "validation", "test"):
        evaluation, table = answer(Question("household", "own:household", split), silent)
        parts[split] = set(table.photos)
        assert evaluation.learned == 0, "they were asked for"
        assert len(load_embeddings_of(split)) == len(table)
    assert {split: len(found) for split, found in parts.items()} == {"train": 4, "validation": 1, "test": 1}
    assert len(set.union(*parts.values())) == 6


def load_embeddings_of(split: str) -> np.ndarray:
    newest = max(settings().evaluations.iterdir(), key=lambda path: path.stat().st_mtime)
    found = load_embeddings(newest.name)
    assert found is not None
    return found


def test_models_of_runs_that_nobody_asks_any_more_make_room(tmp_path: Path) -> None:
    card = load_model(PROJECT / "models", "household").card
    for i in range(MODELS_KEPT + 2):
        folder = tmp_path / f"run-{i}"
        folder.mkdir()
        (folder / CARD_FILE).write_text(card.model_copy(update={"name": folder.name}).model_dump_json())
    (tmp_path / ".replaced").mkdir()
    newest = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime)[-1]
    _make_room(tmp_path)
    left = list(tmp_path.iterdir())
    assert len(left) == MODELS_KEPT
    assert newest in left or newest.name == ".replaced"
