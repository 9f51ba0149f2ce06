"""Our own program as a process of its own."""

import os
from pathlib import Path

from recycler.processes import NICE, spawn


def test_what_is_started_yields_to_verdicts_and_so_does_its_session(tmp_path: Path) -> None:
    process = spawn(tmp_path / "log.txt", "doctor")
    assert os.getpriority(os.PRIO_PROCESS, process) == NICE
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] == str(NICE)
