"""A short form of `python -m benchmarks.reliability --only photos --only zips`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.fire import photos, zips
from benchmarks.fire.watch import Make, Use, watch
from benchmarks.reliability import MOST_MB, MOST_SECONDS

EMPTY = [*zips.KINDS].index("100,000 empty files")  # takes seconds, as very large photos do: for the benchmark


@pytest.fixture(autouse=True)
def no_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process runs the main module again, and AppTest leaves a page there."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.mark.parametrize(
    ("make", "uses", "chosen"),
    [
        (photos.hostile_photo, photos.USES, [i for i in range(120) if i % 100 != 99]),
        (zips.hostile_zip, zips.USES, [i for i in range(len(zips.KINDS)) if i != EMPTY]),
    ],
)
def test_hostile_files_give_a_sentence_and_stay_in_their_folder(
    make: Make, uses: Sequence[Use], chosen: list[int], tmp_path: Path
) -> None:
    found = watch(make, uses, chosen, tmp_path / "home")
    assert found.faults == []
    assert found.strays == []
    assert found.peak_mb < MOST_MB
    assert max(kind.busiest for kind in found.kinds.values() if kind.taken) < 5 * MOST_SECONDS
    assert sum(kind.taken for kind in found.kinds.values()) > 0
    assert sum(kind.refused for kind in found.kinds.values()) > 0


def evil(data: bytes) -> None:
    (Path(data.decode()) / "evil.txt").write_text("here I am")
    raise KeyError("a bug")


def where(number: int) -> tuple[str, bytes]:
    return "evil", b"/tmp"


def test_the_watch_sees_a_bug_and_a_file_elsewhere(tmp_path: Path) -> None:
    found = watch(where, [evil], [0], tmp_path)
    assert ["evil.txt" in stray for stray in found.strays] == [True]
    assert ["KeyError" in fault for fault in found.faults] == [True]
