from pathlib import Path

import numpy as np
import pytest

from recycler.datasets.dataset import Dataset
from recycler.datasets.sources import load_sources
from recycler.errors import DatasetError
from recycler.recipe import Data
from tests.datasets.pictures import dataset, photo, write_tree

SPLITS = ["", "", "", "", "test", "test"]


def wanted(*sources: dict[str, object]) -> Data:
    return Data.model_validate({"sources": sources})


def made(name: str) -> Dataset:
    return dataset([b""] * 6, [0, 0, 1, 1, 0, 1], name, SPLITS)


def test_sources_are_joined_with_as_many_photos_as_asked_for() -> None:
    data = load_sources(wanted({"name": "one", "per_class": 1}, {"name": "two"}), made)
    assert data.sources == ("one", "two")
    assert np.bincount(data.source).tolist() == [4, 6]  # two to learn from, and both photos of its test split


def test_a_test_split_can_be_made_smaller() -> None:
    data = load_sources(wanted({"name": "one", "test_per_class": 1, "labels": {"b": None}}), made)
    assert [split for split in data.splits if split] == ["test"]


def test_label_rules_are_applied_to_the_photos_that_are_left() -> None:
    data = load_sources(wanted({"name": "one", "labels": {"b": "a"}, "leave_out": ["0"]}), made)
    assert data.counts() == {"a": 5}


def test_by_default_a_source_is_a_name_or_a_path(tmp_path: Path) -> None:
    write_tree(tmp_path, {"glass/1.jpg": photo(1), "paper/2.jpg": photo(2)})
    assert load_sources(wanted({"name": str(tmp_path)})).classes == ("glass", "paper")
    with pytest.raises(DatasetError, match="There is no data set nowhere"):
        load_sources(wanted({"name": "nowhere"}))
