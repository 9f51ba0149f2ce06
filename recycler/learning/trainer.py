"""The process around a training: its place in the queue, its states, and what becomes of whatever goes wrong.

TensorFlow is imported when the device is free, so that a run that waits stays small.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from recycler.errors import RunError
from recycler.failures import explain
from recycler.jobs import claim, device_of, handing_over, wait_for_turn
from recycler.learning.data import load_data
from recycler.recipe import Recipe
from recycler.runs import Run, new_run
from recycler.settings import PROJECT

Progress = Callable[[str, int, int], None]

PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy")
SPARE_BYTES = 1 << 16  # kept back, so that a full disk still takes the record of the failure


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """A stop was asked for before there was anything to keep."""


def train(recipe: Recipe, root: Path, progress: Progress, parent: str = "") -> Run:
    """Train a recipe into a new run under `root`: *done*, *stopped* or *failed*.

    parent: the shelf model or `run:NAME` that it is trained again from.
    Raises RecyclerError when the run failed and the user can mend it; any other exception is a bug.
    """
    return resume(new_run(root, recipe, device_of(recipe), parent=parent), progress)


def resume(run: Run, progress: Progress, placed: bool = False) -> Run:
    """Begin a run that is queued, or go on from the last checkpoint of one that stopped or failed. As `train`.

    placed: a cluster has given it a place, so it waits for nobody, and whoever asked for it hands it to the store.
    """
    record = run.record
    with claim(run, patience=10), _stopping_on_sigterm(run):
        if record.state not in ("queued", "stopping"):
            run.enqueue()
        record.state = "queued"
        record.host, record.process = socket.gethostname(), os.getpid()
        run.save()
        end_turn = None
        try:
            end_turn = wait_for_turn(run) if not placed or run.stop_requested() else lambda: None
        finally:
            if end_turn is None:  # a stop, or Ctrl-C
                record.state, record.process = "stopped", None
                run.save()
        if end_turn is not None:
            try:
                with nullcontext() if placed else handing_over(record.run):
                    _train(run, progress)
            finally:
                end_turn()
    return run


def _train(run: Run, progress: Progress) -> None:
    """Train a run whose device is free, and keep in its record how that ended."""
    record = run.record
    record.state, record.started = "running", datetime.now(UTC)
    record.versions = {"python": python_version()} | {name: version(name) for name in PACKAGES}
    record.revision = _revision()
    spare = run.folder / ".spare"
    begin = time.monotonic()
    try:
        run.save()
        spare.write_bytes(bytes(SPARE_BYTES))
        _train_on_device(run, progress)
        record.state = "stopped" if run.stop_requested() else "done"
    except Stopped:
        record.state = "stopped"
    except BaseException as problem:
        failure = explain(problem, record.run)
        record.state, record.problem, record.hint = "failed", failure.problem, failure.hint
        if failure.known:
            raise RunError(f"{record.run} failed. {failure.problem} {failure.hint}".rstrip()) from problem
        raise
    finally:
        record.wall_seconds += time.monotonic() - begin
        record.finished, record.process = datetime.now(UTC), None
        spare.unlink(missing_ok=True)
        for end in (run.close, run.save):
            with suppress(OSError) if record.state == "failed" else nullcontext():  # a full disk is told already
                end()


def _train_on_device(run: Run, progress: Progress) -> None:
    if run.record.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # else TensorFlow takes a GPU that another run may have

    def tell(what: str, done: int, total: int) -> None:
        if run.stop_requested() and not run.record.stages:
            raise Stopped
        run.tell(what, done, total)
        progress(what, done, total)

    with ThreadPoolExecutor(1) as pool:  # looking for copies among photos and importing TensorFlow take seconds each
        photos = pool.submit(load_data, run.recipe, tell)
        from recycler.learning.training import train_run

        prepared = photos.result()
    train_run(run, prepared, tell)


@contextmanager
def _stopping_on_sigterm(run: Run) -> Iterator[None]:
    """SIGTERM, as at the end of a session or a service, is a request to stop. Only a main thread can listen."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: run.ask_to_stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _revision() -> str:
    """The git revision of this checkout, "-changed" after it where files differ, "" without git."""
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--abbrev=40", "--dirty=-changed", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
