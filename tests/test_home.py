import subprocess
import sys
from pathlib import Path

import pytest

from recycler.errors import HomeError
from recycler.home import VERSION, prepare_home, version_of
from recycler.settings import settings


def test_a_new_home_folder_gets_todays_version_and_one_without_a_number_is_the_first(tmp_path: Path) -> None:
    prepare_home(tmp_path / "new")
    assert version_of(tmp_path / "new") == VERSION
    (tmp_path / "old" / "runs").mkdir(parents=True)
    assert version_of(tmp_path / "old") == 1
    assert version_of(tmp_path / "none") is None


def rename(home: Path) -> None:
    if (home / "a").exists():
        (home / "a").rename(home / "b")


def add(home: Path) -> None:
    with (home / "steps").open("a") as file:
        file.write("2\n")


def fail(home: Path) -> None:
    raise OSError(28, "No space left on device")


def test_an_older_home_folder_takes_each_step_once_and_a_broken_off_one_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(HomeError, match="No space left"):
        prepare_home(tmp_path, 3, {1: rename, 2: fail})
    assert version_of(tmp_path) == 2
    for _ in range(2):
        prepare_home(tmp_path, 3, {1: fail, 2: add})
    assert version_of(tmp_path) == 3
    assert (tmp_path / "b").exists()
    assert (tmp_path / "steps").read_text() == "2\n"


def test_a_home_folder_of_a_newer_recycler_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "version").write_text(f"{VERSION + 1}\n")
    with pytest.raises(HomeError, match="newer Recycler"):
        prepare_home(tmp_path)
    (tmp_path / "version").write_text("two")
    with pytest.raises(HomeError, match="damaged"):
        prepare_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["version"]


def test_no_command_works_on_a_home_folder_of_a_newer_recycler() -> None:
    (settings().home / "version").write_text(f"{VERSION + 1}\n")
    done = subprocess.run([sys.executable, "-m", "recycler", "runs"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "newer Recycler" in done.stderr


def test_without_a_place_to_write_there_is_nothing_to_prepare(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    prepare_home(tmp_path / "file" / "home")
    assert not settings().runs.exists()
