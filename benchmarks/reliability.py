"""What holds under attack, under load and when the power goes: each part a claim, measured.

`python -m benchmarks.reliability` measures all parts, `--only photos` one of them; each rewrites its own section of
`benchmarks/reliability.md` and leaves the others. Exit status 1 where a claim does not hold.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.fire import photos, zips
from benchmarks.fire.watch import Make, Use, Watched, watch
from benchmarks.report import FOLDER, table
from recycler.markdown import report

FILE = FOLDER / "reliability.md"
PHOTOS, ZIPS = 10_000, 200
MOST_MB, MOST_SECONDS = 1000, 2.0

Section = tuple[str, bool]
"""Markdown, and whether the claim holds."""


def photos_section() -> Section:
    """Hostile photos."""
    return _watched("photos", photos.hostile_photo, photos.as_pages_do, PHOTOS)


def zips_section() -> Section:
    """Hostile zips."""
    return _watched("zips", zips.hostile_zip, zips.as_pages_do, ZIPS)


def _watched(what: str, make: Make, use: Use, count: int) -> Section:
    with tempfile.TemporaryDirectory() as home:
        found = watch(make, use, range(count), Path(home))
    return _words(what, count, found), _holds(what, found)


def _words(what: str, count: int, found: Watched) -> str:
    rows = [[name, f"{kind.taken:,}", f"{kind.refused:,}", f"{kind.slowest:.2f}"] for name, kind in found.kinds.items()]
    text = (
        f"{count:,} hostile {what}, through the functions that the pages call: {len(found.faults)} tracebacks, "
        f"{len(found.strays)} files outside the home folder, at most {found.peak_mb:.0f} MB of memory in all."
    )
    return f"{text}\n\n{table([what, 'taken', 'refused with a sentence', 'slowest, s'], rows)}"


def _holds(what: str, found: Watched) -> bool:
    for problem in (*found.faults, *found.strays):
        print(problem, file=sys.stderr)
    slow = what == "photos" and any(kind.slowest > MOST_SECONDS for kind in found.kinds.values())
    return not (found.faults or found.strays or slow or found.peak_mb > MOST_MB)


PARTS: dict[str, tuple[str, Callable[[], Section]]] = {
    "photos": ("Hostile photos", photos_section),
    "zips": ("Hostile zips", zips_section),
}


def put(part: str, text: str) -> None:
    """Replace the section of one part, or add it where it belongs."""
    title = PARTS[part][0]
    known = FILE.read_text("utf-8") if FILE.exists() else ""
    sections = dict(re.findall(r"^## (.+?)\n\n(.*?)\s*(?=^## |\Z)", known, re.MULTILINE | re.DOTALL))
    _, _, body = report(title, f"python -m benchmarks.reliability --only {part}", [text]).decode().partition("\n\n")
    sections[title] = body.strip()
    parts = [f"## {name}\n\n{sections[name]}" for name, _ in PARTS.values() if name in sections]
    intro = "What holds under attack, under load and when the power goes. Each section is a claim and its command."
    FILE.write_text("\n\n".join(["# Reliability", intro, *parts]) + "\n", "utf-8")


def main() -> None:
    """Measure the chosen parts and write their sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone")
    failed = []
    for part in parser.parse_args().only or PARTS:
        text, holds = PARTS[part][1]()
        put(part, text)
        failed += [] if holds else [part]
    sys.exit(f"Does not hold: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
