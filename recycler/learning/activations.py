"""Activations of frozen layers, computed once a photo and once a look, and kept on disk.

On a CPU by LiteRT, which runs frozen layers at about 1.8 times TensorFlow's rate, one interpreter a thread; on a GPU by
Keras. Each thread reads, augments and runs its own photos, so that none of these waits for the others. A look is one
augmented version of each training photo (augmentation.look_numbers); look 0 is the photo as it is.

A stage that learns a head alone needs what comes out of the whole backbone, and the fine tuning after it what it has in
its midst: one pass gives both.
"""

import hashlib
import json
import mmap
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recycler.errors import ExportError
from recycler.learning.augmentation import augment, look_numbers
from recycler.learning.cuts import EMBEDDING, ON_THE_WAY
from recycler.learning.data import Index, Prepared, Progress
from recycler.learning.export import to_litert
from recycler.photos import read_photo
from recycler.recipe import Recipe
from recycler.runs import write_atomically
from recycler.settings import settings

Engine = Callable[[NDArray[np.float32]], Mapping[str, NDArray[np.float32]]]
Halves = NDArray[np.float16]
Take = Callable[[Index, Mapping[str, Halves]], None]

PHOTOS = {"cpu": 16, "gpu": 256}  # that go through the frozen layers at once
AHEAD = 4  # batches that are under way or wait to be taken, a thread
FORMAT = 4  # raise when pixels or files change, so that old files are not read
FITTED_ON = 1000  # training photos that whitening is fitted on
LARGEST_DIFFERENCE = 0.02  # between LiteRT and Keras, as a share of the largest activation; rounding gives 1e-5
FORGET_BYTES = 256_000_000  # of a file read before its pages are given back: they would count as our memory


@dataclass(frozen=True)
class Later:
    """What a later stage begins from, which a pass through a whole frozen trunk has in its midst. both: see Cut."""

    activations: "Activations"
    both: keras.Model


class Activations:
    """What one front says about photos, in whatever look."""

    def __init__(
        self,
        front: keras.Model,
        prepared: Prepared,
        recipe: Recipe,
        progress: Progress,
        device: str = "cpu",
        keep: bool = True,
        later: Later | None = None,
    ) -> None:
        """front: frozen, photos (n, S, S, 3) to activations. keep: on disk, as far as there is room for it.

        later: kept as well, by the same pass, where there is room and it is not kept yet.
        """
        self.later = later if later and later.activations.keep else None
        self.front, self.data, self.recipe, self.progress, self.device = front, prepared.data, recipe, progress, device
        self.shape: tuple[int, ...] = front.output_shape[1:]
        self.train = prepared.parts.train
        # An embedding is small; a feature map is kept for what is asked for more than once: test photos are where the
        # network is measured before each later stage.
        everything = len(self.shape) == 1 or len(recipe.stages) > 1
        self.kept = np.arange(len(self.data)) if everything else np.union1d(self.train, prepared.parts.validation)
        self.row = {0: self._rows(self.kept)} | dict.fromkeys(range(1, 1 + self.copies), self._rows(self.train))
        self.files: dict[int, Halves] = {}
        self.drawn: dict[int, NDArray[np.float32]] = {}
        self.touched = 0
        photos = len(self.kept) + self.copies * len(self.train)
        self.keep: bool = keep and has_room(photos * int(np.prod(self.shape)) * 2)
        self.with_litert = (
            device == "cpu" and keras.backend.backend() == "tensorflow"
        )  # it takes TensorFlow's graphs alone
        self.pool = ThreadPoolExecutor(settings().threads if self.with_litert else 1)  # JAX's predict is for one thread

    @property
    def copies(self) -> int:
        """Looks a training photo that are kept, beside the plain one."""
        return self.recipe.augmentation.copies

    def gather(self, photos: Index, looks: Index | None = None) -> NDArray[Any]:
        """Activations (n, *shape), float16, of these photos in these looks, by default as they are."""
        looks = np.zeros_like(photos) if looks is None else looks
        result = np.empty((len(photos), *self.shape), np.float16)
        for look in np.unique(looks).tolist():
            chosen = np.flatnonzero(looks == look)
            rows = self.row[look][photos[chosen]] if look in self.row else np.full(len(chosen), -1)
            if not self.keep or (rows < 0).any():
                return self._computed(photos, looks)
            result[chosen] = self._file(look)[rows]
        self._forget(result.nbytes)
        return result

    def _computed(self, photos: Index, looks: Index) -> Halves:
        run = self._runner(self.engine, looks)
        jobs = [slice(i, i + PHOTOS[self.device]) for i in range(0, len(photos), PHOTOS[self.device])]
        parts = self.pool.map(lambda part: run(photos[part], looks[part]), jobs)
        return np.concatenate([part[EMBEDDING] for part in parts])

    def _runner(self, engine: Engine, looks: Index) -> Callable[[Index, Index], dict[str, Halves]]:
        """To be called by several threads, with what they share made before they start."""
        _ = self.change if looks.any() else None
        return partial(self._run, engine)

    def _run(self, engine: Engine, photos: Index, looks: Index) -> dict[str, Halves]:
        """Read, augment and run a few photos."""
        return {name: _halves(output) for name, output in engine(self._pixels(photos, looks)).items()}

    def _pixels(self, photos: Index, looks: Index) -> NDArray[np.float32]:
        """Read and augment a few photos."""
        size = self.front.input_shape[1]
        pixels = np.stack([read_photo(self.data.read_bytes(int(i)), size) for i in photos]).astype(np.float32)
        changed = looks > 0
        if changed.any():
            numbers = np.stack([self._numbers(int(look))[i] for i, look in zip(photos, looks, strict=True) if look])
            pixels[changed] = self._change_some(pixels[changed], numbers)
        return pixels

    def _change_some(self, pixels: NDArray[np.float32], numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """Augment a few photos, always as many at once: for other sizes TensorFlow compiles, by what came first, other
        programs, whose last digits differ.
        """
        filled = np.resize(np.arange(len(pixels)), PHOTOS[self.device])
        changed = self.change.predict_on_batch({"photo": pixels[filled], "numbers": numbers[filled]})
        return np.asarray(changed)[: len(pixels)]

    def _numbers(self, look: int) -> NDArray[np.float32]:
        """Of all photos, so that a photo's numbers do not depend on the split; kept, because photos come one by one."""
        if look not in self.drawn:
            self.drawn[look] = look_numbers(self.change, self.recipe.seed, look, len(self.data))
            for old in [known for known in self.drawn if self.copies < known < look - 1]:
                self.drawn.pop(old, None)
        return self.drawn[look]

    @cached_property
    def change(self) -> keras.Model:
        """The augmentation, fitted on training photos where it has something to fit."""
        size = self.front.input_shape[1]
        some = self.train[np.unique(np.linspace(0, len(self.train) - 1, FITTED_ON).astype(int))]
        network = augment(
            self.recipe.augmentation,
            size,
            lambda: np.stack([read_photo(self.data.read_bytes(int(i)), size) for i in some]),
        )
        network.jit_compile = self.device == "gpu"
        return network

    @cached_property
    def engine(self) -> Engine:
        """What runs the front on a batch."""
        return self._engine(self.front, self._layers[0])

    @cached_property
    def engine_for_both(self) -> Engine:
        """What runs the front on a batch and says what a later stage begins from, too."""
        assert self.later  # noqa: S101
        return self._engine(self.later.both, "-".join(self._layers))

    @cached_property
    def _layers(self) -> list[str]:
        """What names the layers that it depends on: with others behind the same tensor, LiteRT rounds otherwise."""
        return [fingerprint(self.front), *(self.later.activations._layers if self.later else ())]

    def _engine(self, model: keras.Model, name: str) -> Engine:
        if not model.weights:
            return lambda pixels: _named(model(pixels))
        if self.with_litert:
            return litert_engine(model, name, partial(self._check, model))
        return lambda pixels: _named(model.predict_on_batch(pixels))

    def _check(self, model: keras.Model, run: Engine) -> None:
        """Compare LiteRT with Keras on a few real photos. Raises ExportError."""
        size = self.front.input_shape[1]
        chosen = np.unique(np.linspace(0, len(self.data) - 1, 4).astype(int))
        pixels = np.stack([read_photo(self.data.read_bytes(int(i)), size) for i in chosen]).astype(np.float32)
        ours = run(pixels)
        for name, theirs in _named(model(pixels, training=False)).items():
            difference = float(np.abs(ours[name] - theirs).max() / max(float(np.abs(theirs).max()), 1e-6))
            if not difference <= LARGEST_DIFFERENCE:
                raise ExportError(
                    f"LiteRT and Keras disagree on the frozen layers of {self.recipe.network.backbone} "
                    f"(by {difference:.1%} of the largest activation). Check the versions: python -m recycler doctor"
                )

    def _rows(self, photos: Index) -> Index:
        """(N,): the row of each photo in a file of these photos, -1 for others."""
        rows = np.full(len(self.data), -1, np.int64)
        rows[photos] = np.arange(len(photos))
        return rows

    def _photos(self, look: int) -> Index:
        """The photos that are kept in this look."""
        return self.train if look else self.kept

    def _path(self, look: int) -> Path:
        return folder() / f"{self._key(self._photos(look), look)}.npy"

    def _file(self, look: int) -> Halves:
        """Activations of all photos that are kept in this look, memory-mapped, computed first if need be."""
        if look not in self.files:
            file = self._path(look)
            if not file.is_file():
                self._write(look)
            os.utime(file)  # the least recently used goes first
            self.files[look] = np.load(file, mmap_mode="r")
        return self.files[look]

    def _write(self, look: int) -> None:
        """Compute and keep, streamed, what a later stage begins from as well, where that is not kept yet."""
        photos = self._photos(look)
        what = f"features of {self.data.name}" + (f", look {look} of {self.copies}" if look else "")
        with ExitStack() as drafts:
            takers = [drafts.enter_context(self._draft(look, EMBEDDING))]
            if self.later and not self.later.activations._path(look).is_file():
                takers.append(drafts.enter_context(self.later.activations._draft(look, ON_THE_WAY)))
            done = 0
            for part, halves in self._stream(photos, look):
                for take in takers:
                    take(part, halves)
                done += len(part)
                self.progress(what, done, len(photos))

    @contextmanager
    def _draft(self, look: int, name: str) -> Iterator[Take]:
        """What takes the activations of this name of photos in order; a reader finds the whole file or none."""
        photos, file = self._photos(look), self._path(look)
        make_room(len(photos) * int(np.prod(self.shape)) * 2)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}.part")
        head = {"descr": "<f2", "fortran_order": False, "shape": (len(photos), *self.shape)}
        try:
            with draft.open("wb") as out:
                np.lib.format.write_array_header_1_0(out, head)

                def take(part: Index, halves: Mapping[str, Halves]) -> None:
                    chosen = self.row[look][part] >= 0
                    out.write(halves[name].data if chosen.all() else halves[name][chosen].data)

                yield take
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)

    def _stream(self, photos: Index, look: int) -> Iterator[tuple[Index, dict[str, Halves]]]:
        """Photos and their activations in order, computed by all threads a few batches ahead and no further."""
        run = self._runner(self.engine_for_both if self.later else self.engine, np.array([look]))
        step = PHOTOS[self.device]
        waiting: deque[tuple[Index, Future[dict[str, Halves]]]] = deque()
        for start in range(0, len(photos), step):
            part = photos[start : start + step]
            waiting.append((part, self.pool.submit(run, part, np.full_like(part, look))))
            if len(waiting) >= AHEAD * settings().threads:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()

    def _forget(self, read: int) -> None:
        """Give back pages that were read, now and then: memory then stays flat however many photos there are."""
        self.touched += read
        if self.touched > FORGET_BYTES:
            for file in self.files.values():
                file._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
            self.touched = 0

    def _key(self, photos: Index, look: int) -> str:
        """Names all that a file depends on: layers and weights, photos, look, engine and versions."""
        data = self.data.pick(photos).unlabelled()
        parts = [FORMAT, *self._layers, data.fingerprint(), self.device, version("keras"), list(data.photos)]
        if look:
            fields = self.recipe.augmentation.model_dump(exclude={"preset", "copies", "each_epoch"})
            parts += [fields, self.recipe.seed, look, photos.tolist()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def litert_engine(model: keras.Model, name: str, check: Callable[[Engine], None] = lambda _: None) -> Engine:
    """A front on LiteRT, with an interpreter of one thread for each calling thread; converted once and kept.

    name: of the file, from the `fingerprint` of whatever the model does.
    check: called with the engine after a conversion; what it raises means that the conversion is not kept.
    """
    file = folder() / f"{name}.tflite"

    def engine_of(content: bytes) -> Engine:
        local = threading.local()

        def run(pixels: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
            if not hasattr(local, "runner"):
                local.runner = Interpreter(model_content=content, num_threads=1).get_signature_runner()
            return _named(local.runner(photo=pixels))

        return run

    if not file.is_file():
        content = to_litert(model)
        check(engine_of(content))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, content)
    return engine_of(file.read_bytes())


def _named(outputs: Any) -> dict[str, NDArray[np.float32]]:
    """Outputs of a model by name, as arrays."""
    named = outputs if isinstance(outputs, dict) else {EMBEDDING: outputs}  # as to_litert calls it
    return {name: np.asarray(output) for name, output in named.items()}


def _halves(array: NDArray[np.float32]) -> Halves:
    """Converted by the backend: NumPy takes ten times as long."""
    return np.asarray(keras.ops.cast(keras.ops.convert_to_tensor(array), "float16"))


def fingerprint(front: keras.Model) -> str:
    """SHA-256 (16 hex digits) over layers and weights."""
    digest = hashlib.sha256(json.dumps(_nameless(front.get_config()), sort_keys=True, default=str).encode())
    for weight in front.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return digest.hexdigest()[:16]


def _nameless(config: object) -> object:
    """A layer's configuration without names, which Keras numbers anew in each process, and without what it learns."""
    if isinstance(config, dict):
        left_out = {"name", "inbound_nodes", "keras_history", "input_layers", "output_layers", "trainable"}
        return {k: _nameless(v) for k, v in config.items() if k not in left_out}
    if isinstance(config, list | tuple):
        return [_nameless(item) for item in config]
    return None if isinstance(config, str) and config.startswith("keras_tensor") else config


def folder() -> Path:
    """Where activations and converted fronts are kept."""
    return settings().cache / "activations"


def has_room(needed: int) -> bool:
    """Whether so many bytes may be kept: within the setting, and within the free space and what can be given up."""
    free = shutil.disk_usage(_existing(settings().cache)).free
    return needed <= settings().cache_gigabytes * 1e9 and needed <= 0.9 * (free + sum(_sizes(_kept_files())))


def make_room(needed: int) -> int:
    """Remove the least recently used files until so many bytes more can be kept; returns the bytes freed.

    A file that another training reads stays readable for it until it is done.
    """
    files = sorted(_kept_files(), key=lambda file: file.stat().st_mtime)
    sizes = _sizes(files)
    over = sum(sizes) + needed - settings().cache_gigabytes * 10**9
    over = max(over, needed - int(0.9 * shutil.disk_usage(_existing(settings().cache)).free))
    freed = 0
    for file, size in zip(files, sizes, strict=True):
        if freed >= over:
            break
        file.unlink(missing_ok=True)
        freed += size
    return freed


def _kept_files() -> list[Path]:
    return [file for file in folder().glob("*") if file.suffix in (".npy", ".tflite")]


def _sizes(files: Sequence[Path]) -> list[int]:
    return [file.stat().st_size for file in files]


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
