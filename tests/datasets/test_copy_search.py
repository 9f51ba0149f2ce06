import threading
from pathlib import Path

import pytest

from recycler.datasets import load_dataset
from recycler.datasets.copy_search import Copies, CopySearches, Forgotten, find_copies
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError
from recycler.settings import settings
from tests.datasets.pictures import photo, write_tree

PATIENCE = 60.0  # seconds


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """Six photos, of which a/0, a/1 and b/0 are the same, and b/2 is none."""
    photos = {"a/0.jpg": photo(1), "a/1.jpg": photo(1), "a/2.jpg": photo(2)}
    write_tree(tmp_path, {**photos, "b/0.jpg": photo(1), "b/1.jpg": photo(3), "b/2.jpg": b"nothing"})
    return load_dataset(str(tmp_path))


def test_copies_are_told_in_groups_and_labels_that_contradict_each_other(data: Dataset) -> None:
    assert find_copies(data) == Copies(groups=((0, 1, 3),), mixed=1, unreadable=1)
    assert find_copies(data).spare == 2


def test_without_copies_there_are_no_groups(data: Dataset) -> None:
    assert find_copies(data.pick([0, 2, 4])) == Copies((), 0, 0)


def test_a_search_goes_on_in_the_background_and_its_answer_stays(data: Dataset) -> None:
    searches = CopySearches()
    assert searches.look("key", lambda: data).answer.result(PATIENCE).spare == 2
    again = searches.look("key", lambda: pytest.fail("asked for again"))
    assert again.answer.result(0).spare == 2
    assert (again.done, again.total) == (6, 6)
    assert list((settings().cache / "hashes").iterdir()), "the training that follows finds them"


def test_what_goes_wrong_is_told_to_whoever_looks() -> None:
    def load() -> Dataset:
        raise DatasetError("gone")

    search = CopySearches().look("key", load)
    assert isinstance(search.answer.exception(PATIENCE), DatasetError)


def test_a_search_that_nobody_looks_at_is_given_up_and_begins_anew_at_the_next_look(data: Dataset) -> None:
    searches = CopySearches(forgotten_seconds=0.0)
    assert isinstance(searches.look("key", lambda: data).answer.exception(PATIENCE), Forgotten)
    searches.forgotten_seconds = PATIENCE
    assert searches.look("key", lambda: data).answer.result(PATIENCE).spare == 2


def test_a_search_that_waits_behind_another_is_given_up_without_opening_a_photo(data: Dataset) -> None:
    searches, hold, opened = CopySearches(), threading.Event(), list[str]()

    def first() -> Dataset:
        hold.wait(PATIENCE)
        return data

    def second() -> Dataset:
        opened.append("second")
        return data

    searches.look("first", first)
    waiting = searches.look("second", second)
    searches.forgotten_seconds = 0.0
    hold.set()
    assert isinstance(waiting.answer.exception(PATIENCE), Forgotten)
    assert opened == []
