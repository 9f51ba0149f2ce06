from pathlib import Path

import numpy as np
import pytest

from recycler.live import Cursor, LivePoints, read_points, thin
from recycler.points import PointsWriter


def write(file: Path, places: list[tuple[int, int, int]], name: str = "loss") -> None:
    writer = PointsWriter(file)
    for i, (stage, epoch, step) in enumerate(places):
        writer.add(stage, epoch, step, {name: float(i)})
    writer.close()


def places(points: LivePoints) -> list[tuple[int, ...]]:
    return [tuple(row) for row in points.poll()[["stage", "epoch", "step"]].to_numpy().tolist()]


def test_reading_in_any_number_of_parts_gives_what_reading_once_does(tmp_path: Path) -> None:
    file, grown = tmp_path / "points.csv", tmp_path / "grown.csv"
    write(file, [(0, 1, step) for step in range(1, 20)])
    write(file, [(1, 1, step) for step in range(1, 20)], "other")
    whole, end = read_points(file)
    content = file.read_bytes()
    assert end.offset == len(content)
    cursor, parts = Cursor(), 0
    for cut in range(0, len(content) + 7, 7):  # every place in a line is once the end of the file
        grown.write_bytes(content[:cut])
        rows, cursor = read_points(grown, cursor)
        parts += len(rows)
    assert parts == len(whole) == 38
    assert list(whole.columns) == ["stage", "epoch", "step", "time", "loss", "other"]
    assert np.isnan(whole["other"]).sum() == np.isnan(whole["loss"]).sum() == 19


def test_before_the_first_batch_there_is_an_empty_table(tmp_path: Path) -> None:
    assert LivePoints(tmp_path / "points.csv").poll().empty


def test_values_that_are_no_number_are_read_as_such(tmp_path: Path) -> None:
    writer = PointsWriter(tmp_path / "points.csv")
    for step, value in enumerate((1.0, float("nan"), float("inf")), 1):
        writer.add(0, 1, step, {"loss": value})
    writer.close()
    np.testing.assert_array_equal(read_points(tmp_path / "points.csv")[0]["loss"], [1.0, np.nan, np.inf])


def test_without_new_points_nothing_is_made_anew(tmp_path: Path) -> None:
    write(tmp_path / "points.csv", [(0, 1, 1)])
    points = LivePoints(tmp_path / "points.csv")
    assert points.poll() is points.poll()


def test_rows_of_a_resumed_training_replace_those_that_it_did_before(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    points = LivePoints(file)
    write(file, [(0, 1, 1), (0, 1, 2), (0, 2, 1), (0, 2, 2), (0, 3, 1)])
    assert len(points.poll()) == 5
    write(file, [(0, 2, 1), (0, 2, 2)])
    assert places(points) == places(LivePoints(file)) == [(0, 1, 1), (0, 1, 2), (0, 2, 1), (0, 2, 2)]
    assert points.poll()["loss"].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("n", [0, 1, 99, 100, 101, 1000, 12345, 100_000])
@pytest.mark.parametrize("most", [4, 100, 1001])
def test_a_thinned_curve_is_bounded_and_keeps_both_ends_and_the_extremes(n: int, most: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    kept = thin(values, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    if n:
        assert kept[-1] == n - 1
        assert values[kept].min() == values.min()
        assert values[kept].max() == values.max()


def test_points_that_are_drawn_stay_while_more_arrive() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    changes, before = 0, set[int]()
    for n in range(1000, 20_000, 100):
        kept = set(thin(values[:n], 500).tolist())
        changes += len(before - kept) > 3  # the last points, of a bucket that is not full yet
        before = kept
    assert changes <= 6  # a doubling of the width each, from 1,000 to 20,000 points


def test_a_gap_in_a_curve_stays_a_gap() -> None:
    values = np.ones(10_000)
    values[5_000] = np.nan
    assert np.isnan(values[thin(values, 100)]).sum() == 1
