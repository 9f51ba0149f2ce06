from pathlib import Path

import pytest

from recycler.errors import RunError
from recycler.recipe import parse_recipe
from recycler.runs import find_run, list_runs, new_run, write_atomically

RECIPE = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")


def test_runs_are_listed_newest_first_and_found_by_name_or_as_latest(tmp_path: Path) -> None:
    first, second = (new_run(tmp_path, RECIPE, "cpu") for _ in range(2))
    assert [run.record.run for run in list_runs(tmp_path)] == [second.record.run, first.record.run]
    assert find_run(tmp_path, "latest").record.run == second.record.run
    assert find_run(tmp_path, first.record.run).recipe == RECIPE


def test_an_unknown_run_is_refused_with_the_names_of_the_newest(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    with pytest.raises(RunError, match=run.record.run):
        find_run(tmp_path, "no-such-run")


def test_a_damaged_record_hides_only_its_own_run(tmp_path: Path) -> None:
    first, second = (new_run(tmp_path, RECIPE, "cpu") for _ in range(2))
    (second.folder / "run.json").write_text("{")
    assert [run.record.run for run in list_runs(tmp_path)] == [first.record.run]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")
    with pytest.raises(TypeError):
        write_atomically(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
