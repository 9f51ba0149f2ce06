"""The files under deploy/, each by the tool that knows its kind; none of them needs a container engine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
    files = (DEPLOY / "compose.yaml", DEPLOY / "gpu.yaml")
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
