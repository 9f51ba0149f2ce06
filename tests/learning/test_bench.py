"""Two rows on drawn photos, for real: trained, killed, gone on with, measured, reported."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recycler.experiment_results import FOLDER
from recycler.experiments import Experiment
from recycler.learning.bench import MARKS, PLOTS, REPORT, bench, standings
from recycler.runs import POINTS_FILE, list_runs
from recycler.settings import PROJECT, settings

SECONDS = 180  # TensorFlow's import alone takes 5 to 30 s on a busy machine


@pytest.fixture
def rows(shapes: Path, tmp_path: Path) -> list[Experiment]:
    file = tmp_path / "base.yaml"
    file.write_text(
        f"name: base\ndata: {{sources: [{{name: {shapes}, per_class: 18}}], validation: 0.25, test: 0.25}}\n"
        "network: {input_size: 32}\n"
        "stages: [{epochs: 60, batch_size: 4, patience: null, learning_rate: 0.003}]\n"
    )
    quick = {"stages.0.epochs": 2}
    return [
        Experiment("slow", "One", "Slow", str(file), thesis={"top1": 0.5}),
        Experiment("quick", "One", "Quick", str(file), quick),
        Experiment("twice", "Two", "Twice", str(file), quick, "own_scaled_twice"),
        Experiment("never", "Two", "Never", str(file), {"data.sources.0.name": str(tmp_path / "gone")}),
    ]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"Not within {SECONDS} s: {what}"
        time.sleep(0.1)


def test_a_bench_that_was_killed_goes_on_and_trains_nothing_twice(rows: list[Experiment], tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from recycler.experiments import Experiment\n"
        "from recycler.learning.bench import bench\n"
        "row = Experiment('slow', 'One', 'Slow', sys.argv[1])\n"
        "bench([row], [row], 1, print, Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, rows[0].recipe, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, start_new_session=True, stderr=subprocess.DEVNULL) as killed:
        wait_until(
            lambda: any(settings().runs.glob(f"*/{POINTS_FILE}")) or killed.poll() is not None, "a training runs"
        )
        os.killpg(killed.pid, signal.SIGKILL)
    [begun] = list_runs(settings().runs)
    assert "no result yet" in (tmp_path / REPORT).read_text()
    wait_until(lambda: "is gone" in standings(rows, project=tmp_path)["slow"].problem, "its trainer is gone, too")

    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")
    heard: list[str] = []
    bench(rows, rows, 1, heard.append, tmp_path)
    assert [line.partition(",")[0] for line in heard if line.endswith("seed 0")] == ["slow", "quick", "twice", "never"]
    runs = {run.label.title: run for run in list_runs(settings().runs)}
    assert runs.keys() == {"Slow", "Quick", "Never"}, "one training serves two rows"
    assert runs["Slow"].record.run == begun.record.run
    assert runs["Slow"].record.state == runs["Quick"].record.state == "done"
    found = standings(rows, project=tmp_path)
    assert {name: len(standing.figures) for name, standing in found.items()} == {
        "slow": 1, "quick": 1, "twice": 1, "never": 0,
    }  # fmt: skip
    assert found["slow"].figures[0]["minutes"] > 0
    assert found["slow"].figures[0]["top1"] > 0.7
    assert "gone" in found["never"].problem
    assert sorted(path.name for path in (tmp_path / PLOTS).iterdir()) == ["quick.svg", "slow.svg"]
    assert "no result yet" in (tmp_path / REPORT).read_text(), "the row that failed has not disappeared"
    told = readme.read_text()
    assert told.startswith("before\n")
    assert told.endswith("after\n")
    assert "old" not in told
    assert "| Never | no result yet |" in told
    assert f"| Slow | {found['slow'].figures[0]['top1']:.3f} / 0.500 |" in told

    finished = runs["Slow"].record.finished
    shutil.rmtree(tmp_path / FOLDER)
    bench(rows[:3], rows, 1, heard.append, tmp_path)
    assert len(list_runs(settings().runs)) == 3
    assert {run.label.title: run for run in list_runs(settings().runs)}["Slow"].record.finished == finished

    for run in runs.values():
        shutil.rmtree(run.folder)
    del heard[:]
    bench(rows[:3], rows, 1, heard.append, tmp_path)
    assert not heard, "what was measured on another machine counts"
    assert standings(rows, project=tmp_path)["slow"].figures == found["slow"].figures
