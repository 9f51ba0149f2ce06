from dataclasses import replace

import numpy as np
import pytest

from recycler.datasets.dataset import join, relabel
from recycler.errors import DatasetError
from tests.datasets.pictures import dataset


def test_pick_keeps_order_and_reads_the_right_bytes() -> None:
    data = dataset([b"zero", b"one", b"two"], [0, 1, 0]).pick([2, 1]).pick([1, 0])
    assert data.photos == ("1.jpg", "2.jpg")
    assert [data.read_bytes(i) for i in range(2)] == [b"one", b"two"]
    assert data.labels.tolist() == [1, 0]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        replace(dataset([b"x", b"y"], [0, 1]), splits=("train",))


def test_counts_name_every_class_even_an_empty_one() -> None:
    assert dataset([b"x", b"y"], [0, 2]).counts() == {"a": 1, "b": 0, "c": 1}


def test_relabel_merges_renames_and_leaves_out() -> None:
    data = dataset([b"0", b"1", b"2", b"3"], [0, 1, 2, 3])
    ruled = relabel(data, {"a": "d", "c": None}, {})
    assert ruled.classes == ("d", "b")
    assert [ruled.classes[label] for label in ruled.labels] == ["d", "b", "d"]
    assert [ruled.read_bytes(i) for i in range(len(ruled))] == [b"0", b"1", b"3"]


def test_relabel_refuses_a_class_that_is_not_there() -> None:
    with pytest.raises(DatasetError, match="does not have: glas; its classes are a, b"):
        relabel(dataset([b"x", b"y"], [0, 1]), {"glas": "a"}, {})


def test_relabel_takes_single_photos_whatever_becomes_of_their_class() -> None:
    data = dataset([b"0", b"1", b"2", b"3"], [0, 1, 1, 1])
    ruled = relabel(data, {"b": None}, {"0": None, "2": "a", "3": "new"})
    assert ruled.photos == ("2.jpg", "3.jpg")
    assert [ruled.classes[label] for label in ruled.labels] == ["a", "new"]


def test_relabel_refuses_a_photo_that_is_not_there() -> None:
    with pytest.raises(DatasetError, match="photos that made does not have: 7"):
        relabel(dataset([b"x", b"y"], [0, 1]), {}, {"7": "a"})


def test_join_unites_classes_and_remembers_sources() -> None:
    first = dataset([b"f0", b"f1"], [0, 1], "first")
    second = replace(dataset([b"s0", b"s1"], [0, 1], "second"), classes=("b", "z"))
    both = join([first, second])
    assert both.classes == ("a", "b", "z")
    assert [both.classes[label] for label in both.labels] == ["a", "b", "b", "z"]
    assert [both.sources[i] for i in both.source] == ["first", "first", "second", "second"]
    assert both.photos == ("first/0.jpg", "first/1.jpg", "second/0.jpg", "second/1.jpg")
    assert [both.read_bytes(i) for i in range(4)] == [b"f0", b"f1", b"s0", b"s1"]


def test_a_photo_has_the_same_id_whatever_is_joined_with_it() -> None:
    first, second = dataset([b"x"], [0], "first"), dataset([b"y"], [0], "second")
    assert join([first]).photos == join([first, second]).photos[:1] == ("first/0.jpg",)


def test_join_refuses_nothing_and_one_source_twice() -> None:
    data = dataset([b"x"], [0])
    with pytest.raises(DatasetError, match="needs at least one"):
        join([])
    with pytest.raises(DatasetError, match="named twice: made, made"):
        join([data, data])


def test_fingerprint_is_stable_and_tells_contents_labels_and_order() -> None:
    data = dataset([b"x", b"y"], [0, 1])
    prints = [
        data,
        dataset([b"x", b"z"], [0, 1]),
        dataset([b"x", b"y"], [1, 0]),
        data.pick([1, 0]),
        replace(data, stamps=np.array([1, 2])),
        replace(data, stamps=np.array([1, 3])),
    ]
    assert data.fingerprint() == dataset([b"x", b"y"], [0, 1]).fingerprint()
    assert len({one.fingerprint() for one in prints}) == len(prints)


def test_fingerprint_survives_a_photo_that_cannot_be_read() -> None:
    def read(i: int) -> bytes:
        raise OSError("gone")

    assert len(replace(dataset([b"x"], [0]), read_bytes=read).fingerprint()) == 16


def test_stamps_follow_pick_and_join() -> None:
    first = replace(dataset([b"x", b"y"], [0, 1], "first"), stamps=np.array([7, 8]))
    second = replace(dataset([b"z"], [0], "second"), stamps=np.array([9]))
    stamps = join([first.pick([1]), second]).stamps
    assert stamps is not None
    assert stamps.tolist() == [8, 9]
    assert join([first, replace(second, stamps=None)]).stamps is None
