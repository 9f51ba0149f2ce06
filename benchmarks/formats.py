"""The shelf's model in every format that can be had here: how like the network, how good, how large and how fast.

Needs the photos of the model's recipe in RECYCLER_DATA; ONNX is measured where tf2onnx and onnxruntime are installed.
"""

import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.latency import interleaved
from benchmarks.report import table, write
from recycler.learning.formats import FORMATS, can_be_made
from recycler.learning.formats import export as export_model
from recycler.settings import settings
from recycler.shelf import FORMAT_FILES, KERAS, Card, load_model

APP = "litert_float16"  # what the app uses; the times of the others are told as a multiple of its


def times(folder: Path, names: list[str], size: int) -> dict[str, list[float]]:
    """Milliseconds of one photo a call, on one thread, the formats taking turns."""
    photo = np.random.default_rng(0).uniform(0, 255, (1, size, size, 3)).astype(np.float32)
    calls = {name: FORMATS[name].open(folder / FORMAT_FILES[name], 1) for name in names}
    return interleaved({name: partial(call, photo) for name, call in calls.items()})


def rows(card: Card, taken: dict[str, list[float]]) -> list[list[str]]:
    """A row a format, the network first."""
    base = statistics.median(taken[APP])
    found = []
    for name, figures in card.exports.items():
        speed = ["", ""]
        if name in taken:
            middle, slow = statistics.median(taken[name]), np.quantile(taken[name], 0.95)
            speed = [f"{middle / base:.2f}", f"{middle:.1f} ({slow:.1f})"]
        found.append(
            [
                "the network, Keras" if name == KERAS else name,
                *speed,
                f"{figures['megabytes']:.1f}",
                f"{figures['same_class']:.1%}",
                f"{figures['same_verdict']:.1%}",
                f"{figures['largest_difference']:.4f}",
                f"{figures['mean_difference']:.5f}",
                f"{figures['top1']:.3f}",
                f"{figures['recycling_accuracy']:.3f}",
            ]
        )
    return found


def show(what: str, done: int, total: int) -> None:
    """Progress on standard error."""
    if done == total or done % 512 == 0:
        sys.stderr.write(f"{what}: {done} of {total}\n")


def main() -> None:
    """Measure and write the table."""
    model = load_model(settings().models, settings().model)
    names = can_be_made()
    with tempfile.TemporaryDirectory() as folder:
        card = export_model(model, names, show, Path(folder))
        taken = times(Path(folder), names, card.input_size)
    text = (
        f"Model `{card.name}` on its {card.exports[KERAS]['photos']:.0f} test photos. Same class, same verdict and the "
        "differences of probabilities are beside the network itself. Times are of one photo a call on one thread, "
        f"{len(taken[APP])} rounds, the formats taking turns: median and 95th percentile."
    )
    head = [
        "format", f"of the time of {APP}", "ms", "MB", "same class", "same verdict", "largest difference",
        "mean difference", "right class", "right about recycling",
    ]  # fmt: skip
    write("formats", "One network, several formats", [text, table(head, rows(card, taken))])


if __name__ == "__main__":
    main()
