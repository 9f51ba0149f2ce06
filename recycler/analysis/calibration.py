"""How far a model's own "how sure" can be trusted, and when it had better say *unsure*."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from recycler.analysis import Analysis
from recycler.analysis.intervals import wilson
from recycler.metrics import Flags, Floats, confidence_bins, should_recycle
from recycler.verdict import Thresholds, is_strange

BINS = 10
LEAST_PHOTOS = 50  # of fewer, one error more or less moves 5 % by 2 points
HELD_OUT = ("validation", "test", "left out")  # splits that nothing is learned from
CURVE_POINTS = 200  # more than a screen can show apart


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
    return least_confidence(risk_coverage(confidence, right), error, least_coverage)


def least_confidence(risk: pd.DataFrame, error: float, least_coverage: float = 0.0) -> float:
    """The same from a table of `risk_coverage`."""
    kept = np.flatnonzero(risk["error"] <= error)
    enough = int(np.searchsorted(risk["coverage"], least_coverage))
    return float(risk["threshold"].iloc[max(int(kept[-1]) if len(kept) else 0, enough)])


def risk_coverage(confidence: Floats, right: Flags) -> pd.DataFrame:
    """What each threshold would give (El-Yaniv and Wiener 2010), a row each, from answering least to answering all.

    confidence: (N,); right: bool (N,). Columns: threshold (each confidence that occurs, falling), answered and wrong
    (photos at or above it), coverage (share answered) and error (share wrong of these).
    """
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # photos of one confidence are answered alike
    answered, wrong = last + 1, np.cumsum(~right[order])[last]
    return pd.DataFrame(
        {
            "threshold": falling[last],
            "answered": answered,
            "wrong": wrong,
            "coverage": answered / len(confidence),
            "error": wrong / answered,
        }
    )


def thinned(risk: pd.DataFrame, points: int = CURVE_POINTS) -> pd.DataFrame:
    """At most so many rows of a risk-coverage table, evenly over its coverage."""
    wanted = np.linspace(risk["coverage"].iloc[0], 1, points)
    return risk.iloc[np.unique(np.searchsorted(risk["coverage"], wanted).clip(0, len(risk) - 1))]


def reliability(confidence: Floats, right: Flags) -> pd.DataFrame:
    """How often a model is right where it claims to be so sure: a row a bin of confidence that has photos.

    confidence: (N,); right: bool (N,). Columns: bin (0 to 9), start and end of the bin, photos, claimed (mean
    confidence), right (share), low and high (95 %, Wilson 1927).
    """
    place = confidence_bins(confidence, BINS)
    photos = np.bincount(place, minlength=BINS)
    hits = np.bincount(place, weights=right, minlength=BINS)
    claimed = np.bincount(place, weights=confidence, minlength=BINS)
    low, high = wilson(hits, photos)
    start = np.arange(BINS) / BINS
    table = pd.DataFrame(
        {"bin": np.arange(BINS), "start": start, "end": start + 1 / BINS, "photos": photos, "low": low, "high": high}
    )
    with np.errstate(invalid="ignore"):
        table = table.assign(claimed=claimed / photos, right=hits / photos)
    return table[table["photos"] > 0].reset_index(drop=True)


def sureness(analysis: Analysis) -> tuple[Flags, Floats, Flags]:
    """How sure the model is about recycling or bin, and whether it is right: for photos that the rulebook knows.

    Three (N,): bool, whether the photo counts; the larger of p_recycle and 1 - p_recycle, 0 where the model is unsure
    for another reason: its entropy, or a photo that is strange; bool, whether that answer is right.
    """
    table, thresholds = analysis.table, analysis.subject.thresholds
    judged, should = should_recycle(table, analysis.rulebook)
    sure = np.maximum(table.p_recycle, 1 - table.p_recycle)
    doubtful = is_strange(table.familiarity, table.confidence, thresholds)
    if thresholds.entropy_bits is not None:
        doubtful |= table.entropy_bits > thresholds.entropy_bits
    return judged, np.where(doubtful, 0, sure), (table.p_recycle >= 0.5) == should


def with_confidence(thresholds: Thresholds, confidence: float) -> Thresholds:
    """The same with another least confidence."""
    return replace(thresholds, confidence=confidence)


def why_not_to_be_set_here(analysis: Analysis) -> str:
    """Why the thresholds of this subject should not be set on these photos, a sentence; "" when they may."""
    card = analysis.subject.card
    if card is None:
        return "Only a model on the shelf has a card: publish the run first."
    judged, _, _ = sureness(analysis)
    if judged.sum() < LEAST_PHOTOS:
        return f"{judged.sum()} photos are too few to tell how often it errs: at least {LEAST_PHOTOS} are needed."
    source = np.array([str(photo).partition("/")[0] for photo in analysis.table.photos])
    learned = np.isin(source, list(card.sources)) & ~np.isin(analysis.table.splits.astype(str), HELD_OUT)
    if learned.any():
        return (
            f"It has learned from {int(learned.sum()):,} of these photos, or may have: it knows them too well. "
            "Choose its own photos, validation or test, or photos of another source."
        )
    return ""
