"""What a training does now: reading its points file while it grows, and thinning curves for the screen."""

import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from recycler.points import PLACE

HEADER_BEGINS = b"s"  # of "stage": no number has one, and a single byte is found ten times as fast as a word
ORDER = ["stage", "epoch", "step"]


class Cursor(NamedTuple):
    """How far a points file was read, in bytes, and the columns that were in force there."""

    offset: int = 0
    columns: tuple[str, ...] = ()


def read_points(file: Path, cursor: Cursor = Cursor()) -> tuple[pd.DataFrame, Cursor]:  # noqa: B008 - immutable
    """The rows that came after the cursor, and the cursor after them. A row that is half written is left for later.

    The table has the columns stage, epoch, step (int), time (Unix, seconds) and the values (float, NaN where a stage
    has none). No file yet is an empty table.
    """
    try:
        with file.open("rb") as opened:
            opened.seek(cursor.offset)
            text = opened.read()
    except FileNotFoundError:
        text = b""
    end = text.rfind(b"\n") + 1
    tables, columns, place = [], cursor.columns, 0
    while place < end:  # a part of rows, then perhaps a header
        header = text.find(HEADER_BEGINS, place, end)
        part_end = end if header < 0 else header
        if place < part_end:
            tables.append(_parse(memoryview(text)[place:part_end], columns))
        place = part_end
        if header >= 0:
            place = text.index(b"\n", header) + 1
            columns = tuple(text[header : place - 1].decode().split(","))
    rows = pd.concat(tables, ignore_index=True) if len(tables) > 1 else [*tables, _no_rows()][0]
    return rows, Cursor(cursor.offset + end, columns)


class LivePoints:
    """All points of a run in memory, kept up to date by reading what is new. Several visitors may share one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._cursor = Cursor()
        self._table = _no_rows()
        self._lock = threading.Lock()

    def poll(self) -> pd.DataFrame:
        """The table of all points so far, as of `read_points`, each batch once; the same object when none is new.

        A resumed training does some batches again: its rows replace those from there on.
        """
        with self._lock:
            rows, self._cursor = read_points(self._file, self._cursor)
            if len(rows):
                joined = pd.concat([self._table, rows], ignore_index=True) if len(self._table) else rows
                self._table = _without_replaced(joined)
            return self._table


def thin(values: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Indices of at most `most` points that draw the same line as all of `values` (n,): lows and highs a bucket.

    Buckets are counted from the beginning and their width is a power of two, so a point that is drawn stays drawn
    while more arrive, until the width doubles. Each bucket keeps its lowest and its highest point; NaN counts as
    lowest, so that a gap stays a gap. The last point is always there. `most` is 4 at least.
    """
    n = len(values)
    if n <= most:
        return np.arange(n)
    width = 1 << int(np.ceil(np.log2(2 * n / (most - 3))))
    whole = n // width * width
    kept = [np.array([n - 1])]
    for part, start in ((values[:whole].reshape(-1, width), 0), (values[None, whole:], whole)):
        if part.size:
            first = start + width * np.arange(len(part))
            kept += [first + np.argmin(part, axis=1), first + np.argmax(np.nan_to_num(part, nan=-np.inf), axis=1)]
    return np.unique(np.concatenate(kept))


def _parse(text: memoryview, columns: tuple[str, ...]) -> pd.DataFrame:
    types = {name: pa.int64() if name in ORDER else pa.float64() for name in columns}
    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(text)),
        csv.ReadOptions(column_names=columns),
        convert_options=csv.ConvertOptions(column_types=types),
    )
    rows: pd.DataFrame = table.to_pandas()
    return rows


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=list(PLACE), dtype=np.float64).astype(dict.fromkeys(ORDER, np.int64))


def _without_replaced(table: pd.DataFrame) -> pd.DataFrame:
    """Without the rows that later rows, which went back, replace: what is left only goes forward."""
    stage, epoch, step = (table[name].to_numpy() for name in ORDER)
    key = (stage << 48) + (epoch << 24) + step
    last = np.minimum.accumulate(key[::-1])[::-1]  # the smallest key from each row on
    kept = np.append(key[:-1] < last[1:], True)
    return table if kept.all() else table[kept].reset_index(drop=True)
