import pytest

from recycler.datasets.summary import summarise
from recycler.errors import DatasetError
from tests.datasets.pictures import dataset


def test_photos_are_counted_as_they_will_be_divided() -> None:
    found = summarise(dataset([b""] * 40, [0] * 30 + [1] * 10), validation=0.2, test=0.1, seed=0)
    assert (found.train, found.validation, found.test) == (28, 8, 4)
    assert found.classes == {"a": 30, "b": 10}
    assert found.imbalance == 3
    assert found.photos == 40


def test_a_test_split_of_its_own_is_no_part_of_the_classes_to_learn() -> None:
    splits = ["test"] * 10 + [""] * 10
    found = summarise(dataset([b""] * 20, [0, 1] * 10, splits=splits), validation=0.2, test=0.5, seed=0)
    assert (found.train, found.validation, found.test) == (8, 2, 10)
    assert found.classes == {"a": 5, "b": 5}


def test_a_class_without_photos_makes_it_infinitely_uneven() -> None:
    data = dataset([b""] * 20, [0, 1] * 10)
    only_a = data.pick(range(0, 20, 2))
    assert summarise(only_a, 0.2, 0.1, 0).imbalance == float("inf")


def test_too_few_photos_are_told() -> None:
    with pytest.raises(DatasetError, match="too few"):
        summarise(dataset([b""], [0]), 0.2, 0.1, 0)
