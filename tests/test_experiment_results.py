"""Results of experiments are kept by recipe and seed, and those of a recipe that has changed do not count."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recycler.experiment_results import FOLDER, Result, keep_result, kept_results, key_of, origin
from recycler.experiments import Experiment
from recycler.recipe import parse_recipe


@pytest.fixture
def row(tmp_path: Path) -> Experiment:
    file = tmp_path / "base.yaml"
    file.write_text("name: base\ndata: {sources: [{name: home}]}\n")
    return Experiment("row", "One", "Row", str(file))


def test_a_result_counts_for_its_recipe_alone(row: Experiment, tmp_path: Path) -> None:
    result = Result(recipe=key_of(row.recipe_of(1)).recipe, figures={"top1": 0.5})
    keep_result(row, 1, result, tmp_path)
    assert kept_results(row, tmp_path) == {1: result}
    changed = Experiment("row", "One", "Row", row.recipe, {"seed": 0, "network": {"dropout": 0.1}})
    assert not kept_results(changed, tmp_path)
    assert not kept_results(Experiment("ro", "One", "Row", row.recipe), tmp_path)


def test_a_file_that_is_no_result_does_not_count(row: Experiment, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "row.0.json").write_text("{")
    (tmp_path / FOLDER / "row.x.json").write_text("{}")
    assert not kept_results(row, tmp_path)


def test_recipes_that_train_the_same_have_one_key_whatever_they_are_called() -> None:
    text = "name: {name}\ntitle: {name}\ndata: {{sources: [{{name: home}}]}}\n"
    text += "seed: {seed}\nnetwork: {{dropout: {dropout}}}"
    a, b, seeded, other = (
        key_of(parse_recipe(text.format(name=name, seed=seed, dropout=dropout)))
        for name, seed, dropout in (("a", 0, 0.5), ("b", 0, 0.5), ("a", 1, 0.5), ("a", 0, 0.4))
    )
    assert a == b
    assert a.recipe == seeded.recipe
    assert a != seeded
    assert a.recipe != other.recipe


def test_where_a_row_was_trained_names_every_kind_of_machine_once() -> None:
    first = Result(recipe="a", finished=datetime(2026, 11, 29, tzinfo=UTC), device_name="CPU, 2 cores", figures={})
    later = first.model_copy(update={"finished": datetime(2026, 11, 30, tzinfo=UTC)})
    assert origin([later, first]) == "2026-11-30 on CPU, 2 cores"
    other = later.model_copy(update={"device_name": "CPU, 1 core"})
    assert origin([first, other, later]) == "2026-11-30 on CPU, 1 core and CPU, 2 cores"
    assert not origin([Result(recipe="a", figures={})])
