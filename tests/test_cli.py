"""The command line as a user types it: some in a process of their own, which takes seconds, most in this one."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recycler.cli import main
from recycler.experiments import EXPERIMENTS
from recycler.photos import to_jpeg
from recycler.predictions import Predictions, write_predictions
from recycler.recipe import parse_recipe
from recycler.runs import new_run
from recycler.settings import settings
from tests.tables import drawn

Answer = tuple[int, list[dict[str, Any]], str]


def typed(*words: str | Path) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command in this process, where nobody answers questions."""
    out, problems = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(problems):
        patch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue(), problems.getvalue()


def recycler(*words: str | Path) -> Answer:
    """Exit status, JSON lines and standard error of a command."""
    status, said, problems = typed(*words)
    return status, json_lines(said), problems


def recycler_alone(*words: str | Path) -> Answer:
    """The same of `python -m recycler ...`."""
    command = [sys.executable, "-m", "recycler", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json_lines(done.stdout), done.stderr


def json_lines(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(45):
        kind = root / ("glass" if i % 2 else "paper")
        kind.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(20, axis=0).repeat(20, axis=1)
        (kind / f"{i:02}.jpg").write_bytes(to_jpeg(pixels, 160))
    return root


def test_every_photo_of_a_folder_gets_one_line_in_order(photos: Path) -> None:
    status, lines, _ = recycler_alone("classify", photos, "--json")
    assert status == 0
    assert [line["path"] for line in lines] == [str(path) for path in sorted(photos.rglob("*.jpg"))]
    assert {line["verdict"] for line in lines} <= {"recycle", "bin", "unsure"}


def test_a_broken_photo_is_named_and_the_others_are_answered(photos: Path, tmp_path: Path) -> None:
    good = photos / "glass" / "01.jpg"
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:600])
    status, lines, _ = recycler_alone("classify", tmp_path / "cut.jpg", good, tmp_path / "none.jpg", "--json")
    assert status == 1
    assert [sorted(line) == ["error", "path"] for line in lines] == [True, False, True]


def test_what_was_taught_changes_the_answer_until_it_is_forgotten(photos: Path) -> None:
    photo = photos / "glass" / "01.jpg"
    before = recycler("classify", photo, "--json")[1]
    other = "metal" if before[0]["class"] != "metal" else "paper"
    status, [kept], said = recycler("teach", photo, "--class", other, "--json")
    assert status == 0
    assert "1 photos" in said
    assert recycler("classify", photo, "--json")[1][0]["class"] == other
    assert recycler("classify", photo, "--json", "--untaught")[1] == before
    assert recycler("forget", kept["photo"])[0] == 1, "nobody said yes"
    assert recycler("classify", photo, "--json")[1][0]["class"] == other
    assert recycler("forget", kept["photo"], "--yes")[0] == 0
    assert recycler("classify", photo, "--json")[1] == before


def test_a_folder_is_taught_and_what_is_no_photo_is_named(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes((photos / "glass" / "01.jpg").read_bytes()[:600])
    status, lines, _ = recycler("teach", photos / "paper", tmp_path, "--class", "paper", "--json")
    assert status == 1
    assert [line["path"] for line in lines if "error" in line] == [str(tmp_path / "cut.jpg")]
    assert len([line for line in lines if "photo" in line]) == len(list((photos / "paper").iterdir()))
    assert recycler("forget", "glass", "--yes")[0] == 2
    assert recycler("forget", "--all", "--yes")[0] == 0
    assert not settings().collected.exists()


def test_a_class_that_the_model_does_not_know_cannot_be_taught(photos: Path) -> None:
    status, lines, problem = recycler("teach", photos / "glass" / "01.jpg", "--class", "teapot")
    assert (status, lines) == (2, [])
    assert "teapot" in problem
    assert "battery" in problem


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--model", "no-such-model"], "no-such-model"),
        (["--rulebook", "no-such-rulebook"], "no-such-rulebook"),
    ],
)
def test_an_unknown_model_or_rulebook_is_one_sentence(photos: Path, words: list[str], named: str) -> None:
    status, lines, problem = recycler("classify", photos / "glass" / "01.jpg", *words, "--json")
    assert status == 2
    assert not lines
    assert named in problem


def test_a_mistyped_recipe_names_the_key(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: x\ndata: {sources: [{name: home}]}\nbackbonne: mobilenet\n")
    status, _, problem = recycler_alone("train", recipe)
    assert status == 2
    assert "backbonne" in problem


def test_the_figures_of_an_evaluation_follow_from_its_table(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.parquet"
    status, lines, _ = recycler("evaluate", "--data", photos, "--out", out, "--json")
    table = pd.read_parquet(out)
    assert status == 0
    assert len(table) == lines[-1]["photos"] == 45
    assert lines[-1]["top1"] == pytest.approx((table["true"] == table["predicted"]).mean())


def test_runs_are_one_line_each_with_their_state_newest_first() -> None:
    recipe = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")
    old, new = (new_run(settings().runs, recipe, "cpu") for _ in range(2))
    new.record.state, new.record.problem = "failed", "The disk is full."
    new.save()
    status, lines, _ = recycler("runs", "--json")
    assert status == 0
    assert [(line["run"], line["state"]) for line in lines] == [(new.record.run, "failed"), (old.record.run, "queued")]
    assert recycler("stop", old.record.run)[0] == 0
    assert [line["state"] for line in recycler("runs", "--json")[1]] == ["failed", "stopping"]


@pytest.mark.parametrize("command", ["stop", "resume"])
def test_what_cannot_be_stopped_or_resumed_is_one_sentence(command: str) -> None:
    recipe = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")
    run = new_run(settings().runs, recipe, "cpu")
    run.record.state = "done"
    run.save()
    for name, said in ((run.record.run, "done"), ("no-such-run", "no-such-run")):
        status, _, problem = recycler(command, name)
        assert status == 2
        assert said in problem


def test_without_runs_the_list_says_how_to_start_one() -> None:
    assert "train" in typed("runs")[1]


def test_a_label_is_put_right_listed_and_taken_back(photos: Path) -> None:
    assert recycler("relabel", photos, "glass/01.jpg", "--class", "paper")[0] == 0
    assert recycler("relabel", photos, "glass/03.jpg", "--leave-out")[0] == 0
    assert recycler("labels", "--json")[1] == [{"dataset": str(photos), "changes": 2}]
    lines = recycler("labels", photos, "--json")[1]
    assert [(line["photo"], line["before"], line["now"]) for line in lines] == [
        ("glass/01.jpg", "glass", "paper"),
        ("glass/03.jpg", "glass", None),
    ]
    _, lines, _ = recycler("evaluate", "--data", photos, "--split", "all", "--json")
    assert lines[-1]["photos"] == 44
    assert recycler("relabel", photos, "--undo")[0] == 0
    assert len(recycler("labels", photos, "--json")[1]) == 1


@pytest.mark.parametrize(
    "words", [["--undo", "glass/01.jpg"], [], ["glass/01.jpg"], ["glass/01.jpg", "--class", "paper", "--leave-out"]]
)
def test_a_relabelling_that_says_too_little_or_too_much_changes_nothing(photos: Path, words: list[str]) -> None:
    status, _, said = recycler("relabel", photos, *words)
    assert status == 2
    assert "--leave-out" in said
    assert recycler("labels", "--json")[1] == []


def test_the_recipe_that_trains_a_model_again_is_printed(photos: Path) -> None:
    recycler("teach", photos / "paper", "--class", "paper")
    recipe = parse_recipe(typed("again", "household", "--emphasise", "paper")[1])
    assert [source.name for source in recipe.data.sources] == ["garbage", "trashnet", "home", "collected"]
    assert recipe.emphasis == {"paper": 2}
    status, _, problem = recycler("again", "household", "--emphasise", "teapot")
    assert (status, "teapot" in problem) == (2, True)


def test_a_parent_that_is_not_there_stops_a_training_before_it_begins(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: small\ndata: {sources: [{name: collected}]}\n")
    status, _, problem = recycler("train", recipe, "--parent", "teapot")
    assert status == 2
    assert "no model called “teapot”" in problem
    assert recycler("runs", "--json")[1] == []


def test_two_tables_are_compared_photo_by_photo(tmp_path: Path) -> None:
    write_predictions(tmp_path / "new.parquet", drawn(400, skill=3))
    write_predictions(tmp_path / "old.parquet", drawn(400))
    status, [line], _ = recycler("compare", tmp_path / "new.parquet", tmp_path / "old.parquet", "--json")
    assert status == 0
    assert line["photos"] == 400
    test = line["tests"]["the class"]
    assert test["gained"] > test["lost"]
    assert test["real"] is True
    assert 0 < line["differences"]["top1"]["low"] < line["differences"]["top1"]["value"]
    write_predictions(tmp_path / "other.parquet", renamed(drawn(400)))
    status, _, said = recycler("compare", tmp_path / "new.parquet", tmp_path / "other.parquet")
    assert status == 2
    assert "no photo in common" in said


def renamed(table: Predictions) -> Predictions:
    return replace(table, photos=np.array([f"elsewhere/{i}" for i in range(len(table))], object))


def test_the_rows_of_the_bench_are_listed_and_one_that_is_none_is_named() -> None:
    said = typed("bench", "thesis", "--list")[1]
    assert [line.split()[0] for line in said.splitlines()] == [*EXPERIMENTS]
    assert "0 of 3" in said
    status, _, problem = recycler("bench", "thesis", "--only", "layers-13")
    assert status == 2
    assert "layers-13" in problem
