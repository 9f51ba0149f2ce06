"""Figures of merit of a predictions table, by their usual names."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from recycler.predictions import Predictions
from recycler.rulebook import Rulebook

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]


def figures_of_merit(table: Predictions, rulebook: Rulebook) -> dict[str, float]:
    """Figures of merit of a predictions table.

    photos; top1, top5, top10 (shares right among the first k, for k < C) and ece (of the class, 15 bins), over the
    photos of classes that the model knows; recycling_accuracy, recycling_balanced_accuracy (at 0.5), recycling_auroc,
    over the photos of classes that the rulebook knows; coverage (share not unsure) and accuracy_when_sure,
    recycling_balanced_accuracy_when_sure (of the verdict), over these. Figures that need both recycling and bin among
    the photos are left out where there is only one of them.
    """
    figures = {"photos": float(len(table))}
    known = table.known
    if known.any():
        rank = table.rank[known]
        figures |= {f"top{k}": float((rank < k).mean()) for k in (1, 5, 10) if k == 1 or k < len(table.classes)}
        figures["ece"] = expected_calibration_error(table.confidence[known], table.right[known])
    judged, should = should_recycle(table, rulebook)
    if judged.any():
        p_recycle, verdict, should = table.p_recycle[judged], table.verdicts[judged], should[judged]
        figures["recycling_accuracy"] = float(((p_recycle >= 0.5) == should).mean())
        if 0 < should.mean() < 1:
            figures["recycling_balanced_accuracy"] = float(balanced_accuracy_score(should, p_recycle >= 0.5))
            figures["recycling_auroc"] = float(roc_auc_score(should, p_recycle))
        figures |= _verdict_figures(verdict, should)
    return figures


def should_recycle(table: Predictions, rulebook: Rulebook) -> tuple[Flags, Flags]:
    """Two bool (N,): photos of classes that the rulebook knows, and those of them that belong in the recycling."""
    knows = np.array([name in rulebook.classes for name in table.names])
    recycles = np.array([name in rulebook.classes and rulebook.recycles(name) for name in table.names])
    return knows[table.true], recycles[table.true]


def _verdict_figures(verdict: NDArray[np.str_], should: Flags) -> dict[str, float]:
    sure = verdict != "unsure"
    figures = {"coverage": float(sure.mean())}
    if sure.any():
        figures["accuracy_when_sure"] = float(((verdict[sure] == "recycle") == should[sure]).mean())
        if 0 < should[sure].mean() < 1:
            figures["recycling_balanced_accuracy_when_sure"] = float(
                balanced_accuracy_score(should[sure], verdict[sure] == "recycle")
            )
    return figures


def expected_calibration_error(confidence: Floats, right: Flags, bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by photos (Guo et al. 2017).

    confidence: (N,) in [0, 1]; right: bool (N,).
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def fit_temperature(probabilities: Floats, true: NDArray[np.int64]) -> float:
    """The temperature that minimises the log loss of probabilities (N, C) for true classes (N,) (Guo et al. 2017)."""
    logits = np.log(np.maximum(probabilities, 1e-12))

    def log_loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[np.arange(len(true)), true].mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=(-2.3, 2.3), method="bounded").x))


def fit_confidence(confidence: Floats, right: Flags, error: float, least_coverage: float = 0.0) -> float:
    """The lowest confidence that keeps the share of errors among answered photos at or under `error`.

    confidence: (N,), the larger of p_recycle and 1 - p_recycle; right: whether that answer was right. Photos at or
    above the returned value are answered. At least `least_coverage` of the photos are answered, even where errors are
    more: an app that never answers is of no use. Where no value keeps the promise, the highest confidence seen.
    """
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(errors <= error)
    last = max(int(kept[-1]) if len(kept) else 0, int(np.ceil(least_coverage * len(order))) - 1)
    return float(confidence[order[last]])
