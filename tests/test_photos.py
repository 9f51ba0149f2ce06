"""Photos from anyone: every format comes out upright in RGB, every refusal is one plain sentence."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile

from recycler.errors import PhotoError
from recycler.photos import FORMATS, SUFFIXES, Photo, _Room, open_photo, read_photo, resize, to_jpeg
from recycler.settings import Settings, settings

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encode(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def blue_left() -> Image.Image:
    """64 wide, 32 high: the left half blue, the right half red."""
    image = Image.new("RGB", (64, 32), RED)
    image.paste(BLUE, (0, 0, 32, 32))
    return image


def textured(width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    tags[ExifTags.Base.Make] = "Secret Camera"
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return tags


def about(photo: Photo, colour: tuple[int, int, int]) -> bool:
    """Every pixel within what lossy coding changes."""
    return bool(np.abs(photo.astype(int) - colour).max() <= 12)


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises this size and holds nothing else."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encode(textured(160, 120), "JPEG", exif=exif(1)),
    "progressive jpeg": lambda: encode(textured(160, 120), "JPEG", progressive=True),
    "cmyk jpeg": lambda: encode(textured(160, 120).convert("CMYK"), "JPEG"),
    "grey jpeg": lambda: encode(textured(160, 120).convert("L"), "JPEG"),
    "png": lambda: encode(textured(160, 120), "PNG"),
    "palette png": lambda: encode(textured(160, 120).quantize(256), "PNG"),
    "webp": lambda: encode(textured(160, 120), "WEBP"),
    "heic": lambda: encode(textured(160, 120), "HEIF"),
    "gif": lambda: encode(textured(160, 120), "GIF"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_becomes_rgb_of_the_same_size(name: str) -> None:
    photo = open_photo(SAMPLES[name]())
    assert photo.shape == (120, 160, 3)
    assert photo.dtype == np.uint8
    if name != "grey jpeg":
        assert np.abs(photo.astype(int) - np.asarray(textured(160, 120))).mean() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("file_format", "options"), [("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"quality": 95})]
)
def test_exif_orientation_is_applied(file_format: str, options: dict[str, int], orientation: int) -> None:
    photo = open_photo(encode(blue_left(), file_format, exif=exif(orientation), **options))
    # where the stored left half must lie, by the Exif standard
    side = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    part = {"left": photo[:, :24], "right": photo[:, -24:], "top": photo[:24], "bottom": photo[-24:]}[side]
    assert photo.shape == ((32, 64, 3) if orientation < 5 else (64, 32, 3))
    assert about(part, BLUE)


def test_heic_is_turned_once() -> None:
    photo = open_photo(encode(blue_left(), "HEIF", exif=exif(6).tobytes()))
    assert photo.shape == (64, 32, 3)
    assert about(photo[:24], BLUE)


def test_a_drafted_jpeg_is_turned_too() -> None:
    data = encode(blue_left().resize((1600, 800)), "JPEG", exif=exif(6))
    photo = open_photo(data, at_least=100)
    assert photo.shape == (200, 100, 3)
    assert about(photo[:90], BLUE)


@pytest.mark.parametrize(
    "broken", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01", b"Exif\0\0" + b"\xff" * 60_000]
)
def test_broken_exif_is_ignored_without_a_warning(broken: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_photo(encode(blue_left(), "JPEG", exif=broken)).shape == (32, 64, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette"])
def test_transparent_parts_lie_on_white(mode: str) -> None:
    image = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 10, 10))
    image = image.quantize(4) if mode == "palette" else image.convert(mode)
    photo = open_photo(encode(image, "PNG"))
    assert about(photo[:, :10], (0, 0, 0))
    assert about(photo[:, 10:], WHITE)


def test_half_transparent_red_on_white_is_pink() -> None:
    assert about(open_photo(encode(Image.new("RGBA", (4, 4), (255, 0, 0, 128)), "PNG")), (255, 127, 127))


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1))
    photo = open_photo(encode(Image.fromarray(ramp), "PNG"))
    assert np.abs(photo[0, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_counts(file_format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE)]
    assert about(open_photo(encode(frames[0], file_format, save_all=True, append_images=frames[1:])), RED)


def refusal(data: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(data, 32)
    text = str(caught.value)
    assert text.endswith(".")
    assert text.count(". ") == 0, "one sentence"
    assert not {"PIL", "decode", "Traceback", "0x"} & set(text.split())
    return text


def test_an_empty_file_is_refused() -> None:
    assert "empty" in refusal(b"")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"just some text that was renamed to holiday.png", id="text"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3", id="pdf"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="svg"),
        pytest.param(encode(blue_left(), "TIFF"), id="tiff"),
        pytest.param(encode(blue_left(), "BMP"), id="bmp"),
        pytest.param(encode(blue_left(), "PPM"), id="ppm"),
        pytest.param(encode(blue_left(), "ICO"), id="ico"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", id="eps"),
    ],
)
def test_other_kinds_of_files_are_refused(data: bytes) -> None:
    assert refusal(data).startswith("This file is not a photo")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_photo_is_refused(name: str, share: float) -> None:
    data = SAMPLES[name]()
    assert "damaged" in refusal(data[: int(len(data) * share)])


def test_nobody_lets_pillow_load_truncated_photos() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("side", [9_001, 12_000, 60_000])
def test_a_bomb_is_refused_from_its_header(side: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "megapixels" in refusal(png_header(side, side))


@pytest.mark.parametrize(
    ("mode", "size", "file_format", "options", "told"),
    [
        ("1", (9_000, 5_600), "PNG", {}, "50.4 megapixels, and 50 is the most"),
        ("L", (9_000, 5_600), "JPEG", {"progressive": True}, "50.4 megapixels, and 50 is the most"),
        ("RGB", (8_000, 5_100), "WEBP", {"quality": 0, "method": 0}, "40.8 megapixels, and 40 is the most"),
    ],
    ids=["PNG", "JPEG", "WebP"],
)
def test_what_cannot_be_shrunk_while_it_is_decoded_may_have_fewer_pixels(
    mode: str, size: tuple[int, int], file_format: str, options: dict[str, Any], told: str
) -> None:
    text = refusal(encode(Image.new(mode, size), file_format, **options))
    assert told in text
    assert "plain JPEG" in text


def test_a_jpeg_that_goes_over_its_pixels_a_thousand_times_is_refused() -> None:
    data = encode(textured(160, 120), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert open_photo(data[:-2] + 10 * last + data[-2:]).shape == (120, 160, 3)
    assert "scans" in refusal(data[:-2] + 11 * last + data[-2:])


def test_scans_are_counted_in_the_photo_alone_not_in_what_lies_within_and_behind_it() -> None:
    scans = 30 * b"\xff\xda\0\x02"
    assert open_photo(encode(textured(160, 120), "JPEG", comment=scans) + scans).shape == (120, 160, 3)


@pytest.mark.parametrize(
    ("head", "mark"),
    [
        pytest.param(b"\xff\xd8", b"\xff", id="jpeg"),
        pytest.param(encode(blue_left(), "JPEG")[:-2], b"\xff\xe0\0\2", id="behind the pixels of a jpeg"),
        pytest.param(png_header(9, 9)[:33], b"\0\0\0\0abCd" + struct.pack(">I", zlib.crc32(b"abCd")), id="png"),
        pytest.param(b"GIF89a\1\0\1\0\0\0\0!\xfe", b"\1a", id="gif"),
    ],
)
def test_a_photo_of_nothing_but_marks_is_refused_at_once(head: bytes, mark: bytes) -> None:
    begin = time.process_time()
    assert "damaged" in refusal(head + mark * (20_000_000 // len(mark)))
    assert time.process_time() - begin < 2, "seconds; stepping through all of them takes up to ten"


def test_threads_take_turns_when_there_is_no_room_for_all() -> None:
    room, inside, seen = _Room(10), list[int](), list[list[int]]()

    def take(pixels: int) -> None:
        with room.take(pixels):
            inside.append(pixels)
            seen.append(inside.copy())
            time.sleep(0.002)
            inside.remove(pixels)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(take, [4, 6, 10, 1, 9, 25] * 10))
    assert [25] in seen
    assert all(sum(sizes) <= 10 or sizes == [25] for sizes in seen)
    assert any(len(sizes) > 1 for sizes in seen)


def test_a_heic_that_lies_about_its_size_is_refused() -> None:
    data = encode(Image.new("RGB", (1024, 1024)), "HEIF")
    size = data.index(b"ispe") + 8
    assert "damaged" in refusal(data[:size] + struct.pack(">II", 16, 16) + data[size + 8 :])


def test_limits_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_PHOTO_MEGABYTES", "1")
    monkeypatch.setenv("RECYCLER_PHOTO_MEGAPIXELS", "1")
    settings.cache_clear()
    assert "1 MB" in refusal(encode(textured(64, 64), "PNG") + b"\0" * 1_000_000)
    assert "1.2 megapixels, and 1 " in refusal(encode(Image.new("RGB", (1_200, 1_000)), "JPEG"))


def test_pillows_own_limit_lets_every_allowed_setting_through() -> None:
    rules = Settings.model_fields["photo_megapixels"].metadata
    highest = next(rule.le for rule in rules if hasattr(rule, "le"))
    assert Image.MAX_IMAGE_PIXELS is not None
    assert 2 * Image.MAX_IMAGE_PIXELS >= highest * 1_000_000


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_bytes_give_a_photo_or_a_sentence(name: str) -> None:
    data, random = SAMPLES[name](), np.random.default_rng(0)
    for _ in range(40):
        hurt = bytearray(data)
        for place in random.integers(0, random.choice([200, len(data)]), 6):
            hurt[place] = random.integers(256)
        with suppress(PhotoError):
            assert read_photo(bytes(hurt), 32).shape == (32, 32, 3)


@pytest.mark.parametrize("size", [32, 160, 224])
def test_training_and_serving_get_the_same_pixels(size: int) -> None:
    data = encode(textured(400, 300), "JPEG")
    assert np.array_equal(read_photo(data, size), resize(open_photo(data, at_least=size), size))


def test_a_photo_of_the_right_size_keeps_its_pixels() -> None:
    photo = np.asarray(textured(32, 32))
    assert np.array_equal(read_photo(encode(Image.fromarray(photo), "PNG"), 32), photo)


def test_resizing_is_antialiased() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resize(stripes, 32).astype(int) - 127).max() <= 3


def test_drafting_hardly_changes_what_the_network_sees() -> None:
    data = encode(textured(1600, 1200), "JPEG")
    assert open_photo(data, at_least=224).shape == (300, 400, 3)
    full = resize(open_photo(data), 224)
    assert np.abs(read_photo(data, 224).astype(int) - full).mean() < 1


def test_drafting_never_goes_below_what_was_asked() -> None:
    data = encode(textured(500, 460), "JPEG")
    assert min(open_photo(data, at_least=231).shape[:2]) == 460
    assert min(open_photo(data, at_least=230).shape[:2]) == 230


PEAK = """
import re, sys
from pathlib import Path
from recycler.photos import read_photo

def peak():  # highest resident memory of this process; getrusage would start from the parent's
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000

data = Path(sys.argv[1]).read_bytes()
before = peak()
assert read_photo(data, 224).shape == (224, 224, 3)
print(peak() - before)
"""


def memory_for(file: Path) -> float:
    """MB that opening a photo takes, or a skip."""
    if not Path("/proc/self/status").exists() or "VmHWM" not in Path("/proc/self/status").read_text():
        pytest.skip("needs Linux's /proc/self/status to read peak memory")
    done = subprocess.run([sys.executable, "-c", PEAK, str(file)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_a_48_megapixel_jpeg_costs_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    Image.radial_gradient("L").resize((8_064, 6_048)).convert("RGB").save(file, quality=75)
    assert memory_for(file) < 60, "MB; undrafted it takes over 300"


def test_no_copy_of_a_photo_outlives_its_use(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    Image.new("RGBA", (4_000, 3_000), (255, 0, 0, 100)).save(file, compress_level=1)
    assert memory_for(file) < 12 * 11.5, "MB: ten bytes a pixel; with one copy more it is nearly 14"


def test_thumbnails_carry_no_metadata() -> None:
    photo = open_photo(encode(textured(400, 300), "JPEG", exif=exif(1), icc_profile=b"x" * 5000, comment=b"home"))
    data = to_jpeg(photo, 100)
    with Image.open(io.BytesIO(data)) as thumbnail:
        assert thumbnail.size == (100, 75)
        assert not thumbnail.getexif()
        assert set(thumbnail.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Exif" not in data
    assert b"Secret" not in data


def test_thumbnails_are_never_enlarged() -> None:
    assert open_photo(to_jpeg(np.zeros((30, 40, 3), np.uint8), 400)).shape == (30, 40, 3)


def test_many_threads_open_photos_side_by_side() -> None:
    files = [SAMPLES[name]() for name in SAMPLES] * 8
    alone = [read_photo(data, 32) for data in files]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda data: read_photo(data, 32), files))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_every_suffix_names_a_format_that_opens() -> None:
    known = Image.registered_extensions()
    assert {known[suffix] for suffix in SUFFIXES} == set(FORMATS)


def test_real_photos_open(real_data: Path) -> None:
    with zipfile.ZipFile(real_data / "home" / "home-dataset.zip") as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES)][:20]
        photos = [read_photo(archive.read(name), 224) for name in names]
    assert len(photos) == 20
    assert all(photo.std() > 5 for photo in photos)
