"""The label overlay: corrected labels of photos, kept beside a data set in RECYCLER_HOME/labels and never in it.

One file a data set, one line of JSON a change or an undo. Lines are only ever added, so nothing that was said is lost,
and the size of the file tells whether anything changed.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import numpy as np
from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from recycler.datasets.dataset import Dataset
from recycler.datasets.named import NAMED
from recycler.datasets.tree import Skipped
from recycler.errors import DatasetError
from recycler.runs import write_atomically
from recycler.settings import settings

MOST_BYTES = 100_000_000  # of one file: half a million changes
LEFT_OUT = "left out by a corrected label"
CLASS_GONE = "its corrected label is no class of this data any more"


class Change(BaseModel):
    """That a photo counts as another class than before. None: it is left out.

    dataset: a name, or the resolved path of a zip or folder. photo: its id in that data set, without the source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    dataset: str = Field(min_length=1, max_length=5000)
    photo: str = Field(min_length=1, max_length=5000)
    before: str | None = Field(max_length=300)
    now: str | None = Field(max_length=300)
    when: AwareDatetime


class Undone(BaseModel):
    """That a change was taken back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    undone: str
    when: AwareDatetime


_LINE: TypeAdapter[Change | Undone] = TypeAdapter(Change | Undone)


def history(dataset: str) -> list[Change]:
    """The changes that are in force, the oldest first. Raises DatasetError when their file is damaged."""
    return _in_force(_read(_file(dataset)))


def overlay(dataset: str) -> dict[str, str | None]:
    """Photo id to the class that it counts as, None for one that is left out. Raises DatasetError like `history`.

    Empty for collected photos, which move to the folder of their class.
    """
    return {} if dataset == "collected" else {change.photo: change.now for change in history(dataset)}


def overlay_size(dataset: str) -> int:
    """What changes whenever the overlay does, without reading it: for caches."""
    try:
        return _file(dataset).stat().st_size
    except OSError:
        return 0


def overlaid_datasets() -> list[str]:
    """The data sets that have corrected labels: names and resolved paths. Raises DatasetError like `history`."""
    found = (_in_force(_read(file)) for file in sorted(_folder().glob("*.jsonl")))
    return [changes[0].dataset for changes in found if changes]


def overlaid(data: Dataset, labels: Mapping[str, str | None]) -> Dataset:
    """The data with corrected labels; its classes stay. Photos that it does not have are passed over.

    A photo whose new class the data no longer has is left out: what its folder says is known to be wrong.
    """
    if not labels:
        return data
    index = {name: i for i, name in enumerate(data.classes)}
    corrected = data.labels.copy()
    left_out = Skipped()
    kept = np.ones(len(data), np.bool_)
    for i, photo in enumerate(data.photos):
        if photo not in labels:
            continue
        name = labels[photo]
        if name in index:
            corrected[i] = index[name]
        else:
            kept[i] = False
            left_out.add(photo, LEFT_OUT if name is None else CLASS_GONE)
    rest = data.pick(np.flatnonzero(kept))
    return replace(rest, labels=corrected[kept], skipped=data.skipped + left_out.listed())


def add_change(dataset: str, photo: str, before: str | None, now: str | None) -> Change:
    """Write a change down. Raises DatasetError when the file is damaged or cannot be written."""
    change = Change(
        id=token_hex(6), dataset=place_of(dataset), photo=photo, before=before, now=now, when=datetime.now(UTC)
    )
    _append(dataset, change)
    return change


def add_undo(dataset: str, change: Change) -> None:
    """Write down that a change was taken back. Raises DatasetError like `add_change`."""
    _append(dataset, Undone(undone=change.id, when=datetime.now(UTC)))


def place_of(dataset: str) -> str:
    """A data set's name, or the resolved path of a zip or folder."""
    return dataset if dataset in NAMED else str(Path(dataset).expanduser().resolve())


def _append(dataset: str, line: Change | Undone) -> None:
    file = _file(dataset)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            _read(file)  # nothing is added to a file that nobody could read afterwards
            before = file.read_bytes() if file.exists() else b""
            write_atomically(file, before + line.model_dump_json().encode() + b"\n")
    except OSError as problem:
        raise DatasetError(
            f"The corrected label cannot be kept in {file.parent} ({problem.strerror}): make room there, or set "
            "RECYCLER_HOME to a folder that can be written to."
        ) from problem


def _read(file: Path) -> list[Change | Undone]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise DatasetError(_damaged(file, f"it has more than {MOST_BYTES // 1_000_000} MB"))
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise DatasetError(_damaged(file, problem.strerror or "it cannot be opened")) from problem
    lines: list[Change | Undone] = []
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else [], 1):
        try:
            lines.append(_LINE.validate_json(line))
        except ValidationError as problem:
            raise DatasetError(_damaged(file, f"line {number} is no change of a label")) from problem
    return lines


def _in_force(lines: Iterable[Change | Undone]) -> list[Change]:
    changes: dict[str, Change] = {}
    for line in lines:
        if isinstance(line, Change):
            changes[line.id] = line
        else:
            changes.pop(line.undone, None)
    return list(changes.values())


def _damaged(file: Path, problem: str) -> str:
    return (
        f"The corrected labels in {file} cannot be read: {problem}. Mend the file; or move it away, to go on with the "
        "labels that the data came with."
    )


def _folder() -> Path:
    return settings().labels


def _file(dataset: str) -> Path:
    """`garbage.jsonl`; for a path, its readable end and a few digits that tell it from others."""
    if dataset in NAMED:
        return _folder() / f"{dataset}.jsonl"
    name = place_of(dataset)
    slug = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:40] or "photos"
    return _folder() / f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.jsonl"
