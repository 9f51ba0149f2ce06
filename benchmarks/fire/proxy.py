"""nginx in front of web servers, by the very configuration that deploy/ holds."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fire.visitor import OneAtATime
from recycler.settings import PROJECT

PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
SECONDS = 20  # to start


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs. certificate: its own, which nobody but us vouches for. log: a line a request."""

    address: str
    certificate: Path
    log: Path

    def trust(self) -> ssl.SSLContext:
        """What a visitor needs who trusts this proxy alone."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.sslsocket_class = OneAtATime
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3's tickets would make a read wait that holds the lock
        return context

    def asked(self) -> dict[str, set[str]]:
        """Which servers, as HOST:PORT, the proxy asked for each visitor, by the visitor's cookie."""
        servers: dict[str, set[str]] = defaultdict(set)
        for line in self.log.read_text("ascii").splitlines():
            visitor, *asked = line.replace(",", "").split()
            servers[visitor].update(asked)
        return dict(servers)


@contextmanager
def proxy(servers: Sequence[str], starter: Sequence[str] = ()) -> Iterator[Proxy]:
    """A proxy in front of `servers`, each HOST:PORT. starter: a command that starts nginx, which follows it.

    Raises FileNotFoundError with a sentence where there is no nginx.
    """
    nginx = shutil.which("nginx", path=PLACES)
    if nginx is None:
        raise FileNotFoundError("needs nginx: install Debian's package with `sudo apt-get install nginx-light`")
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as probe:
        folder, port = Path(name), probe.getsockname()[1]
        probe.close()
        found = Proxy(f"https://localhost:{port}", folder / "certificates" / "certificate.pem", folder / "asked.log")
        shutil.copy(PROJECT / "deploy" / "certificate.sh", folder)
        subprocess.run([folder / "certificate.sh"], check=True, capture_output=True)  # noqa: S603 - our own
        config = folder / "nginx.conf"
        config.write_text(_configuration(folder, port, servers))
        command = [*starter, nginx, "-c", str(config), "-p", name, "-g", "daemon off;"]
        with subprocess.Popen(command) as process:  # noqa: S603 - our own command
            try:
                _wait(folder / "nginx.pid", process)
                yield found
            finally:
                process.terminate()


def _configuration(folder: Path, port: int, servers: Sequence[str]) -> str:
    """Our configuration for these servers, with its files in this folder and a log of who was asked."""
    text = (PROJECT / "deploy" / "nginx.conf").read_text()
    for ours, theirs in (
        ("/tmp/", f"{folder}/"),  # noqa: S108 - the container's own
        ("listen 8443", f"listen 127.0.0.1:{port}"),
        ("server web:8501;", " ".join(f"server {server};" for server in servers)),
        ("/etc/nginx/certificates", str(folder / "certificates")),
        ("access_log off;", f"log_format asked '$visitor $upstream_addr'; access_log {folder}/asked.log asked;"),
    ):
        if ours not in text:
            raise ValueError(f"deploy/nginx.conf no longer says {ours}")
        text = text.replace(ours, theirs)
    return text


def _wait(sign: Path, process: subprocess.Popen[bytes]) -> None:
    """Until nginx listens, which it does before it writes its process number."""
    end = time.monotonic() + SECONDS
    while not sign.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise TimeoutError("nginx did not start")
        time.sleep(0.05)
