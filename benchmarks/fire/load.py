"""Many visitors at once: how long verdicts take, whether each gets the own one, and what the server holds in memory."""

import io
import os
import random
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.fire.visitor import Browser, Visitor, visit
from benchmarks.web import answers, memory_mb
from components.verdict_card import headline
from recycler.classifier import load_classifier
from recycler.rulebook import find_rulebook
from recycler.settings import PROJECT, settings
from recycler.verdict import judge

PHOTOS_A_VISIT = 5


@dataclass(frozen=True)
class Sent:
    """A photo that visitors send, and the headline that it has to get."""

    name: str
    data: bytes
    headline: str


@dataclass
class Load:
    """What visitors saw. seconds: from sending a photo to its verdict; visits: how many came and went.

    faults: errors, and verdicts that were of another photo. reloads: visits that broke and were begun again. memory:
    photos so far and MB of the server. work: seconds of a core that the server took in all.
    """

    seconds: list[float] = field(default_factory=list)
    visits: int = 0
    faults: list[str] = field(default_factory=list)
    reloads: int = 0
    memory: list[tuple[int, float]] = field(default_factory=list)
    work: float = 0.0

    def quantile(self, share: float) -> float:
        """Seconds that this share of the verdicts took at most."""
        return float(np.quantile(self.seconds, share))


def phone_photos(count: int, size: tuple[int, int]) -> list[Sent]:
    """Photos of samples as a phone makes them, all different, with what the model says of each by itself."""
    samples = [Image.open(path).convert("RGB") for path in sorted((PROJECT / "samples").glob("*.jpg"))]
    classifier, rulebook = load_classifier(settings().model), find_rulebook(settings().rulebook)
    photos = []
    for i in range(count):
        sample = samples[i % len(samples)]
        shift = 2 * (i // len(samples))
        part = sample.crop((shift, shift, sample.width, sample.height)).resize(size, Image.Resampling.BICUBIC)
        file = io.BytesIO()
        part.save(file, "JPEG", quality=85)
        prediction = classifier.classify(file.getvalue())
        verdict = judge(prediction, rulebook, classifier.card.thresholds)
        photos.append(Sent(f"{i}.jpg", file.getvalue(), headline(prediction, verdict)))
    return photos


@contextmanager
def server(home: Path) -> Iterator[tuple[str, int]]:
    """A fresh server with a home folder of its own: address and process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.address=127.0.0.1"]
    own = {"RECYCLER_HOME": str(home), "RECYCLER_PHOTOS_A_MINUTE": "100000"}
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, f"--server.port={port}"], cwd=PROJECT, env=os.environ | own, stdout=subprocess.DEVNULL
    ) as process:
        try:
            answers(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


@dataclass
class Crowd:
    """Visitors of a server: whoever has sent PHOTOS_A_VISIT leaves, and another one comes.

    process: of the server. think: shortest and longest pause between two photos, seconds. trust: as of a browser.
    reloads: how often each of them may find the visit broken and reload the page before that counts as a fault.
    """

    address: str
    process: int
    photos: list[Sent]
    think: tuple[float, float]
    trust: ssl.SSLContext | None = None
    reloads: int = 0
    seen: Load = field(default_factory=Load)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def visit(self, visitors: int, seconds: float = float("inf"), most: float = float("inf")) -> Load:
        """Let so many at once classify until time or photos are over, or too much went wrong."""
        end = time.monotonic() + seconds

        def over() -> bool:
            return time.monotonic() > end or len(self.seen.seconds) >= most or len(self.seen.faults) > 20

        before = core_seconds(self.process)
        with ThreadPoolExecutor(visitors) as pool:
            for number in range(visitors):
                pool.submit(self._come_and_go, random.Random(number), over)  # noqa: S311 - which photo, how long a pause
        self.seen.work = core_seconds(self.process) - before
        return self.seen

    def _come_and_go(self, chance: random.Random, over: Callable[[], bool]) -> None:
        time.sleep(chance.uniform(0, self.think[1]))
        reloads, browser = self.reloads, Browser(self.address, self.trust)
        while not over():
            try:
                with visit(browser) as visitor:
                    for _ in range(PHOTOS_A_VISIT):
                        self._send_one(visitor, chance.choice(self.photos))
                        if over():
                            return
                        time.sleep(chance.uniform(*self.think))
                browser = Browser(self.address, self.trust)  # of the next one
                with self.lock:
                    self.seen.visits += 1
            except Exception as problem:  # whatever a visitor would see
                reloads -= 1
                with self.lock:
                    if reloads >= 0:
                        self.seen.reloads += 1
                    else:
                        self.seen.faults.append(f"{type(problem).__name__}: {problem}")

    def _send_one(self, visitor: Visitor, photo: Sent) -> None:
        took, headlines = visitor.classify(photo.name, photo.data)
        with self.lock:
            self.seen.seconds.append(took)
            if headlines != {photo.headline}:
                self.seen.faults.append(f"{photo.name} got {headlines} for {photo.headline}")
            if len(self.seen.seconds) % 500 == 0:
                self.seen.memory.append((len(self.seen.seconds), memory_mb(self.process)))


def core_seconds(process: int) -> float:
    """Seconds of a core that a process has taken so far, as Linux tells it."""
    user, system = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def bare_milliseconds(rounds: int = 50) -> float:
    """The median of the network alone, for one photo."""
    classifier = load_classifier(settings().model)
    photo = np.zeros((1, classifier.card.input_size, classifier.card.input_size, 3), np.uint8)
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        classifier.predict(photo)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


@contextmanager
def training(home: Path) -> Iterator[Path]:
    """A training that goes on for as long as it is needed, started as a page starts it; gives its points file."""
    script = (
        "import sys; from pathlib import Path; from recycler import jobs; from recycler.recipe import load_recipe;"
        "print(jobs.start(load_recipe(Path(sys.argv[1]))))"
    )
    recipe = home / "endless.yaml"
    photos = home / "photos"
    for kind in ("glass", "trash"):
        (photos / kind).mkdir(parents=True)
        for i in range(60):
            pixels = np.random.default_rng([i, ord(kind[0])]).integers(0, 255, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(photos / kind / f"{i}.png")
    recipe.write_text(
        f"name: endless\ndata: {{sources: [{{name: {photos}}}], validation: 0.2, test: 0.2}}\n"
        "network: {input_size: 96}\nstages: [{method: fine_tuning, unfreeze_layers: 30, epochs: 1000, patience: null}]"
    )
    own = os.environ | {"RECYCLER_HOME": str(home)}
    started = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script, str(recipe)], env=own, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    run = started.stdout.strip()
    points = home / "runs" / run / "points.csv"
    end = time.monotonic() + 600
    while not (points.exists() and points.stat().st_size > 200):
        if time.monotonic() > end:
            raise TimeoutError((home / "runs" / run / "log.txt").read_text())
        time.sleep(1)
    try:
        yield points
    finally:
        stop = [sys.executable, "-m", "recycler", "stop", run]
        subprocess.run(stop, env=own, cwd=PROJECT, check=False)  # noqa: S603 - our own program


def batches_a_second(points: Path, seconds: float) -> float:
    """How fast a training is now."""
    before = points.read_bytes().count(b"\n")
    time.sleep(seconds)
    return (points.read_bytes().count(b"\n") - before) / seconds


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A home folder for a while."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
