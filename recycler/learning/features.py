"""Embeddings of a frozen trunk, computed once a photo and kept on disk.

On a CPU by LiteRT, which runs a frozen trunk at about 1.8 times TensorFlow's rate; on a GPU by Keras.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.learning.augmentation import augment
from recycler.learning.data import Progress
from recycler.learning.export import to_litert
from recycler.photos import read_photo
from recycler.runs import write_atomically
from recycler.settings import settings

BATCH = 16
FORMAT = 1  # raise when the pixels or the file change, so that old caches are not read


def embeddings(
    trunk: keras.Model, data: Dataset, progress: Progress, preset: str = "none", seed: int = 0
) -> NDArray[np.float16]:
    """Embeddings (N, D) float16 of all photos, memory-mapped from the cache where they were computed before.

    trunk: pixels (S, S, 3) to embedding (D,). preset, seed: one augmented copy of each photo instead of the photo.
    Raises PhotoError for a photo that cannot be read: leave these out before.
    """
    size, width = trunk.input_shape[1], trunk.output_shape[-1]
    file = settings().cache / "features" / f"{_key(trunk, data, preset, seed)}.npy"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        run = _engine(trunk)
        change = augment(preset, seed)
        draft = file.with_suffix(f".{seed}.part")
        out = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float16, shape=(len(data), width))
        done = 0
        for photos in _batches(data, size):
            out[done : done + len(photos)] = run(np.asarray(change(photos), dtype=np.float32))
            done += len(photos)
            progress(f"features of {data.name}" + ("" if preset == "none" else f", {preset}"), done, len(data))
        out.flush()
        del out
        draft.replace(file)
    result: NDArray[np.float16] = np.load(file, mmap_mode="r")
    return result


def _batches(data: Dataset, size: int) -> Iterator[NDArray[np.uint8]]:
    """Photos (n, size, size, 3) in order, decoded by threads a few batches ahead and no further."""

    def read(i: int) -> NDArray[np.uint8]:
        return read_photo(data.read_bytes(i), size)

    with ThreadPoolExecutor(settings().threads) as pool:
        ahead = deque(pool.submit(read, i) for i in range(min(4 * BATCH, len(data))))
        for start in range(0, len(data), BATCH):
            batch = [ahead.popleft().result() for _ in range(min(BATCH, len(data) - start))]
            begin = start + 4 * BATCH
            ahead.extend(pool.submit(read, i) for i in range(begin, min(begin + BATCH, len(data))))
            yield np.stack(batch)


def _engine(trunk: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """What runs the trunk on a batch: Keras on a GPU, else LiteRT on all cores."""
    if has_gpu():
        return lambda photos: np.asarray(trunk.predict_on_batch(photos))
    file = settings().cache / "trunks" / f"{trunk_fingerprint(trunk)}.tflite"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, to_litert(trunk))
    interpreter = Interpreter(model_path=str(file), num_threads=settings().threads)
    runner = interpreter.get_signature_runner()

    def run(photos: NDArray[np.float32]) -> NDArray[np.float32]:
        [output] = runner(photo=photos).values()
        return np.asarray(output)

    return run


def has_gpu() -> bool:
    """Whether Keras's backend sees a GPU."""
    return any("gpu" in name.lower() or "cuda" in name.lower() for name in keras.distribution.list_devices("gpu"))


def trunk_fingerprint(trunk: keras.Model) -> str:
    """SHA-256 (16 hex digits) over a trunk's layers and weights."""
    digest = hashlib.sha256(json.dumps(_nameless(trunk.get_config()), sort_keys=True, default=str).encode())
    for weight in trunk.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return digest.hexdigest()[:16]


def _nameless(config: object) -> object:
    """A layer's configuration without names, which Keras numbers anew in each process."""
    if isinstance(config, dict):
        return {k: _nameless(v) for k, v in config.items() if k not in {"name", "inbound_nodes", "keras_history"}}
    if isinstance(config, list | tuple):
        return [_nameless(item) for item in config]
    return None if isinstance(config, str) and config.startswith("keras_tensor") else config


def _key(trunk: keras.Model, data: Dataset, preset: str, seed: int) -> str:
    parts = [FORMAT, trunk_fingerprint(trunk), data.fingerprint(), list(data.photos)]
    if preset != "none":
        parts += [_nameless(augment(preset, seed).get_config())]
    engine = "gpu" if has_gpu() else "litert"
    return hashlib.sha256(json.dumps([*parts, engine]).encode()).hexdigest()[:24]


def clear_cache(keep_bytes: int, folder: Path | None = None) -> int:
    """Remove the least recently used feature files until at most `keep_bytes` are left; returns the bytes freed."""
    files = sorted((folder or settings().cache / "features").glob("*.npy"), key=lambda f: f.stat().st_atime)
    total = sum(file.stat().st_size for file in files)
    freed = 0
    for file in files:
        if total - freed <= keep_bytes:
            break
        freed += file.stat().st_size
        file.unlink()
    return freed
