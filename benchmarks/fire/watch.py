"""Try hostile things in a process of its own, and watch its time, its memory and the files that it writes."""

import ctypes
import multiprocessing
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recycler.errors import RecyclerError
from recycler.settings import settings

Make = Callable[[int], tuple[str, bytes]]
Use = Callable[[bytes], None]

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Events of sys.addaudithook whose first argument is a path that is changed.
CHANGES = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree")


@dataclass
class Kind:
    """What became of the things of one kind: taken in all ways, or refused in some.

    slowest: of one way, seconds of the clock; busiest: of the process's CPU time.
    """

    taken: int = 0
    refused: int = 0
    slowest: float = 0.0
    busiest: float = 0.0


@dataclass
class Watched:
    """What became of all things.

    faults: what came out beside RecyclerErrors, with a traceback. strays: files that were changed outside the home
    folder. peak_mb: the most memory that the process held in any use, its program included, which making the things
    does not count for; 0 where Linux does not tell.
    """

    kinds: dict[str, Kind] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    peak_mb: float = 0.0


def watch(make: Make, uses: Sequence[Use], numbers: Iterable[int], home: Path) -> Watched:
    """Make thing after thing and use it in all ways, in a process of its own with this home folder."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool:
        return pool.submit(_watch, make, tuple(uses), list(numbers), home).result()


def _watch(make: Make, uses: Sequence[Use], numbers: list[int], home: Path) -> Watched:
    os.environ["RECYCLER_HOME"] = str(home)
    settings.cache_clear()
    found = Watched()
    _listen(home, found.strays)
    for number in numbers:
        name, data = make(number)
        forget_peak()
        kind = found.kinds.setdefault(name, Kind())
        refused = 0
        for use in uses:
            clock, busy = time.perf_counter(), time.process_time()
            try:
                use(data)
            except RecyclerError:
                refused = 1
            except Exception:
                found.faults.append(f"{name}, number {number}: {traceback.format_exc()}")
            kind.slowest = max(kind.slowest, time.perf_counter() - clock)
            kind.busiest = max(kind.busiest, time.process_time() - busy)
        kind.refused += refused
        kind.taken += 1 - refused
        found.peak_mb = max(found.peak_mb, peak_mb())
    return found


def forget_peak() -> None:
    """Let `peak_mb` count from now on, without freed memory that is kept for later: making things leaves much of it."""
    with suppress(OSError, AttributeError):  # AttributeError: not the GNU C library
        ctypes.CDLL(None).malloc_trim(0)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> float:
    """The most memory that this process has held since `forget_peak`, in MB."""
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(peak[1]) / 1000 if peak else 0.0


def _listen(home: Path, strays: list[str]) -> None:
    """Note each file that this process changes from now on outside `home`."""
    inside = os.path.realpath(home)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES)
        if event in ("os.remove", "os.rmdir") and arguments[1] >= 0:  # within a folder that is open: shutil.rmtree
            changes = False
        if changes and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path != inside and not path.startswith((inside + os.sep, "/dev/", "/proc/")):
                strays.append(f"{event} {path}")

    sys.addaudithook(hook)
