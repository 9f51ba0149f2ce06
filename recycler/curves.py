"""Learning curves as tables: a point a batch of training, a point an epoch of validation, and what happened when."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from recycler.live import thin
from recycler.points import PLACE
from recycler.runs import StageProgress

MOST_POINTS = 1000  # a line: more than a screen has columns for
NAMES = {
    "loss": "Loss (nats)",
    "object_accuracy": "Class accuracy",
    "object_loss": "Loss of the class (nats)",
    "recycling_loss": "Loss of recycling (nats)",
    "coarse_accuracy": "Superclass accuracy",
    "coarse_loss": "Loss of the superclass (nats)",
    "multi_hot_loss": "Loss of class and recycling (nats)",
    "learning_rate": "Learning rate",
}


class Marks(NamedTuple):
    """What happened when. borders: x, text, late; best: x, value, text, the epochs whose weights were kept.

    late: in the second half, where there is more room for the text on the left of it.
    """

    borders: pd.DataFrame
    best: pd.DataFrame


def epochs_table(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """The rows of a run's table of epochs as numbers, with x: epochs of training behind it, over all stages."""
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["stage", "epoch"])
    table = pd.DataFrame(table.apply(pd.to_numeric, errors="coerce")).astype({"stage": np.int64, "epoch": np.int64})
    starts = _starts(table)
    return table.assign(x=[starts[stage] + epoch for stage, epoch in zip(table["stage"], table["epoch"], strict=True)])


def metrics(points: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """What can be drawn: Keras's names, those that have a name for people first."""
    place = {*PLACE, "x", "seconds", "photos_per_second"}
    found = {name.removeprefix("val_") for table in (points, epochs) for name in table.columns if name not in place}
    return [name for name in NAMES if name in found] + sorted(found - {*NAMES})


def curves(
    metric: str, points: pd.DataFrame, epochs: pd.DataFrame, stages: Sequence[StageProgress], smoothing: float = 0.0
) -> pd.DataFrame:
    """The two curves of a metric: x (epochs), value, split ("training", "validation").

    points: of `read_points`; epochs: of `epochs_table`; smoothing: weight in [0, 1) of what came before in a moving
    average over batches. The training curve is thinned to MOST_POINTS.
    """
    parts = []
    if metric in points:
        starts = _starts(epochs)
        steps = np.array([stage.steps for stage in stages] or [1])
        stage = points["stage"].to_numpy()
        done = (points["step"] / steps[np.minimum(stage, len(steps) - 1)]).to_numpy()
        start = np.array([starts.get(number, 0) for number in range(int(stage.max(initial=0)) + 1)])
        x = start[stage] + points["epoch"].to_numpy() - 1 + done
        values = points[metric].ewm(alpha=1 - smoothing, ignore_na=True).mean() if smoothing else points[metric]
        kept = thin(values.to_numpy(dtype=np.float64), MOST_POINTS)
        parts.append(pd.DataFrame({"x": x[kept], "value": values.to_numpy()[kept], "split": "training"}))
    elif metric in epochs:
        parts.append(pd.DataFrame({"x": epochs["x"], "value": epochs[metric], "split": "training"}))
    if f"val_{metric}" in epochs:
        parts.append(pd.DataFrame({"x": epochs["x"], "value": epochs[f"val_{metric}"], "split": "validation"}))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=["x", "value", "split"])
    return table.dropna().reset_index(drop=True).astype({"x": np.float64, "value": np.float64})


def marks(metric: str, epochs: pd.DataFrame, stages: Sequence[StageProgress], ended: bool) -> Marks:
    """Where stages begin, where one stopped early, and which epoch of each was best by validation loss.

    ended: whether the training is over, and was not stopped, so that the last stage's end is a decision of its own.
    """
    borders: list[tuple[float, str]] = []
    best: list[tuple[float, float, str]] = []
    early = ""
    for number, stage in enumerate(stages):
        rows = epochs[epochs["stage"] == number]
        if number and len(rows):
            borders.append((rows["x"].min() - 1, f"{early}stage {number + 1}: {stage.name}"))
        early = "early stop, " if len(rows) and rows["epoch"].max() < stage.epochs else ""
        column = f"val_{metric}"
        if column in rows and rows["val_loss"].notna().any():
            row = rows.iloc[int(np.nanargmin(rows["val_loss"]))]
            best.append((row["x"], row[column], f"best: epoch {row['epoch']:.0f}"))
    if ended and early:
        borders.append((epochs["x"].max(), "early stop"))
    table = pd.DataFrame(borders, columns=["x", "text"]).astype({"x": np.float64})
    return Marks(
        table.assign(late=table["x"] > epochs["x"].max() / 2),
        pd.DataFrame(best, columns=["x", "value", "text"]).astype({"x": np.float64, "value": np.float64}),
    )


def window(tables: Iterable[pd.DataFrame], last: float | None) -> list[pd.DataFrame]:
    """What happened in the last epochs of training, or everything for None."""
    found = list(tables)
    newest = max((table["x"].max() for table in found if len(table)), default=0.0)
    return [table if last is None else table[table["x"] >= newest - last] for table in found]


def _starts(epochs: pd.DataFrame) -> dict[int, int]:
    """Stage to the epochs that were trained before it."""
    lengths = epochs.groupby("stage")["epoch"].max()
    starts = {0: 0}
    for stage in range(int(lengths.index.max()) + 1 if len(lengths) else 0):
        starts[stage + 1] = starts[stage] + int(lengths.get(stage, 0))
    return starts
