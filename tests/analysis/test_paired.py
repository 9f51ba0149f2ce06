import numpy as np
import pytest
from scipy.stats import binomtest

from recycler.analysis.paired import CHANGES, PairedTest, changes, class_changes, in_words, mcnemar, pair, right_pair
from recycler.errors import PredictionsError
from recycler.rulebook import find_rulebook
from tests.tables import drawn

RULEBOOK = find_rulebook("default")


def test_mcnemar_looks_only_at_the_photos_on_which_they_differ() -> None:
    right = np.array([True] * 9 + [False] * 3 + [True] * 50)
    other = np.array([False] * 9 + [True] * 3 + [True] * 50)
    found = mcnemar(right, other)
    assert (found.gained, found.lost) == (9, 3)
    assert found.p_value == pytest.approx(binomtest(3, 12, 0.5).pvalue)
    assert found.p_value == pytest.approx(2 * sum([1, 12, 66, 220]) / 2**12)  # by hand
    assert not found.real


def test_two_that_never_differ_are_not_told_apart() -> None:
    same = np.array([True, False])
    assert mcnemar(same, same) == PairedTest(0, 0, 1.0)
    assert "very same photos" in in_words(mcnemar(same, same), "A", "B", "the class")


def test_a_much_better_one_is_called_better_and_chance_is_called_chance() -> None:
    real = in_words(PairedTest(40, 5, 1e-7), "A", "B", "the class")
    assert "difference is real" in real
    assert "A is better" in real
    assert "B is better" in in_words(PairedTest(5, 40, 1e-7), "A", "B", "the class")
    assert "may well be chance" in in_words(PairedTest(9, 3, 0.15), "A", "B", "the class")


def test_photos_are_matched_by_id_whatever_their_order() -> None:
    table, other = drawn(100), drawn(100, skill=3)
    shuffled = other.pick(np.random.default_rng(0).permutation(100)[:80])
    both = pair(table, shuffled)
    assert len(both.table) == len(both.other) == len(both.rows) == 80
    assert both.table.photos.tolist() == both.other.photos.tolist() == table.photos[both.rows].tolist()
    whole = pair(table, other)
    assert whole.rows.tolist() == list(range(100))


def test_photos_that_only_one_has_judged_are_no_pair() -> None:
    table = drawn(10)
    with pytest.raises(PredictionsError, match="no photo in common"):
        pair(table.pick(np.arange(5)), table.pick(np.arange(5, 10)))


def test_each_photo_is_fixed_broken_or_stays_as_it_was() -> None:
    counted = np.array([True, True, True, True, False])
    right = np.array([True, False, True, False, True])
    other = np.array([False, True, True, False, False])
    found = changes(counted, right, other)
    assert [CHANGES[i] for i in found[:4]] == ["fixed", "broken", "still right", "still wrong"]
    assert found[4] == -1


def test_the_changes_of_the_classes_add_up() -> None:
    both = pair(drawn(1000, foreign=50, skill=3), drawn(1000, foreign=50))
    counted, right, other = right_pair(both, None)
    assert counted.sum() == 950
    rows = class_changes(both, changes(counted, right, other))
    assert rows["photos"].sum() == 950
    assert rows["fixed"].sum() == (right & ~other).sum()
    assert rows["broken"].sum() == (counted & ~right & other).sum()
    assert (rows["net"].diff().dropna() <= 0).all()


def test_recycling_or_bin_is_asked_of_all_photos_that_the_rulebook_knows() -> None:
    both = pair(drawn(100, foreign=50, skill=3), drawn(100, foreign=50))
    counted, right, _ = right_pair(both, RULEBOOK)
    assert counted.all()
    should = np.array([RULEBOOK.recycles(name) for name in both.table.names])[both.table.true]
    assert right.tolist() == ((both.table.p_recycle >= 0.5) == should).tolist()
