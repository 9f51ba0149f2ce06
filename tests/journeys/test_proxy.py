"""Recycler behind nginx with TLS, by the very configuration that deploy/ holds."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from recycler.settings import PROJECT

pytestmark = pytest.mark.journey


@pytest.fixture
def proxy(server: str, tmp_path: Path) -> Iterator[str]:
    """The address of an nginx in front of the server, or a skip that says how to get one."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if nginx is None:
        pytest.skip("needs nginx: install Debian's package with `sudo apt-get install nginx-light`")
    shutil.copy(PROJECT / "deploy" / "certificate.sh", tmp_path)
    subprocess.run([tmp_path / "certificate.sh"], check=True, capture_output=True)
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    text = (PROJECT / "deploy" / "nginx.conf").read_text()
    for ours, theirs in (
        ("/tmp/", f"{tmp_path}/"),  # noqa: S108 - the container's own
        ("listen 8443", f"listen 127.0.0.1:{port}"),
        ("server web:8501", f"server {urlsplit(server).netloc.replace('localhost', '127.0.0.1')}"),
        ("/etc/nginx/certificates", str(tmp_path / "certificates")),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    config = tmp_path / "nginx.conf"
    config.write_text(text)
    subprocess.run([nginx, "-t", "-q", "-c", config, "-p", tmp_path], check=True)
    with subprocess.Popen([nginx, "-c", config, "-p", tmp_path, "-g", "daemon off;"]) as process:
        end = time.monotonic() + 20
        while not (tmp_path / "nginx.pid").exists() and time.monotonic() < end:
            time.sleep(0.05)
        yield f"https://localhost:{port}"
        process.terminate()


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
