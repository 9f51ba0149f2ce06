import numpy as np
import pytest
from scipy.stats import binom, binomtest
from sklearn.metrics import f1_score, roc_auc_score

from recycler.analysis import intervals
from recycler.analysis.intervals import Estimate, differences, resample, wilson
from recycler.metrics import figures_of_merit
from recycler.predictions import Predictions
from recycler.rulebook import find_rulebook
from tests.tables import MANY, drawn

RULEBOOK = find_rulebook("default")


def estimates(table: Predictions) -> dict[str, Estimate]:
    return intervals.estimates(resample(table, RULEBOOK))


@pytest.mark.parametrize("photos", [300, 5000])
def test_the_sums_that_are_resampled_give_the_very_figures(photos: int) -> None:
    table = drawn(photos, foreign=20)
    point = resample(table, RULEBOOK).point
    figures = figures_of_merit(table, RULEBOOK)
    assert point.keys() == figures.keys() - {"photos"}
    for name, value in point.items():
        tolerance = 4e-3 if name.endswith("auroc") else 1e-5  # ranks in steps
        assert value == pytest.approx(figures[name], abs=tolerance), name


def test_a_resample_gives_what_scikit_learn_says_of_the_photos_that_it_drew() -> None:
    table = drawn(400)
    dealt, weights = intervals._draws(400, seed=1)
    resampled = resample(table, RULEBOOK, seed=1).drawn
    times = weights[7][dealt]
    drawn_twice = table.pick(np.repeat(np.arange(400), times.astype(int)))
    for name, value in figures_of_merit(drawn_twice, RULEBOOK).items():
        if name != "photos":
            assert resampled[name][7] == pytest.approx(value, abs=4e-3 if name.endswith("auroc") else 1e-5), name
    should = np.array([RULEBOOK.recycles(name) for name in MANY])[table.true]
    assert resampled["recycling_f1"][7] == pytest.approx(f1_score(should, table.p_recycle >= 0.5, sample_weight=times))
    expected = roc_auc_score(should, table.p_recycle, sample_weight=times)
    assert resampled["recycling_auroc"][7] == pytest.approx(expected, abs=4e-3)


@pytest.mark.parametrize("photos", [500, 20_000])
def test_the_interval_of_a_share_is_that_of_the_binomial(photos: int) -> None:
    table = drawn(photos)
    top1 = estimates(table)["top1"]
    low, high = binom.ppf([0.025, 0.975], photos, top1.value) / photos
    assert (top1.low, top1.high) == pytest.approx((low, high), abs=0.15 * (high - low))


def test_figures_that_are_no_means_lie_inside_their_intervals() -> None:
    for name, found in estimates(drawn(20_000, foreign=50)).items():
        assert found.low <= found.value <= found.high, name
        assert found.high - found.low < 0.2, name


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    truth = {name: found.value for name, found in estimates(drawn(200_000, seed=99)).items()}
    inside = dict.fromkeys(("top1", "macro_f1", "recycling_auroc", "ece", "log_loss"), 0)
    for seed in range(30):
        found = estimates(drawn(400, seed=seed))
        for name in inside:
            inside[name] += found[name].low <= truth[name] <= found[name].high
    assert all(count >= 25 for count in inside.values()), inside  # of 30, where 28.5 are expected


def test_a_difference_of_two_on_the_same_photos_is_surer_than_each_of_them() -> None:
    better, worse = drawn(2000, skill=2.3), drawn(2000)
    difference = differences(resample(better, RULEBOOK), resample(worse, RULEBOOK))["top1"]
    alone = estimates(better)["top1"]
    assert difference.value == pytest.approx(better.right.mean() - worse.right.mean())
    assert 0 < difference.low < difference.value < difference.high
    assert difference.high - difference.low < alone.high - alone.low


def test_no_difference_has_no_width() -> None:
    table = drawn(300)
    found = resample(table, RULEBOOK)
    assert set(differences(found, found).values()) == {Estimate(0.0, 0.0, 0.0)}


def test_tables_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="photo by photo"):
        differences(resample(drawn(10), RULEBOOK), resample(drawn(20), RULEBOOK))


def test_wilson_is_scipys_and_knows_that_ten_of_ten_prove_little() -> None:
    low, high = wilson(np.array([10, 0, 37]), np.array([10, 10, 100]))
    for i, (hits, photos) in enumerate(((10, 10), (0, 10), (37, 100))):
        expected = binomtest(hits, photos).proportion_ci(method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert low[0] < 0.75


def test_the_same_table_gets_the_same_intervals() -> None:
    assert estimates(drawn(100)) == estimates(drawn(100))


def test_classes_without_photos_count_for_nothing_in_resamples_either() -> None:
    table = drawn(300)
    some = table.pick(table.true > 3)
    point, figures = resample(some, RULEBOOK).point, figures_of_merit(some, RULEBOOK)
    assert point["macro_recall"] == pytest.approx(figures["macro_recall"])
    assert point["macro_precision"] == pytest.approx(figures["macro_precision"])


def test_the_interval_of_the_calibration_error_is_turned_around() -> None:
    inflated = np.linspace(0.1, 0.2, 1001)  # a resample's error is larger, as it adds its own
    assert intervals._estimate("ece", 0.1, inflated, 0.1) == pytest.approx((0.1, 0.0025, 0.0975))
    assert intervals._estimate("top1", 0.1, inflated, 0.1) == pytest.approx((0.1, 0.1025, 0.1975))


def test_an_interval_lies_around_the_exact_figure_where_sums_are_rounded() -> None:
    drawn_there = np.linspace(0.3, 0.5, 1001)
    assert intervals._estimate("recycling_auroc", 0.41, drawn_there, 0.4) == pytest.approx((0.41, 0.315, 0.505))
