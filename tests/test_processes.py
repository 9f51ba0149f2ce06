"""Our own program as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recycler.processes import NICE, spawn
from recycler.settings import PROJECT


def test_what_is_started_yields_to_verdicts_and_so_does_its_session(tmp_path: Path) -> None:
    process = spawn(tmp_path / "log.txt", "doctor")
    assert os.getpriority(os.PRIO_PROCESS, process) == NICE
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] == str(NICE)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="here a process cannot be kept to one core")
def test_cores_are_those_that_the_process_may_use() -> None:
    one = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    told = subprocess.run(
        [sys.executable, "-c", f"{one}; from recycler.processes import cores; print(cores())"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "1"
