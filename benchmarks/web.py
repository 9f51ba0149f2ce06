"""From opening the page to the first verdict, as a visitor of a fresh server has it, and the memory that it takes."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from benchmarks.report import table, write
from recycler.settings import PROJECT

ROUNDS = 5
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def memory_mb(process: int) -> float:
    """Resident memory of a process in MB, as Linux tells it."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def one_visit(photo: Path) -> tuple[float, float, float]:
    """Seconds until the server answers, seconds from then to a verdict on the page, MB of the server after it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.address=127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*CHROMIUM])
        page = browser.new_page()
        begin = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 - our own command
            [*command, f"--server.port={port}"], cwd=PROJECT, env=dict(os.environ), stdout=subprocess.DEVNULL
        ) as server:
            try:
                answered = answers(address)
                page.goto(address)
                page.get_by_role("button", name=photo.stem.replace("-", " ").capitalize(), exact=True).click()
                page.locator(".verdict-word").wait_for()
                seen = time.perf_counter()
                return answered - begin, seen - answered, memory_mb(server.pid)
            finally:
                browser.close()
                server.terminate()


def answers(address: str, patience: float = 60.0) -> float:
    """The moment at which the server is healthy."""
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310 - our own server
                return time.perf_counter()
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"{address} did not answer within {patience:.0f} s")


def main() -> None:
    """Measure and write the table."""
    photo = min((PROJECT / "samples").glob("*.jpg"))
    visits = [one_visit(photo) for _ in range(ROUNDS)]
    names = ("server answers, s", "from then to the first verdict, s", "server's memory after it, MB")
    rows = [
        [name, *(f"{pick(values):.{digits}f}" for pick in (statistics.median, max))]
        for name, values, digits in zip(names, zip(*visits, strict=True), (2, 2, 0), strict=True)
    ]
    text = f"A fresh server and a fresh browser each time, a click on a sample photo, {ROUNDS} rounds."
    write("web", "The first verdict", [text, table(["", "median", "largest"], rows)])


if __name__ == "__main__":
    main()
