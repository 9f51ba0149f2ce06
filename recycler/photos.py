"""Untrusted bytes to a photo: upright RGB pixels, and the one resize that training and serving share.

A photo is a uint8 array (height, width, 3), RGB, 0 to 255. Nothing else of a file comes through here: no place, no
time, no camera, no colour profile. Limits are `photo_megabytes` and `photo_megapixels` of recycler.settings; together
with those below they keep every photo under two seconds and all photos at once under a gigabyte
(`benchmarks/reliability.md`).
"""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, JpegImagePlugin, UnidentifiedImageError

from recycler.errors import PhotoError
from recycler.settings import settings

Photo = NDArray[np.uint8]

SUFFIXES: tuple[str, ...] = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif")
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "GIF")

# What a JPEG of one scan spares us by shrinking while it is decoded, all others cost: time and up to 20 bytes a pixel.
WHOLE_MEGAPIXELS = 50  # just above the 48 of today's phones
WEBP_MEGAPIXELS = 40  # its decoder holds a photo three times
SCANS = 20  # times that a progressive JPEG may go over its pixels; usual ones have 10
PIECES = 200_000  # that a photo is read in; the largest PNGs have 10,000, a file of nothing but marks millions

UNKNOWN = "This file is not a photo that can be opened; please choose a JPEG, PNG, WebP, HEIC or GIF."
DAMAGED = "This photo is damaged or only a part of it arrived; please send it again."

# EXIF orientation to what turns the photo upright (Exif 2.32, tag 0x0112); 1 is upright already.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

pillow_heif.register_heif_opener()
# Pillow warns from this many pixels and refuses from twice as many. Twice is the highest value that our own setting
# takes, so the setting alone decides, from the header and before anything is decoded.
Image.MAX_IMAGE_PIXELS = 250_000_000

_warnings_lock = threading.Lock()
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # of a JPEG; the others lie among the pixels
_END, _SCAN = 0xD9, 0xDA


class _Pieces(io.BytesIO):
    """The bytes of a photo, for a reader in Python that may step through them mark by mark."""

    left = PIECES

    def read(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError("read in too many pieces")
        return super().read(size)


class _Room:
    """Room for so many pixels to be decoded at once by all threads, given out in order of arrival."""

    def __init__(self, pixels: int) -> None:
        self._pixels, self._taken = pixels, 0
        self._first, self._change = threading.Lock(), threading.Condition()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Wait until these fit in; more than there ever is room for are decoded alone."""
        with self._first, self._change:  # who waits lets nobody past
            self._change.wait_for(lambda: not self._taken or self._taken + pixels <= self._pixels)
            self._taken += pixels
        try:
            yield
        finally:
            with self._change:
                self._taken -= pixels
                self._change.notify()


_room = _Room(WHOLE_MEGAPIXELS * 1_000_000)


def open_photo(data: bytes, *, at_least: int | None = None) -> Photo:
    """Decode one photo and turn it upright: uint8 (height, width, 3).

    Transparent parts are laid on white; of an animation only the first frame is read.
    at_least: pixels of the shorter side that are enough. A JPEG is then shrunk while it is decoded (to 1/2, 1/4 or
        1/8), never below this; other formats have no such way and come in full size.
    Raises PhotoError, in one sentence for whoever sent the photo: nothing in it, too many bytes or pixels, another
    kind of file, damaged.
    """
    most = settings().photo_megabytes
    if not data:
        raise PhotoError("This file is empty; please choose a photo.")
    if len(data) > most * 1_000_000:
        raise PhotoError(
            f"This file has {len(data) / 1_000_000:.1f} MB, and {most} MB is the most that can be opened; "
            "please send a smaller copy."
        )
    return _decode(_open(data), data, at_least)


def resize(photo: Photo, size: int) -> Photo:
    """Stretch a photo to a square: uint8 (size, size, 3). Training and serving both make their pixels here.

    Antialiased bicubic; a photo of that size already comes back as it is. Stretched rather than cropped because the
    thing may lie at an edge. Far larger photos are first reduced by whole factors, which keeps three times the
    wanted size and makes no visible difference (Pillow: `reducing_gap`).
    """
    if photo.shape[:2] == (size, size):
        return photo
    return np.asarray(Image.fromarray(photo).resize((size, size), Image.Resampling.BICUBIC, reducing_gap=3.0))


def read_photo(data: bytes, size: int) -> Photo:
    """Untrusted bytes to what a network takes: uint8 (size, size, 3). Raises PhotoError like `open_photo`."""
    return resize(open_photo(data, at_least=size), size)


def to_jpeg(photo: Photo, longest: int, quality: int = 85) -> bytes:
    """A JPEG of the photo whose longer side has at most `longest` pixels, without any metadata; never enlarged."""
    image = Image.fromarray(photo)
    image.thumbnail((longest, longest), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _open(data: bytes) -> Image.Image:
    """Read the header only. What counts is what the bytes are, not what the file is called."""
    try:
        with _quiet():
            return Image.open(_Pieces(data), formats=FORMATS)
    except Image.DecompressionBombError as problem:
        raise PhotoError(_too_large(f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000}")) from problem
    except UnidentifiedImageError as problem:
        raise PhotoError(UNKNOWN) from problem
    except Exception as problem:  # decoders answer hostile bytes with almost any kind of exception
        raise PhotoError(DAMAGED) from problem


def _check_pixels(pixels: int, kind: str | None, shrinks: bool) -> None:
    """kind: of FORMATS. shrinks: see WHOLE_MEGAPIXELS."""
    if pixels > settings().photo_megapixels * 1_000_000:
        raise PhotoError(_too_large(f"{pixels / 1_000_000:.1f}"))
    most = WEBP_MEGAPIXELS if kind == "WEBP" else WHOLE_MEGAPIXELS
    if not shrinks and pixels > most * 1_000_000:
        raise PhotoError(
            f"This photo has {pixels / 1_000_000:.1f} megapixels, and {most} is the most that can be "
            "opened of its kind; please send a smaller copy or a plain JPEG."
        )


def _too_large(megapixels: str) -> str:
    return (
        f"This photo has {megapixels} megapixels, and {settings().photo_megapixels} is the most that can be opened; "
        "please send a smaller copy."
    )


def _scans(data: bytes) -> int:
    """How often a JPEG goes over its pixels (ITU-T T.81, annex B). Raises PhotoError for one made to take minutes."""
    scans, place = 0, 2
    for _ in range(PIECES):
        marker = _MARKER.search(data, place)
        if marker is None or data[marker.end() - 1] == _END:
            return scans
        place = marker.end()
        if data[place - 1] == _SCAN:
            scans += 1
        else:
            place += int.from_bytes(data[place : place + 2])
        if scans > SCANS:
            raise PhotoError(
                f"This photo is a JPEG of more than {SCANS} scans; please open it in a photo program and save it again."
            )
    raise PhotoError(DAMAGED)


def _decode(image: Image.Image, data: bytes, at_least: int | None) -> Photo:
    """The photo whose header was read as `image`, upright. Raises PhotoError."""
    pixels = image.width * image.height
    shrinks = image.format == "JPEG" and _scans(data) == 1
    _check_pixels(pixels, image.format, shrinks)
    if at_least is not None and isinstance(image, JpegImagePlugin.JpegImageFile):
        image.draft("RGB", (at_least, at_least))
    with _room.take(image.width * image.height if shrinks else pixels):
        try:
            image.load()
            turn = UPRIGHT.get(_orientation(image))
            upright = _to_rgb(image)
            del image  # nobody else holds it, so the pixels are there once, not twice
            if turn is not None:
                upright = upright.transpose(turn)
            return np.asarray(upright)
        except Exception as problem:  # decoders answer hostile bytes with almost any kind of exception
            raise PhotoError(DAMAGED) from problem


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8. Broken EXIF is no reason to refuse the pixels: it counts as upright."""
    if image.format == "HEIF":  # turned while decoding, by the file's own box; HEIF's EXIF only repeats it
        return 1
    try:
        with _quiet():
            return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # decoders answer hostile bytes with almost any kind of exception
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode that FORMATS can hold to RGB, transparent parts on white."""
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip to white
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper


@contextmanager
def _quiet() -> Iterator[None]:
    """Swallow Pillow's warnings about odd headers; a lock, because warning filters belong to the whole process."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
