import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from recycler.classifier import Classifier, load_classifier, soften
from recycler.errors import ModelError, PhotoError
from recycler.photos import to_jpeg
from recycler.settings import PROJECT
from recycler.shelf import CARD_FILE, ShelfModel, checksum, load_model


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(load_model(PROJECT / "models", "household"))


def photos(count: int, size: int) -> np.ndarray:
    rng = np.random.default_rng(count)
    coarse = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def test_probabilities_sum_to_one_and_the_embedding_has_the_cards_size(classifier: Classifier) -> None:
    [prediction] = classifier.predict(photos(1, classifier.card.input_size))
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert 0 <= prediction.recycling <= 1
    assert prediction.embedding.shape == (classifier.card.embedding_size,)


def test_a_photo_alone_gets_the_same_answer_as_among_others(classifier: Classifier) -> None:
    many = photos(19, classifier.card.input_size)
    together = classifier.predict(many)
    for i in (0, 7, 8, 18):
        [alone] = classifier.predict(many[i : i + 1])
        np.testing.assert_allclose(alone.probabilities, together[i].probabilities, atol=1e-4)


def test_sixteen_threads_never_mix_their_answers(classifier: Classifier) -> None:
    many = photos(16, classifier.card.input_size)
    expected = [p.probabilities for p in classifier.predict(many)]

    def ask(i: int) -> list[np.ndarray]:
        return [classifier.predict(many[i : i + 1])[0].probabilities for _ in range(4)]

    with ThreadPoolExecutor(16) as pool:
        for i, answers in enumerate(pool.map(ask, range(16))):
            for answer in answers:
                np.testing.assert_allclose(answer, expected[i], atol=1e-4)


def test_pixels_of_another_size_are_a_mistake_of_the_caller(classifier: Classifier) -> None:
    with pytest.raises(ValueError, match="expected"):
        classifier.predict(np.zeros((1, 8, 8, 3), np.uint8))


def test_bytes_of_a_photo_are_classified_and_others_refused(classifier: Classifier) -> None:
    jpeg = to_jpeg(photos(1, 256)[0], 256)
    assert classifier.classify(jpeg).classes == classifier.card.classes
    with pytest.raises(PhotoError):
        classifier.classify(b"no photo")


def test_a_higher_temperature_is_less_sure_with_the_same_order() -> None:
    p = np.array([[0.7, 0.2, 0.1]], np.float32)
    soft = soften(p, 2.0)[0]
    assert soft[0] < 0.7
    assert list(np.argsort(soft)) == [2, 1, 0]
    np.testing.assert_allclose(soften(p, 1.0), p, atol=1e-6)


@pytest.mark.parametrize("lie", ["classes", "garbage"])
def test_a_file_that_is_not_what_its_card_says_is_refused(tmp_path: Path, lie: str) -> None:
    folder = tmp_path / "household"
    shutil.copytree(PROJECT / "models" / "household", folder)
    model = load_model(tmp_path, "household")
    if lie == "garbage":
        model.litert.write_bytes(b"TFL3" * 100)
    card = model.card.model_copy(
        update={"classes": (*model.card.classes, "unicorn"), "checksums": {"model.tflite": checksum(model.litert)}}
        if lie == "classes"
        else {"checksums": {"model.tflite": checksum(model.litert)}}
    )
    (folder / CARD_FILE).write_text(card.model_dump_json())
    with pytest.raises(ModelError):
        Classifier(ShelfModel(card, folder))


def test_the_settings_shelf_is_used_by_name() -> None:
    assert load_classifier("household").card.name == "household"
