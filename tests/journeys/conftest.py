"""A real server and a real browser, as a visitor has them."""

import io
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from recycler.classes import HOUSEHOLD
from recycler.settings import PROJECT

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PATIENCE = 30_000  # milliseconds: a busy machine with two cores needs some of them at its first page

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def sample() -> Path:
    """One of our own sample photos."""
    return min((PROJECT / "samples").glob("*.jpg"))


@pytest.fixture(scope="session")
def photos(sample: Path) -> list[FilePayload]:
    """Four different photos, as files to upload: the sample, turned."""
    names = ("upright.jpg", "left.jpg", "upside-down.jpg", "right.jpg")
    return [
        {"name": name, "mimeType": "image/jpeg", "buffer": jpeg(sample, (640, 480), turned=90 * i)}
        for i, name in enumerate(names)
    ]


@pytest.fixture(scope="session")
def browser(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Headless Chromium whose camera shows a sample photo, or a skip that says how to get it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium: install Debian's package with `sudo apt-get install chromium`")
    film = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    film.write_bytes(3 * jpeg(sample, (1280, 960)))
    with sync_playwright() as playwright:
        arguments = [*QUIET, f"--use-file-for-fake-video-capture={film}"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all journeys share."""
    with new_server(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server that nobody has visited yet."""
    with new_server(tmp_path) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor's window of 1280 pixels."""
    with browser.new_context(viewport={"width": 1280, "height": 860}) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A visitor's phone: 390 pixels, touched."""
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def new_server(folder: Path, port: int | None = None, **variables: str) -> Iterator[str]:
    """Start a server, with two rulebooks that leave no doubt, all to the recycling, all to the bin; and one between.

    port: a free one by default. variables: of its environment.
    """
    port = port or free_port()
    half = len(HOUSEHOLD) // 2
    books = {"default": {"recycling": HOUSEHOLD}, "strict": {"bin": HOUSEHOLD}}
    books["mixed"] = {"recycling": HOUSEHOLD[:half], "bin": HOUSEHOLD[half:]}
    for name, rules in books.items():
        lines = [
            f"  - {{destination: {destination}, classes: [{', '.join(classes)}], advice: Put it there}}\n"
            for destination, classes in rules.items()
        ]
        text = f"title: {name.title()} town\nregion: here\nsource: us\nrules:\n{''.join(lines)}"
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    command = [sys.executable, "-m", "streamlit", "run", "server.py", f"--server.port={port}"]
    environment = {**os.environ, "RECYCLER_RULEBOOKS": str(folder), "RECYCLER_HOME": str(folder), **variables}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "URL:" in line:
                    break
            else:
                pytest.fail("The server did not start:\n" + "".join(said))
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=30)  # reads on: a server that cannot say that it stops does not stop


def jpeg(path: Path, size: tuple[int, int], turned: int = 0) -> bytes:
    """A photo in another size, turned by some degrees, as JPEG."""
    file = io.BytesIO()
    with Image.open(path) as photo:
        photo.convert("RGB").resize(size).rotate(turned, expand=True).save(file, "JPEG")
    return file.getvalue()


def settled(page: Page) -> None:
    """Wait until the page is drawn to its end: what is opened before then closes again."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def fits(page: Page) -> None:
    """Nothing scrolls sideways."""
    wide = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    assert wide <= page.evaluate("innerWidth")
