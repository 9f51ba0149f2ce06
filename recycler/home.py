"""The home folder's version: what an older Recycler left is brought up to today, what a newer one left is refused.

RECYCLER_HOME/version holds a number; a folder that was in use before there was one counts as version 1. Whoever changes
how files lie there raises VERSION and adds the step from the version before to MIGRATIONS: a function that changes the
folder in place, and that can be run again should it be broken off half-way.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock

from recycler.errors import HomeError
from recycler.runs import write_atomically

VERSION = 1
MIGRATIONS: Mapping[int, Callable[[Path], None]] = {}  # from this version to the next

VERSION_FILE = "version"
LOCK_FILE = "version.lock"
RESTORED = ".restored"  # folder of a backup that was unpacked whole, and not yet moved to its places


def prepare_home(
    home: Path, version: int = VERSION, migrations: Mapping[int, Callable[[Path], None]] = MIGRATIONS
) -> None:
    """Bring a home folder up to date, once, whoever comes first; a folder that cannot be written to is left alone.

    Raises HomeError for a folder that a newer Recycler has been at work in.
    """
    found = version_of(home)
    if found == version and not (home / RESTORED).exists():
        return
    refuse_newer(found, version, str(home))
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / LOCK_FILE):
            move_in(home)
            for step in range(version_of(home) or version, version):
                migrations[step](home)
                _write(home, step + 1)
            if version_of(home) is None:
                _write(home, version)
    except OSError as problem:
        if found is not None:
            raise HomeError(
                f"{home} is of an earlier Recycler and cannot be brought up to date ({problem.strerror}): make room "
                "there, or let this user write to it."
            ) from problem


def version_of(home: Path) -> int | None:
    """The version of a home folder; None for one that is new. Raises HomeError for a version that is no number."""
    try:
        text = (home / VERSION_FILE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return 1 if home.is_dir() and any(path.name != LOCK_FILE for path in home.iterdir()) else None
    if not text.strip().isdecimal():
        raise HomeError(f"{home / VERSION_FILE} should hold a number and is damaged: restore it from a backup.")
    return int(text)


def refuse_newer(found: int | None, version: int, what: str) -> None:
    """Raises HomeError when `what` is of a newer version than this Recycler knows."""
    if found is not None and found > version:
        raise HomeError(
            f"{what} was written by a newer Recycler (version {found} of the home folder; this one knows {version}). "
            "Install the newer Recycler, or name another folder by RECYCLER_HOME."
        )


def move_in(home: Path) -> None:
    """Move what a backup held to its places; one that was broken off half-way goes on. The caller holds the lock."""
    if (home / RESTORED).is_dir():
        for path in (home / RESTORED).iterdir():
            path.rename(home / path.name)
        (home / RESTORED).rmdir()


def _write(home: Path, version: int) -> None:
    write_atomically(home / VERSION_FILE, f"{version}\n".encode())
