"""How the benchmarks write their results."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def write(name: str, title: str, parts: Sequence[str]) -> None:
    """Write `benchmarks/NAME.md`: title, command, machine and date, then the parts."""
    machine = (
        f"{os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )
    head = f"Rebuild with `python -m benchmarks.{name}`. {machine}, {datetime.now(UTC):%Y-%m-%d}."
    (FOLDER / f"{name}.md").write_text("\n\n".join([f"# {title}", head, *parts]) + "\n", encoding="utf-8")
