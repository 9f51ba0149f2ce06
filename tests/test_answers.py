import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest

from recycler import answers
from recycler.answers import ENTROPY_STEPS, KEPT_DAYS, Counts, count, counted, counts, step_of
from recycler.settings import settings
from recycler.verdict import Prediction


def said(sure: float, class_name: str = "glass") -> Prediction:
    classes = (class_name, "paper", "metal")
    probabilities = np.array([sure, (1 - sure) / 2, (1 - sure) / 2], np.float32)
    return Prediction(classes, probabilities, 0.5, np.zeros(2, np.float32))


def test_answers_are_counted_by_class_entropy_and_verdict_for_each_model() -> None:
    for _ in range(3):
        count("one", said(0.999), "recycle")
    count("one", said(0.4), "unsure")
    count("other", said(0.9, "shoes"), "bin")
    found, verdicts = counted("one", 28)
    assert found.classes == {"glass": 4}
    assert found.entropy[step_of(said(0.999).entropy_bits)] == 3
    assert (found.photos, verdicts) == (4, {"recycle": 3, "unsure": 1})
    assert counted("other", 28)[0].classes == {"shoes": 1}
    assert counted("nobody", 28) == (Counts(), {})


def test_what_is_kept_is_counts_and_days_alone() -> None:
    count("one", said(0.9), "recycle")
    with closing(sqlite3.connect(settings().home / "answers.db")) as database:
        names = [row[1] for row in database.execute("pragma table_info(answers)")]
        [row] = database.execute("select * from answers").fetchall()
    assert names == ["model", "day", "class", "step", "verdict", "photos"]
    assert len(row[1]) == len("2026-01-31")


def test_sixteen_threads_lose_no_answer() -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: count("one", said(0.5 + i / 1000), "bin"), range(400)))
    assert counted("one", 28)[0].photos == 400


def test_days_that_are_long_past_are_not_counted_and_go_at_the_next_start() -> None:
    count("one", said(0.9), "recycle")
    with closing(sqlite3.connect(settings().home / "answers.db")) as database:
        for ago, photos in ((27, 10), (28, 100), (KEPT_DAYS + 1, 1000)):
            database.execute("insert into answers values ('one', ?, 'paper', 3, 'bin', ?)", (answers._day(ago), photos))
        database.commit()
    assert counted("one", 28)[0].photos == 11
    answers.close()
    count("one", said(0.9), "recycle")
    assert counted("one", 10_000)[0].photos == 112


def test_a_database_that_is_locked_or_damaged_costs_a_count_and_no_verdict(caplog: pytest.LogCaptureFixture) -> None:
    count("one", said(0.9), "recycle")
    with closing(sqlite3.connect(settings().home / "answers.db")) as other:
        other.execute("begin immediate")
        count("one", said(0.9), "recycle")
        other.rollback()
    assert "not counted" in caplog.text
    assert counted("one", 1)[0].photos == 1
    answers.close()
    for file in settings().home.glob("answers.db*"):
        file.write_bytes(b"no database at all" * 100)
    count("one", said(0.9), "recycle")
    assert counted("one", 1) == (Counts(), {})


def test_every_entropy_has_its_step() -> None:
    assert [step_of(entropy) for entropy in (0.0, 0.005, ENTROPY_STEPS[3], 6.6)] == [0, 0, 3, len(ENTROPY_STEPS) - 1]
    assert counts(["a", "b", "a"], [0.0, 0.5, 9.0]) == Counts({"a": 2, "b": 1}, (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))
