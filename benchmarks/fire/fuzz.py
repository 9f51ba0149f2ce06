"""A fuzzer that follows coverage, on photos or zips: `python -m benchmarks.fire.fuzz photos --seconds 600`.

Needs atheris: `uv pip install --python .venv/bin/python atheris`. What it finds lies in build/fuzz/photos-crash-...;
mend it, and keep what it was about as a test of its own, as those of nothing but marks in `tests/test_photos.py`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["PIL", "pillow_heif", "zipfile", "recycler"]):
    import zipfile  # noqa: F401 - instrumented here

    from benchmarks.fire import photos, zips
    from recycler.datasets.archive import load_archive
    from recycler.errors import RecyclerError
    from recycler.photos import read_photo
    from recycler.settings import PROJECT

FOLDER = PROJECT / "build" / "fuzz"
SECONDS, MEGABYTES = 20, 2000  # of one input, before it counts as found; the machine may be busy


def try_photo(data: bytes) -> None:
    """One photo as Classify reads it."""
    with suppress(RecyclerError):
        read_photo(data, 32)


def try_zip(data: bytes) -> None:
    """One zip as the Train page reads it, and each of its photos."""
    file = FOLDER / "try.zip"
    file.write_bytes(data)
    with suppress(RecyclerError):
        found = load_archive(file)
        for i in range(min(len(found), 10)):
            with suppress(RecyclerError):
                found.read_bytes(i)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], Sequence[bytes]]]] = {
    "photos": (try_photo, photos.plain),
    "zips": (try_zip, zips.plain_zips),
}


def main() -> None:
    """Fuzz one of the targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    chosen = parser.parse_args()
    target, plain = TARGETS[chosen.what]
    corpus = FOLDER / chosen.what
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(plain()):
        (corpus / f"plain-{number}").write_bytes(data)
    limits = [f"-max_total_time={chosen.seconds}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOLDER}/{chosen.what}-", str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
