import numpy as np
import pytest

from recycler.classifier import load_classifier
from recycler.datasets.dataset import join
from recycler.errors import DatasetError
from recycler.evaluation import evaluate, rows_of
from tests.datasets.pictures import dataset, photo


def test_a_split_is_taken_where_the_source_has_one_and_else_all_photos() -> None:
    data = dataset([b""] * 4, [0, 1, 0, 1], splits=["train", "test", "train", "test"])
    assert rows_of(data, "test").tolist() == [1, 3]
    assert rows_of(data, "all").tolist() == [0, 1, 2, 3]
    assert rows_of(dataset([b""] * 2, [0, 1]), "test").tolist() == [0, 1]
    with pytest.raises(DatasetError, match="no photos in its split test"):
        rows_of(data.pick([0, 2]), "test")


def test_photos_keep_their_order_and_what_cannot_be_opened_is_told() -> None:
    data = join([dataset([photo(1), b"broken", photo(2), photo(3)], [0, 0, 1, 1])])
    told: list[tuple[int, int]] = []
    found = evaluate(
        load_classifier("household"),
        data,
        {3: "test", 1: "test", 0: "train"},
        {"a": "glass"},
        1,
        lambda _, done, total: told.append((done, total)),
    )
    assert found.table.photos.tolist() == ["made/3.jpg", "made/0.jpg"]
    assert found.table.splits.tolist() == ["test", "train"]
    assert [found.table.names[i] for i in found.table.true] == ["b", "glass"]
    assert found.table.known.tolist() == [False, True]
    assert found.embeddings.shape == (2, 1280)
    assert found.embeddings.dtype == np.float16
    assert found.left_out[0] == "1 photos of classes that the model does not know: b."
    assert found.left_out[1].startswith("made/1.jpg: ")
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_photos_none_of_which_can_be_opened_are_one_sentence() -> None:
    with pytest.raises(DatasetError, match="No photo of made can be opened"):
        evaluate(load_classifier("household"), dataset([b"x"], [0]), {0: "all"}, {}, 1, lambda *_: None)
