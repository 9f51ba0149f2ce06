"""Real trainers, as processes, on a tiny recipe."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from recycler import jobs
from recycler.errors import RunError
from recycler.learning.trainer import train
from recycler.live import read_points
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import (
    LIVE,
    LOG_FILE,
    NETWORK_FILE,
    POINTS_FILE,
    PREDICTIONS_FILE,
    RunRecord,
    State,
    find_run,
    list_runs,
)
from recycler.settings import settings
from tests.datasets.pictures import photo, write_tree

TRAINER_SECONDS = 180  # TensorFlow's import alone takes 5 to 30 s on a busy machine


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    names = [f"{kind}/{i}.jpg" for kind in ("glass", "trash") for i in range(20)]
    return write_tree(root, {name: photo(seed) for seed, name in enumerate(names)})


@pytest.fixture(autouse=True)
def no_trainer_outlives_a_test(own_home: Path) -> Iterator[None]:
    yield
    for run in list_runs(own_home / "runs"):
        if run.record.state in LIVE:
            jobs.discard(run.record.run)


def recipe(tree: Path, epochs: int) -> Recipe:
    return parse_recipe(
        f"""
        name: tiny
        data: {{sources: [{{name: {tree}}}], validation: 0.2, test: 0.2}}
        network: {{backbone: efficientnet_lite0, input_size: 32}}
        stages: [{{epochs: {epochs}, batch_size: 4, patience: null}}]
        """
    )


def record(run: str) -> RunRecord:
    return find_run(settings().runs, run).record


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + TRAINER_SECONDS
    while not condition():
        if time.monotonic() > end:
            logs = [log.read_text()[-2000:] for log in settings().runs.glob(f"*/{LOG_FILE}")]
            pytest.fail(f"Not within {TRAINER_SECONDS} s: {what}. {logs}")
        time.sleep(0.1)


def wait_for(run: str, state: State) -> None:
    wait_until(lambda: record(run).state == state, f"{run} is {state}")


def has_points(run: str) -> bool:
    file = settings().runs / run / POINTS_FILE
    return file.exists() and file.stat().st_size > 200


def test_trainings_started_together_run_one_after_the_other_and_a_stop_or_sigterm_keeps_the_best(tree: Path) -> None:
    first = jobs.start(recipe(tree, 1000))
    wait_for(first, "running")
    second, cancelled = (jobs.start(recipe(tree, 1000)) for _ in range(2))
    jobs.stop(cancelled)
    wait_for(cancelled, "stopped")
    assert not has_points(cancelled)
    wait_until(lambda: has_points(first), "the first run has points")
    assert record(second).state == "queued"
    jobs.stop(first)
    asked = time.time()
    wait_for(first, "stopped")
    folder = settings().runs / first
    points, _ = read_points(folder / POINTS_FILE)
    assert (points["time"] > asked).sum() <= 1
    assert (folder / NETWORK_FILE).exists()
    assert (folder / PREDICTIONS_FILE).exists()
    wait_until(lambda: has_points(second), "the second run has points")
    process = record(second).process
    assert process is not None
    os.kill(process, signal.SIGTERM)
    wait_for(second, "stopped")
    assert (settings().runs / second / PREDICTIONS_FILE).exists()
    before, after = record(first).finished, record(second).started
    assert before is not None
    assert after is not None
    assert after >= before


def test_a_killed_trainer_is_found_though_it_is_a_zombie_and_resumes_to_its_end(tree: Path) -> None:
    (tree / "recipe.yaml").write_text(
        recipe(tree, 40).model_dump_json()  # JSON is YAML
    )
    killed = subprocess.Popen([sys.executable, "-m", "recycler", "train", tree / "recipe.yaml"], start_new_session=True)
    wait_until(lambda: any(settings().runs.glob("*/" + POINTS_FILE)), "the run has points")
    run = find_run(settings().runs, "latest").record.run
    os.killpg(killed.pid, signal.SIGKILL)
    wait_until(lambda: record(run).state == "failed", "the run is seen to have failed")
    assert killed.returncode is None  # nobody has waited for it
    assert "process is gone" in record(run).problem
    jobs.resume(run)
    assert record(run).state in ("queued", "running")
    wait_for(run, "done")
    assert record(run).problem == ""
    assert len(find_run(settings().runs, run).epochs()) == 40
    killed.wait()


def test_a_run_can_be_discarded_while_it_trains(tree: Path) -> None:
    run = jobs.start(recipe(tree, 1000))
    wait_for(run, "running")
    jobs.discard(run)
    with pytest.raises(RunError):
        find_run(settings().runs, run)


def test_while_it_trains_a_run_is_handed_to_the_store_now_and_then(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "STORE_SECONDS", 0.01)
    run = train(recipe(tree, 2), settings().runs, lambda *_: None)
    assert run.record.state == "done"
    wait_until((run.folder / "store.json").exists, "the store has the run")


def test_a_data_set_that_vanishes_ends_the_run_with_a_sentence(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="failed"):
        train(recipe(tmp_path / "gone", 1), settings().runs, lambda *_: None)
    failed = record("latest")
    assert failed.state == "failed"
    assert "gone" in failed.problem


def test_a_full_disk_ends_the_run_as_failed_with_a_sentence(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs a small disk of its own: run as root on Linux")

    def fill_the_disk(*_: object) -> None:
        for file in tmp_path.glob("runs/*/doing.json"):
            file.unlink(missing_ok=True)  # or its end would make room for the record
        with suppress(OSError), (tmp_path / "filler").open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    try:
        monkeypatch.setenv("RECYCLER_HOME", str(tmp_path))
        settings.cache_clear()
        with pytest.raises(RunError, match="disk is full"):
            train(recipe(tree, 1), settings().runs, fill_the_disk)
        assert record("latest").state == "failed"
        assert "disk is full" in record("latest").problem
        assert "resume" in record("latest").hint
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
