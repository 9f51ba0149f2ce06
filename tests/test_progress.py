import os
import socket
from datetime import UTC, datetime

import pandas as pd
import pytest

from recycler.progress import memory_megabytes, standing
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import RunRecord, StageProgress

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recipe() -> Recipe:
    return parse_recipe("{name: a, data: {sources: [{name: b}]}, stages: [{epochs: 10, batch_size: 8}]}")


def record() -> RunRecord:
    stage = StageProgress(name="feature extraction", epochs=10, steps=4)
    return RunRecord(run="a", state="running", created=NOW, queued=NOW, started=NOW, device="cpu", stages=(stage,))


def points(first: float, seconds: float, count: int) -> pd.DataFrame:
    rows = [(0, i // 4 + 1, i % 4 + 1, first + seconds * i) for i in range(count)]
    return pd.DataFrame(rows, columns=["stage", "epoch", "step", "time"])


def test_place_speed_and_time_left_follow_from_the_points() -> None:
    found = standing(record(), recipe(), points(NOW.timestamp(), 0.5, 10))
    assert found is not None
    assert (found.epoch, found.epochs, found.step, found.steps) == (3, 10, 2, 4)
    assert found.photos_per_second == pytest.approx(16)
    assert found.seconds_left == pytest.approx(30 * 0.5)
    assert found.share == pytest.approx(0.25)


def test_speed_before_a_resume_does_not_count() -> None:
    found = standing(record(), recipe(), points(NOW.timestamp() - 1000, 0.5, 10))
    assert found is not None
    assert found.seconds_left is None


def test_before_the_first_stage_there_is_nothing_to_tell() -> None:
    assert standing(record().model_copy(update={"stages": ()}), recipe(), points(0, 1, 0)) is None


def test_memory_is_told_of_a_process_on_this_machine_only() -> None:
    here = record().model_copy(update={"process": os.getpid(), "host": socket.gethostname()})
    megabytes = memory_megabytes(here)
    assert megabytes is None or megabytes > 10
    assert memory_megabytes(here.model_copy(update={"host": "elsewhere"})) is None
