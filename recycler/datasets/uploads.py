"""Zips that visitors sent: kept in RECYCLER_HOME/data/uploads, whole and checked, or not at all."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from recycler.access import require
from recycler.datasets.archive import load_archive
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError
from recycler.settings import settings

BLOCK = 1 << 20  # bytes copied at once


def list_uploads() -> list[Path]:
    """The uploaded zips, by name."""
    return sorted(settings().uploads.glob("*.zip"))


def keep_upload(name: str, content: BinaryIO) -> tuple[Path, Dataset]:
    """Keep a zip of one folder a class; gives where it lies and what it holds.

    name: as the visitor's browser says, not to be trusted; only letters, digits, "-" and "_" of its stem stay. The same
    zip sent twice is kept once; another one of the same name gets a few letters more.
    Raises DatasetError when it is no such zip, or when there is no room for it; AccessError.
    """
    require("train")
    folder = settings().uploads
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    except OSError as problem:
        raise no_room(problem, folder) from problem
    try:
        with os.fdopen(handle, "wb") as file:
            digest = _copy(content, file)
        checked = load_archive(Path(draft), safe_stem(name))
        target = _free_name(folder, safe_stem(name), digest)
        Path(draft).replace(target)
    except OSError as problem:
        raise no_room(problem, folder) from problem
    except DatasetError as problem:
        text = str(problem).replace(Path(draft).name, f"{safe_stem(name)}.zip")
        raise DatasetError(text) from problem
    finally:
        Path(draft).unlink(missing_ok=True)
    return target, checked


def _copy(content: BinaryIO, file: BinaryIO) -> str:
    """Copy block by block; gives SHA-256 in hex digits."""
    digest = hashlib.sha256()
    while block := content.read(BLOCK):
        digest.update(block)
        file.write(block)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()


def _free_name(folder: Path, stem: str, digest: str) -> Path:
    """STEM.zip, or STEM-abcdef.zip where another zip has that name."""
    target = folder / f"{stem}.zip"
    if not target.exists():
        return target
    with target.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == digest
    return target if same else folder / f"{stem}-{digest[:6]}.zip"


def safe_stem(name: str) -> str:
    """The stem of a file's name as a visitor's browser says it, in small letters, digits, "-" and "_" alone."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:60].lower() or "photos"


def no_room(problem: OSError, folder: Path) -> DatasetError:
    """That a zip cannot be kept in a folder, and what to do."""
    free = shutil.disk_usage(settings().home).free / 1e9 if settings().home.exists() else 0
    return DatasetError(
        f"The zip cannot be kept in {folder} ({problem.strerror}; {free:.1f} GB are free): make room there, "
        "or set RECYCLER_HOME to a folder that can be written to."
    )
