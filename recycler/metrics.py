"""The predictions table, and from it the figures of merit by their usual names.

One row a photo: photo, split, true, predicted (class names), probabilities (C,), p_recycle, entropy_bits, verdict.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from recycler.rulebook import Rulebook
from recycler.verdict import Prediction, Thresholds, judge

Floats = NDArray[np.float64]


def predictions_table(
    photos: Sequence[str],
    split: str,
    true: Sequence[str],
    predictions: Sequence[Prediction],
    rulebook: Rulebook,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """The predictions table of photos whose true class names are known, all three of one length."""
    rows = []
    for photo, name, prediction in zip(photos, true, predictions, strict=True):
        verdict = judge(prediction, rulebook, thresholds)
        rows.append(
            {
                "photo": photo,
                "split": split,
                "true": name,
                "predicted": verdict.class_name,
                "probabilities": prediction.probabilities.astype(np.float32),
                "p_recycle": verdict.p_recycle,
                "entropy_bits": verdict.entropy_bits,
                "verdict": verdict.verdict,
            }
        )
    return pd.DataFrame(rows)


def figures_of_merit(table: pd.DataFrame, classes: Sequence[str], rulebook: Rulebook) -> dict[str, float]:
    """Figures of merit of a predictions table over these classes.

    photos; top1, top5, top10 (shares right among the first k, for k < C); recycling_accuracy,
    recycling_balanced_accuracy (at 0.5), recycling_auroc; ece (of the class, 15 bins); coverage (share not unsure) and
    accuracy_when_sure, recycling_balanced_accuracy_when_sure (of the verdict). Figures that need both recycling and bin
    among the photos are left out where there is only one of them.
    """
    probabilities = np.stack(table["probabilities"].to_list()).astype(np.float64)
    index = {name: i for i, name in enumerate(classes)}
    true = np.array([index[name] for name in table["true"]])
    rank = (probabilities > probabilities[np.arange(len(true)), true][:, None]).sum(axis=1)
    figures = {"photos": float(len(table))}
    figures |= {f"top{k}": float((rank < k).mean()) for k in (1, 5, 10) if k == 1 or k < len(classes)}
    mask = rulebook.mask(classes)
    should = mask[true]
    p_recycle = table["p_recycle"].to_numpy(dtype=np.float64)
    figures["recycling_accuracy"] = float(((p_recycle >= 0.5) == should).mean())
    if 0 < should.mean() < 1:
        figures["recycling_balanced_accuracy"] = float(balanced_accuracy_score(should, p_recycle >= 0.5))
        figures["recycling_auroc"] = float(roc_auc_score(should, p_recycle))
    figures["ece"] = expected_calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == true)
    verdict = table["verdict"].to_numpy()
    sure = verdict != "unsure"
    figures["coverage"] = float(sure.mean())
    if sure.any():
        figures["accuracy_when_sure"] = float(((verdict[sure] == "recycle") == should[sure]).mean())
        if 0 < should[sure].mean() < 1:
            figures["recycling_balanced_accuracy_when_sure"] = float(
                balanced_accuracy_score(should[sure], verdict[sure] == "recycle")
            )
    return figures


def expected_calibration_error(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> float:
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


def fit_confidence(confidence: Floats, right: NDArray[np.bool_], error: float, least_coverage: float = 0.0) -> float:
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
