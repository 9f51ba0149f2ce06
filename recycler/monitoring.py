"""What an operator wants to know of a server that runs: is it ready, and how does it go?

Metrics are Prometheus's, on its default registry, which adds memory and CPU time of the process. The states of runs
are read when somebody asks, whichever process trains them.
"""

import logging
import os
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recycler import answers
from recycler.errors import RecyclerError
from recycler.rulebook import find_rulebook
from recycler.run_record import State
from recycler.runs import list_runs
from recycler.settings import settings
from recycler.shelf import LITERT_FILE, Card, load_model
from recycler.verdict import Prediction, Verdict

VERDICTS = Counter("recycler_verdicts", "Photos answered, by verdict", ["model", "verdict"])
REFUSED = Counter("recycler_photos_refused", "Files that were no photo that can be opened")
SECONDS = Histogram(
    "recycler_verdict_seconds",
    "From the bytes of a photo to what the network says",
    buckets=(0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)

MEDIA_TYPE = CONTENT_TYPE_LATEST
STATES: tuple[str, ...] = get_args(State)

log = logging.getLogger(__name__)


class Runs(Collector):
    """Runs by their state, and those that wait for each device."""

    def describe(self) -> list[Metric]:
        """Nothing: else the runs would be read when this module is imported."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the runs' records."""
        records = [run.record for run in list_runs(settings().runs)]
        states: Tally[str] = Tally(record.state for record in records)
        queues = Tally({record.device: 0 for record in records})
        queues.update(record.device for record in records if record.state == "queued")
        yield _gauge("recycler_runs", "Trainings by their state", "state", {name: states[name] for name in STATES})
        yield _gauge("recycler_queue", "Trainings that wait, by device", "device", queues)


REGISTRY.register(Runs())


def answered(card: Card, prediction: Prediction, verdict: Verdict, seconds: float) -> None:
    """Note an answer. prediction: of the network alone. seconds: from the bytes of the photo to the prediction."""
    VERDICTS.labels(card.name, verdict.verdict).inc()
    SECONDS.observe(seconds)
    answers.count(card.checksums[LITERT_FILE], prediction, verdict.verdict)
    said = {"model": card.name, "verdict": verdict.verdict, "milliseconds": round(1000 * seconds, 1)}
    log.info("answered", extra=said)


def metrics() -> bytes:
    """All metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)


def problems() -> list[str]:
    """Why this server cannot answer photos yet, a sentence each; none when it is ready."""
    found = []
    try:
        card = load_model(settings().models, settings().model).card
        find_rulebook(settings().rulebook, card.classes).check(card.classes)
    except RecyclerError as problem:
        found.append(str(problem))
    if not _writable(settings().home):
        found.append("The home folder cannot be written to: nothing can be taught or trained.")
    return found


def _writable(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _gauge(name: str, text: str, label: str, values: "Tally[str] | dict[str, int]") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
