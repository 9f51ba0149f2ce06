"""What our Markdown reports have in common."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from recycler.processes import cores


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def report(title: str, command: str, parts: Sequence[str]) -> bytes:
    """A report as a file: title, the command that rebuilds it, machine and date, then the parts."""
    machine = f"{cores()} CPU cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = f"Rebuild with `{command}`. {machine}, {datetime.now(UTC):%Y-%m-%d}."
    return ("\n\n".join([f"# {title}", head, *parts]) + "\n").encode()
