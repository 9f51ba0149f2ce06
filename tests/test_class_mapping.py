import pytest

from recycler.class_mapping import MEANINGS, SAME, map_classes, meanings, parse_mapping
from recycler.classes import CIFAR100, HOUSEHOLD
from recycler.errors import DatasetError
from recycler.rulebook import list_rulebooks, load_rulebook
from recycler.settings import settings


def test_equal_names_are_the_same_class_whatever_their_case_and_gaps() -> None:
    assert map_classes(["Glass", "sweet pepper", "can"], ["glass", "sweet_pepper"]) == {
        "Glass": "glass",
        "sweet pepper": "sweet_pepper",
    }
    assert meanings(["glass"], ["glass"])["glass"].because == SAME


def test_what_cifar_and_the_household_have_in_common_is_little_and_certain() -> None:
    found = map_classes(CIFAR100, HOUSEHOLD)
    assert found == {"can": "metal"} | dict.fromkeys(
        ("apple", "mushroom", "orange", "pear", "sweet_pepper"), "biological"
    )
    assert map_classes(HOUSEHOLD, CIFAR100) == {}


@pytest.mark.parametrize("name", ["bottle", "bowl", "cup", "plate", "telephone", "rose", "pine_tree"])
def test_a_class_of_several_materials_or_of_what_is_no_waste_counts_as_none(name: str) -> None:
    assert name not in map_classes(CIFAR100, HOUSEHOLD)


def test_what_is_certain_goes_where_its_class_goes_by_every_rulebook() -> None:
    for path in list_rulebooks(settings().rulebooks).values():
        rulebook = load_rulebook(path)
        for name, meaning in MEANINGS.items():
            if name in rulebook.classes and meaning.counts_as in rulebook.classes:
                assert rulebook.recycles(name) == rulebook.recycles(meaning.counts_as), (path.stem, name)


def test_a_wish_goes_before_what_is_certain() -> None:
    wishes = {"bottle": "plastic", "can": None}
    assert map_classes(["bottle", "can", "glass"], HOUSEHOLD, wishes) == {"bottle": "plastic", "glass": "glass"}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"bottel": "plastic"}, "did you mean “bottle”"),
        ({"bottle": "plastics"}, "did you mean “plastic”"),
        ({"glass": None}, "class of the model itself"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(wish: dict[str, str | None], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        map_classes(["bottle", "glass"], HOUSEHOLD, wish)


def test_wishes_are_written_as_pairs() -> None:
    assert parse_mapping(["bottle = glass", "can="]) == {"bottle": "glass", "can": None}
    for pair in ("bottle", "=glass"):
        with pytest.raises(DatasetError, match="does not map"):
            parse_mapping([pair])
