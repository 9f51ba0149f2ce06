import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recycler.errors import RunError
from recycler.processes import spawn
from recycler.recipe import parse_recipe
from recycler.runs import (
    LOG_FILE,
    START_SECONDS,
    Label,
    Run,
    State,
    find_run,
    list_runs,
    load_run,
    new_run,
    write_atomically,
)

RECIPE = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")


def in_state(root: Path, state: State) -> Run:
    run = new_run(root, RECIPE, "cpu")
    run.record.state = state
    run.save()
    return run


def test_a_run_remembers_what_it_was_trained_again_from(tmp_path: Path) -> None:
    assert new_run(tmp_path, RECIPE, "cpu").record.parent == ""
    again = new_run(tmp_path, RECIPE, "cpu", parent="household")
    again.label = Label(title="Another name")
    again.enqueue()
    assert load_run(again.folder).record.parent == "household"


def test_runs_are_listed_newest_first_and_found_by_name_or_as_latest(tmp_path: Path) -> None:
    first, second = (new_run(tmp_path, RECIPE, "cpu") for _ in range(2))
    assert [run.record.run for run in list_runs(tmp_path)] == [second.record.run, first.record.run]
    assert find_run(tmp_path, "latest").record.run == second.record.run
    assert find_run(tmp_path, first.record.run).recipe == RECIPE


def test_a_run_names_the_stages_before_which_its_predictions_are_kept(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    for stage, name in enumerate(("feature extraction", "fine tuning", "fine tuning")):
        run.begin_stage(stage, name, 1, 1)
    assert run.kept_before() == {}
    for stage in (1, 2):
        run.predictions_before(stage).touch()
    assert run.kept_before() == {1: "fine tuning (stage 2)", 2: "fine tuning (stage 3)"}


def test_a_record_that_changed_is_read_anew_and_what_a_reader_does_to_it_stays_its_own(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    load_run(run.folder).record.device_name = "nonsense"
    assert load_run(run.folder).record.device_name == ""
    run.record.device_name = "TPU"
    run.save()
    assert load_run(run.folder).record.device_name == "TPU"


def test_an_unknown_run_is_refused_with_the_names_of_the_newest(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    with pytest.raises(RunError, match=run.record.run):
        find_run(tmp_path, "no-such-run")


def test_a_damaged_record_hides_only_its_own_run(tmp_path: Path) -> None:
    first, second = (new_run(tmp_path, RECIPE, "cpu") for _ in range(2))
    (second.folder / "run.json").write_text("{")
    assert [run.record.run for run in list_runs(tmp_path)] == [first.record.run]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")
    with pytest.raises(TypeError):
        write_atomically(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_run_is_running_as_long_as_its_lock_is_held_and_failed_without_it(tmp_path: Path) -> None:
    run = in_state(tmp_path, "running")
    with run.lock:
        assert load_run(run.folder).record.state == "running"
    gone = load_run(run.folder).record
    assert gone.state == "failed"
    assert "process is gone" in gone.problem
    assert f"resume {gone.run}" in gone.hint


def test_a_run_that_was_asked_to_stop_is_stopping_until_it_has_stopped(tmp_path: Path) -> None:
    run = in_state(tmp_path, "running")
    assert not run.stop_requested()
    run.ask_to_stop()
    with run.lock:
        assert load_run(run.folder).record.state == "stopping"
    run.record.state = "stopped"
    run.save()
    assert load_run(run.folder).record.state == "stopped"


@pytest.mark.parametrize("off", [-START_SECONDS - 1, 3600], ids=["long ago", "before the clock was set back"])
def test_a_queued_run_without_a_process_has_a_few_seconds_to_get_one(tmp_path: Path, off: float) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    assert load_run(run.folder).record.state == "queued"
    run.record.queued = datetime.now(UTC) + timedelta(seconds=off)
    run.save()
    assert load_run(run.folder).record.state == "failed"


def test_a_trainer_that_takes_long_to_start_is_no_less_alive(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    run.record.queued = datetime.now(UTC) - timedelta(hours=1)
    run.save()
    spawn(run.folder / LOG_FILE, "resume", "no-such-run")
    assert load_run(run.folder).record.state == "queued"
    end = time.monotonic() + 60
    while load_run(run.folder).record.state == "queued" and time.monotonic() < end:
        time.sleep(0.05)
    assert load_run(run.folder).record.state == "failed"
    assert "no run called" in (run.folder / LOG_FILE).read_text()


def test_a_home_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file, where the folder should be")
    with pytest.raises(RunError, match="RECYCLER_HOME"):
        new_run(tmp_path / "runs", RECIPE, "cpu")


def test_title_and_note_can_be_changed_and_the_title_begins_as_the_recipes(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    assert run.label == Label(title="small")
    run.label = Label(title="Better", note="with glass")
    assert load_run(run.folder).label == Label(title="Better", note="with glass")


def test_the_list_follows_what_comes_goes_and_changes(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []
    (tmp_path / "notes.txt").write_text("no run")
    first, second = new_run(tmp_path, RECIPE, "cpu"), new_run(tmp_path, RECIPE, "cpu")
    assert [run.label.title for run in list_runs(tmp_path)] == ["small", "small"]
    first.label = Label(title="Renamed")
    second.record.state = "done"
    second.save()
    assert {(run.label.title, run.record.state) for run in list_runs(tmp_path)} == {
        ("Renamed", "queued"),
        ("small", "done"),
    }
    shutil.rmtree(second.folder)
    [left] = list_runs(tmp_path)
    left.record.state = "failed"  # of somebody who does not save it
    assert [run.record.state for run in list_runs(tmp_path)] == ["queued"]


def test_epochs_that_a_resumed_training_does_again_are_replaced(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    for stage, epoch in ((0, 1), (0, 2), (1, 1), (1, 2)):
        run.log_epoch(stage, epoch, {"loss": 1.0} | ({"object_accuracy": 0.5} if stage else {}))
    again = load_run(run.folder)
    again.log_epoch(1, 1, {"loss": 0.5})
    rows = [(row["stage"], row["epoch"], row["loss"]) for row in again.epochs()]
    assert rows == [("0", "1", "1"), ("0", "2", "1"), ("1", "1", "0.5")]


def test_a_stage_that_begins_again_keeps_those_before_it(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    for stage, name in ((0, "first"), (1, "second"), (1, "second again")):
        run.begin_stage(stage, name, 3, 10)
    assert [stage.name for stage in load_run(run.folder).record.stages] == ["first", "second again"]


def test_what_is_done_outside_the_epochs_can_be_seen_and_ends_with_the_training(tmp_path: Path) -> None:
    run = new_run(tmp_path, RECIPE, "cpu")
    run.tell("features", 10, 100)
    doing = load_run(run.folder).doing
    assert doing is not None
    assert (doing.what, doing.done, doing.total) == ("features", 10, 100)
    run.close()
    assert load_run(run.folder).doing is None
