from dataclasses import replace

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from recycler.analysis import OWN, Analysis
from recycler.analysis.calibration import (
    fit_confidence,
    fit_temperature,
    reliability,
    risk_coverage,
    sureness,
    thinned,
    why_not_to_be_set_here,
    with_confidence,
)
from recycler.verdict import Thresholds
from tests.tables import analysed, drawn


def analysis(data: str = OWN, split: str = "validation", photos: int = 200) -> Analysis:
    return analysed("Small", drawn(photos), data, split)


def with_splits(found: Analysis, split: str) -> Analysis:
    return replace(found, table=replace(found.table, splits=np.full(len(found.table), split, object)))


def test_temperature_cools_the_overconfident() -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet([1, 1, 1], 4000)
    true = np.array([rng.choice(3, p=p) for p in honest])
    bold = honest**2 / (honest**2).sum(axis=1, keepdims=True)
    assert fit_temperature(bold, true) == pytest.approx(2, rel=0.15)


def test_the_threshold_answers_as_many_as_the_promised_error_allows() -> None:
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True, False])
    assert fit_confidence(confidence, right, error=0.0) == 0.9
    assert fit_confidence(confidence, right, error=0.25) == 0.7
    assert fit_confidence(confidence, right, error=0.0, least_coverage=0.8) == 0.7


def test_photos_of_one_confidence_are_answered_together() -> None:
    confidence = np.array([0.9, 0.9, 0.9, 0.8])
    right = np.array([True, True, False, True])
    risk = risk_coverage(confidence, right)
    assert risk["threshold"].tolist() == [0.9, 0.8]
    assert risk["wrong"].tolist() == [1, 1]
    assert risk["coverage"].tolist() == [0.75, 1.0]
    assert fit_confidence(confidence, right, error=0.3) == 0.8  # never 0.9 for two of three that came first


def test_the_risk_of_answering_all_is_the_error() -> None:
    judged, sure, right = sureness(analysis())
    last = risk_coverage(sure[judged], right[judged]).iloc[-1]
    assert last["coverage"] == 1
    assert last["error"] == pytest.approx(1 - right[judged].mean())


def test_a_thinned_curve_keeps_its_ends_and_is_short() -> None:
    rng = np.random.default_rng(0)
    risk = risk_coverage(rng.random(5000), rng.random(5000) < 0.9)
    short = thinned(risk, 50)
    assert len(short) <= 50
    assert short.iloc[0].equals(risk.iloc[0])
    assert short.iloc[-1].equals(risk.iloc[-1])


def test_the_reliability_is_scikit_learns_calibration_curve() -> None:
    table = drawn(2000)
    bins = reliability(table.confidence, table.right)
    right, claimed = calibration_curve(table.right, table.confidence, n_bins=10)
    np.testing.assert_allclose(bins["right"], right)
    np.testing.assert_allclose(bins["claimed"], claimed, rtol=1e-5)
    assert bins["photos"].sum() == 2000
    assert (bins["low"] <= bins["right"]).all()
    assert (bins["right"] <= bins["high"]).all()


def test_photos_that_entropy_makes_unsure_are_never_sure() -> None:
    free = analysis()
    limited = replace(free, subject=replace(free.subject, thresholds=Thresholds(0.7, entropy_bits=1.0)))
    _, sure, _ = sureness(limited)
    assert (sure[limited.table.entropy_bits > 1.0] == 0).all()
    assert (sure[limited.table.entropy_bits <= 1.0] >= 0.5).all()


def test_another_confidence_keeps_the_limit_of_entropy() -> None:
    assert with_confidence(Thresholds(0.7, 2.0), 0.9) == Thresholds(0.9, 2.0)


@pytest.mark.parametrize("split", ["validation", "test", "left out"])
def test_photos_that_were_held_out_may_set_thresholds(split: str) -> None:
    assert not why_not_to_be_set_here(with_splits(analysis(), split))


@pytest.mark.parametrize("split", ["train", "all"])
def test_photos_that_it_has_or_may_have_learned_from_may_not(split: str) -> None:
    assert "learned from 100 of these photos" in why_not_to_be_set_here(with_splits(analysis(), split))


def test_too_few_photos_may_not() -> None:
    assert "20 photos are too few" in why_not_to_be_set_here(analysis(photos=20))


def test_photos_of_a_source_that_it_never_saw_may_set_them_whatever_the_split() -> None:
    foreign = with_splits(analysis("street", "all"), "all")
    names = np.array([f"street/{i}" for i in range(200)], object)
    assert not why_not_to_be_set_here(replace(foreign, table=replace(foreign.table, photos=names)))


def test_a_run_has_no_card_to_save_to() -> None:
    run = analysis()
    assert "publish" in why_not_to_be_set_here(replace(run, subject=replace(run.subject, card=None)))
