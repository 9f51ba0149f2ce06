"""A batch: verdicts on any number of photos, on all cores, in order, gone on with after an interruption.

Processes answer, here or in a Ray cluster, each with a network of its own. What they say is kept in OUT.parts/, a
Parquet file for every PART photos, and becomes OUT at the end. Whatever ends it before, the same command goes on behind
the last part. Memory does not grow with the number of photos.
"""

import hashlib
import json
import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from pyarrow.csv import CSVWriter
from threadpoolctl import threadpool_limits

from recycler.answering import Answerer, Choice, Line, photo_files, shown
from recycler.errors import BatchError
from recycler.processes import cores
from recycler.runs import write_atomically
from recycler.settings import settings
from recycler.shelf import LITERT_FILE
from recycler.spreadsheet import no_formula

Progress = Callable[[str, int, int], None]

CHUNK = 32  # photos that a process is given at once, half a second of work
AHEAD = 4  # chunks a process that are under way
PART = 1_000  # photos a part: what an interruption costs at most
ROWS = 50_000  # photos a row group of a Parquet file
ENDINGS = (".parquet", ".csv")

TEXT, NUMBER = pa.string(), pa.float32()
COLUMNS = pa.schema(
    {
        "path": TEXT, "verdict": TEXT, "class": TEXT, "probability": NUMBER, "p_recycle": NUMBER,
        "entropy_bits": NUMBER, "familiarity": NUMBER, "destination": TEXT, "model": TEXT, "error": TEXT,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Done:
    """How a batch ended. refused: of the photos, those that could not be opened. earlier: those of an earlier call."""

    photos: int
    refused: int
    earlier: int


def classify_into(
    out: Path, paths: Sequence[Path], choice: Choice, processes: int, progress: Progress = lambda *_: None
) -> Done:
    """Write the answers to all photos of these files and folders into a .parquet or .csv file, whole or not at all.

    progress: told what is done, photos done and photos in all.
    Raises BatchError for a file that is there already or has another ending, when what an earlier call has left is of
    another choice or other photos, when a process dies, or when nothing can be written; ModelError, RulebookError.
    """
    if out.suffix not in ENDINGS:
        raise BatchError(f"{out.name} ends neither in .parquet nor in .csv, and other files are not written.")
    if out.exists():
        raise BatchError(f"{out} is there already: delete it, or name another file.")
    fingerprint = _fingerprint(choice, paths)  # before anything is written, so that a wrong name leaves no traces
    total = sum(1 for _ in photo_files(paths))
    try:
        with _working_folder(out, fingerprint) as parts:
            files = photo_files(paths)
            earlier = sum(_pass_over(part, files) for part in _parts(parts))
            progress("photos", earlier, total)
            answered = (
                _in_cluster(files, choice) if settings().executor == "ray" else _in_processes(files, choice, processes)
            )
            _answer(parts, answered, lambda done: progress("photos", earlier + done, total))
            return _finish(parts, out, earlier)
    except OSError as problem:
        raise BatchError(
            f"The answers cannot be written to {out} ({problem.strerror}): make room there, then give the same command "
            "again; it goes on where it was."
        ) from problem


def _answer(parts: Path, answered: Iterator[list[Line]], progress: Callable[[int], None]) -> None:
    """Keep answers part by part; whatever ends it, what has been answered is kept."""
    lines: list[Line] = []
    done = 0
    try:
        for some in answered:
            lines += some
            done += len(some)
            progress(done)
            if len(lines) >= PART:
                _keep(parts, lines)
                lines = []
    except BrokenProcessPool as problem:
        raise BatchError(
            "A process that looked at photos was ended from outside, perhaps for want of memory. Give the same command "
            "again, with a smaller --processes; it goes on where it was."
        ) from problem
    finally:
        if lines:
            _keep(parts, lines)


def _in_processes(files: Iterator[Path], choice: Choice, processes: int) -> Iterator[list[Line]]:
    """Chunks of answers in the order of the files; never more than AHEAD chunks a process are under way."""
    chunks = iter(lambda: list(islice(files, CHUNK)), [])
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _open, (choice,))
    try:
        ahead: deque[Future[list[Line]]] = deque(pool.submit(_ask, c) for c in islice(chunks, AHEAD * processes))
        while ahead:
            yield ahead.popleft().result()
            ahead.extend(pool.submit(_ask, chunk) for chunk in islice(chunks, 1))
    finally:
        pool.shutdown(cancel_futures=True)


def _in_cluster(files: Iterator[Path], choice: Choice) -> Iterator[list[Line]]:
    from recycler.cluster.answers import answer_in_cluster  # Ray takes seconds to import

    return answer_in_cluster(files, choice, CHUNK)


_answerer: Answerer | None = None  # of a process of the pool


def _open(choice: Choice) -> None:
    """Get a process of the pool ready; Ctrl-C is for the process that started it, and without that one it ends."""
    global _answerer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    threadpool_limits(1)  # products of matrices, too: more threads than cores took a sixth of the speed
    _answerer = Answerer(choice, threads=1)


def _end_with(parent: BaseProcess | None) -> None:
    """A pool does not notice that its owner was killed."""
    if parent is not None:
        parent.join()
        os._exit(1)


def _ask(files: list[Path]) -> list[Line]:
    assert _answerer is not None  # noqa: S101 - the initializer has run
    return list(_answerer.lines(files))


def _fingerprint(choice: Choice, paths: Sequence[Path]) -> str:
    """What the answers depend on. Also looks up what was taught, so that the processes find it."""
    answerer = Answerer(choice, threads=cores())
    said = {
        "model": answerer.classifier.card.checksums[LITERT_FILE],
        "thresholds": repr(answerer.classifier.card.thresholds),
        "rules": answerer.rules.model_dump_json(),
        "taught": [] if answerer.memory is None else [str(photo) for photo in answerer.memory.photos],
        "paths": [shown(path) for path in paths],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@contextmanager
def _working_folder(out: Path, fingerprint: str) -> Iterator[Path]:
    """OUT.parts/, new or as an earlier call to the same end has left it. Raises BatchError for any other."""
    folder = out.with_name(f"{out.name}.parts")
    folder.mkdir(parents=True, exist_ok=True)
    choice = folder / "choice"
    try:
        with FileLock(folder / "lock", timeout=0):
            if not choice.exists():
                write_atomically(choice, fingerprint.encode())
            if choice.read_text() != fingerprint:
                raise BatchError(
                    f"{folder} holds answers by another choice: the model, its thresholds, the rules, what was "
                    f"taught or the folders have changed since. Delete {folder}, or name another file."
                )
            yield folder
    except Timeout as problem:
        raise BatchError(f"Another process is writing {out}: wait for it, or name another file.") from problem


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.parquet"))


def _keep(folder: Path, lines: list[Line]) -> None:
    file = BytesIO()
    pq.write_table(pa.Table.from_pylist(lines, COLUMNS), file, compression="zstd")
    write_atomically(folder / f"{len(_parts(folder)):08}.parquet", file.getvalue())


def _pass_over(part: Path, files: Iterator[Path]) -> int:
    """Pass over the photos that a part answers. Raises BatchError where others lie there now."""
    answered = pq.read_table(part, columns=["path"])["path"].to_pylist()
    if answered != [shown(file) for file in islice(files, len(answered))]:
        raise BatchError(
            f"Photos have come or gone since {part.parent} was begun, so it cannot be gone on with. Delete it, or "
            "name another file."
        )
    return len(answered)


def _finish(folder: Path, out: Path, earlier: int) -> Done:
    """All parts as one file; then the parts go."""
    photos = refused = 0
    draft = folder / f"answers{out.suffix}"
    with (
        pq.ParquetWriter(draft, COLUMNS, compression="zstd")
        if out.suffix == ".parquet"
        else CSVWriter(draft, COLUMNS) as writer
    ):
        parts = iter(_parts(folder))
        while some := list(islice(parts, ROWS // PART)):
            table = pa.concat_tables(pq.read_table(part) for part in some)
            photos += len(table)
            refused += len(table) - table["error"].null_count
            writer.write_table(table if out.suffix == ".parquet" else _for_spreadsheets(table))
    draft.replace(out)
    shutil.rmtree(folder, ignore_errors=True)
    return Done(photos, refused, earlier)


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    """The same with no text that becomes a formula."""
    for i, field in enumerate(table.schema):
        if field.type == TEXT:
            cells = [cell if cell is None else no_formula(cell) for cell in table[field.name].to_pylist()]
            table = table.set_column(i, field, pa.array(cells, TEXT))
    return table
