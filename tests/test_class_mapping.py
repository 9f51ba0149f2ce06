import pytest

from recycler.class_mapping import map_classes, parse_mapping
from recycler.classes import CIFAR100, HOUSEHOLD
from recycler.errors import DatasetError


def test_equal_names_are_the_same_class() -> None:
    assert map_classes(("glass", "trash"), HOUSEHOLD) == {"glass": "glass", "trash": "trash"}


def test_only_what_holds_for_every_photo_of_a_class_is_mapped_by_itself() -> None:
    found = map_classes(CIFAR100, HOUSEHOLD)
    assert found["can"] == "metal"
    assert found["apple"] == "biological"
    assert not {"bottle", "cup", "rabbit"} & found.keys()
    assert map_classes(HOUSEHOLD, CIFAR100) == {}


def test_a_wish_goes_first_and_may_be_that_a_class_counts_as_none() -> None:
    found = map_classes(("can", "bottle", "glass"), HOUSEHOLD, {"bottle": "plastic", "can": None})
    assert found == {"bottle": "plastic", "glass": "glass"}


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [({"botle": "plastic"}, "did you mean “bottle”"), ({"bottle": "plastik"}, "did you mean “plastic”")],
)
def test_a_class_that_is_not_there_is_named_with_the_nearest(chosen: dict[str, str], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        map_classes(("bottle",), HOUSEHOLD, chosen)


def test_a_mapping_is_read_from_words() -> None:
    assert parse_mapping(["can=metal", "bottle="]) == {"can": "metal", "bottle": None}
    with pytest.raises(DatasetError, match="write it as can=metal"):
        parse_mapping(["can"])
