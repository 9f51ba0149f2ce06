"""Trainings in a cluster of two nodes: they run side by side, survive the death of a node, wait and are stopped."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fire.trainings import small_recipe
from recycler import jobs
from recycler.cluster.nodes import connect, nodes
from recycler.errors import RunError
from recycler.recipe import Recipe, Stage
from recycler.runs import LIVE, LOG_FILE, NETWORK_FILE, Run, find_run
from recycler.settings import settings

PATIENCE = 240  # seconds


def small(folder: Path, epochs: int) -> Recipe:
    """So many epochs, some tenths of a second each, on photos that are made here."""
    stage = Stage(method="fine_tuning", unfreeze_layers=30, epochs=epochs, batch_size=8, patience=None)
    return small_recipe(folder).model_copy(update={"stages": (stage,)})


def run_of(name: str) -> Run:
    return find_run(settings().runs, name)


def wait_until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            logs = [log.read_text()[-3000:] for log in settings().runs.glob(f"*/{LOG_FILE}")]
            jobs_are = [f"{job.metadata}: {job.status}, {job.message}" for job in connect().list_jobs()]
            pytest.fail("\n".join([f"It took too long: {what}", *jobs_are, *logs]))
        time.sleep(0.1)


def jobs_of(name: str) -> list[Any]:
    """The jobs that a run has had, in their order."""
    mine = (job for job in connect().list_jobs() if job.metadata.get("run") == name)
    return sorted(mine, key=lambda job: job.start_time)


def node_of(name: str) -> str | None:
    """The node on which a run's last job runs, none while it waits."""
    return jobs_of(name)[-1].driver_node_id


def test_runs_train_side_by_side_wait_for_a_place_survive_a_node_and_stop(
    cluster: Any, tmp_path: Path, keras_home: Path
) -> None:
    assert sorted(node.get("CPU", 0) for node in nodes()) == [0, 2, 2]
    long = small(tmp_path / "photos", 1000)
    first, second = jobs.start(long), jobs.start(long)
    wait_until(lambda: run_of(first).epochs() and run_of(second).epochs(), "two curves grow at the same time")
    assert node_of(first) != node_of(second)

    third = jobs.start(long)
    wait_until(lambda: jobs_of(third), "it waits for a place")
    assert [run_of(name).record.state for name in (first, second, third)] == ["running", "running", "queued"]
    jobs.stop(third)
    wait_until(lambda: run_of(third).record.state == "stopped", "what waits is stopped")
    jobs.stop(second)
    wait_until(lambda: run_of(second).record.state == "stopped", "what trains is stopped")
    assert (run_of(second).folder / NETWORK_FILE).exists()

    before = node_of(first)
    [node] = [node for node in cluster.worker_nodes if node.node_id == before]
    cluster.remove_node(node, allow_graceful=False)
    trainer = run_of(first).record.process
    assert trainer
    os.kill(trainer, signal.SIGKILL)  # it would live on where the node is a mere process of this machine
    had = len(run_of(first).epochs())
    wait_until(lambda: node_of(first) != before, "another place is looked for")
    wait_until(lambda: len(run_of(first).epochs()) > had, "it goes on elsewhere")
    assert run_of(first).record.state == "running"
    numbers = [int(row["epoch"]) for row in run_of(first).epochs()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "goes on somewhere else" in (run_of(first).folder / LOG_FILE).read_text()
    jobs.stop(first)
    wait_until(lambda: run_of(first).record.state not in LIVE, "it is stopped there, too")
    jobs.resume(third)
    wait_until(lambda: run_of(third).epochs(), "what was stopped goes on")
    jobs.discard(third)


def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_EXECUTOR", "ray")
    monkeypatch.setenv("RECYCLER_RAY_ADDRESS", "http://127.0.0.1:9")
    settings.cache_clear()
    with pytest.raises(RunError, match="cluster does not answer|make env-ray"):
        jobs.start(small(tmp_path / "photos", 1).model_copy(update={"device": "auto"}))
    name = jobs.start(small(tmp_path / "photos", 1))
    wait_until(lambda: run_of(name).record.state == "failed", "the run says so")
    assert "cluster does not answer" in run_of(name).record.problem or "make env-ray" in run_of(name).record.problem
    assert "resume" in run_of(name).record.hint
