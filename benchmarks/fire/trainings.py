"""Trainings that are killed, find the disk full, queue up and are cancelled: how each ends, and how it reads."""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from recycler import jobs
from recycler.errors import RecyclerError
from recycler.predictions import read_predictions
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import LIVE, PREDICTIONS_FILE, Run, find_run, list_runs, load_run, new_run
from recycler.settings import PROJECT, settings

TIMES = {"time", "seconds", "photos_per_second"}  # columns of an epoch that differ from one training to the next
TRUE_SECONDS = 10  # in which every state has to be true
KILLS_A_RUN = 12  # then it may end

# Children are forked from a process that has imported TensorFlow, so that kills hit the training and not the import.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["recycler.learning.training", "recycler.learning.trainer"])


@dataclass
class Ends:
    """What happened, counted, and what should not have."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def use_home(home: Path) -> None:
    """All of this process from now on lies in this home folder."""
    os.environ["RECYCLER_HOME"] = str(home)
    settings.cache_clear()


def small_recipe(folder: Path) -> Recipe:
    """Two stages on 48 photos that are made here; a few seconds."""
    for c, kind in enumerate(("glass", "trash")):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i in range(24):
            pixels = np.random.default_rng([c, i]).integers(60 * c, 150 + 60 * c, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((64, 64)).save(folder / kind / f"{i}.png")
    return parse_recipe(
        f"""
        name: small
        data: {{sources: [{{name: {folder}}}], validation: 0.2, test: 0.2}}
        network: {{backbone: efficientnet_lite0, input_size: 64}}
        augmentation: {{preset: phone, copies: 1}}
        device: cpu
        stages:
          - {{epochs: 6, batch_size: 8, patience: null}}
          - {{method: fine_tuning, unfreeze_layers: 6, epochs: 4, batch_size: 8, patience: null}}
        """
    )


def _go_on(home: Path, name: str) -> None:
    """What a trainer's process does."""
    from recycler.learning.trainer import resume

    use_home(home)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        resume(find_run(settings().runs, name), lambda *_: None)


def trainer(run: Run) -> multiprocessing.process.BaseProcess:
    """A process that trains or goes on with a run."""
    process = _forks.Process(target=_go_on, args=(settings().home, run.record.run))
    process.start()
    return process


def outcome(run: Run) -> str:
    """What a run has learned, to the last digit: its curves and what it says of its photos."""
    epochs = [{name: value for name, value in row.items() if name not in TIMES} for row in run.epochs()]
    table = read_predictions(run.folder / PREDICTIONS_FILE)
    return json.dumps([epochs, table.photos.tolist(), table.probabilities.tolist()])


def unbroken(recipe: Recipe) -> tuple[str, float]:
    """What nobody disturbs ends with, and the seconds that it takes."""
    outcomes, begin = [], time.monotonic()
    for _ in range(2):  # the first computes activations, and starts the process that others are forked from
        begin = time.monotonic()
        run = new_run(settings().runs, recipe, "cpu")
        trainer(run).join()
        outcomes.append(outcome(load_run(run.folder)))
    if outcomes[0] != outcomes[1]:
        raise RuntimeError("Two unbroken trainings differ: nothing can be compared with them.")
    return outcomes[0], time.monotonic() - begin


def kills(home: Path, count: int, seed: int = 0) -> Ends:
    """Kill trainers with SIGKILL at random moments, `count` times in all, and let each run end."""
    use_home(home)
    recipe, chance, ends = small_recipe(home / "photos"), random.Random(seed), Ends()  # noqa: S311
    wanted, seconds = unbroken(recipe)
    while ends.counts["kills"] < count:
        run = new_run(settings().runs, recipe, "cpu")
        for attempt in range(KILLS_A_RUN + 1):
            process = trainer(run)
            process.join(chance.uniform(0, seconds) if attempt < KILLS_A_RUN else None)
            if process.is_alive():
                process.kill()
                ends.counts["kills"] += 1
                _expect_dead(run, ends)
                process.join()
            elif load_run(run.folder).record.state in ("done", "failed"):
                break
        ended = find_run(settings().runs, run.record.run)
        ends.counts[f"runs {ended.record.state}"] += 1
        if ended.record.state != "done" or outcome(ended) != wanted:
            ends.faults.append(f"{run.record.run} is {ended.record.state} {ended.record.problem}, or ended otherwise")
    return ends


def _expect_dead(run: Run, ends: Ends) -> None:
    """The state is true soon, though nobody has waited for the dead process yet."""
    begin = time.monotonic()
    while load_run(run.folder).record.state in LIVE:
        if time.monotonic() - begin > TRUE_SECONDS:
            ends.faults.append(f"{run.record.run} is {load_run(run.folder).record.state}, and dead")
            return
        time.sleep(0.05)
    longest = max(ends.counts["longest, ms"], int(1000 * (time.monotonic() - begin)))
    ends.counts["longest, ms"] = longest


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """A disk of its own in memory; raises OSError where that cannot be had (needs root on Linux)."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        raise OSError("no small disk can be had here: it needs root on Linux")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


def full_disks(home: Path, count: int) -> Ends:
    """Train on disks from far too small to just too small, make room, go on: the same end, whatever did not fit."""
    use_home(home / "large")
    recipe, ends = small_recipe(home / "photos"), Ends()
    wanted, _ = unbroken(recipe)
    needed = sum(file.stat().st_size for file in (home / "large").rglob("*") if file.is_file()) / 1024
    for step in range(count):
        disk = home / f"disk-{step}"
        with small_disk(disk, 16 + int(needed * step / count)):
            use_home(disk)
            try:
                run = new_run(settings().runs, recipe, "cpu")
            except RecyclerError:
                ends.counts["refused before they began"] += 1
                continue
            trainer(run).join()
            record = load_run(run.folder).record
            ends.counts[f"runs {record.state}"] += 1
            if record.state == "failed" and not ("full" in record.problem or "gone" in record.problem):
                ends.faults.append(f"{step}: {record.problem}")
            subprocess.run(["mount", "-o", "remount,size=1g", str(disk)], check=True)  # noqa: S603, S607
            if record.state == "failed":
                trainer(run).join()
                ends.counts["of these went on to the same end"] += outcome(run) == wanted
            if load_run(run.folder).record.state != "done" or outcome(run) != wanted:
                ends.faults.append(f"{step}: {load_run(run.folder).record.problem or 'ended otherwise'}")
    return ends


START = "import sys; from pathlib import Path; from recycler import jobs; from recycler.recipe import load_recipe\n"
START += "for _ in range(int(sys.argv[2])): print(jobs.start(load_recipe(Path(sys.argv[1]))), flush=True)"


def queued(home: Path, count: int, seed: int = 0) -> Ends:
    """Two servers start trainings at once; most are cancelled at random moments, some are killed, the rest trains."""
    use_home(home)
    chance, ends = random.Random(seed), Ends()  # noqa: S311
    recipe = home / "small.yaml"
    recipe.write_text(small_recipe(home / "photos").model_dump_json())  # JSON is YAML
    command = [sys.executable, "-c", START, str(recipe), str(count // 2)]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT, text=True) for _ in range(2)]  # noqa: S603
    names = [name for server in servers for name in server.communicate()[0].split()]
    cancelled = chance.sample(names, len(names) * 2 // 3)
    for name in cancelled:
        time.sleep(chance.uniform(0, 1))
        record = find_run(settings().runs, name).record
        if record.process and chance.random() < 0.3:
            os.kill(record.process, signal.SIGKILL)
            _expect_dead(find_run(settings().runs, name), ends)
        elif record.state in LIVE:
            jobs.stop(name)
    end = time.monotonic() + 60 * count
    while any(run.record.state in LIVE for run in list_runs(settings().runs)) and time.monotonic() < end:
        time.sleep(0.5)
    runs = list_runs(settings().runs)
    ends.counts.update(f"runs {run.record.state}" for run in runs)
    if len(set(names)) != count or len(runs) != count:
        ends.faults.append(f"{count} were asked for, {len(runs)} are there")
    ends.faults += [
        f"{run.record.run} is {run.record.state} {run.record.problem}"
        for run in runs
        if run.record.state in LIVE or (run.record.run not in cancelled and run.record.state != "done")
    ]
    return ends


def locked_store(home: Path, seconds: float) -> Ends:
    """Somebody locks the run store while runs are handed to it: none is lost."""
    use_home(home)
    ends = Ends()
    recipe = small_recipe(home / "photos")
    for _ in range(2):
        run = new_run(settings().runs, recipe, "cpu")
        run.record.state = "done"
        run.save()
        if ends.counts["handed over"]:
            with closing(sqlite3.connect(home / "mlflow.db", isolation_level=None)) as store:
                store.execute("BEGIN EXCLUSIVE")
                handing = _hand_over()
                time.sleep(seconds)
                store.execute("ROLLBACK")
            ends.counts["asked while it was locked"] += 1
            ends.counts["told that it has to be asked again"] += handing.wait() != 0
        _hand_over().wait()
        ends.counts["handed over"] += '"state":"done"' in (run.folder / "store.json").read_text()
    if ends.counts["handed over"] != 2:
        ends.faults.append("a run did not reach the store")
    return ends


def _hand_over() -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "recycler", "store"], cwd=PROJECT, stdout=nowhere, stderr=nowhere)
