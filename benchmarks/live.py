"""Live curves: what a point costs the trainer, and what a poll costs a page at 100,000 points."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.report import table, write
from recycler.live import LivePoints, read_points, thin
from recycler.points import PointsWriter

POINTS = 100_000
NEW = 20  # points between two polls: a second of training at 20 batches a second
POLLS = 50
DRAWN = 1000  # points a curve
VALUES = ("loss", "object_loss", "recycling_loss", "object_accuracy", "recycling_accuracy")
STEPS = 500  # batches an epoch


def add(writer: PointsWriter, first: int, count: int) -> float:
    """Append points; gives microseconds a point."""
    begin = time.perf_counter()
    for i in range(first, first + count):
        writer.add(0, i // STEPS + 1, i % STEPS + 1, {name: 1 / (i + k + 1) for k, name in enumerate(VALUES)})
    return 1e6 * (time.perf_counter() - begin) / count


def milliseconds(step: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - begin)


def curves(points: pd.DataFrame) -> list[pd.DataFrame]:
    """What a page draws: each value thinned."""
    return [points.iloc[thin(points[name].to_numpy(), DRAWN)][[name]] for name in VALUES]


def main() -> None:
    """Measure and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "points.csv")
        writer = PointsWriter(file)
        a_point = add(writer, 0, POINTS)
        writer.flush()
        whole = statistics.median(milliseconds(lambda: read_points(file)) for _ in range(9))
        live = LivePoints(file)
        live.poll()
        polls, drawn = [], []
        for round_ in range(POLLS):
            add(writer, POINTS + NEW * round_, NEW)
            writer.flush()
            polls.append(milliseconds(live.poll))
            drawn.append(milliseconds(lambda: curves(live.poll())))
        writer.close()
        megabytes = file.stat().st_size / 1e6
    rows = [
        ("the trainer appends a point", f"{a_point / 1000:.4f}", ""),
        (f"a page reads all {POINTS:,} points for the first time", f"{whole:.1f}", f"{megabytes:.1f} MB"),
        (f"a poll reads {NEW} new points", f"{statistics.median(polls):.1f}", f"worst {max(polls):.1f}"),
        (f"{len(VALUES)} curves thinned to {DRAWN:,} points each", f"{statistics.median(drawn):.1f}", ""),
    ]
    write("live", "Live curves", [table(("step", "ms, median", ""), rows)])


if __name__ == "__main__":
    main()
