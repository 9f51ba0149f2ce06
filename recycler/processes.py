"""Our own program as a process that outlives whoever started it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from recycler.access import ACTOR, actor
from recycler.settings import PROJECT


def spawn(log: Path, *arguments: str) -> None:
    """Start `python -m recycler ...` in a session of its own: it outlives a closed tab, Ctrl-C and the web process.

    log: the file to which all that it says is appended.
    """
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "recycler", *arguments],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def environment() -> dict[str, str]:
    """For our own program, which finds this package wherever it is started, and knows for whom it works."""
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.getenv("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path, ACTOR: actor().name}
