"""What the app holds, where and for how long: one table for the page that says so, for what goes by itself, and for
what is handed out when somebody asks for all of it.
"""

import asyncio
import logging
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recycler import audit
from recycler.access import Actor, Role, acting, require
from recycler.answers import KEPT_DAYS
from recycler.datasets.collected import DISCARDED_DAYS, Collected, forget
from recycler.drafts import DAYS as DRAFT_DAYS
from recycler.jobs import TRASH_DAYS
from recycler.runs import is_held
from recycler.settings import settings

DAY = 24 * 3600  # seconds
START_SECONDS = 60.0  # after which a server begins to tidy: its first visitor comes first
RETENTION = Actor("retention", Role.ADMIN)


@dataclass(frozen=True)
class Holding:
    """One kind of thing that lies in RECYCLER_HOME.

    what, until: for people. where: a pattern below RECYCLER_HOME, each match one of these things, a file or a folder.
    days: after which it always goes. ages: whether it goes after `retention_days`, too, where that is set.
    exported: patterns below RECYCLER_HOME of the files that `export` takes along.
    """

    what: str
    where: str
    until: str
    days: int | None = None
    ages: bool = False
    exported: tuple[str, ...] = ()

    @property
    def most_days(self) -> int | None:
        """Days after which it goes by itself, None if it does not."""
        limits = [self.days, settings().retention_days if self.ages else None]
        return min((days for days in limits if days is not None), default=None)

    @property
    def how_long(self) -> str:
        """How long it stays, for people."""
        if self.most_days is None or self.most_days == self.days:
            return self.until
        return f"{self.until}, at most {self.most_days} days"

    def things(self) -> Iterator[Path]:
        """Where each of them lies."""
        return settings().home.glob(self.where)


COLLECTED = Holding(
    "Taught photos, as copies of at most 640 pixels without place or time",
    "collected/*/[!.]*.jpg",
    "until they are deleted on My photos",
    ages=True,
    exported=("collected/*/[!.]*.jpg",),
)
HOLDINGS = (
    COLLECTED,
    Holding(
        "Taught photos that were deleted",
        "discarded/*/*.jpg",
        f"{DISCARDED_DAYS} days, so that they can be taken back",
        days=DISCARDED_DAYS,
    ),
    Holding("Zips of photos to train with", "data/uploads/*.zip", "until an admin deletes them", ages=True),
    Holding("Corrected labels", "labels/*.jsonl", "until they are undone", exported=("labels/*.jsonl",)),
    Holding(
        "Rules that were given on Train", "rulebooks/*.yaml", "until they are deleted", exported=("rulebooks/*.yaml",)
    ),
    Holding(
        "Trainings with recipe, curves, figures and weights",
        "runs/*/",
        "until they are deleted on Train",
        exported=tuple(f"runs/*/{name}" for name in ("run.json", "label.json", "recipe.yaml", "epochs.csv")),
    ),
    Holding("Deleted trainings", "trash/*/", f"{TRASH_DAYS} days, so that they can be taken back", days=TRASH_DAYS),
    Holding(
        "Evaluations, with the names of the photos and what was said of them",
        "evaluations/*/",
        "the last ones",
        ages=True,
    ),
    Holding(
        "Recipes that are being written",
        "drafts/*.json",
        f"{DRAFT_DAYS} days after the last change",
        DRAFT_DAYS,
        ages=True,
    ),
    Holding("How often each kind was answered, counted a day, without photos", "answers.db", f"{KEPT_DAYS} days"),
    Holding(
        "Who taught, relabelled, published or deleted what, with names",
        "audit.jsonl",
        "until an admin deletes it",
        exported=("audit.jsonl",),
    ),
    Holding("Numbers computed from photos, to save time", "cache/*", "as long as there is room"),
)


def tidy(now: float | None = None) -> int:
    """Delete what is older than it may be; gives how many things. now: Unix time, by default the clock's.

    Evaluations count from when they were last looked at, all else from its last change. Raises AccessError.
    """
    require("administer")
    moment = time.time() if now is None else now
    gone = 0
    for holding in HOLDINGS:
        if holding.most_days is None:
            continue
        old = [thing for thing in holding.things() if moment - _changed(thing) > holding.most_days * DAY]
        if holding is COLLECTED:
            forget(Collected(photo.parent.name, photo.stem) for photo in old)
        for thing in old:
            _delete(thing)
        gone += len(old)
    return gone


async def keep_tidy(start_seconds: float = START_SECONDS) -> None:
    """Tidy a while after a server's start, and then once a day, until it is cancelled."""
    await asyncio.sleep(start_seconds)
    while True:
        await asyncio.to_thread(_tidy)
        await asyncio.sleep(DAY)


def export(file: BinaryIO) -> int:
    """Write a zip of photos, labels, rules, records of trainings and the audit log; gives how many files it holds.

    Raises AccessError.
    """
    require("administer")
    audit.note("export", "all that the app holds")
    home, count = settings().home, 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as pack:
        for pattern in (pattern for holding in HOLDINGS for pattern in holding.exported):
            for path in sorted(home.glob(pattern)):
                if path.is_file() and not path.is_symlink():
                    pack.write(path, path.relative_to(home).as_posix())
                    count += 1
    return count


def _tidy() -> None:
    """On nobody's behalf. A disk that is read-only is no reason to give up."""
    try:
        with acting(RETENTION):
            tidy()
    except OSError as problem:
        logging.getLogger(__name__).warning("What is too old cannot be deleted: %s", problem)


def _changed(thing: Path) -> float:
    try:
        return thing.stat().st_mtime
    except OSError:  # somebody has just deleted it
        return float("inf")


def _delete(thing: Path) -> None:
    """Delete a file or folder, unless a process is at it."""
    if thing.is_dir():
        if not any(is_held(lock) for lock in thing.glob("*.lock")):
            shutil.rmtree(thing, ignore_errors=True)
    else:
        thing.unlink(missing_ok=True)
