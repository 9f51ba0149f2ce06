"""A batch of photos from files to answers, beside the bare network on decoded pixels on as many cores.

Bare: a process a core, each with one thread and one LiteRT interpreter that is given the same decoded batch again and
again. Ours: `classify --out`, from files on disk to the finished Parquet file, with decoding, resize, verdicts, start
and end. They take turns. `--photos 100000` is a long batch; memory is that of all processes together.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.latency import twelve_megapixels
from benchmarks.report import table, write
from benchmarks.web import memory_mb
from recycler.classifier import BATCH
from recycler.photos import Photo, open_photo, read_photo, to_jpeg
from recycler.processes import cores
from recycler.settings import settings
from recycler.shelf import load_model

ROUNDS = 3
SIDES = (224, 640, 1600)  # pixels of the longer side: as the model takes them, from a web page, from a messenger


@dataclass
class Measured:
    """Photos a second in each round, of the bare network, of decoding and resizing alone, and of ours; MB of ours."""

    bare: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def bare(file: Path, photos: int) -> float:
    """Seconds of the network alone for this many photos."""
    model = load_model(settings().models, settings().model)
    runner = Interpreter(model_path=str(model.litert), num_threads=1).get_signature_runner()
    pixels = np.stack([read_photo(file.read_bytes(), model.card.input_size)] * BATCH).astype(np.float32)
    runner(photo=pixels)
    begin = time.perf_counter()
    for _ in range(-(-photos // BATCH)):
        runner(photo=pixels)
    return time.perf_counter() - begin


def decoding(file: Path, photos: int) -> float:
    """Seconds of reading, decoding and resizing alone."""
    size = load_model(settings().models, settings().model).card.input_size
    begin = time.perf_counter()
    for _ in range(photos):
        read_photo(file.read_bytes(), size)
    return time.perf_counter() - begin


def on_all_cores(work: Callable[[Path, int], float], file: Path, photos: int) -> float:
    """Photos a second of a function above in a process a core, all at once."""
    count = cores()
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        jobs = [pool.submit(work, file, photos // count) for _ in range(count)]
        return photos / max(job.result() for job in jobs)


def ours(folder: Path, photos: int) -> tuple[float, float]:
    """Photos a second of the command, and the most MB that its processes took together."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "recycler", "classify", str(folder), "--out", f"{scratch}/answers.parquet"]
        begin = time.perf_counter()
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
            most = [0.0]
            watch = threading.Thread(target=_watch, args=(process, most))
            watch.start()
            if process.wait():
                raise RuntimeError("the batch failed")
            watch.join()
        return photos / (time.perf_counter() - begin), most[0]


def _watch(process: subprocess.Popen[bytes], most: list[float]) -> None:
    while process.poll() is None:
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            most[0] = max(most[0], sum(memory_mb(one) for one in (process.pid, *map(int, children))))
        except (OSError, IndexError):  # one of them has just ended
            continue
        finally:
            time.sleep(0.5)


def measure(folder: Path, picture: Photo, side: int, photos: int, rounds: int) -> Measured:
    """All rounds for photos of one size, under many names."""
    first = folder / "000000.jpg"
    first.write_bytes(to_jpeg(picture, side))
    for i in range(1, photos):
        os.link(first, folder / f"{i:06}.jpg")
    found = Measured()
    for _ in range(rounds):
        found.bare.append(on_all_cores(bare, first, photos))
        found.decoding.append(on_all_cores(decoding, first, photos))
        speed, memory = ours(folder, photos)
        found.ours.append(speed)
        found.memory.append(memory)
    return found


def main() -> None:
    """Measure and write the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", type=int, default=4000)
    options.add_argument("--sides", type=int, nargs="+", default=SIDES, help="pixels of the longer side")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    photos, rounds = chosen.photos, chosen.rounds
    picture = open_photo(twelve_megapixels())
    rows = []
    for side in chosen.sides:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(Path(folder), picture, side, photos, rounds)
        network, decoded, speed = (statistics.median(v) for v in (found.bare, found.decoding, found.ours))
        both = 1 / (1 / network + 1 / decoded)
        cells = (f"{value:.0f}" for value in (network, decoded, both, speed))
        rows.append([f"{side}", *cells, f"{speed / network:.2f}", f"{speed / both:.2f}", f"{max(found.memory):.0f}"])
    columns = [
        "longer side, pixels", "bare network", "decoding alone", "the two together", "`classify --out`",
        "of the bare network", "of the two together", "memory, MB",
    ]  # fmt: skip
    text = (
        f"Photos a second on {cores()} cores, {photos:,} JPEGs a batch, {rounds} rounds in turns, their "
        "median. Ours runs from files to the finished Parquet file, start and end included."
    )
    write("batch", "A batch of photos", [text, table(columns, rows)])


if __name__ == "__main__":
    main()
