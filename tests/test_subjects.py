"""Where a model came from."""

from pathlib import Path

import pytest

from recycler.recipe import load_recipe
from recycler.runs import NETWORK_FILE, Run, new_run
from recycler.settings import PROJECT, settings
from recycler.shelf import list_models
from recycler.subjects import Subject, origin
from tests.tables import put_on_shelf, small_card


def trained(weights: bytes) -> Run:
    run = new_run(settings().runs, load_recipe(PROJECT / "recipes" / "quick.yaml"), "cpu")
    (run.folder / NETWORK_FILE).write_bytes(weights)
    return run


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A model on a shelf, whose weights are b"mine"."""
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    put_on_shelf(tmp_path / "models", small_card(), keras=b"mine")
    [card] = list_models(settings().models)
    return Subject("small", card.title, card.classes, card.thresholds, card)


def test_a_model_came_from_the_run_that_holds_its_very_weights(model: Subject) -> None:
    runs = [trained(b"other"), trained(b"more of it"), trained(b"mine"), trained(b"your")]
    found = origin(model, runs)
    assert found is not None
    assert found.record.run == runs[2].record.run


def test_a_model_whose_run_is_gone_came_from_none(model: Subject) -> None:
    assert origin(model, [trained(b"your")]) is None
    assert origin(model, []) is None


def test_a_run_came_from_itself(model: Subject) -> None:
    run = trained(b"mine")
    subject = Subject(f"run:{run.record.run}", "A run", model.classes, model.thresholds, run=run)
    assert origin(subject, []) is run
