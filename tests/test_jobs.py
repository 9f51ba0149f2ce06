"""The queue and what can be asked of runs, without a training; with one: `learning/test_trainer.py`."""

import os
from pathlib import Path

import pytest
from filelock import Timeout

from recycler import jobs
from recycler.errors import RunError
from recycler.recipe import parse_recipe
from recycler.runs import Run, State, list_runs, load_run, new_run
from recycler.settings import settings

RECIPE = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")


def make_run(state: State = "queued", device: str = "cpu") -> Run:
    run = new_run(settings().runs, RECIPE, device)
    run.record.state = state
    run.save()
    return run


def waiting(device: str = "cpu") -> list[str]:
    return [run.record.run for run in jobs.queue(device)]


def test_runs_wait_in_order_of_arrival_each_device_for_itself() -> None:
    first, second, elsewhere = make_run(), make_run(), make_run(device="gpu")
    make_run("done")
    assert waiting() == [first.record.run, second.record.run]
    assert waiting("gpu") == [elsewhere.record.run]


def test_a_queued_run_can_be_moved_and_later_ones_still_come_after() -> None:
    a, b, c = (make_run().record.run for _ in range(3))
    jobs.move(c, before=a)
    assert waiting() == [c, a, b]
    jobs.move(c, before=b)
    assert waiting() == [a, c, b]
    jobs.move(a, before=None)
    assert waiting() == [c, b, a]
    late = make_run().record.run
    assert waiting() == [c, b, a, late]
    with pytest.raises(RunError, match="queue has changed"):
        jobs.move(a, before="no-such-run")


def test_only_the_first_of_the_queue_gets_a_free_device() -> None:
    first, second = make_run(), make_run()
    second.ask_to_stop()  # or it would wait for ever
    assert jobs.wait_for_turn(second) is None
    end_turn = jobs.wait_for_turn(first)
    assert end_turn is not None
    with pytest.raises(Timeout):
        jobs.device_lock("cpu").acquire(timeout=0)
    end_turn()
    jobs.device_lock("cpu").acquire(timeout=0)


def test_a_run_that_waits_can_be_cancelled_and_then_waits_no_longer() -> None:
    run = make_run()
    jobs.stop(run.record.run)
    assert load_run(run.folder).record.state == "stopping"
    assert waiting() == []


@pytest.mark.parametrize("state", ["done", "stopped", "failed"])
def test_what_has_ended_cannot_be_stopped(state: State) -> None:
    with pytest.raises(RunError, match=state):
        jobs.stop(make_run(state).record.run)


def test_a_run_that_is_done_is_not_resumed() -> None:
    with pytest.raises(RunError, match="done"):
        jobs.resume(make_run("done").record.run)


def test_a_run_in_the_hands_of_a_trainer_is_left_alone() -> None:
    run = make_run("running")
    with run.lock:
        for act in (jobs.delete, jobs.resume):
            with pytest.raises(RunError, match="running"):
                act(run.record.run)
        with pytest.raises(RunError, match="trainer"), jobs.claim(run, patience=0):
            pass


def test_a_deleted_run_is_gone_and_can_be_taken_back() -> None:
    run = make_run("done")
    jobs.delete(run.record.run)
    assert list_runs(settings().runs) == []
    jobs.restore(run.record.run)
    assert load_run(run.folder).record == run.record
    with pytest.raises(RunError, match="taken back"):
        jobs.restore(run.record.run)


def test_a_run_whose_trainer_has_not_begun_is_discarded_and_comes_back_as_stopped() -> None:
    run = make_run()
    jobs.discard(run.record.run)
    assert list_runs(settings().runs) == []
    jobs.restore(run.record.run)
    assert [found.record.state for found in list_runs(settings().runs)] == ["stopped"]


def test_the_trash_is_emptied_after_a_week() -> None:
    old, new = make_run("done"), make_run("done")
    jobs.delete(old.record.run)
    week_ago = (settings().trash / old.record.run).stat().st_mtime - 7 * 24 * 3600 - 1
    os.utime(settings().trash / old.record.run, (week_ago, week_ago))
    jobs.delete(new.record.run)
    assert [path.name for path in settings().trash.iterdir()] == [new.record.run]


def test_a_recipe_goes_to_the_gpu_only_where_one_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert jobs.device_of(RECIPE) == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert jobs.device_of(RECIPE) == ("gpu" if Path("/dev/nvidiactl").exists() else "cpu")
