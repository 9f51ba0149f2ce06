import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from recycler.metrics import confusion_counts, expected_calibration_error, figures_of_merit, precision_recall_f1
from recycler.predictions import predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds
from tests.tables import MANY, drawn

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
    assert found["macro_recall"] == pytest.approx((1 / 3 + 1) / 2)  # paper has no photos, and so does not count
    assert found["macro_precision"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["log_loss"] == pytest.approx(-np.log([0.7, 0.3, 0.6, 0.4]).mean(), rel=1e-6)
    squares = [0.09 + 0.04 + 0.01, 0.49 + 0.25 + 0.04, 0.01 + 0.09 + 0.16, 0.36 + 0.01 + 0.25]
    assert found["brier"] == pytest.approx(np.mean(squares), rel=1e-6)


def test_every_figure_is_what_scikit_learn_says() -> None:
    table, rulebook = drawn(), find_rulebook("default")
    found = figures_of_merit(table, rulebook)
    true, said = table.true, table.predicted
    labels = np.arange(len(MANY))
    for k in (1, 5, 10):
        assert found[f"top{k}"] == reference.top_k_accuracy_score(true, table.probabilities, k=k, labels=labels)
    for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score),
                        ("f1", reference.f1_score)):  # fmt: skip
        assert found[f"macro_{name}"] == pytest.approx(score(true, said, average="macro"))
    p = table.probabilities.astype(float)
    assert found["log_loss"] == pytest.approx(reference.log_loss(true, p / p.sum(axis=1, keepdims=True), labels=labels))
    one_hot = np.eye(len(MANY))[true]
    assert found["brier"] == pytest.approx(((table.probabilities - one_hot) ** 2).sum(axis=1).mean(), rel=1e-5)
    should = np.array([rulebook.recycles(MANY[i]) for i in true])
    for name, p_recycle in (("recycling", table.p_recycle), ("learned_recycling", table.recycling)):
        answer = p_recycle >= 0.5
        assert found[f"{name}_accuracy"] == pytest.approx(reference.accuracy_score(should, answer))
        assert found[f"{name}_balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(should, answer))
        assert found[f"{name}_f1"] == pytest.approx(reference.f1_score(should, answer))
        assert found[f"{name}_auroc"] == pytest.approx(reference.roc_auc_score(should, p_recycle))
    sure = table.verdicts != "unsure"
    assert found["coverage"] == sure.mean()
    assert found["accuracy_when_sure"] == pytest.approx((should == (table.verdicts == "recycle"))[sure].mean())


def test_precision_recall_and_f1_of_each_class_are_scikit_learns() -> None:
    table = drawn(foreign=40)
    known = table.known
    labels = np.arange(len(MANY))
    expected = reference.precision_recall_fscore_support(table.true[known], table.predicted[known], labels=labels)
    for found, wanted in zip(precision_recall_f1(table), expected, strict=True):
        np.testing.assert_allclose(found, wanted)


def test_the_confusion_counts_are_scikit_learns_and_keep_unknown_classes_in_rows_of_their_own() -> None:
    table = drawn(foreign=40)
    counts = confusion_counts(table)
    expected = reference.confusion_matrix(table.true, table.predicted, labels=np.arange(len(table.names)))
    np.testing.assert_array_equal(counts, expected[:, : len(MANY)])
    assert counts[len(MANY)].sum() == 40


def test_photos_of_unknown_classes_count_for_recycling_only() -> None:
    table, rulebook = drawn(foreign=40), find_rulebook("default")
    found = figures_of_merit(table, rulebook)
    known = table.known
    assert found["top1"] == table.right[known].mean()
    assert np.isfinite(list(found.values())).all()
    should = np.array([rulebook.recycles(table.names[i]) for i in table.true])
    assert found["recycling_accuracy"] == pytest.approx(((table.p_recycle >= 0.5) == should).mean())


def test_what_needs_both_sides_is_left_out_where_there_is_only_one() -> None:
    table, rulebook = drawn(), find_rulebook("default")
    glass = table.pick(table.true == 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = figures_of_merit(glass, rulebook)
    assert "recycling_accuracy" in found
    assert not {"recycling_balanced_accuracy", "recycling_auroc", "recycling_f1"} & found.keys()


def test_the_learned_output_is_left_out_where_the_table_lacks_it() -> None:
    assert not [name for name in figures() if name.startswith("learned")]


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
