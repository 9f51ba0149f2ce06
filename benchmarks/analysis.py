"""What a click on the Analyse page costs: every view's functions on tables of up to a million photos of 100 classes."""

import gc
import json
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from benchmarks.report import table, write
from recycler.analysis.calibration import reliability, risk_coverage
from recycler.analysis.class_axes import ANSWERS
from recycler.analysis.class_groups import each_class, superclasses
from recycler.analysis.confusion import cell_counts, cell_rows, confused_order, confused_pairs, matrix_cells
from recycler.analysis.confusion_figures import confusion_chart
from recycler.analysis.corrections import corrected
from recycler.analysis.entropy import by_median, entropy_boxes
from recycler.analysis.entropy_figures import entropy_chart
from recycler.analysis.intervals import estimates, resample
from recycler.analysis.paired import pair, paired_tests
from recycler.analysis.per_class import class_table
from recycler.analysis.selection import Selection, select
from recycler.chart_files import to_spec
from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import SUPERCLASS_OF
from recycler.predictions import Predictions, predictions, read_predictions, write_predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 3
SKILL = 3.5  # by how much the true class's logit is up: about 0.6 are right
BLOCK = 50_000
RULES = find_rulebook("default")
ALWAYS = Thresholds(0.7)


class Step(NamedTuple):
    """What somebody does, what answers, and, where there is one, the usual way to the same numbers."""

    view: str
    what: str
    ours: Callable[[], object]
    usual: Callable[[], object] | None = None


def drawn(photos: int, seed: int = 0) -> Predictions:
    """Predictions of photos that nobody took, over CIFAR-100's classes."""
    rng = np.random.default_rng(seed)
    true = np.random.default_rng(1).integers(len(CIFAR100), size=photos)
    p = np.empty((photos, len(CIFAR100)), np.float32)
    for start in range(0, photos, BLOCK):
        rows = slice(start, min(start + BLOCK, photos))
        logits = rng.standard_normal(p[rows].shape, np.float32)
        logits[np.arange(len(logits)), true[rows]] += SKILL
        p[rows] = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(CIFAR100, dtype=object)[true]
    return predictions(CIFAR100, [f"x/{i:07}.png" for i in range(photos)], "test", names, p).judged(RULES, ALWAYS)


def steps(found: Predictions, other: Predictions, file: Path) -> Iterator[Step]:
    """What each view asks of a table. file: the same table as Parquet."""
    wrong, groups, coarse = (~found.right).astype(np.int64), each_class(found), superclasses(found, SUPERCLASS_OF)
    frame = pd.DataFrame({"true": found.true, "right": found.right, "entropy": found.entropy_bits})
    yield Step("", "open the table", lambda: read_predictions(file), lambda: pd.read_parquet(file))
    test = found.splits == "test"
    yield Step("", "take one split", lambda: found.pick(test))
    yield Step("", "other rules or thresholds", lambda: found.judged(RULES, ALWAYS))
    yield Step("Overview", "figures, 95 % intervals", lambda: estimates(resample(found, RULES)), lambda: _boots(found))
    yield Step("Overview", "class by class", lambda: class_table(found, RULES))
    yield Step("Failed photos", "worst first", lambda: select(found, RULES, Selection()))
    yield Step("Failed photos", "likely wrong labels", lambda: select(found, RULES, Selection("label")))
    yield Step("Failed photos", "search", lambda: select(found, RULES, Selection("all", search="99.PNG")))
    yield Step("Failed photos", "leave a photo out", lambda: corrected(found, {found.photos[7]: None}))
    yield Step(
        "Entropy",
        "boxes of 100 classes, right and wrong",
        lambda: entropy_boxes(found.entropy_bits, groups.true(found), groups.names, wrong, list(ANSWERS)),
        lambda: frame.groupby(["true", "right"])["entropy"].describe(),
    )
    yield Step("Entropy", "photos of a box", lambda: np.flatnonzero((found.true == 3) & found.right))
    yield Step(
        "Confusion",
        "matrix in its order",
        lambda: confused_order(cell_counts(found, groups)),
        lambda: confusion_matrix(found.true, found.predicted),
    )
    yield Step("Confusion", "the same of superclasses", lambda: confused_order(cell_counts(found, coarse)))
    yield Step("Confusion", "only sure answers, pairs", lambda: confused_pairs(cell_counts(found, groups, 0.5), groups))
    yield Step("Confusion", "photos of a cell", lambda: cell_rows(found, groups, "can", "cup"))
    yield Step("Calibration", "reliability", lambda: reliability(found.confidence, found.right))
    yield Step("Calibration", "risk against coverage", lambda: risk_coverage(found.confidence, found.right))
    yield Step("Changes", "paired tests of two models", lambda: paired_tests(pair(found, other), RULES))


def _boots(found: Predictions) -> list[float]:
    """The accuracy alone by ten resamples, each drawn photo by photo; a thousand take a hundred times as long."""
    rng = np.random.default_rng(0)
    return [float(found.right[rng.integers(len(found), size=len(found))].mean()) for _ in range(10)]


def milliseconds(work: Callable[[], object]) -> float:
    """The median of a few rounds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)


def megabytes(work: Callable[[], object]) -> float:
    """The most memory that it takes beside what is there."""
    gc.collect()
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def to_the_browser(found: Predictions) -> list[tuple[str, str]]:
    """The charts with most in them, and their sizes with all data."""
    groups = each_class(found)
    counts = cell_counts(found, groups)
    cells = matrix_cells(counts, groups, np.arange(len(groups.names)))
    boxes = entropy_boxes(found.entropy_bits, found.true, groups.names, (~found.right).astype(np.int64), list(ANSWERS))
    order = {name: name for name in by_median(boxes.boxes)}
    charts = {
        "entropy, 100 classes, right and wrong": entropy_chart(boxes, order, len(order), ANSWERS),
        "confusion, 100 classes, all cells": confusion_chart(cells, order, shares=True),
    }
    return [(name, f"{len(json.dumps(to_spec(chart))) / 1000:.0f}") for name, chart in charts.items()]


def main() -> None:
    """Measure and write the tables."""
    times: dict[tuple[str, str], list[str]] = {}
    usual: dict[tuple[str, str], str] = {}
    memory: dict[tuple[str, str], str] = {}
    for photos in SIZES:
        found, other = drawn(photos), drawn(photos, seed=7)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "predictions.parquet")
            write_predictions(file, found)
            for step in steps(found, other, file):
                key = step.view, step.what
                times.setdefault(key, []).append(f"{milliseconds(step.ours):,.1f}")
                if photos == SIZES[-1]:
                    memory[key] = f"{megabytes(step.ours):,.0f}"
                    usual[key] = f"{milliseconds(step.usual):,.0f}" if step.usual else ""
    head = ["view", "what somebody does", *(f"{size:,} photos, ms" for size in SIZES), "MB beside it", "usual way, ms"]
    rows = [[*key, *taken, memory[key], usual[key]] for key, taken in times.items()]
    text = (
        f"What answers a click, without Streamlit and the browser: tables of {len(CIFAR100)} classes, medians of "
        f"{ROUNDS} rounds. MB beside it and the usual way are of {SIZES[-1]:,} photos. The usual way: pandas reads the "
        "Parquet and describes each group; scikit-learn counts the matrix, without an order; of all figures only the "
        "accuracy, in 10 resamples of photos instead of 1,000. Results are kept by analysis, so that what was asked "
        "before costs nothing, and a table is opened once."
    )
    sent = "What the browser gets of a million photos, with all data:"
    browser = table(["chart", "kB"], to_the_browser(found))
    write("analysis", "Clicks on the Analyse page", [text, table(head, rows), sent, browser])


if __name__ == "__main__":
    main()
