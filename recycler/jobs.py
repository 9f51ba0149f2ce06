"""Trainers as processes: start, queue, stop, resume, discard; and runs thrown away and taken back.

There is no daemon. A queued run is a trainer that waits until it is the first of its device's queue and the device's
lock is free; whatever kills a trainer, the system lets go of its locks.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from recycler import audit
from recycler.access import require
from recycler.datasets.named import require_offered
from recycler.errors import RunError
from recycler.gpu import has_gpu
from recycler.processes import spawn
from recycler.recipe import Recipe
from recycler.runs import LIVE, LOG_FILE, Label, Run, find_run, list_runs, new_run
from recycler.settings import settings

POLL_SECONDS = 0.5
TRASH_DAYS = 7
STORE_SECONDS = 300  # between two hand-overs while a run trains: 4 s of a core at the lowest priority, 1 %


def device_of(recipe: Recipe) -> str:
    """The device that a recipe trains on, "cpu" or "gpu", found without TensorFlow, which takes seconds to ask.

    Raises RunError when there is a cluster to ask and it does not answer.
    """
    wanted: str = getattr(recipe, "device", "auto")
    if wanted != "auto":
        return wanted
    if settings().executor == "ray":
        from recycler.cluster.nodes import has_gpu as cluster_has_gpu

        return "gpu" if cluster_has_gpu() else "cpu"
    return "gpu" if has_gpu() else "cpu"


def start(recipe: Recipe, label: Label | None = None, parent: str = "") -> str:
    """Queue a recipe and start its trainer; gives the name of the run. Neither needs the caller any longer.

    parent: the shelf model or `run:NAME` that it is trained again from.
    Raises AccessError, DatasetError for photos that whoever asks may not open, and RunError.
    """
    require("train")
    require_offered(source.name for source in recipe.data.sources)
    run = new_run(settings().runs, recipe, device_of(recipe), label, parent)
    spawn(run.folder / LOG_FILE, "resume", run.record.run)
    return run.record.run


def resume(name: str) -> None:
    """Queue a run that stopped or failed again, and start a trainer that goes on. Raises RunError, AccessError."""
    require("train")
    run = find_resumable(name)
    with claim(run):
        run.enqueue()
    spawn(run.folder / LOG_FILE, "resume", run.record.run)


def stop(name: str) -> None:
    """Ask a run to stop; one that is queued never begins.

    Raises RunError when there is nothing to stop, AccessError.
    """
    require("train")
    run = find_run(settings().runs, name)
    if run.record.state not in LIVE:
        raise RunError(f"The run {run.record.run} is {run.record.state}: there is nothing to stop.")
    run.ask_to_stop()


def discard(name: str, patience: float = 10) -> None:
    """Kill a run's trainer on this machine and delete the run. patience: seconds. Raises RunError, AccessError."""
    require("train")
    run = find_run(settings().runs, name)
    record = run.record
    if record.state in LIVE:
        run.ask_to_stop()  # one that waits in the queue, or is on another machine, ends by itself
        if record.process is not None and record.host == socket.gethostname():
            with suppress(ProcessLookupError):
                os.kill(record.process, signal.SIGKILL)
        with claim(run, patience):  # its trainer has ended, or has not begun and will find nothing to train
            run = find_run(settings().runs, record.run)
            if run.record.state in LIVE:
                run.record.state, run.record.process = "stopped", None
                run.save()
    delete(record.run)


def delete(name: str) -> None:
    """Move a run to the trash, from where `restore` takes it back for a week.

    Raises RunError while it is live, AccessError.
    """
    require("train")
    run = find_run(settings().runs, name)
    trash = settings().trash
    trash.mkdir(exist_ok=True)
    for old in trash.iterdir():
        if time.time() - old.stat().st_mtime > TRASH_DAYS * 24 * 3600:
            shutil.rmtree(old, ignore_errors=True)
    if run.record.state in LIVE:
        raise RunError(f"The run {name} is {run.record.state}: stop it before you delete it.")
    with claim(run):
        os.utime(run.folder)
        run.folder.rename(trash / run.folder.name)
    audit.note("delete", f"run {run.folder.name}")


def restore(name: str) -> None:
    """Take a deleted run back. Raises RunError when it is not in the trash, AccessError."""
    require("train")
    try:
        (settings().trash / name).rename(settings().runs / name)
    except OSError as problem:
        raise RunError(f"The run {name} cannot be taken back: it was deleted more than a week ago.") from problem
    audit.note("restore", f"run {name}")


def queue(device: str) -> list[Run]:
    """The runs that wait for a device, the next one first."""
    waiting = (run for run in list_runs(settings().runs) if run.record.state == "queued")
    return sorted((run for run in waiting if run.record.device == device), key=_order)


def move(name: str, before: str | None) -> None:
    """Put a queued run before another one, or at the end of the queue.

    Raises RunError when either does not wait, AccessError.
    """
    require("train")
    run = find_run(settings().runs, name)
    others = [other for other in queue(run.record.device) if other.record.run != name]
    names = [other.record.run for other in others]
    if run.record.state != "queued" or (before is not None and before not in names):
        raise RunError(f"The queue has changed: {name} or {before} no longer waits.")
    others.insert(len(others) if before is None else names.index(before), run)
    for place, waiting in enumerate(others):
        waiting.place = float(place)  # whoever arrives later has the time as its place, which is larger


def wait_for_turn(run: Run) -> Callable[[], None] | None:
    """Wait until a queued run is the first of its device's queue; gives what ends its turn, or None after a stop.

    The lock is tried first: while another run trains, waiting costs nothing else.
    """
    lock = device_lock(run.record.device)
    while not run.stop_requested():
        with suppress(Timeout):
            lock.acquire(timeout=0)
            if all(_order(other) >= _order(run) for other in queue(run.record.device)):
                return lock.release
            lock.release()
        time.sleep(POLL_SECONDS)
    return None


def device_lock(device: str) -> FileLock:
    """Held by the run that trains on a device."""
    folder = settings().home / "devices"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{device}.lock")


def find_resumable(name: str) -> Run:
    """A run that ended before its time, or waits. Raises RunError for any other."""
    run = find_run(settings().runs, name)
    if run.record.state in ("running", "done"):
        raise RunError(f"The run {run.record.run} is {run.record.state}: only one that stopped or failed goes on.")
    return run


@contextmanager
def claim(run: Run, patience: float = 1) -> Iterator[None]:
    """Hold a run's lock, as its trainer or to change it. patience: seconds. Raises RunError while another has it."""
    lock = run.lock
    try:
        lock.acquire(timeout=patience)
    except Timeout as problem:
        raise RunError(f"The run {run.record.run} is in the hands of a trainer: stop it first.") from problem
    try:
        yield
    finally:
        lock.release()


@contextmanager
def handing_over(name: str) -> Iterator[None]:
    """While a run trains, a process of the lowest priority now and then hands its epochs to the store."""
    over = threading.Event()
    command = [sys.executable, "-m", "recycler", "store", name]

    def hand_over() -> None:
        while not over.wait(STORE_SECONDS):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603

    threading.Thread(target=hand_over, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _order(run: Run) -> tuple[float, str]:
    return run.place, run.record.run
