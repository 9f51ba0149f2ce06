"""Backups of a home folder that is in use, and back into another one."""

import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from recycler.backup import back_up, restore
from recycler.datasets.collected import keep, list_collected
from recycler.errors import HomeError, ModelError
from recycler.home import RESTORED, VERSION, prepare_home, version_of
from recycler.jobs import claim
from recycler.labels import change_label, history
from recycler.photos import to_jpeg
from recycler.runs import find_run, list_runs
from recycler.settings import PROJECT, settings
from recycler.shelf import load_model, set_thresholds
from recycler.verdict import Thresholds
from tests.finished import ended

HOMES = Path(__file__).parent / "homes"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf of the test's own."""
    shutil.copytree(PROJECT / "models" / "household", tmp_path / "shelf" / "household")
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "shelf"))
    settings.cache_clear()
    return tmp_path / "shelf"


def elsewhere(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("RECYCLER_HOME", str(home))
    settings.cache_clear()


def fill_home() -> str:
    """A little of all that a home folder holds; gives the run's name."""
    prepare_home(settings().home)
    run = ended("My first", 0.7).record.run
    kept = keep(to_jpeg(np.full((40, 60, 3), 90, np.uint8), 60), "glass")
    change_label("collected", str(kept), "metal")
    (settings().home / "cache").mkdir(exist_ok=True)
    (settings().home / "cache" / "big").write_bytes(b"x" * 1000)
    with closing(sqlite3.connect(settings().home / "mlflow.db")) as database:
        database.execute("create table if not exists runs (name text)")
        database.execute("insert into runs values ('first')")
        database.commit()
    return run


def check_home(run: str) -> None:
    """All that `fill_home` left can be read."""
    assert find_run(settings().runs, run).record.figures["test"]["top1"] == 0.7
    assert [photo.class_name for photo in list_collected()] == ["metal"]
    assert [change.now for change in history("collected")] == ["metal"]
    assert not (settings().home / "cache").exists()
    with closing(sqlite3.connect(settings().home / "mlflow.db")) as database:
        assert database.execute("select name from runs").fetchall() == [("first",)]
    assert version_of(settings().home) == VERSION


def test_what_was_backed_up_is_all_there_again(tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fill_home()
    changed = set_thresholds(shelf, "household", Thresholds(0.9), "a few photos", {})
    back_up(tmp_path / "backup.zip")
    shutil.rmtree(shelf)
    elsewhere(monkeypatch, tmp_path / "new")
    done = restore(tmp_path / "backup.zip")
    check_home(run)
    assert (done.models, done.replaced) == (("household",), None)
    assert load_model(shelf, "household").card == changed


def test_a_database_is_copied_while_somebody_writes_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fill_home()
    with closing(sqlite3.connect(settings().home / "mlflow.db")) as writer:
        writer.execute("pragma journal_mode=wal")
        writer.execute("insert into runs values ('half')")  # not yet committed
        back_up(tmp_path / "backup.zip")
    elsewhere(monkeypatch, tmp_path / "new")
    restore(tmp_path / "backup.zip")
    check_home(run)


@pytest.mark.parametrize("file", sorted(HOMES.glob("*.zip")), ids=lambda file: file.stem)
def test_a_home_folder_of_each_version_can_still_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    elsewhere(monkeypatch, tmp_path / "new")
    restore(file)
    check_home(list_runs(settings().runs)[0].record.run)


def test_every_version_has_its_home_folder_among_the_tests() -> None:
    """When VERSION is raised: back up what `fill_home` leaves, without a model on the shelf, to tests/homes/N.zip."""
    assert {int(file.stem) for file in HOMES.glob("*.zip")} == {*range(1, VERSION + 1)}


def test_a_home_folder_that_is_in_use_is_kept_unless_asked(tmp_path: Path) -> None:
    run = fill_home()
    back_up(tmp_path / "backup.zip")
    later = ended("Later", 0.1).record.run
    with pytest.raises(HomeError, match="--replace"):
        restore(tmp_path / "backup.zip")
    done = restore(tmp_path / "backup.zip", replace=True)
    assert [one.record.run for one in list_runs(settings().runs)] == [run]
    assert done.replaced is not None
    assert (done.replaced / "runs" / later / "run.json").exists()


def test_while_a_training_is_at_work_nothing_is_replaced(tmp_path: Path) -> None:
    run = find_run(settings().runs, fill_home())
    back_up(tmp_path / "backup.zip")
    with claim(run):
        run.record.state = "running"
        run.save()
        with pytest.raises(HomeError, match=run.record.run):
            restore(tmp_path / "backup.zip", replace=True)


def test_a_restore_that_was_broken_off_while_moving_ends_at_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / RESTORED / "runs").mkdir(parents=True)
    (home / RESTORED / "version").write_text("1\n")
    prepare_home(home)
    assert sorted(path.name for path in home.iterdir() if path.suffix != ".lock") == ["runs", "version"]


def test_a_backup_takes_no_place_that_is_taken(tmp_path: Path) -> None:
    fill_home()
    (tmp_path / "there.zip").touch()
    with pytest.raises(HomeError, match="there already"):
        back_up(tmp_path / "there.zip")
    with pytest.raises(HomeError, match="lies in the home folder"):
        back_up(settings().home / "backup.zip")


def repacked(source: Path, target: Path, changes: dict[str, bytes]) -> Path:
    """A backup with entries changed or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes.get(name) or old.read(name))
    return target


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../evil", b"x", "leads out"),
        ("home/../../evil", b"x", "leads out"),
        ("home/.restored", b"x", "not in a place"),
        ("models/../x/card.json", b"x", "leads out"),
        ("models/.hidden/card.json", b"x", "not in a place"),
        ("elsewhere/file", b"x", "not in a place"),
        ("backup.json", b"{}", "does not say"),
        ("backup.json", b'{"version": 99, "recycler": "9", "created": "2030-01-01T00:00:00Z"}', "newer Recycler"),
    ],
)
def test_a_hostile_or_newer_backup_changes_nothing(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    file = repacked(HOMES / "1.zip", tmp_path / "evil.zip", {name: content})
    with pytest.raises(HomeError, match=said):
        restore(file)
    assert [path.name for path in settings().home.iterdir() if path.suffix != ".lock"] == []
    assert not (tmp_path / "evil").exists()


def test_a_damaged_backup_and_one_that_is_none_change_nothing(tmp_path: Path) -> None:
    data = bytearray((HOMES / "1.zip").read_bytes())
    at = data.index(b"My first")
    data[at] ^= 1
    (tmp_path / "bad.zip").write_bytes(data)
    (tmp_path / "none.zip").write_bytes(b"no zip")
    for name, said in (("bad", "is damaged"), ("none", "no backup"), ("missing", "no file")):
        with pytest.raises(HomeError, match=said):
            restore(tmp_path / f"{name}.zip")
    assert [path.name for path in settings().home.iterdir() if path.suffix != ".lock"] == []


def test_a_model_that_is_not_what_its_card_says_stays_off_the_shelf(tmp_path: Path, shelf: Path) -> None:
    fill_home()
    back_up(tmp_path / "backup.zip")
    file = repacked(tmp_path / "backup.zip", tmp_path / "evil.zip", {"models/household/model.tflite": b"TFL3 other"})
    before = load_model(shelf, "household").card
    with pytest.raises(ModelError, match="not the one that was published"):
        restore(file, replace=True)
    assert load_model(shelf, "household").card == before
    assert list_collected()
