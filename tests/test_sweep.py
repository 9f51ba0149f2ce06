from pathlib import Path

import pytest
from click.testing import CliRunner

from recycler import jobs
from recycler.cli import cli
from recycler.errors import RecipeError
from recycler.recipe import Recipe
from recycler.runs import Label, list_runs, new_run
from recycler.settings import PROJECT, settings
from recycler.sweep import MOST, load_sweep

TEXT = """
name: mine
title: Mine
data: {{sources: [{{name: home}}]}}
network: {{dropout: {dropout}, hidden: [64, 32]}}
seed: {seed}
stages:
  - {{epochs: 3}}
  - {{method: fine_tuning, unfreeze_blocks: [head], learning_rate: {rate}}}
"""


def text(dropout: str = "0.2", seed: str = "0", rate: str = "0.001") -> str:
    return TEXT.format(dropout=dropout, seed=seed, rate=rate)


def test_every_combination_of_the_lists_is_a_recipe() -> None:
    variants = load_sweep(text(dropout="[0.1, 0.5]", rate="[0.01, 0.001]", seed="[7]"))
    tried = [(v.recipe.network.dropout, v.recipe.stages[1].learning_rate, v.recipe.seed) for v in variants]
    assert tried == [(0.1, 0.01, 7), (0.1, 0.001, 7), (0.5, 0.01, 7), (0.5, 0.001, 7)]
    assert variants[1].title == "Mine: dropout 0.1, seed 7, stage 2 learning rate 0.001"
    assert all(v.recipe.network.hidden == (64, 32) for v in variants), "a list where a list belongs is one value"


@pytest.mark.parametrize("path", sorted(PROJECT.glob("recipes/**/*.yaml")), ids=lambda path: path.stem)
def test_a_recipe_without_such_lists_is_itself(path: Path) -> None:
    [variant] = load_sweep(path.read_text())
    assert variant.recipe == Recipe.model_validate(variant.recipe.model_dump())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (text(dropout="[]"), "dropout holds an empty list"),
        (text(dropout="[0.1, 3]"), r"network.dropout: .* \(it holds 3\)"),
        (text(seed=str([*range(MOST + 1)])), f"stands for {MOST + 1} trainings"),
        ("[1, 2]", "is not a recipe"),
        ("a: [", "not valid YAML"),
    ],
)
def test_what_is_no_sweep_is_told(wrong: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        load_sweep(wrong)


def test_titles_fit_a_run_however_long() -> None:
    long = text(dropout="[0.1, 0.2]").replace("Mine", "M" * 200)
    assert all(Label(title=variant.title) for variant in load_sweep(long))


def test_the_command_line_queues_all_of_it(tmp_path: Path) -> None:
    first = load_sweep(text())[0].recipe
    ahead = new_run(settings().runs, first, "cpu")  # nobody trains it, so what comes after waits
    file = tmp_path / "sweep.yaml"
    file.write_text(text(dropout="[0.1, 0.5]"))
    with ahead.lock:
        try:
            assert CliRunner().invoke(cli, ["train", str(file)]).output.count(" is queued: Mine: dropout 0.") == 2
            queued = jobs.queue("cpu")
            assert [run.recipe.network.dropout for run in queued] == [ahead.recipe.network.dropout, 0.1, 0.5]
        finally:
            for run in jobs.queue("cpu")[1:]:
                jobs.discard(run.record.run)
    assert len(list_runs(settings().runs)) == 1
