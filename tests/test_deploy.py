"""The files under deploy/, each by the tool that knows its kind; none of them needs a container engine."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import yaml

from benchmarks.fire.proxy import Proxy, proxy
from benchmarks.fire.visitor import Browser
from recycler.settings import PROJECT

DEPLOY = PROJECT / "deploy"


def said(*command: str | Path) -> str:
    """What a tool says of a file that it accepts."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin:/sbin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"needs {name}")
    return found


@pytest.mark.parametrize("name", ["Containerfile", "mlflow.Containerfile"])
def test_hadolint_has_nothing_to_say(name: str) -> None:
    assert said(tool("hadolint"), DEPLOY / name) == ""


def test_an_image_holds_all_that_the_app_is_made_of_and_nothing_else_of_ours() -> None:
    lines = (PROJECT / ".containerignore").read_text().splitlines()
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert {path for path in taken if not (PROJECT / path).exists()} == set()
    rooms = {"app.py", "server.py", "pages", "components", "recycler", "models", "rulebooks", "recipes", "samples"}
    assert taken >= rooms
    assert not taken & {"tests", ".git", ".venv", "deploy", ".env", ".streamlit/secrets.toml"}


def test_the_compose_file_fits_its_schema_and_names_volumes_and_files_that_are_there() -> None:
    files = (DEPLOY / "compose.yaml", DEPLOY / "gpu.yaml", DEPLOY / "s3.yaml")
    said(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *files)
    content = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for service in content["services"].values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            made_by_hand = source == "./certificates"
            assert source in content["volumes"] or made_by_hand or (DEPLOY / source).exists(), source
        if build := service.get("build"):
            assert (DEPLOY / build["context"] / build["dockerfile"]).exists()
        for other in service.get("depends_on", {}):
            assert other in content["services"]


def started_proxy(ends: ExitStack, server: str, starter: Sequence[str] = ()) -> Proxy:
    """A proxy until the end, or a skip that says how to get one."""
    try:
        return ends.enter_context(proxy([server], starter))
    except FileNotFoundError as problem:
        pytest.skip(str(problem))


class Nothing(BaseHTTPRequestHandler):
    """Answers that it has nothing, and keeps no log."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_visitor_stays_at_one_of_the_addresses_of_a_service_that_has_several(tmp_path: Path) -> None:
    if os.geteuid() or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("needs root on Linux: it gives one name two addresses")
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 web\n127.0.0.2 web\n")
    starter = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as one,
        ThreadingHTTPServer(("127.0.0.2", one.server_port), Nothing) as other,
        ExitStack() as ends,
    ):
        for server in (one, other):
            Thread(target=server.serve_forever).start()
            ends.callback(server.shutdown)
        front = started_proxy(ends, f"web:{one.server_port}", starter)
        for _ in range(20):
            browser = Browser(front.address, front.trust())
            assert [browser.ask("GET", "/") for _ in range(4)] == [204] * 4
        asked = list(front.asked().values())
    assert [len(servers) for servers in asked] == [1] * 20
    assert set().union(*asked) == {f"{host}:{one.server_port}" for host in ("127.0.0.1", "127.0.0.2")}


def test_the_proxy_holds_hundreds_of_visitors_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as ends:
        server.settimeout(20)
        front = started_proxy(ends, f"127.0.0.1:{server.getsockname()[1]}")
        address, trust = urlsplit(front.address), front.trust()
        for _ in range(400):
            line = ends.enter_context(socket.create_connection((address.hostname, address.port)))
            visitor = ends.enter_context(trust.wrap_socket(line, server_hostname=address.hostname))
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            ends.enter_context(server.accept()[0])


def test_the_service_is_one_that_systemd_takes_and_calls_well_protected(tmp_path: Path) -> None:
    text = (DEPLOY / "recycler.service").read_text()
    unit = tmp_path / "recycler.service"
    unit.write_text(text.replace("/opt/recycler/.venv/bin/streamlit", shutil.which("true") or "/bin/true"))
    assert said(tool("systemd-analyze"), "verify", unit) == ""
    verdict = said(tool("systemd-analyze"), "security", "--offline=yes", "--no-pager", unit)
    exposure = re.search(r"exposure level for recycler.service: ([\d.]+)", verdict)
    assert exposure is not None
    assert float(exposure[1]) < 2.5


def test_a_certificate_names_this_machine_and_what_was_asked_for(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "certificate.sh", tmp_path)
    said(tmp_path / "certificate.sh", "recycle.example", "10.0.0.7")
    file = tmp_path / "certificates" / "certificate.pem"
    names = said(tool("openssl"), "x509", "-in", file, "-noout", "-ext", "subjectAltName")
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "DNS:recycle.example", "IP Address:10.0.0.7"):
        assert name in names
