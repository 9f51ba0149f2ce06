"""A zip of a folder-per-class tree, read in place: nothing of it is ever written to disk."""

import io
import re
import stat
import struct
import threading
import zipfile
import zlib
from pathlib import Path

from recycler.datasets.dataset import Dataset
from recycler.datasets.tree import Skipped, size_problem, tree_dataset
from recycler.errors import DatasetError, PhotoError

ENTRIES = 200_000  # files and folders in one zip
DIRECTORY_BYTES = 32_000_000  # the zip's table of contents, which is read whole
TOTAL_BYTES = 50_000_000_000  # all photos unpacked
# Photos are compressed already and hardly shrink again. A plain drawing can, so the ratio counts only from 1 MB.
RATIO, RATIO_FROM_BYTES = 100, 1_000_000

# The other methods unpack a block at once, however large it grows, and no camera or zip tool uses them for photos.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1  # bit of ZipInfo.flag_bits, APPNOTE.TXT 4.4.4

# What zipfile answers damaged files with.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError)


def load_archive(file: Path, name: str | None = None) -> Dataset:
    """The photos of a zip that holds one folder a class; ids are the names inside the zip.

    Left out and listed in `skipped`: names that lead out of the zip, links, encrypted files, archives inside, hidden
    files, files that unpack to more than a photo may have, and all that is no photo.
    Raises DatasetError for a file that is missing, damaged, a bomb, or without photos in class folders.
    """
    if not file.is_file():
        raise DatasetError(f"There is no zip {file}; check its name.")
    try:
        members = _Members(file)
    except (*DAMAGE, OSError) as problem:
        raise DatasetError(f"{file.name} is no zip, or it is damaged; please pack or download it again.") from problem
    skipped = Skipped()
    entries = members.entries(skipped)
    return tree_dataset(name or file.stem, entries, members.read, skipped, f"The zip {file.name}")


class ZipBytes(io.FileIO):
    """The zip's own bytes; refuses the one large read, of a table of contents made to fill the memory."""

    def read(self, size: int | None = -1) -> bytes:
        """As of any file. Raises DatasetError."""
        if size is not None and size > DIRECTORY_BYTES:
            raise DatasetError(
                f"{Path(str(self.name)).name} lists too many files; {ENTRIES:,} in one zip are the most."
            )
        return super().read(size) or b""

    def __del__(self) -> None:
        self.close()


class _Members:
    """An open zip; several threads may read."""

    def __init__(self, file: Path) -> None:
        self._name = file.name
        self._zip = zipfile.ZipFile(ZipBytes(file))
        self._lock = threading.Lock()  # ZipFile shares one file position and counts its readers without a lock

    def entries(self, skipped: Skipped) -> dict[str, int]:
        """Name to stamp (checksum and size) of what may be read; folders end in "/". Raises DatasetError for a bomb."""
        infos = self._zip.infolist()
        if len(infos) > ENTRIES:
            raise DatasetError(f"{self._name} lists {len(infos):,} files; {ENTRIES:,} in one zip are the most.")
        entries: dict[str, int] = {}
        total = 0
        for info in infos:
            problem = "named twice" if info.filename in entries else _problem_of_photo(info)
            if problem:
                skipped.add(info.filename, problem)
                continue
            total += info.file_size
            entries[info.filename] = 0 if info.is_dir() else info.CRC << 31 | info.file_size
        if total > TOTAL_BYTES:
            raise DatasetError(
                f"{self._name} unpacks to {total / 1e9:,.0f} GB; {TOTAL_BYTES / 1e9:.0f} GB are the most. "
                "Please split it into several zips."
            )
        return entries

    def read(self, name: str) -> bytes:
        """One photo, never more bytes than the header gave. Raises PhotoError when it is damaged."""
        info = self._zip.getinfo(name)
        try:
            with self._lock, self._zip.open(info) as member:
                return member.read(info.file_size)
        except DAMAGE as problem:
            raise PhotoError(f"{name} inside {self._name} is damaged.") from problem


def problem_of(info: zipfile.ZipInfo) -> str:
    """Why a member of any zip may not be read, judged by its header, or ""."""
    if _is_unsafe(info):
        return "a name that leads out of the zip"
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link"
    if info.is_dir():
        return ""
    if info.header_offset < 0:
        return "damaged"
    if info.flag_bits & ENCRYPTED:
        return "encrypted"
    if info.compress_type not in METHODS:
        return "packed by an unusual method"
    if info.file_size >= RATIO_FROM_BYTES and info.file_size > RATIO * info.compress_size:
        return f"unpacks to more than {RATIO} times its size"
    return ""


def _problem_of_photo(info: zipfile.ZipInfo) -> str:
    """The same of a photo, which also has a largest size."""
    return problem_of(info) or ("" if info.is_dir() else size_problem(info.file_size))


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    """Absolute names, drive letters, backslashes, "..", empty parts, and names that hide something behind a NUL."""
    parts = info.filename.removesuffix("/").split("/")
    return (
        any(part in ("", ".", "..") for part in parts)
        or "\\" in info.filename
        or "\0" in info.orig_filename
        or re.match(r"[A-Za-z]:", info.filename) is not None
    )
