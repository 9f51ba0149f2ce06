"""Our own program as a process that outlives whoever started it."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from recycler.access import ACTOR, actor
from recycler.settings import PROJECT

NICE = 10  # verdicts go first; alone on the machine it is as fast as ever


def cores() -> int:
    """The cores that this process may use: fewer than the machine has where a container or `taskset` says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spawn(log: Path, *arguments: str) -> int:
    """Start `python -m recycler ...` in a session of its own: it outlives a closed tab, Ctrl-C and the web process.

    Returns its process number.
    log: the file to which all that it says is appended. It inherits the file locked, so that the lock says from now on
        whether it lives, however long it takes to start.
    """
    with log.open("ab") as file:
        hold(file)
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "recycler", *arguments],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    _yield_to_verdicts(process.pid)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
    return process.pid


def _yield_to_verdicts(process: int) -> None:
    """Lower the priority of a process, and of its session: where Linux groups by session, only that one counts."""
    with suppress(OSError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, process, NICE)
    with suppress(OSError):  # a system without such groups
        Path(f"/proc/{process}/autogroup").write_text(str(NICE))


def hold(file: IO[bytes]) -> None:
    """Lock a log for as long as this process, or one that inherits it, has it open; nothing if somebody else has."""
    for _ in range(20):  # somebody may look at this very moment whether it is locked
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.01)


def environment() -> dict[str, str]:
    """For our own program, which finds this package wherever it is started, and knows for whom it works."""
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.getenv("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path, ACTOR: actor().name}
