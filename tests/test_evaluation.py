from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recycler.classifier import Classifier
from recycler.datasets.dataset import Dataset, join
from recycler.errors import DatasetError, PhotoError
from recycler.evaluation import MOST_NAMED, Evaluated, evaluate, limits, rows_of
from recycler.rulebook import find_rulebook
from recycler.settings import PROJECT
from recycler.shelf import load_model
from tests.datasets.pictures import photo

CLASSES = ("bottle", "can", "glass", "teapot")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(load_model(PROJECT / "models", "household"))


def photos(labels: list[str], read: Callable[[int], bytes] = photo, splits: list[str] | None = None) -> Dataset:
    count = len(labels)
    data = Dataset(
        name="kitchen",
        classes=CLASSES,
        photos=tuple(f"{name}/{i}.jpg" for i, name in enumerate(labels)),
        labels=np.array([CLASSES.index(name) for name in labels], np.int64),
        sources=("kitchen",),
        source=np.zeros(count, np.int64),
        splits=tuple(splits or [""] * count),
        read_bytes=read,
    )
    return join([data])


def asked(classifier: Classifier, data: Dataset, mapping: dict[str, str]) -> Evaluated:
    return evaluate(classifier, data, dict.fromkeys(range(len(data)), "all"), mapping, 1, lambda *_: None)


def test_each_photo_has_its_answer_its_class_and_what_the_network_saw(classifier: Classifier) -> None:
    data = photos(["can", "glass", "teapot"])
    found = asked(classifier, data, {"can": "metal", "glass": "glass"})
    table = found.table
    assert list(table.photos) == list(data.photos)
    assert [table.names[i] for i in table.true] == ["metal", "glass", "teapot"]
    assert list(table.known) == [True, True, False]
    assert found.embeddings.dtype == np.float16
    for i in range(3):
        alone = classifier.classify(data.read_bytes(i))
        np.testing.assert_allclose(table.probabilities[i], alone.probabilities, atol=1e-4)
        np.testing.assert_allclose(found.embeddings[i], alone.embedding, atol=0.02, rtol=0.01)


def test_photos_that_cannot_be_opened_are_named_and_the_rest_keeps_its_order(classifier: Classifier) -> None:
    def read(i: int) -> bytes:
        if i == 1:
            raise PhotoError("It is cut off.")
        return photo(i)

    found = asked(classifier, photos(["can", "glass", "can"], read), {"glass": "glass"})
    assert found.left_out == ("kitchen/glass/1.jpg: It is cut off.",)
    assert list(found.table.photos) == ["kitchen/can/0.jpg", "kitchen/can/2.jpg"]
    assert len(found.embeddings) == 2


def test_of_many_photos_that_cannot_be_opened_the_rest_is_counted(classifier: Classifier) -> None:
    count = MOST_NAMED + 6
    found = asked(classifier, photos(["can"] * count, lambda i: photo(i) if i == 0 else b"no photo"), {})
    assert len(found.left_out) == MOST_NAMED + 1
    assert found.left_out[-1].startswith("5 more")
    with pytest.raises(DatasetError, match="can be opened"):
        asked(classifier, photos(["can"], lambda _: b""), {})


def test_photos_are_chosen_by_the_splits_that_the_data_have() -> None:
    labels = ["can", "can", "glass"]
    divided = photos(labels, splits=["train", "test", "train"])
    assert rows_of(divided, "train").tolist() == [0, 2]
    assert rows_of(divided, "all").tolist() == [0, 1, 2]
    assert rows_of(photos(labels), "test").tolist() == [0, 1, 2]
    with pytest.raises(DatasetError, match="validation"):
        rows_of(divided, "validation")


def test_what_the_figures_cannot_say_is_said(classifier: Classifier) -> None:
    rulebook = find_rulebook("default")
    data = photos(["can", "bottle", "bottle", "teapot", "glass"])
    mapping = {"can": "trash", "glass": "glass"}
    unknown, unruled, astray = limits(asked(classifier, data, mapping).table, mapping, rulebook)
    assert unknown.startswith("2 photos of classes that the model does not know")
    assert unknown.endswith("bottle.")
    assert unruled.startswith("1 photo of classes that neither")
    assert unruled.endswith("teapot.")
    assert astray.startswith("can counts as trash")
    fits = {"can": "metal", "glass": "glass"}
    assert limits(asked(classifier, data.pick([0, 4]), fits).table, fits, rulebook) == []


def test_an_embedding_too_large_for_half_precision_stays_a_number(classifier: Classifier) -> None:
    class Loud(Classifier):
        def __init__(self) -> None:
            self.card = classifier.card

        def predict(self, photos: np.ndarray) -> list:
            return [replace(one, embedding=one.embedding + np.float32(1e6)) for one in classifier.predict(photos)]

    assert np.isfinite(asked(Loud(), photos(["can"]), {}).embeddings).all()
