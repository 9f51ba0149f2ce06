"""What every source of labelled photos becomes: one lazy table of photos with labels and sources."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from recycler.errors import DatasetError, PhotoError

IntArray = NDArray[np.int64]
Rule = Mapping[str, str | None]


@dataclass(frozen=True)
class Dataset:
    """Labelled photos from one or several sources; pixels are read only when asked for.

    classes: C class names, in the order that labels index.
    photos: N ids, unique in the data set, for example "garbage/glass/glass_12.jpg".
    labels: int64 (N,), an index into `classes`.
    sources: names of the joined sources; one name unless joined.
    source: int64 (N,), an index into `sources`.
    splits: N names "train", "test" or "" where the source does not say.
    read_bytes: photo index to the encoded photo (JPEG, PNG, ...), untrusted; safe to call from several threads. Raises
        PhotoError or OSError for a photo that cannot be had.
    native_size: pixels a side where all photos are that square (32 for CIFAR), else None.
    coarse: for a data set with superclasses, class name to superclass name; else empty.
    skipped: what was left out when the source was read, as (name, reason in one clause).
    stamps: int64 (N,), what tells a photo from another of the same name without reading it (its size, its checksum);
        None where the source has nothing of that kind.
    """

    name: str
    classes: tuple[str, ...]
    photos: tuple[str, ...]
    labels: IntArray
    sources: tuple[str, ...]
    source: IntArray
    splits: tuple[str, ...]
    read_bytes: Callable[[int], bytes]
    native_size: int | None = None
    coarse: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    stamps: IntArray | None = None

    def __post_init__(self) -> None:
        columns = (self.photos, self.labels, self.source, self.splits, self.stamps)
        lengths = {len(column) for column in columns if column is not None}
        if len(lengths) != 1:
            raise ValueError(f"photos, labels, source, splits and stamps differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.photos)

    def counts(self) -> dict[str, int]:
        """Photos a class, in the order of `classes`."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return {name: int(count) for name, count in zip(self.classes, counts, strict=True)}

    def pick(self, indices: Sequence[int] | IntArray) -> "Dataset":
        """The same data set with only these photos, in this order; classes and sources stay."""
        chosen = np.asarray(indices, dtype=np.int64)
        read = self.read_bytes
        return replace(
            self,
            photos=tuple(self.photos[i] for i in chosen),
            labels=self.labels[chosen],
            source=self.source[chosen],
            splits=tuple(self.splits[i] for i in chosen),
            read_bytes=lambda i: read(int(chosen[i])),
            stamps=None if self.stamps is None else self.stamps[chosen],
        )

    def shuffled(self, indices: IntArray, seed: int) -> IntArray:
        """The same photo indices in a random order that follows from the seed and each photo's id alone.

        So a photo that comes or goes changes nothing in the order of the others.
        """
        return np.array(
            sorted(indices.tolist(), key=lambda i: hashlib.blake2b(f"{seed} {self.photos[i]}".encode()).digest()),
            dtype=np.int64,
        )

    def unlabelled(self) -> "Dataset":
        """The same photos as one class: what can be seen in them, to be kept whatever they are called."""
        return replace(self, classes=("",), labels=np.zeros_like(self.labels))

    def fingerprint(self) -> str:
        """SHA-256 (16 hex digits) over photo ids, labels, sources, stamps and the bytes of 32 photos spread evenly.

        Reading every byte of a large data set to name it would take longer than using it. A photo that cannot be read
        counts by its id.
        """
        digest = hashlib.sha256()
        digest.update(repr((self.classes, self.sources, self.native_size, self.photos)).encode())
        digest.update(self.labels.tobytes() + self.source.tobytes())
        if self.stamps is not None:
            digest.update(self.stamps.tobytes())
        for i in np.unique(np.linspace(0, len(self) - 1, 32).astype(int)) if len(self) else ():
            with suppress(PhotoError, OSError):
                digest.update(self.read_bytes(int(i)))
        return digest.hexdigest()[:16]


def relabel(data: Dataset, classes: Rule, photos: Rule) -> Dataset:
    """Apply a label rule: what a class or a single photo counts as, None to leave it out. A photo's rule goes first.

    classes: class to its new class; those that the rule does not name stay as they are.
    photos: file name without its ending (`trash12`) to its class.
    Raises DatasetError for a class or photo that the data lacks.
    """
    stems = [PurePosixPath(photo).stem for photo in data.photos]
    _refuse_unknown(data, "classes", set(classes) - set(data.classes))
    _refuse_unknown(data, "photos", set(photos) - set(stems))
    named = [classes.get(name, name) for name in data.classes]
    said = [photos.get(stem, named[label]) for stem, label in zip(stems, data.labels, strict=True)]
    left = tuple(dict.fromkeys(name for name in (*named, *photos.values()) if name is not None))
    kept = data.pick([i for i, name in enumerate(said) if name is not None])
    return replace(kept, classes=left, labels=np.array([left.index(n) for n in said if n is not None], dtype=np.int64))


def _refuse_unknown(data: Dataset, what: str, unknown: set[str]) -> None:
    if unknown:
        some = ", ".join(sorted(unknown)[:5])
        has = f"; its classes are {', '.join(data.classes)}" if what == "classes" else ""
        raise DatasetError(f"The label rule names {what} that {data.name} does not have: {some}{has}.")


def join(parts: Sequence[Dataset], name: str | None = None) -> Dataset:
    """One data set of several, over the union of their classes (sorted), each photo knowing its source.

    A photo's id begins with the name of its part, also when there is only one: the same photo has the same id in every
    recipe and predictions table. The classes of a single part keep their order.

    Raises DatasetError when there is nothing to join or two sources have one name.
    """
    if not parts:
        raise DatasetError("No data set was named; a recipe needs at least one.")
    names = [source for part in parts for source in part.sources]
    if len(set(names)) != len(names):
        raise DatasetError(f"The same source is named twice: {', '.join(names)}.")
    alone = len(parts) == 1
    classes = parts[0].classes if alone else tuple(sorted({c for part in parts for c in part.classes}))
    offsets = np.cumsum([0, *(len(part) for part in parts)])
    source_offsets = np.cumsum([0, *(len(part.sources) for part in parts)])
    sizes = {part.native_size for part in parts}
    stamps = [part.stamps for part in parts if part.stamps is not None]

    def read_bytes(i: int) -> bytes:
        part = int(np.searchsorted(offsets, i, side="right")) - 1
        return parts[part].read_bytes(i - int(offsets[part]))

    return Dataset(
        name=name or "+".join(part.name for part in parts),
        classes=classes,
        photos=tuple(f"{part.name}/{photo}" for part in parts for photo in part.photos),
        labels=np.concatenate([np.array([classes.index(c) for c in p.classes])[p.labels] for p in parts]),
        sources=tuple(names),
        source=np.concatenate([p.source + o for p, o in zip(parts, source_offsets[:-1], strict=True)]),
        splits=tuple(split for part in parts for split in part.splits),
        read_bytes=read_bytes,
        native_size=sizes.pop() if len(sizes) == 1 else None,
        coarse=tuple(pair for part in parts for pair in part.coarse),
        skipped=tuple(pair for part in parts for pair in part.skipped),
        stamps=np.concatenate(stamps) if len(stamps) == len(parts) else None,
    )
