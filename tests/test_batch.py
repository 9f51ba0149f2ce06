"""Batches as a user starts them: in processes that are killed, resumed and compared with answers one by one."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from recycler import batch
from recycler.answering import Answerer, Choice, photo_files
from recycler.batch import classify_into
from recycler.errors import BatchError, ModelError
from recycler.photos import to_jpeg

CHOICE = Choice("household", "default")
PHOTOS = 70


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(PHOTOS):
        folder = root / ("a" if i % 3 else "b.c") / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(10, axis=0).repeat(10, axis=1)
        (folder / f"{i:03}.jpg").write_bytes(to_jpeg(pixels, 80))
    (root / "a" / "=cut.jpg").write_bytes((root / "a" / "deep" / "001.jpg").read_bytes()[:300])
    (root / "a" / "words.txt").write_text("no photo")
    return root


def rows(file: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(file).to_pylist()
    return found


def test_folders_are_walked_in_the_order_of_sorted(photos: Path) -> None:
    assert list(photo_files([photos])) == sorted(photos.rglob("*.jpg"))


def test_a_batch_says_what_photos_one_by_one_are_told(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.parquet"
    told: list[tuple[str, int, int]] = []
    done = classify_into(out, [photos], CHOICE, 2, lambda *step: told.append(step))
    alone = list(Answerer(CHOICE, 1).lines(photo_files([photos])))
    assert (done.photos, done.refused, done.earlier) == (PHOTOS + 1, 1, 0)
    for row, line in zip(rows(out), alone, strict=True):
        kept = {name: cell for name, cell in row.items() if cell is not None}
        assert kept.keys() == line.keys()
        assert [kept[n] for n in kept] == [pytest.approx(line[n], abs=1e-4) for n in kept]
    assert told[0] == ("photos", 0, PHOTOS + 1)
    assert told[-1] == ("photos", PHOTOS + 1, PHOTOS + 1)
    assert list(tmp_path.iterdir()) == [out]


def test_a_batch_that_is_killed_goes_on_and_leaves_no_processes(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    few = "import recycler.batch; recycler.batch.PART = 32; from recycler.cli import main; main()"
    command = [sys.executable, "-c", few, "classify", str(photos), "--out", str(out), "--processes", "2"]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*.parts/*.parquet")) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    end = time.monotonic() + 20
    while lives(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives(process.pid), "its processes outlive it"
    done = classify_into(out, [photos], CHOICE, 1)
    assert 32 <= done.earlier < done.photos == PHOTOS + 1
    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["path"] for row in found] == [str(path) for path in sorted(photos.rglob("*.jpg"))]


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def interrupted(out: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that somebody ends after its first part."""

    def stop(what: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch, "PART", 32)
        with pytest.raises(KeyboardInterrupt):
            classify_into(out, [photos], CHOICE, 1, stop)


def test_a_batch_of_other_photos_or_another_choice_is_not_gone_on_with(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "answers.parquet"
    interrupted(out, photos, monkeypatch)
    with pytest.raises(BatchError, match="another choice"):
        classify_into(out, [photos / "a"], CHOICE, 1)
    new = photos / "a" / "deep" / "000.jpg"
    new.write_bytes((photos / "a" / "deep" / "001.jpg").read_bytes())
    try:
        with pytest.raises(BatchError, match="come or gone"):
            classify_into(out, [photos], CHOICE, 1)
    finally:
        new.unlink()
    assert classify_into(out, [photos], CHOICE, 1).earlier >= 32


def test_no_answers_are_written_over_and_a_wrong_name_leaves_no_traces(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for name, said in (("there.csv", "there already"), ("answers.xlsx", "ends neither")):
        with pytest.raises(BatchError, match=said):
            classify_into(tmp_path / name, [photos], CHOICE, 1)
    with pytest.raises(ModelError):
        classify_into(tmp_path / "new.csv", [photos], Choice("teapot", "default"), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
