"""From a photo's bytes to a verdict, each step apart, against the bare LiteRT call in the same run."""

import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from benchmarks.report import table, write
from recycler.classifier import load_classifier
from recycler.explain import occlusion_map
from recycler.photos import open_photo, resize
from recycler.rulebook import find_rulebook
from recycler.settings import settings
from recycler.shelf import load_model
from recycler.verdict import judge

ROUNDS = 60


def twelve_megapixels() -> bytes:
    """A JPEG of 4000 x 3000 pixels with soft shapes and grain, as a phone makes it."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.integers(-6, 7, (3000, 4000, 1), dtype=np.int16)
    out = io.BytesIO()
    Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def interleaved(steps: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Milliseconds of each step, the steps taking turns so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(ROUNDS + 5):
        for name, step in steps.items():
            begin = time.perf_counter()
            step()
            if round_ >= 5:
                times[name].append(1000 * (time.perf_counter() - begin))
    return times


def main() -> None:
    """Measure and write the table."""
    classifier = load_classifier(settings().model)
    model = load_model(settings().models, settings().model)
    rulebook = find_rulebook(settings().rulebook)
    size = classifier.card.input_size
    data = twelve_megapixels()
    decoded = open_photo(data, at_least=size)
    pixels = resize(decoded, size)
    prediction = classifier.predict(pixels[None])[0]
    bare = Interpreter(model_path=str(model.litert), num_threads=1).get_signature_runner()
    resident = pixels[None].astype(np.float32)
    times = interleaved(
        {
            "bare LiteRT call": lambda: bare(photo=resident),
            "decode, drafted (12 megapixels)": lambda: open_photo(data, at_least=size),
            "resize": lambda: resize(decoded, size),
            "network (pixels to prediction)": lambda: classifier.predict(pixels[None]),
            "verdict": lambda: judge(prediction, rulebook, classifier.card.thresholds),
            "resize, network and verdict": lambda: judge(
                classifier.predict(resize(decoded, size)[None])[0], rulebook, classifier.card.thresholds
            ),
        }
    )
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["bare LiteRT call"]
    rows = [
        [name, f"{median / base:.2f}", f"{median:.2f}", f"{np.quantile(times[name], 0.95):.2f}"]
        for name, median in medians.items()
    ]
    begin = time.perf_counter()
    occlusion_map(classifier, pixels, prediction.top(1)[0][0])
    why = time.perf_counter() - begin
    text = f"Model `{classifier.card.name}`, input {size}, {ROUNDS} rounds, the steps taking turns."
    write(
        "latency",
        "From photo to verdict",
        [
            text,
            table(["step", "of the bare call", "median, ms", "95th percentile, ms"], rows),
            f"The occlusion map behind *Why?* took {why:.2f} s.",
        ],
    )


if __name__ == "__main__":
    main()
