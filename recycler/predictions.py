"""The predictions table: what was true of each photo, what was said, how sure. Columns in memory, Parquet on disk.

One row a photo: `photo` (SOURCE/ID), `split`, `true`, `predicted`, `probabilities` (C,), `p_recycle`, `entropy_bits`,
`verdict`, `recycling`, the learned output, and `familiarity`. The file's metadata name the classes that the
probabilities are of.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from recycler.errors import PredictionsError
from recycler.familiarity import FULLY
from recycler.rulebook import Rulebook
from recycler.runs import write_atomically
from recycler.settings import settings
from recycler.verdict import Thresholds, entropies, is_strange, verdicts

Floats = NDArray[np.float32]
Index = NDArray[np.int64]
Names = NDArray[np.object_]

METADATA = b"recycler"
COLUMNS = {
    "photo": pa.string(),
    "split": pa.string(),
    "true": pa.string(),
    "predicted": pa.string(),
    "probabilities": pa.list_(pa.float32()),
    "p_recycle": pa.float32(),
    "entropy_bits": pa.float32(),
    "verdict": pa.string(),
    "recycling": pa.float32(),
    "familiarity": pa.float32(),
}
OPTIONAL = {"recycling", "familiarity"}
MOST_ROWS = 5_000_000
MOST_BYTES = 8_000_000_000  # unpacked; a million rows of 100 classes take 0.5 GB
ROUNDING = 1e-2  # by which a sum of probabilities, or an entropy in bits, may be off
BLOCK = 16_384  # rows at once, so that intermediate results stay small


@dataclass(frozen=True, eq=False)
class Predictions:
    """N photos, columns of one length. Make it with `predictions`, which computes what follows from the rest.

    classes: the C classes of the model.
    names: all class names that `true` may be, the model's classes first, then those that it does not know.
    photos: ids, str (N,). splits: str (N,), such as "test".
    true: int64 (N,), an index into `names`.
    probabilities: float32 (N, C), summing to 1.
    recycling: float32 (N,), the learned recycling output; NaN where it was not kept.
    familiarity: float32 (N,), how like a photo is what the model learned from (recycler.familiarity); 1 where that was
        not kept.
    p_recycle: float32 (N,), the sum of the classes that a rulebook sends to recycling. verdicts: str (N,).
    predicted, second: int64 (N,), the likeliest class and the next, indices into `classes`.
    confidence: float32 (N,), the probability of `predicted`. entropy_bits: float32 (N,), 0 to log2 C.
    p_true: float32 (N,), the probability of the true class; rank: int64 (N,), how many classes are likelier; NaN and
        C for photos of classes that the model does not know.
    squares: float32 (N,), the sum of the squared probabilities, for the Brier score.
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    photos: Names
    splits: Names
    true: Index
    probabilities: Floats
    recycling: Floats
    familiarity: Floats
    p_recycle: Floats
    verdicts: NDArray[np.str_]
    predicted: Index
    second: Index
    confidence: Floats
    entropy_bits: Floats
    p_true: Floats
    rank: Index
    squares: Floats

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Photos of classes that the model knows, bool (N,)."""
        return self.true < len(self.classes)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Photos whose likeliest class is the true one, bool (N,)."""
        return np.equal(self.predicted, self.true)

    def pick(self, rows: Index | NDArray[np.bool_]) -> "Predictions":
        """Only these photos, by index or by a mask."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows  # a third of the time of a mask
        columns: dict[str, Any] = {name: getattr(self, name).take(index, axis=0) for name in _columns(self)}
        return replace(self, **columns)

    def judged(self, rulebook: Rulebook, thresholds: Thresholds) -> "Predictions":
        """The same with p_recycle and verdicts by this rulebook. Raises RulebookError when it lacks a class."""
        p_recycle = (self.probabilities @ rulebook.mask(self.classes).astype(np.float32)).clip(0, 1)
        strange = is_strange(self.familiarity, self.confidence, thresholds)
        found = verdicts(p_recycle, self.entropy_bits, strange, thresholds)
        return replace(self, p_recycle=p_recycle, verdicts=found)


def predictions(
    classes: Sequence[str],
    photos: Sequence[str] | Names,
    splits: str | Sequence[str] | Names,
    true: Sequence[str] | Names,
    probabilities: Floats,
    recycling: Floats | None = None,
    familiarity: Floats | None = None,
) -> Predictions:
    """The predictions of N photos; p_recycle is 0 and all are unsure until they are `judged`.

    classes: C names. photos, true: N ids and class names. splits: one name for all, or N. probabilities: float32
    (N, C). recycling, familiarity: float32 (N,), the learned output and recycler.familiarity.
    """
    known = {name: i for i, name in enumerate(classes)}
    names = (*classes, *sorted(set(true) - known.keys()))
    number = {name: i for i, name in enumerate(names)}
    count = len(photos)
    columns = _derived(np.asarray(probabilities, np.float32), np.array([number[name] for name in true], np.int64))
    return Predictions(
        classes=tuple(classes),
        names=names,
        photos=np.asarray(photos, dtype=object),
        splits=np.full(count, splits, dtype=object) if isinstance(splits, str) else np.asarray(splits, dtype=object),
        recycling=np.full(count, np.nan, np.float32) if recycling is None else np.asarray(recycling, np.float32),
        familiarity=np.full(count, FULLY, np.float32) if familiarity is None else np.asarray(familiarity, np.float32),
        p_recycle=np.zeros(count, np.float32),
        verdicts=np.full(count, "unsure"),
        **columns,
    )


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of one model one after another."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    number = {name: i for i, name in enumerate(names)}
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _columns(parts[0])
    }
    columns["true"] = np.concatenate([np.array([number[n] for n in p.names], np.int64)[p.true] for p in parts])
    return replace(parts[0], names=names, **columns)


def write_predictions(path: Path, table: Predictions) -> None:
    """Write the table as Parquet, whole or not at all."""
    offsets = np.arange(len(table) + 1, dtype=np.int32) * len(table.classes)
    names, classes = pa.array(table.names), pa.array(table.classes)
    columns = {
        "photo": pa.array(table.photos, pa.string()),
        "split": pa.array(table.splits, pa.string()),
        "true": names.take(pa.array(table.true)),
        "predicted": classes.take(pa.array(table.predicted)),
        "probabilities": pa.ListArray.from_arrays(pa.array(offsets), pa.array(table.probabilities.reshape(-1))),
        "p_recycle": pa.array(table.p_recycle),
        "entropy_bits": pa.array(table.entropy_bits),
        "verdict": pa.array(table.verdicts.tolist(), pa.string()),
        "recycling": pa.array(table.recycling),
        "familiarity": pa.array(table.familiarity),
    }
    schema = pa.schema(COLUMNS, metadata={METADATA: json.dumps({"classes": table.classes}).encode()})
    file = BytesIO()
    pq.write_table(pa.table(columns, schema=schema), file, compression="zstd")
    write_atomically(path, file.getvalue())


def read_predictions(source: Path | bytes, classes: Sequence[str] | None = None) -> Predictions:
    """Read a predictions table that anybody may have written.

    classes: those of the model, for a table whose file does not name them.
    Raises PredictionsError for a file that is none, or whose columns contradict one another.
    """
    name = source.name if isinstance(source, Path) else "The file"
    try:
        with pq.ParquetFile(BytesIO(source) if isinstance(source, bytes) else source) as file:
            classes = _classes(file.schema_arrow, name, classes)
            _refuse_too_large(file.metadata, name)
            present = [column for column in COLUMNS if column in file.schema_arrow.names]
            if missing := COLUMNS.keys() - OPTIONAL - set(present):
                raise PredictionsError(f"{name} lacks the columns {', '.join(sorted(missing))}. {MADE_BY}")
            found = file.read(columns=present)
            found.validate(full=True)  # text that is none, lists that end before they begin
            table = found.cast(pa.schema([(column, COLUMNS[column]) for column in present]))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise PredictionsError(f"{name} is no predictions table, or it is damaged. {MADE_BY}") from problem
    return _checked(table, tuple(classes), name)


MADE_BY = "One is written by: python -m recycler evaluate --model NAME --data DATASET --out FILE"


def _classes(schema: pa.Schema, name: str, classes: Sequence[str] | None) -> Sequence[str]:
    try:
        named = json.loads((schema.metadata or {}).get(METADATA, b"{}")).get("classes", classes)
    except (ValueError, AttributeError):
        named = None
    if not isinstance(named, list | tuple) or not 2 <= len(set(named)) == len(named):
        raise PredictionsError(f"{name} does not say which classes its probabilities are of. {MADE_BY}")
    if not all(isinstance(one, str) for one in named):
        raise PredictionsError(f"{name} names classes that are no text. {MADE_BY}")
    return named


def _refuse_too_large(metadata: Any, name: str) -> None:
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or size > MOST_BYTES:
        raise PredictionsError(
            f"{name} holds {metadata.num_rows} photos ({size / 1e9:.1f} GB); at most {MOST_ROWS} are taken at once."
        )
    if not metadata.num_rows:
        raise PredictionsError(f"{name} holds no photos. {MADE_BY}")


def _checked(table: pa.Table, classes: tuple[str, ...], name: str) -> Predictions:
    """Columns whose parts agree: probabilities that are some, and what was said of them following from them."""
    table = table.combine_chunks()
    column = {key: table[key].combine_chunks() for key in table.column_names}
    lists = column["probabilities"]
    flat = lists.flatten()
    if any(column[key].null_count for key in column if key not in OPTIONAL) or flat.null_count:
        raise PredictionsError(f"{name} has empty cells. {MADE_BY}")
    lengths = lists.value_lengths().to_numpy()
    if (lengths != len(classes)).any():
        raise PredictionsError(f"{name} has rows without one probability for each of its {len(classes)} classes.")
    probabilities = flat.to_numpy().reshape(-1, len(classes))
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all()):
        raise PredictionsError(f"{name} holds probabilities that are none: below 0, or no numbers.")
    if (np.abs(probabilities.sum(axis=1) - 1) > ROUNDING).any():
        raise PredictionsError(f"{name} holds probabilities that do not sum to 1.")
    (found, places), (splits, split), (verdict_words, verdict) = (
        _words(column[k]) for k in ("true", "split", "verdict")
    )
    names = (*classes, *sorted(set(found) - set(classes)))
    true = np.array([names.index(one) for one in found], np.int64)[places]
    derived = _derived(probabilities, true)
    said = column["p_recycle"].to_numpy()
    if (
        (np.abs(derived["entropy_bits"] - column["entropy_bits"].to_numpy()) > ROUNDING).any()
        or not ((said >= 0) & (said <= 1)).all()
        or not set(verdict_words) <= {"recycle", "bin", "unsure"}
    ):
        raise PredictionsError(f"{name} was changed: what it says does not follow from its probabilities. {MADE_BY}")
    kept = {key: column[key].to_numpy(zero_copy_only=False) for key in OPTIONAL if key in column}
    return Predictions(
        classes=classes,
        names=names,
        photos=column["photo"].to_numpy(zero_copy_only=False),
        splits=np.array(splits, object)[split],
        recycling=kept.get("recycling", np.full(len(true), np.nan, np.float32)),
        familiarity=kept.get("familiarity", np.full(len(true), FULLY, np.float32)),
        p_recycle=said,
        verdicts=np.array(verdict_words)[verdict],
        **derived,
    )


def _columns(table: Predictions) -> list[str]:
    """The fields that have a value a photo."""
    return [field.name for field in fields(table) if field.name not in ("classes", "names")]


def _words(column: pa.StringArray) -> tuple[list[str], Index]:
    """The different words of a column, and which of them each row holds."""
    encoded = column.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()


def _derived(probabilities: Floats, true: Index) -> dict[str, Any]:
    """What follows from probabilities (N, C) and true classes (N,), block by block on all threads."""
    count, classes = probabilities.shape
    found: dict[str, Any] = {"probabilities": probabilities, "true": true}
    found |= {key: np.zeros(count, np.int64) for key in ("predicted", "second", "rank")}
    found |= {key: np.zeros(count, np.float32) for key in ("confidence", "entropy_bits", "p_true", "squares")}

    def derive(start: int) -> None:
        rows = slice(start, start + BLOCK)
        p, label = probabilities[rows], true[rows]
        row = np.arange(len(p))
        first = p.argmax(axis=1)
        rest = p.copy()
        rest[row, first] = -1
        known = label < classes
        p_true = np.where(known, p[row, np.where(known, label, 0)], np.nan)
        found["predicted"][rows], found["second"][rows] = first, rest.argmax(axis=1)
        found["confidence"][rows], found["p_true"][rows] = p[row, first], p_true
        found["entropy_bits"][rows], found["squares"][rows] = entropies(p), np.einsum("nc,nc->n", p, p)
        found["rank"][rows] = np.where(known, (p > p_true[:, None]).sum(axis=1), classes)

    with ThreadPoolExecutor(settings().threads) as pool:
        list(pool.map(derive, range(0, count, BLOCK)))
    return found
