"""Which photos are copies of one another, to keep them on one side of a split: perceptual hashes and groups by them.

Measured on TrashNet, garbage and home: a copy of half the size, at JPEG quality 40, squeezed to a square or mirrored
differs from its photo in 2 of 256 bits (median), 8 in 95 of 100 cases. CIFAR's 32x32 pixels hold less: mirrored 18,
JPEG quality 40 32 bits in 95 of 100 cases. In all four, 38,000 photos, pairs within 40 bits that were looked at are the
same picture or the same thing shot twice, also on TrashNet's white background; the largest group has 3 photos, so
nothing chains.
"""

import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from recycler.datasets.dataset import Dataset, IntArray
from recycler.errors import PhotoError
from recycler.photos import open_photo
from recycler.settings import settings

HASH_SIDE = 16  # 256 bits: enough for photos of one scene type to differ
NEAR = 40  # bits of 256, see above
SHRUNK_SIDE = 4 * HASH_SIDE  # pixels that the hash looks at
DECODED_SIDE = 128  # pixels
MIRRORED = (-1.0) ** np.arange(HASH_SIDE)  # of a mirrored photo every other cosine wave changes its sign
WORDS = 4  # of 64 bits
AT_ONCE = 50  # photos that are hashed at once
ROWS = 32  # photos compared with all others at once: 6 MB for 25,000 photos

Hashes = NDArray[np.uint8]


def photo_hashes(
    data: Dataset, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Hashes, NDArray[np.bool_]]:
    """Perceptual hashes of all photos, and which photos can be opened at all.

    Returns uint8 (N, 2, 32), the hash of each photo and of its mirror image, and bool (N,), False for a photo that
    cannot be had or opened (its hash is zero). Kept in the cache under the data's fingerprint.
    progress: called with a text, photos done and photos in all.
    """
    limits = f"{settings().photo_megabytes}-{settings().photo_megapixels}"  # they decide what can be opened
    file = settings().cache / "hashes" / f"{data.unlabelled().fingerprint()}-{limits}.npz"
    if (cached := _load(file, len(data))) is not None:
        return cached
    hashes = np.zeros((len(data), 2, HASH_SIDE * HASH_SIDE // 8), np.uint8)
    readable = np.ones(len(data), np.bool_)
    passing = False  # a disk that does not answer today is no property of the photos, so it is not kept
    threads = 1 if data.native_size else settings().threads  # two that share tiny photos take twice as long as one
    with ThreadPoolExecutor(threads) as pool:
        blocks = [range(len(data))[i : i + AT_ONCE] for i in range(0, len(data), AT_ONCE)]
        answers = pool.map(lambda block: _hash_some(data, block), blocks)
        for block, (some, problems) in zip(blocks, answers, strict=True):
            hashes[block.start : block.stop] = some
            readable[list(problems)] = False
            passing |= any(isinstance(problem, OSError) for problem in problems.values())
            if progress:
                progress(f"looking for copies in {data.name}", block.stop, len(data))
    if not passing:
        _save(file, hashes, readable)
    return hashes, readable


def near_copy_groups(hashes: Hashes, distance: int = NEAR) -> IntArray:
    """Group number of each photo, int64 (N,): photos that are copies, also through others, have the same.

    hashes: from `photo_hashes`. distance: bits of 256 in which copies may differ. Takes time with the square of N.
    """
    first, second = _near_pairs(hashes, distance)
    links = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(len(hashes), len(hashes)))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _hash_some(data: Dataset, photos: range) -> tuple[Hashes, dict[int, Exception]]:
    """uint8 (n, 2, 32): which of each photo's longest cosine waves are above their median, nothing for those with a
    problem; and the problem of each of these.
    """
    small = np.zeros((len(photos), SHRUNK_SIDE, SHRUNK_SIDE), np.float32)
    problems: dict[int, Exception] = {}
    for place, i in enumerate(photos):
        try:
            photo = Image.fromarray(open_photo(data.read_bytes(i), at_least=DECODED_SIDE))
        except (PhotoError, OSError) as problem:
            problems[i] = problem
        else:
            grey = photo.convert("L").resize((SHRUNK_SIDE, SHRUNK_SIDE), Image.Resampling.LANCZOS)
            small[place] = np.asarray(grey)
    waves = dctn(small, axes=(1, 2))[:, :HASH_SIDE, :HASH_SIDE]
    sides = np.stack([waves, waves * MIRRORED], axis=1).reshape(len(photos), 2, -1)
    return np.packbits(sides > np.median(sides, axis=2, keepdims=True), axis=2), problems


def _near_pairs(hashes: Hashes, distance: int) -> tuple[IntArray, IntArray]:
    """Indices (P,) and (P,), first < second, of photos whose hashes, or hash and mirrored hash, are that near.

    When all words together differ in few bits, one of them differs in at most a quarter of these. That first test
    leaves so few pairs that counting exactly costs nothing.
    """
    words = np.ascontiguousarray(hashes).view(np.uint64)  # (N, 2, WORDS)
    columns = np.ascontiguousarray(words[:, 0].T)  # (WORDS, N)
    found = [np.zeros((2, 0), np.int64)]
    for start in range(0, len(words), ROWS):
        for side in (0, 1):
            block = words[start : start + ROWS, side]
            least = np.full((len(block), len(words) - start), 64, np.uint8)
            for k in range(WORDS):
                np.minimum(least, np.bitwise_count(block[:, k, None] ^ columns[k, None, start:]), out=least)
            pairs = np.argwhere(least <= distance // WORDS).T + start
            pairs = pairs[:, pairs[0] < pairs[1]]
            bits = np.bitwise_count(words[pairs[0], side] ^ words[pairs[1], 0]).sum(axis=1)
            found.append(pairs[:, bits <= distance])
    first, second = np.concatenate(found, axis=1)
    return first, second


def _load(file: Path, photos: int) -> tuple[Hashes, NDArray[np.bool_]] | None:
    """What was kept, or None when there is nothing or it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            hashes, readable = kept["hashes"], kept["readable"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fits = hashes.shape == (photos, 2, HASH_SIDE * HASH_SIDE // 8) and readable.shape == (photos,)
    return (hashes, readable) if fits else None


def _save(file: Path, hashes: Hashes, readable: NDArray[np.bool_]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as draft:
        np.savez(draft, hashes=hashes, readable=readable)
    Path(draft.name).replace(file)
