import numpy as np
import pytest

from recycler.metrics import (
    expected_calibration_error,
    figures_of_merit,
    fit_confidence,
    fit_temperature,
)
from recycler.predictions import predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds

CLASSES = ("glass", "paper", "trash")
SAID = [[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.1, 0.3, 0.6], [0.4, 0.1, 0.5]]
TRUE = ["glass", "glass", "trash", "glass"]


def figures(threshold: float = 0.0) -> dict[str, float]:
    rulebook = find_rulebook("default")
    table = predictions(CLASSES, list("abcd"), "test", TRUE, np.array(SAID, np.float32))
    return figures_of_merit(table.judged(rulebook, Thresholds(threshold)), rulebook)


def test_figures_match_a_case_counted_by_hand() -> None:
    found = figures()
    assert found["photos"] == 4
    assert found["top1"] == 0.5
    assert found["recycling_accuracy"] == 1.0  # p_recycle 0.9, 0.8, 0.4, 0.5
    assert found["recycling_auroc"] == 1.0
    assert found["coverage"] == 1.0


def test_unsure_photos_lower_the_coverage_and_leave_the_rest_to_judge() -> None:
    found = figures(0.7)
    assert found["coverage"] == 0.5
    assert found["accuracy_when_sure"] == 1.0


def test_top_k_is_given_only_where_k_is_less_than_all_classes() -> None:
    assert "top5" not in figures()


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    confidence = np.array([0.9] * 10)
    assert expected_calibration_error(confidence, np.array([True] * 9 + [False])) == pytest.approx(0, abs=1e-9)
    assert expected_calibration_error(confidence, np.array([True] * 5 + [False] * 5)) == pytest.approx(0.4)


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
