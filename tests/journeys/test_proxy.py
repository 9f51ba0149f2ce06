"""Recycler behind nginx with TLS, by the very configuration that deploy/ holds."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.fire import proxy as nginx

pytestmark = pytest.mark.journey


@pytest.fixture
def proxy(server: str) -> Iterator[str]:
    """The address of an nginx in front of the server, or a skip that says how to get one."""
    try:
        with nginx.proxy([urlsplit(server).netloc.replace("localhost", "127.0.0.1")]) as front:
            yield front.address
    except FileNotFoundError as problem:
        pytest.skip(str(problem))


def test_a_photo_gets_its_verdict_through_the_proxy(browser: Browser, proxy: str, sample: Path) -> None:
    with browser.new_context(ignore_https_errors=True, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(proxy)
        page.get_by_text("Upload", exact=True).click()
        page.locator("input[type=file]").set_input_files(sample)
        expect(page.locator(".verdict-word")).to_be_visible()
        assert page.evaluate("isSecureContext"), "so a phone allows the camera"
        [cookie] = [cookie for cookie in context.cookies() if cookie["name"] == "recycler"]
        assert (cookie["secure"], cookie["httpOnly"]) == (True, True)
        answer = context.request.get(proxy)
        assert answer.status == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert [one["value"] for one in context.cookies() if one["name"] == "recycler"] == [cookie["value"]]
        for hidden in ("metrics", "ready", "_stcore/metrics"):
            assert context.request.get(f"{proxy}/{hidden}").status == 404
    assert status_of_upload(proxy, 100_000_000) != 413
    assert status_of_upload(proxy, 110_000_000) == 413


def status_of_upload(address: str, size: int) -> int:
    """What a visitor is told who announces so many bytes."""
    unknown = ssl._create_unverified_context()  # noqa: S323 - our own certificate
    with closing(HTTPSConnection(urlsplit(address).netloc, context=unknown, timeout=5)) as connection:
        connection.putrequest("PUT", "/_stcore/upload_file/none/none")
        connection.putheader("Content-Length", str(size))
        connection.endheaders(b"0")
        try:
            return connection.getresponse().status
        except OSError:
            return 0  # it waits for the rest
