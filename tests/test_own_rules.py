from pathlib import Path

import pytest

from recycler.errors import RulebookError
from recycler.own_rules import keep_rules
from recycler.rulebook import find_rulebook, known_rulebooks
from recycler.settings import settings


def test_rules_that_were_given_are_a_rulebook_as_any_other() -> None:
    name = keep_rules("bin-day", "Bin day", ["capsule", "glass", "wrapper"], ["capsule"])
    book = find_rulebook(name)
    assert (book.name, book.title) == ("bin-day", "Bin day")
    assert book.mask(["capsule", "glass", "wrapper"]).tolist() == [True, False, False]
    assert list(known_rulebooks())[-1] == "bin-day"


def test_a_known_rulebook_gives_better_places_and_advice_where_it_agrees() -> None:
    known = find_rulebook("default")
    book = find_rulebook(keep_rules("ours", "Ours", ["battery", "glass", "paper"], ["glass"], known))
    assert book.classes["battery"].destination == "battery point"
    assert book.classes["glass"] == known.classes["glass"]
    assert book.classes["paper"].destination == "bin"


def test_rules_given_again_replace_those_for_the_same_classes_and_keep_the_others() -> None:
    keep_rules("ours", "Ours", ["capsule", "wrapper"], ["capsule"])
    book = find_rulebook(keep_rules("ours", "Ours", ["wrapper", "tube"], ["wrapper"]))
    assert book.mask(["capsule", "wrapper", "tube"]).tolist() == [True, True, False]


def test_a_rulebook_that_came_with_the_app_is_never_changed() -> None:
    before = find_rulebook("germany")
    assert keep_rules("germany", "Ours", ["glass"], []) == "germany-own"
    assert find_rulebook("germany") == before
    assert not find_rulebook("germany-own").recycles("glass")


@pytest.mark.parametrize("name", ["a: b", "- x", "#1", "*", "yes", "été", "1"])
def test_folders_of_any_name_come_back_as_classes(name: str) -> None:
    assert find_rulebook(keep_rules("odd", "Odd", [name, "other"], [name])).mask([name, "other"]).tolist() == [
        True,
        False,
    ]


def test_a_home_that_cannot_be_written_to_is_told(own_home: Path) -> None:
    (own_home / "rulebooks").write_text("in the way")
    with pytest.raises(RulebookError, match="cannot be kept in .*set RECYCLER_HOME"):
        keep_rules("ours", "Ours", ["capsule"], [])
    assert settings().home == own_home
