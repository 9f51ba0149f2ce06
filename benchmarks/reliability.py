"""What holds under attack, under load and when the power goes: each part a claim, measured.

`python -m benchmarks.reliability` measures all parts, `--only photos` one of them; each rewrites its own section of
`benchmarks/reliability.md` and leaves the others. Exit status 1 where a claim does not hold.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Timer

from benchmarks.fire import load, photos, proxy, trainings, zips
from benchmarks.fire.watch import Make, Use, Watched, watch
from benchmarks.report import FOLDER, table
from recycler.markdown import report

FILE = FOLDER / "reliability.md"
PHOTOS, ZIPS = 10_000, 200
MOST_MB, MOST_SECONDS = 1000, 2.0
VISITORS, LOAD_SECONDS, THINK = 50, 300, (5.0, 15.0)
KILLS, DISKS, QUEUED, LOCKED_SECONDS = 100, 20, 20, 30
LEAK_PHOTOS, LEAK_MB = 10_000, 30  # most that memory may grow from the first 2,000 photos to the last

LOAD_COLUMNS = ["", "verdicts", "visits", "errors or mixed answers", "median, ms", "95th percentile, ms"]

Section = tuple[str, bool]
"""Markdown, and whether the claim holds."""


def photos_section() -> Section:
    """Hostile photos."""
    return _watched("photos", photos.hostile_photo, photos.USES, PHOTOS)


def zips_section() -> Section:
    """Hostile zips."""
    return _watched("zips", zips.hostile_zip, zips.USES, ZIPS)


def _watched(what: str, make: Make, uses: Sequence[Use], count: int) -> Section:
    with tempfile.TemporaryDirectory() as home:
        found = watch(make, uses, range(count), Path(home))
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


def load_section() -> Section:
    """Fifty visitors for five minutes; and again beside a training."""
    photos = load.phone_photos(VISITORS, (4000, 3000))
    with load.fresh_home() as home, load.server(home) as (address, process):
        alone = load.Crowd(address, process, photos, THINK).visit(VISITORS, LOAD_SECONDS)
        with load.training(home) as points:
            fast = load.batches_a_second(points, 30)
            with ThreadPoolExecutor(1) as pool:
                speed = pool.submit(load.batches_a_second, points, LOAD_SECONDS)
                beside = load.Crowd(address, process, photos, THINK).visit(VISITORS, LOAD_SECONDS)
                slow = speed.result()
    bare = load.bare_milliseconds()
    rows = [
        [*_load_row(name, seen), f"{1000 * seen.work / len(seen.seconds):.0f}"]
        for name, seen in (("alone", alone), ("while a training runs", beside))
    ]
    text = (
        f"{VISITORS} visitors at once, each with a photo of 12 megapixels every {THINK[0]:.0f} to {THINK[1]:.0f} s, "
        "five a visit, over Streamlit's own protocol; each looks whether the verdict is that of its own photo. From "
        "the first byte sent to the verdict shown. The visitors take their share of the same cores. "
        f"The network alone takes {bare:.0f} ms. The server held "
        f"{max((memory for _, memory in (*alone.memory, *beside.memory)), default=0):.0f} MB at most."
    )
    columns = [*LOAD_COLUMNS, "server's work a verdict, ms of a core"]
    pace = f"The training made {fast:.1f} batches a second without visitors, {slow:.1f} with them."
    for problem in (*alone.faults, *beside.faults):
        print(problem, file=sys.stderr)
    holds = not (alone.faults or beside.faults) and beside.quantile(0.5) < 1.5 * alone.quantile(0.5) and slow > 0
    return f"{text}\n\n{table(columns, rows)}\n\n{pace}", holds


def _load_row(name: str, seen: load.Load) -> list[str]:
    times = [f"{1000 * seen.quantile(share):.0f}" for share in (0.5, 0.95)]
    return [name, f"{len(seen.seconds):,}", f"{seen.visits}", f"{len(seen.faults)}", *times]


def two_section() -> Section:
    """Two web servers behind nginx, one of which is killed."""
    text = (
        f"{VISITORS} visitors at once, as above, through nginx and TLS by `deploy/nginx.conf` to two web servers on "
        "one home folder; then again, and half-way one server is killed with SIGKILL. Whose visit breaks reloads the "
        "page, with the same cookies; a second time would count as an error."
    )
    try:
        both, stayed, left = _before_and_after_a_kill()
    except FileNotFoundError as problem:
        return f"{text}\n\nNot measured: {problem}.", True
    for fault in (*both.faults, *left.faults):
        print(fault, file=sys.stderr)
    counts = Counter(server for servers in stayed.values() for server in servers)
    strays = sum(len(servers) > 1 for servers in stayed.values())
    rows = [_load_row("both servers", both), _load_row("one is killed half-way", left)]
    where = (
        f"While both ran, {' and '.join(str(count) for count in counts.values())} visits came to them, and {strays} to "
        f"more than one. The killed one broke {left.reloads} visits, each mended by one reload."
    )
    holds = not (both.faults or left.faults or strays) and len(counts) == 2 and 0 < left.reloads < VISITORS
    return f"{text}\n\n{table(LOAD_COLUMNS, rows)}\n\n{where}", holds


def _before_and_after_a_kill() -> tuple[load.Load, dict[str, set[str]], load.Load]:
    """What visitors saw while both servers ran, at which servers they were, and what others saw of the kill."""
    photos = load.phone_photos(VISITORS, (4000, 3000))
    with (
        load.fresh_home() as home,
        load.server(home) as (one, process),
        load.server(home) as (other, doomed),
        proxy.proxy([address.removeprefix("http://") for address in (one, other)]) as front,
    ):
        crowd = partial(load.Crowd, front.address, process, photos, THINK, front.trust())
        both = crowd().visit(VISITORS, LOAD_SECONDS)
        stayed = front.asked()
        end = Timer(LOAD_SECONDS / 2, os.kill, (doomed, signal.SIGKILL))
        end.start()
        left = crowd(reloads=1).visit(VISITORS, LOAD_SECONDS)
        end.join()
    return both, stayed, left


def memory_section() -> Section:
    """Ten thousand photos one after another."""
    photos = load.phone_photos(VISITORS, (800, 600))
    with load.fresh_home() as home, load.server(home) as (address, process):
        seen = load.Crowd(address, process, photos, (0, 0)).visit(8, most=LEAK_PHOTOS)
    rows = [[f"{count:,}", f"{memory:.0f}"] for count, memory in seen.memory if count % 2000 == 0]
    text = f"{len(seen.seconds):,} photos in {seen.visits:,} visits, eight at once; {len(seen.faults)} errors."
    settled = [memory for count, memory in seen.memory if count >= LEAK_PHOTOS / 5]
    return f"{text}\n\n{table(['photos', 'memory of the server, MB'], rows)}", (
        not seen.faults and settled[-1] - settled[0] < LEAK_MB
    )


def kills_section() -> Section:
    """Trainings that are killed."""
    return _ended(
        "Trainings of two stages that are killed with SIGKILL at random moments and resumed, up to a dozen times each; "
        "their curves and what they say of each photo are compared to the last digit with those of one that nobody "
        "disturbed. How long after a kill the run read as failed: *longest*.",
        lambda home: trainings.kills(home, KILLS),
    )


def disks_section() -> Section:
    """Disks that are full at some step."""
    return _ended(
        "The same training with its home folder on disks from far too small to just too small, so that another writing "
        "step fails each time; then there is room, and it goes on.",
        lambda home: trainings.full_disks(home, DISKS),
    )


def queue_section() -> Section:
    """Twenty trainings at once."""
    return _ended(
        f"{QUEUED} trainings started at once by two servers on one home folder; two thirds of them are cancelled at "
        "random moments, by a request or by SIGKILL; those that nobody cancelled have to be done, and no other live.",
        lambda home: trainings.queued(home, QUEUED),
    )


def store_section() -> Section:
    """A store that is locked."""
    return _ended(
        f"Another program locks the run store for {LOCKED_SECONDS} s while a run is handed over.",
        lambda home: trainings.locked_store(home, LOCKED_SECONDS),
    )


def _ended(text: str, measure: Callable[[Path], trainings.Ends]) -> Section:
    with load.fresh_home() as home:
        try:
            ends = measure(home)
        except OSError as problem:  # no small disk without root
            return f"{text}\n\nNot measured: {problem}.", True
    for fault in ends.faults:
        print(fault, file=sys.stderr)
    rows = [*((name, f"{count:,}") for name, count in ends.counts.items()), ("ended otherwise", str(len(ends.faults)))]
    return f"{text}\n\n{table(['', ''], rows)}", not ends.faults


PARTS: dict[str, tuple[str, Callable[[], Section]]] = {
    "photos": ("Hostile photos", photos_section),
    "zips": ("Hostile zips", zips_section),
    "kills": ("Killed trainings", kills_section),
    "disks": ("Full disks", disks_section),
    "queue": ("Twenty trainings at once", queue_section),
    "store": ("A locked run store", store_section),
    "load": ("Fifty visitors", load_section),
    "two": ("Two web servers behind nginx", two_section),
    "memory": ("Memory", memory_section),
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
