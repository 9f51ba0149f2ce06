import numpy as np
import pytest

from recycler.analysis.entropy import OUTLIERS, by_median, ends, entropy_boxes

RNG = np.random.default_rng(0)


def test_a_box_has_the_quartiles_that_numpy_has() -> None:
    values = RNG.gamma(1.0, 1.0, 501).astype(np.float32)
    group = RNG.integers(0, 3, 501)
    found = entropy_boxes(values, group, ["a", "b", "c"]).boxes
    assert list(found["group"]) == ["a", "b", "c"]
    for number, box in found.iterrows():
        inside = values[group == number].astype(np.float64)
        assert box["photos"] == len(inside)
        assert box[["q1", "median", "q3"]].tolist() == pytest.approx(np.quantile(inside, (0.25, 0.5, 0.75)))
        assert box["mean"] == pytest.approx(inside.mean())


def test_whiskers_end_at_the_last_photos_within_reach_and_the_rest_are_outliers() -> None:
    values = np.array([4, 5, 5, 6, 7, 13, -9, 8.9], np.float32)  # q1 4.75, q3 7.475: reach 0.6625 to 11.5625
    found = entropy_boxes(values, np.zeros(8, np.int64), ["a"])
    assert found.boxes[["low", "high"]].iloc[0].tolist() == pytest.approx([4, 8.9])
    assert found.outliers["entropy_bits"].tolist() == [-9, 13]
    assert found.outliers["row"].tolist() == [6, 5]


def test_of_many_outliers_those_farthest_out_are_kept() -> None:
    values = np.concatenate([np.linspace(1, 2, 1000), np.linspace(50, 90, 41)]).astype(np.float32)
    found = entropy_boxes(values, np.zeros(1041, np.int64), ["a"]).outliers
    assert len(found) == OUTLIERS
    assert found["entropy_bits"].tolist() == [85, 86, 87, 88, 89, 90]


def test_each_series_has_its_box_and_groups_without_photos_have_none() -> None:
    values = np.array([0, 1, 2, 3], np.float32)
    series = np.array([0, 1, 0, 1])
    found = entropy_boxes(values, np.array([2, 2, 2, 0]), ["a", "b", "c"], series, ["right", "wrong"]).boxes
    rows = [tuple(row) for row in found[["group", "series", "photos", "median"]].itertuples(index=False)]
    assert rows == [("a", "wrong", 1, 3), ("c", "right", 2, 1), ("c", "wrong", 1, 1)]


def test_groups_are_sorted_from_the_least_sure() -> None:
    values = np.array([0, 3, 1, 2], np.float32)
    found = entropy_boxes(values, np.arange(4), ["a", "b", "c", "d"]).boxes
    assert by_median(found) == ["b", "d", "c", "a"]


def test_the_ends_of_a_short_list_are_all_of_it() -> None:
    assert ends(list("abcde"), 2) == ["a", "b", "d", "e"]
    assert ends(list("abcd"), 2) == ["a", "b", "c", "d"]
    assert ends(list("abc"), 2) == ["a", "b", "c"]
