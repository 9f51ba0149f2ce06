import subprocess
import sys
from pathlib import Path

import pytest

from recycler.datasets import load_dataset
from recycler.datasets.collected import forget, keep, list_collected, list_discarded
from recycler.datasets.dataset import Dataset
from recycler.datasets.sources import load_sources
from recycler.errors import DatasetError
from recycler.labels import change_label, history, locate, overlay, undo
from recycler.recipe import Data, Source
from tests.datasets.pictures import photo, write_tree, write_zip

RELABEL_ALL = """
import sys
from recycler.labels import change_label
for i in range(10):
    change_label(sys.argv[1], f"{sys.argv[2]}/{i}.jpg", sys.argv[3])
"""


@pytest.fixture
def tree(tmp_path: Path) -> str:
    files = {f"{name}/{i}.jpg": photo(20 * c + i) for c, name in enumerate(("glass", "paper")) for i in range(10)}
    return str(write_tree(tmp_path / "tree", files))


def test_a_label_is_changed_changed_again_left_out_and_all_of_it_undone(tree: str) -> None:
    said = [change_label(tree, "glass/1.jpg", now) for now in ("paper", None, "glass")]
    assert [(change.before, change.now) for change in said] == [("glass", "paper"), ("paper", None), (None, "glass")]
    assert history(tree) == said
    assert [undo(tree) for _ in said] == said[::-1]
    assert history(tree) == []
    assert load_dataset(tree).counts() == {"glass": 10, "paper": 10}
    with pytest.raises(DatasetError, match="nothing to undo"):
        undo(tree)


def test_one_of_several_changes_can_be_undone_once(tree: str) -> None:
    first, second = (change_label(tree, f"glass/{i}.jpg", "paper") for i in (1, 2))
    undo(tree, first)
    assert overlay(tree) == {"glass/2.jpg": "paper"}
    with pytest.raises(DatasetError, match="undone already"):
        undo(tree, first)
    assert history(tree) == [second]


@pytest.mark.parametrize(
    ("photo", "now", "said"),
    [
        ("glass/99.jpg", "paper", "has no photo “glass/99.jpg”"),
        ("tree/glass/1.jpg", "paper", "called as glass/0.jpg"),
        ("glass/1.jpg", "teapot", "no class “teapot”; it has glass, paper"),
        ("glass/1.jpg", "glass", "is glass already"),
    ],
)
def test_what_the_data_does_not_have_is_no_change(tree: str, photo: str, now: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        change_label(tree, photo, now)
    assert history(tree) == []


def test_whoever_has_the_data_loaded_need_not_load_it_again(tree: str) -> None:
    data = load_dataset(tree)
    asked = []

    def load(name: str) -> Dataset:
        asked.append(name)
        return data

    change_label(tree, "glass/1.jpg", "paper", load)
    assert asked == [tree]


def test_a_photo_of_a_predictions_table_is_found_in_its_data_set(tree: str, tmp_path: Path) -> None:
    file = write_zip(tmp_path / "more.photos.zip", {"glass/a.jpg": photo(1), "paper/b.jpg": photo(2)})
    sources = [Source(name=name) for name in (tree, str(file))]
    for name in load_sources(Data(sources=tuple(sources))).photos:
        dataset, identity = locate(name, ["home", tree, str(file)])
        assert identity in load_dataset(dataset).photos
    assert locate("more.photos/glass/a.jpg", [tree, str(file)]) == (str(file), "glass/a.jpg")
    with pytest.raises(DatasetError, match="not named here"):
        locate("garbage/glass/1.jpg", [tree])


def test_several_processes_lose_no_change(tree: str) -> None:
    ways = [("glass", "paper"), ("paper", "glass")]
    writers = [subprocess.Popen([sys.executable, "-c", RELABEL_ALL, tree, *way]) for way in ways]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(history(tree)) == len(overlay(tree)) == 20


def test_a_collected_photo_moves_to_its_new_class_and_back() -> None:
    kept = keep(photo(1), "glass")
    change = change_label("collected", f"{kept}.jpg", "metal")
    assert [str(one) for one in list_collected()] == [f"metal/{kept.id}"]
    assert (change.before, change.now, overlay("collected")) == ("glass", "metal", {})
    again = change_label("collected", f"metal/{kept.id}.jpg", "tin can")
    undo("collected", change)  # what was said of it since then holds
    assert [str(one) for one in list_collected()] == [f"tin can/{kept.id}"]
    assert undo("collected") == again
    assert [str(one) for one in list_collected()] == [f"metal/{kept.id}"]


def test_a_collected_photo_that_is_left_out_is_thrown_away_and_comes_back() -> None:
    kept = keep(photo(1), "glass")
    change_label("collected", f"{kept}.jpg", None)
    assert (list_collected(), list_discarded()) == ([], [kept])
    with pytest.raises(DatasetError, match="No collected photo"):
        change_label("collected", f"{kept}.jpg", "metal")
    undo("collected")
    assert (list_collected(), list_discarded()) == ([kept], [])


def test_a_change_of_a_photo_that_was_forgotten_is_no_longer_to_be_undone() -> None:
    one, other = keep(photo(1), "glass"), keep(photo(2), "glass")
    change_label("collected", f"{other}.jpg", "metal")
    change_label("collected", f"{one}.jpg", "metal")
    forget(photo for photo in list_collected() if photo.id == one.id)
    undo("collected")
    assert list_collected() == [other]
    assert history("collected") == []


def test_a_collected_photo_takes_no_class_that_leads_elsewhere() -> None:
    kept = keep(photo(1), "glass")
    with pytest.raises(DatasetError, match="cannot be a class"):
        change_label("collected", f"{kept}.jpg", "../evil")
    assert (list_collected(), history("collected")) == ([kept], [])
