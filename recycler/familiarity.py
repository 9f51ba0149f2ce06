"""How familiar a photo is: how like it the photos are that the network learned from.

A network has to choose among its classes, so it is often sure of things that it has never seen: a dog is some kind of
waste, too. Its embedding tells: the mean cosine similarity to the nearest of a thousand training photos, the
references, is low for strange things (the nearest neighbours of Sun et al. 2022, arXiv 2204.06507; the mean of a few
instead of the distance to one). `benchmarks/strangers.md` has it beside entropy and
probability.
"""

import numpy as np
from numpy.typing import NDArray

REFERENCES = 1000
NEAREST = 5  # references that a photo is compared with
FULLY = 1.0  # familiarity where there is nothing to compare with
BLOCK = 4096  # photos at once


def pick_references(count: int, seed: int) -> NDArray[np.int64]:
    """Which of `count` training photos are the references: at random, in order, at most REFERENCES."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:REFERENCES])


def unit(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Embeddings (..., D) at length 1, float32; zero stays zero."""
    length = np.linalg.norm(embeddings.astype(np.float32), axis=-1, keepdims=True)
    return np.asarray(embeddings / np.maximum(length, 1e-12), dtype=np.float32)


def familiarity(embeddings: NDArray[np.floating], references: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean cosine similarity of each photo to its NEAREST references: float32 (N,), -1 to 1.

    embeddings: (N, D). references: float32 (R, D), of length 1; of fewer than NEAREST all, of none FULLY.
    """
    if not len(references):
        return np.full(len(embeddings), FULLY, np.float32)
    nearest = min(NEAREST, len(references))
    found = np.empty(len(embeddings), np.float32)
    for start in range(0, len(embeddings), BLOCK):
        rows = slice(start, start + BLOCK)
        likeness = unit(embeddings[rows]) @ references.T
        found[rows] = np.partition(likeness, -nearest, axis=1)[:, -nearest:].mean(axis=1)
    return found.clip(-1, 1)
