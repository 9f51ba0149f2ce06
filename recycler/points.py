"""Writing the points of a run: a CSV file that only grows, one row a batch, read by `live.py` while it grows.

Columns are stage (from 0), epoch and step (from 1), time (Unix, seconds), then the values by Keras's names. A header
stands at the beginning, wherever the values change and wherever a resumed training goes on. A row that goes back,
because a resumed training does some batches again, replaces all rows from there on.
"""

import time
from collections.abc import Mapping
from pathlib import Path

PLACE = ("stage", "epoch", "step", "time")
FLUSH_SECONDS = 0.5  # between two flushes: what a reader waits for at most, and what a kill -9 can lose
TAIL = 1 << 16  # bytes, longer than any row


class PointsWriter:
    """Appends rows to a run's points file, at a few microseconds each."""

    def __init__(self, file: Path) -> None:
        if file.exists():
            _drop_torn_row(file)
        self._file = file.open("ab")
        self._columns: tuple[str, ...] = ()
        self._flushed = time.monotonic()

    def add(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Append one row. Raises OSError when the disk is full."""
        columns = tuple(values)
        if columns != self._columns:
            self._columns = columns
            self._file.write(",".join((*PLACE, *columns)).encode() + b"\n")
        numbers = ",".join([f"{float(value):.7g}" for value in values.values()])
        self._file.write(f"{stage},{epoch},{step},{time.time():.3f},{numbers}\n".encode())
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Let readers see all rows."""
        self._file.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


def _drop_torn_row(file: Path) -> None:
    """Cut off what a killed training left without its end of line."""
    with file.open("r+b") as opened:
        size = opened.seek(0, 2)
        start = opened.seek(max(0, size - TAIL))
        opened.truncate(start + opened.read().rfind(b"\n") + 1)
