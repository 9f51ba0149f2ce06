"""A map of photos: those that a network takes for alike lie close together."""

import numpy as np
from numpy.typing import NDArray

from recycler.familiarity import unit
from recycler.predictions import Index

MOST_PHOTOS = 2000  # a map of so many takes some seconds and can still be read
LEAST_PHOTOS = 8  # fewer have no neighbourhoods to show
DIMENSIONS = 50  # that distances are measured in: more cost time and change little (van der Maaten and Hinton 2008)
STEPS = 500  # of 1000 that are usual for far more photos
PERPLEXITY = 30.0  # about so many neighbours of each photo should stay its neighbours


def sample(true: Index, most: int = MOST_PHOTOS, seed: int = 0) -> Index:
    """Rows of at most `most` photos, drawn from each class in turn, so that rare ones are seen too: int64, sorted.

    true: int64 (N,), the class of each photo.
    """
    if len(true) <= most:
        return np.arange(len(true))
    order = np.random.default_rng(seed).permutation(len(true))
    by_class = order[np.argsort(true[order], kind="stable")]
    starts = np.searchsorted(true[by_class], true[by_class])  # where the photo's class begins
    turn = np.arange(len(by_class)) - starts
    return np.sort(by_class[np.argsort(turn, kind="stable")[:most]])


def feature_map(embeddings: NDArray[np.floating], seed: int = 0) -> NDArray[np.float32]:
    """Where each photo lies on the map: float32 (n, 2), between -1 and 1; only closeness means something.

    t-SNE (van der Maaten and Hinton 2008) of embeddings (n, D) brought to length 1, so that it is their cosine that
    counts, as in `neighbours`; begun from the first two principal components, so that the same photos give the same
    map and the large picture means something, too (Kobak and Berens 2019). n: at least LEAST_PHOTOS.
    """
    from sklearn.decomposition import PCA  # these take a second to import
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    vectors = unit(embeddings)
    few = min(DIMENSIONS, *vectors.shape)
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    # A thread that waits for another one here spins: with two on busy cores a map takes ten times as long.
    with threadpool_limits(1):
        vectors = PCA(few, random_state=seed).fit_transform(vectors)
        map_ = TSNE(2, perplexity=perplexity, init="pca", max_iter=STEPS, random_state=seed, n_jobs=1)
        places = map_.fit_transform(vectors)
    places -= places.mean(axis=0)
    return np.asarray(places / max(float(np.abs(places).max()), 1e-12), dtype=np.float32)
