"""Where a model came from."""

from pathlib import Path

import pytest

from recycler.errors import ModelError, RunError
from recycler.recipe import load_recipe
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Run, new_run
from recycler.settings import PROJECT, settings
from recycler.shelf import list_models
from recycler.subjects import Subject, find_subject, list_subjects, origin
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


def test_what_is_listed_is_found_by_its_name_and_nothing_else(model: Subject) -> None:
    run, untrained = trained(b"mine"), trained(b"your")
    (run.folder / PREDICTIONS_FILE).touch()
    names = [subject.name for subject in list_subjects()]
    assert names == ["small", f"run:{run.record.run}"]
    assert [find_subject(name).name for name in names] == names
    for name in (f"run:{untrained.record.run}", "run:latest", "run:", "run:..", f"run:../runs/{run.record.run}"):
        with pytest.raises(RunError, match=run.record.run):
            find_subject(name)
    with pytest.raises(ModelError, match="small"):
        find_subject(run.record.run)
