"""Whether what a model answers lately is what it answered on the photos that it was tested with.

Two questions, each answered by the population stability index between two tables of counts: does it see other things
than then (the classes that it names), and is it as sure as then (entropy)? A model that grew stale is less sure: the
photos have become unlike those that it learned from.

Below 0.1 nothing has changed, from 0.25 much has (Siddiqi 2006, *Credit Risk Scorecards*). With few photos chance alone
gives such values: under no change the index is distributed like chi squared times 1/N + 1/M, with one degree of freedom
less than there are rows (Yurdakul and Naranjo 2020, J. Risk Model Validation 14). So it also has to be above that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from recycler.answers import Counts

SOME, MUCH = 0.1, 0.25
LUCK = 0.01  # probability that chance alone passes for drift
FEWEST = 50  # answers below which nothing is said


@dataclass(frozen=True)
class Shift:
    """How far two tables of counts are apart: the population stability index, and up to where it may be chance."""

    index: float
    chance: float

    @property
    def size(self) -> Literal["none", "some", "much"]:
        """In the words of the index's rule of thumb; "none" where chance explains it."""
        if self.index < SOME or self.index <= self.chance:
            return "none"
        return "some" if self.index < MUCH else "much"


@dataclass(frozen=True)
class Drift:
    """Lately against then.

    things: of the classes that are named. sureness: of entropy. surer: whether the mean step of entropy fell.
    """

    things: Shift
    sureness: Shift
    surer: bool


def drift(lately: Counts, then: Counts) -> Drift | None:
    """Compare; None while there are too few answers on either side."""
    if min(lately.photos, then.photos) < FEWEST:
        return None
    names = sorted({*lately.classes, *then.classes})
    things = shift([lately.classes.get(n, 0) for n in names], [then.classes.get(n, 0) for n in names])
    steps = np.arange(len(then.entropy))
    surer = bool(np.dot(lately.entropy, steps) / lately.photos <= np.dot(then.entropy, steps) / then.photos)
    return Drift(things, shift(lately.entropy, then.entropy), surer)


def shift(lately: Sequence[int], then: Sequence[int]) -> Shift:
    """The population stability index of two tables of counts, row by row; half a photo is added to each row.

    lately, then: (K,), neither of them all 0.
    """
    rows = np.array([lately, then], dtype=np.float64)
    rows = rows[:, rows.sum(axis=0) > 0]
    shares: NDArray[np.float64] = (rows + 0.5) / (rows + 0.5).sum(axis=1, keepdims=True)
    index = float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
    scale = float((1 / rows.sum(axis=1)).sum())
    return Shift(index, scale * float(chdtri(max(1, rows.shape[1] - 1), LUCK)))


def in_words(found: Drift | None, lately: Counts) -> str:
    """What it means, and what to do, in a sentence or two."""
    if found is None:
        return f"{lately.photos} answers are too few to say whether anything has changed; from {FEWEST} on I can."
    if found.sureness.size == "much" and not found.surer:
        return (
            "It has drifted: it is much less sure than on the photos that it was tested with, so people show it photos "
            "unlike those that it has learned from. Teach it some of these, then train it again."
        )
    if found.sureness.size == "some" and not found.surer:
        return "It is somewhat less sure than on the photos that it was tested with. Look again in a week or two."
    if found.things.size == "none":
        return "Nothing has changed: it sees the things that it was tested with, and is as sure."
    how = "much" if found.things.size == "much" else "somewhat"
    return (
        f"It is as sure as on the photos that it was tested with, but sees other things: the classes that it names are "
        f"{how} different. That may be what people throw away here; look whether a class below is surprising."
    )
