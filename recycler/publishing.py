"""Publishing as a process of its own, for the web process has no TensorFlow. RUN/publication.json says how it goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from recycler import audit
from recycler.access import require
from recycler.errors import RunError
from recycler.failures import explain
from recycler.processes import spawn
from recycler.runs import Run, lives, write_atomically
from recycler.shelf import check_name

PUBLICATION_FILE = "publication.json"
LOCK_FILE = "publish.lock"
LOG_FILE = "publish.txt"
STEPS = ("starting", "loading the network", "converting it", "comparing the copy with it")


class Publication(BaseModel):
    """How a run's way to the shelf goes, or went the last time. doing: one of STEPS; problem: why it failed."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: Literal["publishing", "done", "failed"] = "publishing"
    doing: str = STEPS[0]
    problem: str = ""
    began: datetime


def start(run: Run, name: str) -> None:
    """Begin to publish a run as `name`.

    Raises ModelError for a name that cannot be, RunError while it is under way, AccessError.
    """
    require("publish")
    check_name(name)
    under_way = publication(run)
    if under_way and under_way.state == "publishing":
        raise RunError(f"The run {run.record.run} is being published as “{under_way.name}” already: wait for that.")
    _write(run, Publication(name=name, began=datetime.now(UTC)))
    spawn(run.folder / LOG_FILE, "publish", run.record.run, name)


def publication(run: Run) -> Publication | None:
    """How it goes; *failed* when its process is gone. None if it was never asked for."""
    try:
        found = Publication.model_validate_json((run.folder / PUBLICATION_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    starting = found.began if found.doing == STEPS[0] else None
    if found.state != "publishing" or lives(starting, run.folder / LOCK_FILE, run.folder / LOG_FILE):
        return found
    gone = found.model_copy(update={"state": "failed", "problem": "Its process is gone: publish it again."})
    latest = Publication.model_validate_json((run.folder / PUBLICATION_FILE).read_bytes())
    return latest if latest.state != "publishing" else gone


@contextmanager
def publishing(run: Run, name: str) -> Iterator[Callable[[str], None]]:
    """Hold the run while it is published; gives a function that is told each of STEPS, and keeps how it ended.

    Raises RunError when another process is at it.
    """
    began = Publication(name=name, began=datetime.now(UTC))
    lock = FileLock(run.folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise RunError(f"The run {run.record.run} is being published already: wait for that.") from problem
    try:
        _write(run, began)
        yield lambda doing: _write(run, began.model_copy(update={"doing": doing}))
    except BaseException as problem:
        failure = explain(problem, run.record.run)
        _write(run, began.model_copy(update={"state": "failed", "problem": failure.problem}))
        raise
    else:
        _write(run, began.model_copy(update={"state": "done"}))
        audit.note("publish", f"run {run.record.run} as {name}")
    finally:
        lock.release()


def _write(run: Run, publication: Publication) -> None:
    write_atomically(run.folder / PUBLICATION_FILE, publication.model_dump_json().encode(), durable=False)
