"""From class probabilities to a verdict: recycle, bin or unsure.

p_recycle is the sum of the probabilities of all classes that the rulebook sends to the recycling, so a household's
own rules change verdicts without retraining. From one half the verdict is *recycle*, below it is *bin*; it is
*unsure* when the likelier of the two falls short of the model's threshold, or when the photo may show nothing that the
model knows: the probabilities are spread too widely, or the photo is unlike all that the model learned from.
"""

from dataclasses import dataclass
from math import log2
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recycler.familiarity import FULLY
from recycler.rulebook import DESTINATIONS, Destination, Rulebook

SURE_COUNTS = 0.1  # likeness that a certain network makes up for (benchmarks/strangers.md)


@dataclass(frozen=True)
class Thresholds:
    """When a model is sure enough to answer, set when it is published and kept on its card.

    confidence: least probability (0 to 1) of the likelier of *recycle* and *bin*; at most 0.5 answers always.
    entropy_bits: most entropy in bits; None sets no such limit.
    familiarity: least familiarity (recycler.familiarity), with SURE_COUNTS times the probability of the likeliest class
        added to it; None sets no such limit.
    """

    confidence: Annotated[float, Field(ge=0, le=1)]
    entropy_bits: Annotated[float, Field(ge=0)] | None = None
    familiarity: Annotated[float, Field(ge=-1, le=1 + SURE_COUNTS)] | None = None


ALWAYS_ANSWER = Thresholds(confidence=0.0)  # of a run before it is published


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says about one photo.

    classes: C class names.
    probabilities: float32 (C,), calibrated, summing to 1.
    recycling: the learned recycling output, 0 to 1.
    embedding: float32 (D,), the pooled features.
    familiarity: how like the photo is what the model learned from (recycler.familiarity), -1 to 1.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    recycling: float
    embedding: NDArray[np.float32]
    familiarity: float = FULLY

    @property
    def entropy_bits(self) -> float:
        """Shannon entropy -sum p log2 p in bits, with 0 log 0 = 0: 0 for a certain answer, log2 C for none at all."""
        return float(entropies(self.probabilities[None])[0])

    @property
    def max_entropy_bits(self) -> float:
        """The most entropy that this many classes can have, log2 C bits."""
        return log2(len(self.classes))

    def top(self, k: int) -> list[tuple[str, float]]:
        """The k likeliest classes with their probabilities, likeliest first; equal ones in the order of `classes`."""
        order = np.argsort(-self.probabilities, kind="stable")[:k]
        return [(self.classes[i], float(self.probabilities[i])) for i in order]


@dataclass(frozen=True)
class Verdict:
    """What to do with a photographed thing.

    class_name, probability: the likeliest class of all, whatever the verdict.
    p_recycle: probability that it belongs in the recycling, by the rulebook.
    entropy_bits: entropy of the class probabilities, in bits.
    destination, advice: what the rulebook says about `advised_class`.
    strange: the photo is too unlike what the model learned from, which alone makes it unsure.
    advised_class: the likeliest class among those that agree with the verdict; of all, when unsure. It differs from
        `class_name` only when the likeliest class alone lies on one side and the sum of the others on the other; a
        headline shows this one, so that *recycle* never stands beside the bin.
    """

    verdict: Literal["recycle", "bin", "unsure"]
    class_name: str
    probability: float
    p_recycle: float
    entropy_bits: float
    destination: Destination
    advice: str
    advised_class: str
    strange: bool = False


def judge(prediction: Prediction, rulebook: Rulebook, thresholds: Thresholds) -> Verdict:
    """The verdict on one prediction. Raises RulebookError when the rulebook lacks one of its classes."""
    mask = rulebook.mask(prediction.classes)
    p_recycle = float(prediction.probabilities[mask].sum(dtype=np.float64).clip(0, 1))
    entropy = prediction.entropy_bits
    ranked = [name for name, _ in prediction.top(len(prediction.classes))]
    strange = is_strange(np.array([prediction.familiarity]), prediction.probabilities[None].max(axis=1), thresholds)
    [verdict] = verdicts(np.array([p_recycle]), np.array([entropy]), strange, thresholds).tolist()
    agreeing = (name for name in ranked if verdict == "unsure" or rulebook.recycles(name) == (verdict == "recycle"))
    advised = next(agreeing)
    entry = rulebook.classes[advised]
    return Verdict(
        verdict=verdict,
        class_name=ranked[0],
        probability=prediction.top(1)[0][1],
        p_recycle=p_recycle,
        entropy_bits=entropy,
        destination=DESTINATIONS[entry.destination],
        advice=entry.advice,
        advised_class=advised,
        strange=bool(strange[0]),
    )


def entropies(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shannon entropy in bits of each row of (N, C): float64 (N,), 0 to log2 C, with 0 log 0 = 0."""
    p = probabilities.astype(np.float64)
    bits: NDArray[np.float64] = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)
    return bits.clip(0)


def verdicts(
    p_recycle: NDArray[np.floating],
    entropy_bits: NDArray[np.floating],
    strange: NDArray[np.bool_],
    thresholds: Thresholds,
) -> NDArray[np.str_]:
    """The verdict on each of N photos, str (N,).

    p_recycle: (N,), 0 to 1. entropy_bits: (N,). strange: (N,), from `is_strange`.
    Unsure, too, when a broken model gives no number (NaN).
    """
    sure = ~strange
    sure &= np.maximum(p_recycle, 1 - p_recycle) >= thresholds.confidence
    if thresholds.entropy_bits is not None:
        sure &= entropy_bits <= thresholds.entropy_bits
    return np.where(sure, np.where(p_recycle >= 0.5, "recycle", "bin"), "unsure")


def is_strange(
    familiarity: NDArray[np.floating], confidence: NDArray[np.floating], thresholds: Thresholds
) -> NDArray[np.bool_]:
    """Which photos are too unlike what the model learned from, bool (N,).

    familiarity: (N,). confidence: (N,), the probability of the likeliest class, which makes up for a little of it.
    """
    if thresholds.familiarity is None:
        return np.zeros(len(familiarity), np.bool_)
    return ~(standing(familiarity, confidence) >= thresholds.familiarity)


def standing(familiarity: NDArray[np.floating], confidence: NDArray[np.floating]) -> NDArray[np.floating]:
    """What the limit for strange photos is held against, (N,): familiarity, and a little of the confidence."""
    return familiarity + SURE_COUNTS * confidence
