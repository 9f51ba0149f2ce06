"""The web server as an operator starts and watches it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from recycler.home import VERSION
from recycler.settings import PROJECT, settings


@contextmanager
def server(**variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server, once it says that it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.address=127.0.0.1"]
    with subprocess.Popen(
        [*command, "--server.port", port],
        cwd=PROJECT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "URL:" in line:
                    break
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def asked(address: str) -> tuple[int, str]:
    try:
        with urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read().decode()
    except HTTPError as problem:
        return problem.code, problem.read().decode()


def test_every_answer_says_that_nobody_may_frame_it_or_guess_its_type() -> None:
    with server() as (address, _):
        for path in ("", "/_stcore/health", "/metrics", "/media/none", "/static/none.js"):
            try:
                answer = urlopen(f"{address}{path}", timeout=30)  # noqa: S310 - our own server
            except HTTPError as problem:
                answer = problem
            with answer:
                assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'", path
                assert answer.headers["X-Content-Type-Options"] == "nosniff", path


def test_a_server_says_that_it_lives_that_it_is_ready_and_how_it_goes() -> None:
    with server() as (address, _):
        assert asked(f"{address}/_stcore/health")[0] == 200
        assert asked(f"{address}/ready") == (200, '{"ready":true,"problems":[]}')
        status, text = asked(f"{address}/metrics")
        assert status == 200
        assert 'recycler_runs{state="running"} 0.0' in text
        assert "process_resident_memory_bytes" in text
        assert "<title>" in asked(address)[1]


def test_a_server_without_its_model_lives_but_is_not_ready(tmp_path: Path) -> None:
    with server(RECYCLER_MODELS=str(tmp_path)) as (address, _):
        assert asked(f"{address}/_stcore/health")[0] == 200
        status, text = asked(f"{address}/ready")
    assert status == 503
    assert "household" in json.loads(text)["problems"][0]


def test_a_home_folder_of_a_newer_recycler_stops_the_start_with_a_sentence() -> None:
    (settings().home / "version").write_text(str(VERSION + 1))
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port=0"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "newer Recycler" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
