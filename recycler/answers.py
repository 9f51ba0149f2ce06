"""What Classify answered, counted by day: no photo, no name, no hour.

RECYCLER_HOME/answers.db, an SQLite database with a row for each model, day, class, step of entropy and verdict that
occurred. It stays small: 10 classes make at most 330 rows a day, and days go after KEPT_DAYS. Several web servers may
write to it.
"""

import logging
import sqlite3
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recycler.settings import settings
from recycler.verdict import Prediction

KEPT_DAYS = 90
PATIENCE_SECONDS = 0.2  # for another writer; a count is not worth more of a visitor's time
# Where steps of entropy begin, in bits; finer below, where most answers of a good model lie.
ENTROPY_STEPS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0, 1.4, 1.9, 2.5)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """How many photos were named as which class, and in how many the entropy lay in each of ENTROPY_STEPS."""

    classes: dict[str, int] = field(default_factory=dict)
    entropy: tuple[int, ...] = (0,) * len(ENTROPY_STEPS)

    @property
    def photos(self) -> int:
        """How many photos."""
        return sum(self.entropy)


def counts(classes: Iterable[str], entropy_bits: Iterable[float]) -> Counts:
    """Count photos by the class that each is named as, and by its entropy in bits."""
    steps = Counter(step_of(entropy) for entropy in entropy_bits)
    return Counts(dict(Counter(classes)), tuple(steps[step] for step in range(len(ENTROPY_STEPS))))


def step_of(entropy_bits: float) -> int:
    """The step of ENTROPY_STEPS that an entropy lies in."""
    return bisect_right(ENTROPY_STEPS, entropy_bits) - 1


def count(model: str, prediction: Prediction, verdict: str) -> None:
    """Add one answer to today's counts; one that cannot be added is let go, with a line in the log.

    model: what tells it from any other, its file's checksum. prediction: of the network alone.
    """
    today = _day(0)
    row = (model, today, prediction.top(1)[0][0], step_of(prediction.entropy_bits), verdict)
    try:
        with _lock:
            database = _database(settings().home / "answers.db", today)
            database.execute(
                "insert into answers values (?, ?, ?, ?, ?, 1) on conflict do update set photos = photos + 1", row
            )
    except (sqlite3.Error, OSError) as problem:
        log.warning("An answer was not counted: %s", problem)


def counted(model: str, days: int) -> tuple[Counts, dict[str, int]]:
    """What a model answered in the last days, today included; and how many photos got each verdict."""
    file = settings().home / "answers.db"
    rows: list[tuple[str, int, str, int]] = []
    if file.exists():
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
                rows = database.execute(
                    "select class, step, verdict, photos from answers where model = ? and day >= ?",
                    (model, _day(days - 1)),
                ).fetchall()
        except sqlite3.Error as problem:
            log.warning("The counts of answers cannot be read: %s", problem)
    classes, steps, verdicts = Counter[str](), Counter[int](), Counter[str]()
    for name, step, verdict, photos in rows:
        classes[name] += photos
        steps[step] += photos
        verdicts[verdict] += photos
    return Counts(dict(classes), tuple(steps[step] for step in range(len(ENTROPY_STEPS)))), dict(verdicts)


def close() -> None:
    """Let go of the database."""
    while _open:
        _open.popitem()[1].close()


_lock = threading.Lock()
_open: dict[tuple[Path, str], sqlite3.Connection] = {}  # at most one


def _database(file: Path, today: str) -> sqlite3.Connection:
    """Opened once a process and day, so that days that are long past go also where a server never ends."""
    if (file, today) not in _open:
        close()
        file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("pragma journal_mode = wal")  # with which a count waits for no disk
            database.execute("pragma synchronous = normal")
            database.execute(
                "create table if not exists answers (model text, day text, class text, step integer, verdict text, "
                "photos integer, primary key (model, day, class, step, verdict)) without rowid"
            )
            database.execute("delete from answers where day < ?", (_day(KEPT_DAYS),))
        except sqlite3.Error:
            database.close()
            raise
        _open[file, today] = database
    return _open[file, today]


def _day(ago: int) -> str:
    return (datetime.now(UTC).date() - timedelta(ago)).isoformat()
