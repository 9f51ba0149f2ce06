"""Photos as an attacker, a broken phone or a bad line sends them: photo number N of KINDS is always the same bytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from recycler.datasets.collected import keep
from recycler.photos import WEBP_MEGAPIXELS, WHOLE_MEGAPIXELS, open_photo, read_photo, to_jpeg

Random = np.random.Generator
Options = dict[str, object]

PNG = b"\x89PNG\r\n\x1a\n"
GLUE = (
    b"PK\x03\x04",
    b"%PDF-1.7\n",
    b"<script>alert(1)</script>",
    b"<?php system('id'); ?>",
    b"#!/bin/sh\nid\n",
    b"MZ",
)


def hostile_photo(number: int) -> tuple[str, bytes]:
    """The kind and the bytes of one photo; every hundredth is very large, for these take a second each."""
    kinds = [*KINDS]
    kind = kinds[-1] if number % 100 == 99 else kinds[number % (len(kinds) - 1)]
    return kind, KINDS[kind](np.random.default_rng(number))


def verdict(data: bytes) -> None:
    """The pixels that a verdict is made from."""
    read_photo(data, 224)


def copied(data: bytes) -> None:
    """The copy that a visit shows."""
    to_jpeg(open_photo(data, at_least=640), 640)


def taught(data: bytes) -> None:
    """The copy that is kept."""
    keep(data, "glass")


USES = (verdict, copied, taught)
"""All that is done with bytes that a visitor sends."""


@cache
def plain() -> tuple[bytes, ...]:
    """Photos with nothing wrong, one of each way in which the formats that we take can hold one."""
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)
    grey16 = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    clear = image.copy()
    clear.putalpha(image.convert("L"))
    frames = [image.rotate(angle) for angle in (0, 90, 180)]
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 6
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    jpeg: Options = {"format": "JPEG", "exif": tags, "comment": b"home", "icc_profile": b"x" * 5000}
    several: Options = {"save_all": True, "append_images": frames[1:]}
    ways: list[tuple[Image.Image, Options]] = [
        (image, jpeg),
        (image, jpeg | {"progressive": True}),
        (image.convert("CMYK"), {"format": "JPEG"}),
        (image.convert("L"), {"format": "JPEG"}),
        (image, {"format": "PNG"}),
        (clear, {"format": "PNG"}),
        (grey16, {"format": "PNG"}),
        (image.convert("1"), {"format": "PNG"}),
        (image.convert("LA"), {"format": "PNG"}),
        (image.quantize(200), {"format": "PNG", "transparency": 3}),
        (image, {"format": "PNG", "exif": tags, "icc_profile": b"x" * 5000}),
        (frames[0], {"format": "PNG"} | several),
        (image, {"format": "WEBP", "exif": tags.tobytes()}),
        (clear, {"format": "WEBP", "lossless": True}),
        (frames[0], {"format": "WEBP"} | several),
        (image, {"format": "GIF"}),
        (frames[0], {"format": "GIF"} | several),
        (image, {"format": "HEIF", "exif": tags.tobytes()}),
        (clear, {"format": "HEIF"}),
        (image.convert("L"), {"format": "HEIF"}),
        (frames[0], {"format": "HEIF"} | several),
    ]
    return (*(_encoded(picture, **how) for picture, how in ways), _ten_bit_heic(image))


def _encoded(image: Image.Image, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, **how)  # type: ignore[arg-type]
    return file.getvalue()


def _ten_bit_heic(image: Image.Image) -> bytes:
    pixels = np.asarray(image).astype(np.uint16) * 257
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", image.size, pixels.tobytes()).save(file, bit_depth=10)
    return file.getvalue()


def _any(random: Random) -> bytes:
    return plain()[random.integers(len(plain()))]


def _place(random: Random, data: bytes | bytearray) -> int:
    """Somewhere in a file, every other time in its head, where it hurts most."""
    return int(random.integers(min(len(data), 400) if random.random() < 0.5 else len(data)))


def truncated(random: Random) -> bytes:
    data = _any(random)
    return data[: _place(random, data)]


def bits_flipped(random: Random) -> bytes:
    data = bytearray(_any(random))
    for _ in range(int(random.choice([1, 2, 5, 20, 200]))):
        data[_place(random, data)] ^= 1 << int(random.integers(8))
    return bytes(data)


def bytes_moved(random: Random) -> bytes:
    """A stretch of bytes taken out, doubled, or put elsewhere."""
    data = _any(random)
    start = _place(random, data)
    end = start + int(random.integers(1, 5000))
    cut, to = data[:start] + data[end:], _place(random, data)
    return [cut, data[:end] + data[start:], cut[:to] + data[start:end] + cut[to:]][random.integers(3)]


def head_of_another(random: Random) -> bytes:
    head, body = _any(random), _any(random)
    cut = int(random.choice([4, 8, 12, 16, 64, 200, 1000]))
    return head[:cut] + body[int(random.choice([0, cut])) :]


def polyglot(random: Random) -> bytes:
    """A photo that is also a zip, a page, a program."""
    data, glue = _any(random), GLUE[random.integers(len(GLUE))]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        pack.writestr("../evil.py", "print()")
    return [glue + data, data + glue, data + file.getvalue(), data[:20] + glue + data[20:], data + _any(random)][
        random.integers(5)
    ]


def size_that_lies(random: Random) -> bytes:
    """Width and height changed where the format keeps them, to anything up to 2 to the 32."""
    data = bytearray(_any(random))
    width, height = (int(2 ** random.uniform(0, 32)) for _ in range(2))
    for mark, offset, form in ((b"IHDR", 4, ">II"), (b"ispe", 8, ">II"), (b"GIF8", 6, "<HH"), (b"VP8X", 12, "<HH")):
        place = data.find(mark)
        if 0 <= place < len(data) - 20:
            largest = 0xFFFF if form.endswith("HH") else 0xFFFFFFFF
            struct.pack_into(form, data, place + offset, min(width, largest), min(height, largest))
    if (start := max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))) >= 0:
        struct.pack_into(">HH", data, start + 5, min(height, 0xFFFF), min(width, 0xFFFF))
    if (header := data.find(b"IHDR")) > 0:  # with a checksum that fits, or nobody would read on
        struct.pack_into(">I", data, header + 17, zlib.crc32(data[header : header + 17]))
    return bytes(data)


def very_large(random: Random) -> bytes:
    """As many pixels as are opened, in few bytes."""
    return _very_large(int(random.integers(8)))


@cache
def _very_large(way: int) -> bytes:
    side, webp = (int((megapixels * 1e6) ** 0.5) for megapixels in (WHOLE_MEGAPIXELS, WEBP_MEGAPIXELS))
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    busy = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    clear = Image.new("RGBA", (side, side), (255, 0, 0, 100))
    return [
        lambda: _encoded(busy, format="JPEG", quality=80),
        lambda: _encoded(busy, format="JPEG", quality=60, progressive=True),
        lambda: _encoded(busy.resize((webp, webp)), format="WEBP", quality=60, method=0),
        lambda: _encoded(busy, format="HEIF", quality=50),
        lambda: _encoded(clear, format="PNG", compress_level=6),
        lambda: _encoded(Image.new("P", (side, side)), format="PNG", transparency=0),
        lambda: _encoded(busy.convert("L").quantize(16), format="GIF"),
        lambda: many_scans(busy.convert("L"), 14),
    ][way]()


def many_scans(image: Image.Image, times: int) -> bytes:
    """A progressive JPEG that goes over its pixels again and again: each time costs a dozen bytes."""
    data = _encoded(image, format="JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * times + data[-2:]


def scanned_again(random: Random) -> bytes:
    return many_scans(Image.new("L", (2000, 2000), 128), int(random.choice([1, 9, 100, 10_000])))


def long_and_thin(random: Random) -> bytes:
    length, thickness = int(random.integers(1, 65_000)), int(random.integers(1, 4))
    size = (length, thickness) if random.random() < 0.5 else (thickness, length)
    kind = ("JPEG", "PNG", "GIF")[random.integers(3)]
    return _encoded(Image.new("RGB", size, "green"), format=kind)


def odd_tags(random: Random) -> bytes:
    """EXIF or colour profile of noise, empty, too long, or with values that cannot be."""
    image = Image.new("RGB", (40, 30), "blue")
    noise = random.bytes(int(random.choice([0, 1, 8, 500, 60_000])))
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = int(random.integers(1 << 16))
    kind = ("JPEG", "PNG", "WEBP", "HEIF")[random.integers(4)]
    exif = [b"Exif\0\0" + noise, b"Exif\0\0II*\0" + noise, b"Exif\0\0MM\0*" + noise, tags.tobytes()][random.integers(4)]
    return _encoded(image, format=kind, exif=exif, icc_profile=noise)


def odd_png(random: Random) -> bytes:
    """Chunks that fill the memory when unpacked, twice, in the wrong order, of the wrong length; 16-bit colours."""
    bomb = zlib.compress(bytes(40_000_000))
    depth, colour = int(random.choice([1, 2, 4, 8, 16, 3])), int(random.choice([0, 2, 3, 4, 6, 7]))
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 40, depth, colour, 0, 0, int(random.integers(3))))
    chunks = [
        head,
        _chunk(b"zTXt", b"a\0\0" + bomb),
        _chunk(b"iTXt", b"a\0\1\0\0\0" + bomb),
        _chunk(b"iCCP", b"a\0\0" + bomb),
        _chunk(b"PLTE", random.bytes(int(random.integers(0, 900)))),
        _chunk(b"tRNS", random.bytes(int(random.integers(0, 300)))),
        _chunk(b"acTL", struct.pack(">II", int(random.integers(1 << 31)), 0)),
        _chunk(b"IDAT", zlib.compress(random.bytes(60 * 40 * 8))),
        _chunk(b"IDAT", bomb),
        struct.pack(">I", int(random.integers(1 << 31))) + b"IDAT",
    ]
    order = random.permutation(len(chunks))[: int(random.integers(1, len(chunks)))]
    return PNG + head + b"".join(chunks[i] for i in order) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def boxes_of_heic(random: Random) -> bytes:
    """A HEIC whose boxes say they are longer, shorter, others or twice there."""
    heics = [data for data in plain() if data[4:8] == b"ftyp"]
    data = bytearray(heics[random.integers(len(heics))])
    for _ in range(int(random.integers(1, 4))):
        marks = (b"meta", b"iloc", b"iinf", b"iprp", b"ipco", b"ipma", b"hvcC", b"ispe", b"pitm", b"iref", b"mdat")
        place = data.find(marks[random.integers(len(marks))])
        if place > 4:
            match random.integers(3):
                case 0:
                    struct.pack_into(">I", data, place - 4, int(2 ** random.uniform(0, 32)) & 0xFFFFFFFF)
                case 1:
                    data[place : place + 4] = marks[random.integers(len(marks))]
                case _:
                    data[place + 4 : place + 24] = random.bytes(20)
    return bytes(data)


def noise_with_a_magic_word(random: Random) -> bytes:
    head = _any(random)[: int(random.choice([0, 4, 12, 30]))]
    return head + random.bytes(int(random.choice([0, 1, 100, 100_000])))


def nothing_but_marks(random: Random) -> bytes:
    """A header of millions of parts, which a reader in Python steps through one by one."""
    jpeg, gif = _encoded(Image.new("L", (9, 9)), format="JPEG"), b"GIF89a\1\0\1\0\0\0\0"
    head, mark = [
        (jpeg[:2], b"\xff"),
        (jpeg[:2], b"\xff\xe1\0\x08Exif\0\0"),
        (jpeg[:-2], b"\xff\xe0\0\2"),
        (plain()[4][:33], _chunk(b"abCd", b"")),
        (gif, b"\0"),
        (gif + b"!\xfe", b"\1a"),
    ][random.integers(6)]
    return head + mark * int(random.choice([10, 1000, 20_000_000]) // len(mark))


def nothing_wrong(random: Random) -> bytes:
    return _any(random)


KINDS: dict[str, Callable[[Random], bytes]] = {
    "truncated": truncated,
    "bits flipped": bits_flipped,
    "bytes moved, doubled or missing": bytes_moved,
    "the head of another photo": head_of_another,
    "also a zip, a page, a program": polyglot,
    "a size that lies": size_that_lies,
    "long and thin": long_and_thin,
    "broken EXIF or colour profile": odd_tags,
    "PNG: bombs in chunks, odd depths": odd_png,
    "HEIC: broken boxes": boxes_of_heic,
    "JPEG: scanned up to 10,000 times": scanned_again,
    "noise behind a magic word": noise_with_a_magic_word,
    "nothing but marks": nothing_but_marks,
    "nothing wrong: CMYK, palette, 16 bits, animated": nothing_wrong,
    "as many pixels as are opened": very_large,
}
