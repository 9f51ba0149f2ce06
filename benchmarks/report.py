"""How the benchmarks write their results."""

from collections.abc import Sequence
from pathlib import Path

from recycler.markdown import report, table

__all__ = ["table", "write"]

FOLDER = Path(__file__).parent


def write(name: str, title: str, parts: Sequence[str]) -> None:
    """Write `benchmarks/NAME.md`: title, command, machine and date, then the parts."""
    (FOLDER / f"{name}.md").write_bytes(report(title, f"python -m benchmarks.{name}", parts))
