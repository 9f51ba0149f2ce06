"""A batch on a Ray cluster: the same answers, in the same order, as this machine alone gives."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from recycler.answering import Answerer, Choice, photo_files
from recycler.batch import classify_into
from recycler.settings import PROJECT

CHOICE = Choice("household", "default")


def test_a_batch_in_the_cluster_says_what_photos_one_by_one_are_told(cluster: Any, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    samples = sorted((PROJECT / "samples").glob("*.jpg"))
    for i in range(100):
        shutil.copy(samples[i % len(samples)], photos / f"{i:03}.jpg")
    (photos / "cut.jpg").write_bytes(samples[0].read_bytes()[:300])
    out = tmp_path / "answers.parquet"
    done = classify_into(out, [photos], CHOICE, 1)
    assert (done.photos, done.refused) == (101, 1)
    alone = list(Answerer(CHOICE, 1).lines(photo_files([photos])))
    for row, line in zip(pq.read_table(out).to_pylist(), alone, strict=True):
        kept = {name: cell for name, cell in row.items() if cell is not None}
        assert kept == {
            name: pytest.approx(cell, abs=1e-4) if isinstance(cell, float) else cell for name, cell in line.items()
        }
