"""Zips as an attacker packs them: zip number N of KINDS is always the same bytes."""

import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from benchmarks.fire.photos import Random, hostile_photo, plain
from recycler.datasets.archive import load_archive
from recycler.datasets.collected_zip import take_in
from recycler.datasets.dataset import Dataset
from recycler.datasets.uploads import keep_upload
from recycler.errors import RecyclerError
from recycler.photos import read_photo
from recycler.settings import settings

NAMES = (  # lead out, hide something, are none in one encoding or another, or confuse whoever reads them
    "../evil.jpg", "glass/../../evil.jpg", "/var/evil.jpg", "//host/share/evil.jpg", "C:/evil.jpg", "C:evil.jpg",
    "..\\evil.jpg", "glass\\..\\..\\evil.jpg", "glass/evil.jpg\0.txt", "~/evil.jpg", "glass/./evil.jpg",
    "glass//evil.jpg", "glass/con.jpg", "glass/evil.jpg/", "glass/\u202egpj.exe.jpg", "glass/a\nb.jpg",
    "glass/\x1b[31mred.jpg", "glass/☃ füß 瓶.jpg", "瓶/1.jpg", ". /1.jpg", "... /1.jpg", "-rf/1.jpg",
    "glass/" + "a" * 60_000 + ".jpg", "a/" * 3000 + "1.jpg", "GLASS/1.jpg", "glass/1.JPG", "<b>glass</b>/1.jpg",
    "$(id)/1.jpg", "%2e%2e/evil.jpg", "test/glass/1.jpg", "Test/Glass/1.jpg", "é/1.jpg", "e\u0301/1.jpg",
    "", "/", ".", "..", "glass", "\ud7ff/1.jpg",
)  # fmt: skip
EMPTY_FILES = 100_000


def hostile_zip(number: int) -> tuple[str, bytes]:
    """The kind and the bytes of one zip."""
    kind = [*KINDS][number % len(KINDS)]
    return kind, KINDS[kind](np.random.default_rng(number))


def named(data: bytes) -> None:
    """A zip that a recipe names, its photos opened."""
    settings().home.mkdir(parents=True, exist_ok=True)
    file = settings().home / "sent.zip"
    file.write_bytes(data)
    _open_all(load_archive(file))


def uploaded(data: bytes) -> None:
    """A zip that is uploaded on the Train page, its photos opened."""
    _open_all(keep_upload("../../evil\0.zip", io.BytesIO(data))[1])


def taken_in(data: bytes) -> None:
    """A zip whose photos are taken in as taught."""
    take_in("../../evil\0.zip", io.BytesIO(data))


USES = (named, uploaded, taken_in)
"""All that is done with a zip that a visitor sends."""


def _open_all(data: Dataset) -> None:
    for i in range(min(len(data), 200)):
        with suppress(RecyclerError):
            read_photo(data.read_bytes(i), 32)


def _zip(files: dict[str, bytes], **how: int) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **how) as pack:  # type: ignore[call-overload]
        warnings.simplefilter("ignore")  # the same name twice is meant
        for name, data in files.items():
            pack.writestr(name, data)
    return file.getvalue()


def _harmless(random: Random) -> dict[str, bytes]:
    photos = plain()
    return {f"{kind}/{i}.jpg": photos[random.integers(len(photos))] for kind in ("glass", "paper") for i in range(3)}


def bomb_in_one_file(random: Random) -> bytes:
    """Up to a gigabyte in a megabyte."""
    size = int(random.choice([24_000_000, 100_000_000, 1_000_000_000]))
    squeezer = zlib.compressobj(9, wbits=-15)
    block = bytes(1_000_000)
    packed = b"".join(squeezer.compress(block) for _ in range(size // len(block))) + squeezer.flush()
    said = int(random.choice([size, 1000, 0xFFFFFFFE]))  # the header need not say how large it is
    return (
        _handmade([("glass/bomb.jpg", packed, said)])
        if random.random() < 0.5
        else _handmade([("glass/bomb.jpg", packed, said), ("glass/1.jpg", *_deflated(plain()[0]))])
    )


def bomb_of_many(random: Random) -> bytes:
    """Thousands of entries that all unpack the same bytes (Fifield 2019, without the quoting)."""
    packed, size = _deflated(bytes(int(random.choice([900_000, 24_000_000]))))
    return _handmade([("", packed, size)], names=[f"glass/{i}.jpg" for i in range(20_000)])


def _deflated(data: bytes) -> tuple[bytes, int]:
    squeezer = zlib.compressobj(9, wbits=-15)
    return squeezer.compress(data) + squeezer.flush(), len(data)


def _handmade(members: list[tuple[str, bytes, int]], names: list[str] | None = None, flags: int = 0) -> bytes:
    """A zip of (name, deflated bytes, size that is said). names: of many entries that all share the first member."""
    body, directory = b"", b""
    for name, packed, size in members:
        offset, encoded = len(body), name.encode()
        fields = (20, flags, 8, 0, 33, 0, len(packed), size, len(encoded), 0)
        body += b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *fields) + encoded + packed
        for shown in names or [name]:
            entry = (20, *fields[:8], len(shown.encode()), 0, 0, 0, 0, 0, offset)
            directory += b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", *entry) + shown.encode()
    count = min(len(names or members), 0xFFFF)
    return body + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)


def names_that_lead_out(random: Random) -> bytes:
    chosen = random.choice(len(NAMES), int(random.integers(1, len(NAMES))), replace=False)
    files = _harmless(random) | {NAMES[i]: plain()[0] for i in chosen}
    return _handmade([(name, *_deflated(data)) for name, data in files.items()], flags=0x800)  # names as UTF-8


def names_that_are_no_text(random: Random) -> bytes:
    """Names of raw bytes, said to be UTF-8 or not."""
    data = bytearray(_zip(_harmless(random)))
    said = 8 if random.random() < 0.3 else 0  # bit 11
    for mark, flags, name, length in ((b"PK\x01\x02", 8, 46, 28), (b"PK\x03\x04", 6, 30, 26)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + flags + 1] |= said
            [size] = struct.unpack_from("<H", data, place + length)
            data[place + name + 6 : place + name + size - 4] = random.bytes(max(0, size - 10)).replace(b"/", b".")
    return bytes(data)


def links(random: Random) -> bytes:
    """Links, devices and pipes among the photos, and a photo behind a linked folder."""
    file = io.BytesIO(_zip(_harmless(random)))
    with zipfile.ZipFile(file, "a") as pack:
        for i, kind in enumerate((stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK, 0o130000)):
            info = zipfile.ZipInfo(
                ("glass/link.jpg", "paper", "glass/4.jpg")[random.integers(3)] if not i else f"a/{i}.jpg"
            )
            info.external_attr = (kind | 0o777) << 16
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pack.writestr(info, "/etc/passwd")
        pack.writestr("paper/link/1.jpg", plain()[0])
    return file.getvalue()


def nested(random: Random) -> bytes:
    """Archives in archives, under their own names or as photos."""
    inner = _zip(_harmless(random))
    for _ in range(int(random.integers(1, 30))):
        inner = _zip({("glass/inner.zip", "glass/1.jpg")[random.integers(2)]: inner, "paper/2.png": plain()[4]})
    return inner


def many_empty_files(random: Random) -> bytes:
    files = dict.fromkeys((f"glass/{i}.jpg" for i in range(EMPTY_FILES)), b"")
    return _zip(files | (_harmless(random) if random.random() < 0.5 else {}))


def encrypted(random: Random) -> bytes:
    data = bytearray(_zip(_harmless(random)))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            if random.random() < 0.7:
                data[place + offset] |= int(random.choice([1, 0x40, 0x20]))
    return bytes(data)


def broken_directory(random: Random) -> bytes:
    """Bits flipped and fields set to their ends in the table of contents, or the file cut short."""
    data = bytearray(_zip(_harmless(random)))
    start = data.find(b"PK\x01\x02")
    for _ in range(int(random.integers(1, 20))):
        place = int(random.integers(start, len(data)))
        match random.integers(3):
            case 0:
                data[place] ^= 1 << int(random.integers(8))
            case 1:
                data[place : place + 4] = random.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"])
            case _:
                data[place] = int(random.integers(256))
    return bytes(data[: int(random.integers(len(data)))] if random.random() < 0.2 else data)


def two_directories(random: Random) -> bytes:
    """One zip behind or inside another, before a program, with comments and offsets that lie, of a size beyond 4 GB."""
    first, second = _zip(_harmless(random)), _zip({"../evil.jpg": plain()[0], "glass/1.jpg": plain()[1]})
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    large = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 62, 1 << 62, 1 << 62, int(random.integers(1 << 62))
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(first), 1)
    return [
        first + second,
        b"#!/bin/sh\nid\n" + first,
        first[:-2] + struct.pack("<H", len(second)) + second,
        first + large + locator + end,
        first + end,
        first + random.bytes(int(random.integers(70_000))),
    ][random.integers(6)]


def unusual_methods(random: Random) -> bytes:
    file = io.BytesIO(_zip(_harmless(random)))
    with zipfile.ZipFile(file, "a") as pack:
        for i, method in enumerate((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
            pack.writestr(f"glass/{10 + i}.jpg", bytes(30_000_000), method)
    data = bytearray(file.getvalue())
    place = data.find(b"PK\x01\x02")
    struct.pack_into("<H", data, place + 10, int(random.integers(100)))
    return bytes(data)


def hostile_photos(random: Random) -> bytes:
    """A good zip of photos that are not."""
    numbers = random.integers(1 << 30, size=40)
    found = [hostile_photo(int(number)) for number in numbers]
    return _zip({f"glass/{i}.jpg": data for i, (kind, data) in enumerate(found) if not kind[0].isdigit()})


def classes_that_cannot_be(random: Random) -> bytes:
    """As many classes as photos, classes of odd names, files where folders should be."""
    names = [f"{i}/1.jpg" for i in range(2500)] if random.random() < 0.3 else [name for name in NAMES if "/" in name]
    return _zip({name.replace("..", "x"): plain()[3] for name in names} | {"glass": b"", "glass/1.jpg": plain()[0]})


KINDS: dict[str, Callable[[Random], bytes]] = {
    "a bomb in one file": bomb_in_one_file,
    "a bomb of 20,000 files": bomb_of_many,
    "names that lead out": names_that_lead_out,
    "names that are no text": names_that_are_no_text,
    "links, devices, pipes": links,
    "archives in archives": nested,
    f"{EMPTY_FILES:,} empty files": many_empty_files,
    "encrypted": encrypted,
    "a broken table of contents": broken_directory,
    "two tables of contents": two_directories,
    "unusual methods": unusual_methods,
    "hostile photos": hostile_photos,
    "classes that cannot be": classes_that_cannot_be,
}


def plain_zips() -> list[bytes]:
    """Small zips to begin a search with: a good one, and one of each kind that stays small."""
    kinds = (names_that_lead_out, links, encrypted, broken_directory, two_directories)
    small = {"glass/1.jpg": b"one", "paper/2.jpg": b"two"}
    return [_zip(small), *(kind(np.random.default_rng(0)) for kind in kinds)]
