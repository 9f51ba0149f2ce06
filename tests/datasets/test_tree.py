"""Which folder is a class: `tree_dataset` is reached through its own mapping, without a disk or a zip."""

import pytest

from recycler.datasets.dataset import Dataset
from recycler.datasets.tree import EXAMPLES, Skipped, tree_dataset
from recycler.errors import DatasetError


def tree(*paths: str) -> Dataset:
    return tree_dataset("made", dict.fromkeys(paths, 1), str.encode, Skipped(), "The folder made")


def labelled(data: Dataset) -> dict[str, str]:
    return {photo: data.classes[label] for photo, label in zip(data.photos, data.labels, strict=True)}


def test_each_folder_is_a_class() -> None:
    data = tree("paper/2.JPG", "glass/1.png")
    assert labelled(data) == {"glass/1.png": "glass", "paper/2.JPG": "paper"}
    assert data.read_bytes(1) == b"paper/2.JPG"
    assert set(data.splits) == {""}


@pytest.mark.parametrize("wrapper", ["photos/", "a/b/"])
def test_folders_around_the_class_folders_are_looked_through(wrapper: str) -> None:
    data = tree(f"{wrapper}glass/1.jpg", f"{wrapper}paper/2.jpg", "photos.txt")
    assert data.classes == ("glass", "paper")
    assert data.photos[0] == f"{wrapper}glass/1.jpg"


def test_folders_inside_a_class_belong_to_it() -> None:
    assert set(labelled(tree("glass/green/1.jpg", "glass/2.jpg", "paper/3.jpg")).values()) == {"glass", "paper"}


@pytest.mark.parametrize("wrapper", ["", "photos/"])
def test_train_and_test_folders_are_splits_not_classes(wrapper: str) -> None:
    data = tree(f"{wrapper}train/glass/1.jpg", f"{wrapper}val/glass/2.jpg", f"{wrapper}Test/glass/3.jpg")
    assert data.classes == ("glass",)
    assert dict(zip(data.photos, data.splits, strict=True)) == {
        f"{wrapper}train/glass/1.jpg": "train",
        f"{wrapper}val/glass/2.jpg": "train",
        f"{wrapper}Test/glass/3.jpg": "test",
    }


def test_what_is_no_photo_is_listed_with_its_reason() -> None:
    data = tree(
        "glass/1.jpg",
        "glass/a.txt",
        "glass/b.zip",
        "glass/.c.jpg",
        "__MACOSX/glass/._1.jpg",
        "d.jpg",
        "glass/e\x1b[2J.jpg",
    )
    assert data.photos == ("glass/1.jpg",)
    assert dict(data.skipped) == {
        "glass/a.txt": "not a photo",
        "glass/b.zip": "an archive inside, which is not opened",
        "glass/.c.jpg": "hidden",
        "__MACOSX/glass/._1.jpg": "hidden",
        "d.jpg": "outside the class folders",
        "glass/e?[2J.jpg": "a name with signs that cannot be shown",
    }


def test_empty_classes_are_listed() -> None:
    data = tree("photos/", "photos/glass/", "photos/glass/1.jpg", "photos/glass/sub/", "photos/paper/")
    assert data.classes == ("glass",)
    assert data.skipped == (("photos/paper/", "a class without photos"),)


def test_a_flood_of_other_files_is_counted_not_listed() -> None:
    data = tree("glass/1.jpg", *(f"glass/{i}.txt" for i in range(2000)))
    assert len(data.skipped) == EXAMPLES + 1
    assert data.skipped[-1] == ("and 1,995 more", "not a photo")


@pytest.mark.parametrize("paths", [(), ("1.jpg",), ("glass/",), ("glass/notes.txt",)])
def test_nothing_to_learn_from_is_one_helpful_sentence(paths: tuple[str, ...]) -> None:
    with pytest.raises(DatasetError, match=r"The folder made has no photos in class folders.* glass/bottle\.jpg"):
        tree(*paths)
