import subprocess
import sys
from pathlib import Path

import pytest

from recycler.doctor import Check, Report, find_chromium, render, report
from recycler.settings import PROJECT, settings
from tests.tables import put_on_shelf, small_card


def check(name: str) -> Check:
    return next(check for check in report().checks if check.name == name)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf that holds the default model."""
    folder = tmp_path / "shelf"
    put_on_shelf(folder, small_card(name="household"), tflite=b"weights", keras=b"more weights")
    monkeypatch.setenv("RECYCLER_MODELS", str(folder))
    settings.cache_clear()
    return folder


def test_nothing_is_missing_with_the_default_model_on_the_shelf(shelf: Path) -> None:
    assert [check for check in report().checks if check.state == "missing"] == []
    assert report().healthy
    assert "checksums right" in check("household").found


def test_a_missing_default_model_is_named_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    assert not report().healthy
    assert check("household").state == "missing"
    assert check("household").mend.startswith("python -m recycler train recipes/household.yaml && ")


@pytest.mark.parametrize("file", ["model.tflite", "model.keras"])
def test_a_changed_file_of_a_model_is_found(shelf: Path, file: str) -> None:
    (shelf / "household" / file).write_bytes(b"other weights")
    assert check("household").state == "missing"
    assert file in check("household").found


def test_a_damaged_model_that_is_not_the_default_does_no_harm(shelf: Path) -> None:
    (shelf / "other").mkdir()
    (shelf / "other" / "card.json").write_text("{")
    assert check("other").state == "optional"
    assert report().healthy


def test_a_setting_out_of_range_is_reported_instead_of_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_PHOTO_MEGABYTES", "9000")
    found = check("RECYCLER_PHOTO_MEGABYTES")
    assert found.state == "missing"
    assert "9000" in found.found
    assert found.mend == "unset RECYCLER_PHOTO_MEGABYTES"


def test_a_data_folder_that_does_not_exist_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_DATA", str(tmp_path / "nowhere"))
    assert check("RECYCLER_DATA").state == "missing"
    assert "nowhere" in check("RECYCLER_DATA").found


def test_a_data_set_is_found_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "glass").mkdir(parents=True)
    monkeypatch.setenv("RECYCLER_DATA", str(tmp_path))
    assert check("home").found == str(tmp_path / "home")
    assert check("garbage").state == "optional"
    assert str(tmp_path / "garbage") in check("garbage").mend


def test_a_broken_rulebook_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default.yaml").write_text("title: [")
    monkeypatch.setenv("RECYCLER_RULEBOOKS", str(tmp_path))
    assert check("default").state == "missing"
    assert check("default").mend == f"edit {tmp_path / 'default.yaml'}"


def test_every_direct_dependency_is_compared_with_its_pin() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    pins = dict(line.split()[0].split("==") for line in lines if "==" in line)
    found = {check.name: check.found for check in report().checks if check.topic == "Packages"}
    assert found == pins


def test_keras_weights_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert check("ImageNet weights").state == "optional"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mobilenet.h5").touch()
    assert check("ImageNet weights").found.startswith("1 in ")


@pytest.mark.skipif(sys.platform == "darwin", reason="Chrome on macOS is found outside the PATH")
def test_without_chromium_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    assert check("Chromium").state == "optional"
    assert "install chromium" in check("Chromium").mend


def test_the_text_shows_every_check_and_every_command() -> None:
    found = report()
    text = render(found)
    for entry in found.checks:
        assert entry.found in text
        assert entry.mend in text


def test_the_report_survives_json() -> None:
    found = report()
    assert Report.model_validate_json(found.model_dump_json()) == found


def test_the_doctor_looks_without_tensorflow() -> None:
    probe = (
        "import sys; from recycler.doctor import render, report; render(report());"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, cwd=PROJECT)
