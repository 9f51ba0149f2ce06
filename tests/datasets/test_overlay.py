from pathlib import Path

import numpy as np
import pytest

from recycler.datasets import dataset_stamp, load_dataset
from recycler.datasets.overlay import add_change, add_undo, history, overlaid, overlaid_datasets, overlay, place_of
from recycler.datasets.sources import load_sources
from recycler.errors import DatasetError
from recycler.recipe import Data
from tests.datasets.pictures import dataset, photo, write_tree, write_zip

FILES = {f"{name}/{i}.jpg": photo(10 * c + i) for c, name in enumerate(("glass", "paper")) for i in range(3)}


@pytest.fixture
def tree(tmp_path: Path) -> str:
    return str(write_tree(tmp_path / "tree", FILES))


def labelled(name: str) -> dict[str, str]:
    data = load_dataset(name)
    return {photo: data.classes[label] for photo, label in zip(data.photos, data.labels, strict=True)}


def labels_file(own_home: Path) -> Path:
    [file] = (own_home / "labels").glob("*.jsonl")
    return file


def test_corrected_labels_are_those_of_the_loaded_data_and_the_data_stays_as_it_is(tree: str) -> None:
    before = {path: path.read_bytes() for path in Path(tree).rglob("*.jpg")}
    add_change(tree, "glass/1.jpg", "glass", "paper")
    add_change(tree, "paper/0.jpg", "paper", None)
    assert labelled(tree) == {
        "glass/0.jpg": "glass",
        "glass/1.jpg": "paper",
        "glass/2.jpg": "glass",
        "paper/1.jpg": "paper",
        "paper/2.jpg": "paper",
    }
    assert load_dataset(tree).skipped == (("paper/0.jpg", "left out by a corrected label"),)
    assert {path: path.read_bytes() for path in Path(tree).rglob("*.jpg")} == before


def test_the_fingerprint_knows_corrected_labels_and_what_is_seen_does_not_depend_on_them(tree: str) -> None:
    untouched = load_dataset(tree)
    change = add_change(tree, "glass/1.jpg", "glass", "paper")
    assert load_dataset(tree).fingerprint() != untouched.fingerprint()
    assert load_dataset(tree).unlabelled().fingerprint() == untouched.unlabelled().fingerprint()
    add_undo(tree, change)
    assert load_dataset(tree).fingerprint() == untouched.fingerprint()


def test_every_change_and_every_undo_shows_in_the_stamp(tree: str) -> None:
    stamps = [dataset_stamp(tree)]
    change = add_change(tree, "glass/1.jpg", "glass", "paper")
    stamps.append(dataset_stamp(tree))
    add_undo(tree, change)
    stamps.append(dataset_stamp(tree))
    assert len(set(stamps)) == 3


def test_a_subset_is_taken_after_labels_were_corrected(tree: str) -> None:
    for i in range(3):
        add_change(tree, f"glass/{i}.jpg", "glass", "paper")
    assert load_dataset(tree, per_class=2).counts() == {"glass": 0, "paper": 2}


def test_a_corrected_label_goes_before_the_rule_of_a_recipe(tmp_path: Path) -> None:
    name = str(write_tree(tmp_path, {f"glass/g{i}.jpg": photo(i) for i in range(4)} | {"paper/p0.jpg": photo(9)}))
    rule = {"name": name, "relabel": {"metal": ["g0", "g1"]}, "leave_out": ["g2"]}
    wanted = Data.model_validate({"sources": [rule]})
    assert load_sources(wanted).counts() == {"glass": 1, "paper": 1, "metal": 2}
    add_change(name, "glass/g0.jpg", "glass", "paper")
    add_change(name, "glass/g1.jpg", "glass", None)
    add_change(name, "glass/g2.jpg", "glass", "paper")
    assert load_sources(wanted).counts() == {"glass": 1, "paper": 3}


def test_what_the_data_no_longer_has_is_passed_over() -> None:
    data = dataset([b"x"] * 3, [0, 1, 1])
    corrected = overlaid(data, {"gone.jpg": "a", "1.jpg": "a", "2.jpg": "gone"})
    assert corrected.photos == ("0.jpg", "1.jpg")
    assert corrected.labels.tolist() == [0, 0]
    assert corrected.classes == data.classes
    assert [reason for _, reason in corrected.skipped] == ["its corrected label is no class of this data any more"]
    np.testing.assert_array_equal(data.labels, [0, 1, 1])


def test_each_data_set_has_labels_of_its_own_whatever_its_path_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    ours = write_zip(tmp_path / "a" / "home.zip", FILES)
    theirs = write_tree(tmp_path / "b" / "home", FILES)
    add_change(str(ours), "glass/1.jpg", "glass", "paper")
    monkeypatch.chdir(tmp_path / "a")
    assert overlay("home.zip") == {"glass/1.jpg": "paper"}
    assert overlay(str(theirs)) == overlay("home") == {}
    assert overlaid_datasets() == [str(ours)] == [place_of("home.zip")]


def test_the_history_is_what_is_in_force_and_the_file_keeps_all(tree: str, own_home: Path) -> None:
    first = add_change(tree, "glass/1.jpg", "glass", "paper")
    second = add_change(tree, "glass/1.jpg", "paper", None)
    assert overlay(tree) == {"glass/1.jpg": None}
    add_undo(tree, second)
    assert history(tree) == [first]
    assert overlay(tree) == {"glass/1.jpg": "paper"}
    assert len(labels_file(own_home).read_bytes().splitlines()) == 3


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"photo": "glass/1.jpg", "now": "paper"}',
        b"[" * 100_000,
        b'{"undone": 1, "when": "x"}',
        b"\0" * 50,
    ],
)
def test_a_damaged_file_is_a_sentence_and_loses_nothing(tree: str, own_home: Path, damage: bytes) -> None:
    change = add_change(tree, "glass/1.jpg", "glass", "paper")
    file = labels_file(own_home)
    content = file.read_bytes() + damage + b"\n"
    file.write_bytes(content)
    for use in (
        lambda: load_dataset(tree),
        lambda: add_change(tree, "glass/2.jpg", "glass", "paper"),
        lambda: add_undo(tree, change),
    ):
        with pytest.raises(DatasetError, match=r"tree-\w{8}\.jsonl cannot be read: line 2 is no change.*move it away"):
            use()
    assert file.read_bytes() == content


def test_labels_that_cannot_be_kept_are_a_sentence(tree: str, own_home: Path) -> None:
    (own_home / "labels").write_text("in the way")
    with pytest.raises(DatasetError, match="RECYCLER_HOME"):
        add_change(tree, "glass/1.jpg", "glass", "paper")
