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
from recycler.recipe import parse_recipe
from recycler.runs import new_run

POINTS = 100_000
NEW = 20  # points between two polls: a second of training at 20 batches a second
POLLS = 50
DRAWN = 1000  # points a curve
VALUES = ("loss", "object_loss", "recycling_loss", "object_accuracy", "recycling_accuracy")
STEPS = 500  # batches an epoch
EPOCHS = 100
# The fastest training there is, the head alone on kept activations: 7,800 photos a second (benchmarks/training.md)
PHOTOS_A_SECOND, BATCH, PHOTOS = 7800, 128, 5000


def add(writer: PointsWriter, first: int, count: int) -> float:
    """Append points; gives microseconds a point."""
    begin = time.perf_counter()
    for i in range(first, first + count):
        writer.add(0, i // STEPS + 1, i % STEPS + 1, {name: 1 / (i + k + 1) for k, name in enumerate(VALUES)})
    return 1e6 * (time.perf_counter() - begin) / count


def log_epochs(home: Path) -> float:
    """Write the table of epochs as a training does; gives microseconds an epoch."""
    run = new_run(home, parse_recipe("{name: epochs, data: {sources: [{name: cifar100}]}}"), "cpu")
    values = {f"{part}{name}": 0.123456 for name in VALUES for part in ("", "val_")}
    begin = time.perf_counter()
    for epoch in range(1, EPOCHS + 1):
        run.log_epoch(0, epoch, values)
    return 1e6 * (time.perf_counter() - begin) / EPOCHS


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
        an_epoch = log_epochs(Path(folder, "runs"))
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
    share = 1e-6 * (a_point * PHOTOS_A_SECOND / BATCH + an_epoch * PHOTOS_A_SECOND / PHOTOS)
    rows = [
        ("the trainer appends a point", f"{a_point / 1000:.4f}", ""),
        (f"the trainer writes an epoch's row, mean of {EPOCHS}", f"{an_epoch / 1000:.2f}", ""),
        ("both, in a training of the head alone, the fastest there is", "", f"{share:.1%} of its time"),
        (f"a page reads all {POINTS:,} points for the first time", f"{whole:.1f}", f"{megabytes:.1f} MB"),
        (f"a poll reads {NEW} new points", f"{statistics.median(polls):.1f}", f"worst {max(polls):.1f}"),
        (f"{len(VALUES)} curves thinned to {DRAWN:,} points each", f"{statistics.median(drawn):.1f}", ""),
    ]
    write("live", "Live curves", [table(("step", "ms, median", ""), rows)])


if __name__ == "__main__":
    main()
