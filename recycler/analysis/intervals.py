"""How far figures of merit can be trusted: 95 % intervals by the bootstrap, fast also for a million photos.

A resample takes photos at random with replacement and computes each figure anew (Efron 1979; the percentile interval of
Efron and Tibshirani 1993, chapter 13; of the calibration error, which resampling inflates, the pivotal one). Every
figure here follows from sums over photos, so resampling photos is weighting sums. Tables of more than 2,000 photos are
first dealt at random into 2,000 groups of one size, which are drawn whole: groups dealt at random vary as photos do
(the random groups of Wolter 2007, chapter 2), so the intervals have the same width, and a thousand resamples of a
million photos are one product of matrices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from recycler.metrics import (
    ECE_BINS,
    Flags,
    Floats,
    brier_scores,
    confidence_bins,
    figures_of_merit,
    log_losses,
    should_recycle,
)
from recycler.predictions import Index, Predictions
from recycler.rulebook import Rulebook

LEVEL = 0.95
RESAMPLES = 1000
GROUPS = 2000  # the width of an interval from so many groups is off by 2 %
STEPS = 250  # ranks of p_recycle that the area under the curve tells apart in resamples
SAMPLE = 20_000  # photos that say where the steps lie
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
PIVOTAL = {"ece"}

Sums = Mapping[str, NDArray[np.float32] | NDArray[np.float64]]


class Estimate(NamedTuple):
    """A figure, or a difference of two, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Resamples:
    """The figures of a table, and what they are in each resample.

    figures: by their names. drawn: the same in each resample, (RESAMPLES,) each. point: by the sums that were drawn
    from; only the area under a curve differs from the figure there, by a rounding.
    """

    figures: Mapping[str, float]
    drawn: Mapping[str, Floats]
    point: Mapping[str, float]


def resample(table: Predictions, rulebook: Rulebook, seed: int = 0) -> Resamples:
    """Draw the photos of a table RESAMPLES times; tables of as many photos have the same rows drawn."""
    dealt, weights = _draws(len(table), seed)
    sums = _sums(table, rulebook, dealt, weights.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = _figures({name: weights @ part.astype(np.float32) for name, part in sums.items()})
        point = _figures({name: part.sum(axis=0) for name, part in sums.items()})
    return Resamples(figures_of_merit(table, rulebook), drawn, {name: float(v) for name, v in point.items()})


def estimates(found: Resamples) -> dict[str, Estimate]:
    """All figures of merit with their intervals; photos has none and is left out."""
    return {
        name: _estimate(name, value, found.drawn[name], found.point[name])
        for name, value in found.figures.items()
        if name in found.drawn
    }


def differences(found: Resamples, other: Resamples) -> dict[str, Estimate]:
    """By how much each figure is above that of `other`, both of the same photos in the same order."""
    if found.figures["photos"] != other.figures["photos"]:
        raise ValueError("only figures of the same photos can be compared photo by photo")
    return {
        name: _estimate(
            name,
            value - other.figures[name],
            found.drawn[name] - other.drawn[name],
            found.point[name] - other.point[name],
        )
        for name, value in found.figures.items()
        if name in found.drawn and name in other.figures
    }


def wilson(hits: Floats | Index, photos: Floats | Index) -> tuple[Floats, Floats]:
    """The 95 % interval of shares hits / photos (Wilson 1927): honest also for few photos and for none or all right."""
    z = float(ndtri(TAILS[1]))
    n = np.maximum(np.asarray(photos, np.float64), 1e-9)
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)


def _draws(photos: int, seed: int) -> tuple[Index, NDArray[np.float32]]:
    """The group of each photo (N,), and how often each resample drew each group (RESAMPLES, groups)."""
    rng = np.random.default_rng(seed)
    groups = min(photos, GROUPS)
    dealt = rng.permutation(photos) % groups
    draws = rng.integers(groups, size=(RESAMPLES, groups)) + groups * np.arange(RESAMPLES)[:, None]
    weights = np.bincount(draws.ravel(), minlength=RESAMPLES * groups).reshape(RESAMPLES, groups)
    return dealt, weights.astype(np.float32)


def _estimate(name: str, value: float, resampled: Floats, point: float) -> Estimate:
    """A figure, what it is in each resample (RESAMPLES,), and what the sums say of it."""
    low, high = (float(quantile) for quantile in np.nanquantile(resampled, TAILS))
    if name in PIVOTAL:
        low, high = 2 * point - high, 2 * point - low
    shift = value - point
    return Estimate(value, low + shift, high + shift)


def _sums(table: Predictions, rulebook: Rulebook, dealt: Index, groups: int) -> Sums:
    """What the figures follow from, summed over the photos of each group: name to float64 (groups, columns)."""

    def count(kinds: int, kind: Any, which: Flags | slice = np.s_[:], amount: Any = None) -> NDArray[np.float64]:
        cells = dealt[which] * kinds + kind
        return np.bincount(cells, amount, groups * kinds).reshape(groups, kinds).astype(np.float64)

    def total(values: Floats | Flags, which: Flags | slice = np.s_[:]) -> NDArray[np.float64]:
        return count(1, 0, which, values[which])

    known, classes = table.known, len(table.classes)
    sums = {"photos": count(1, 0), "entropy_bits": total(table.entropy_bits)}
    if known.any():
        sums["known"] = count(1, 0, known)
        sums |= {f"top{k}": total(table.rank < k, known) for k in (1, 5, 10) if k == 1 or k < classes}
        sums |= {"log_loss": total(log_losses(table), known), "brier": total(brier_scores(table), known)}
        confidence, right = table.confidence[known], table.right[known]
        sums["ece"] = count(ECE_BINS, confidence_bins(confidence), known, confidence - right)
        sums["class_photos"] = count(classes, table.true[known], known)
        sums["class_said"] = count(classes, table.predicted[known], known)
        sums["class_right"] = count(classes, table.true[table.right], table.right)
    judged, should = should_recycle(table, rulebook)
    if judged.any():
        truth = should[judged]
        outputs = {"recycling": table.p_recycle[judged], "learned_recycling": table.recycling[judged]}
        for name, p in outputs.items():
            if np.isfinite(p).all():
                sums[f"{name}_cells"] = count(4, 2 * truth + (p >= 0.5), judged)
                sums[f"{name}_ranks"] = count(2 * STEPS, STEPS * truth + _steps(p), judged)
        verdict = np.searchsorted(["bin", "recycle", "unsure"], table.verdicts[judged])
        sums["verdict"] = count(6, 3 * truth + verdict, judged)
    return sums


def _steps(p: Floats) -> Index:
    """Ranks of p in STEPS steps of about equally many photos, equal ones on the same step, 0 to STEPS - 1 (N,)."""
    some = np.sort(p[:: max(1, len(p) // SAMPLE)])
    edges = np.unique(some[np.arange(1, STEPS) * len(some) // STEPS])
    return np.searchsorted(edges, p, side="right").astype(np.int64)


def _figures(sums: Sums) -> dict[str, Floats]:
    """The figures of merit of sums (..., columns), each (...,); the definitions are those of `figures_of_merit`."""
    figures: dict[str, Floats] = {"entropy_bits": sums["entropy_bits"][..., 0] / sums["photos"][..., 0]}
    if "known" in sums:
        known = sums["known"][..., 0]
        means = ("top1", "top5", "top10", "log_loss", "brier")
        figures |= {name: sums[name][..., 0] / known for name in means if name in sums}
        figures["ece"] = np.abs(sums["ece"]).sum(axis=-1) / known
        figures |= _macro(sums["class_photos"], sums["class_said"], sums["class_right"])
    for name in ("recycling", "learned_recycling"):
        if f"{name}_cells" in sums:
            figures |= {f"{name}_{figure}": v for figure, v in _binary(sums[f"{name}_cells"]).items()}
            figures[f"{name}_auroc"] = _auroc(sums[f"{name}_ranks"])
    if "verdict" in sums:
        cells = sums["verdict"]
        sure = _binary(cells[..., [0, 1, 3, 4]])
        figures["coverage"] = cells[..., [0, 1, 3, 4]].sum(axis=-1) / cells.sum(axis=-1)
        figures["accuracy_when_sure"] = sure["accuracy"]
        figures["recycling_balanced_accuracy_when_sure"] = sure["balanced_accuracy"]
    return figures


def _macro(photos: Floats, said: Floats, right: Floats) -> dict[str, Floats]:
    """Means over the classes that have photos, from (..., C)."""
    there = photos > 0
    each = {
        "macro_precision": right / np.maximum(said, 1),
        "macro_recall": right / np.maximum(photos, 1),
        "macro_f1": 2 * right / np.maximum(photos + said, 1),
    }
    return {name: (values * there).sum(axis=-1) / there.sum(axis=-1) for name, values in each.items()}


def _binary(cells: Floats) -> dict[str, Floats]:
    """From counts (..., 4): bin called bin, bin called recycling, recycling called bin, recycling called recycling."""
    bin_right, bin_wrong, missed, hit = np.moveaxis(cells, -1, 0)
    return {
        "accuracy": (bin_right + hit) / cells.sum(axis=-1),
        "balanced_accuracy": (bin_right / (bin_right + bin_wrong) + hit / (hit + missed)) / 2,
        "f1": 2 * hit / (2 * hit + missed + bin_wrong),
    }


def _auroc(ranks: Floats) -> Floats:
    """The chance that a recycling photo ranks above a bin photo, ties counted half, from counts (..., 2 STEPS)."""
    low, high = ranks[..., :STEPS], ranks[..., STEPS:]
    below = np.cumsum(low, axis=-1) - low / 2
    area: Floats = (high * below).sum(axis=-1) / (low.sum(axis=-1) * high.sum(axis=-1))
    return area
