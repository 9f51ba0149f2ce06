from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from recycler.classifier import Classifier, load_classifier
from recycler.datasets.collected import Collected, forget, keep, list_collected
from recycler.errors import DatasetError
from recycler.photos import to_jpeg
from recycler.settings import PROJECT, settings
from recycler.teach import NATS, NOTHING_TAUGHT, Memory, class_evidence, lift, recall, teach
from recycler.verdict import Prediction

CLASSES = ("glass", "metal", "paper")
JAR, CAN = (PROJECT / "samples" / f"{name}.jpg" for name in ("glass-jar", "drinks-can"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier("household")


def turned(path: Path) -> bytes:
    """The same thing from another angle, closer."""
    with Image.open(path) as photo:
        width, height = photo.size
        closer = photo.convert("RGB").rotate(90).crop((width // 12, height // 12, width, height))
    return to_jpeg(np.asarray(closer), 640)


def prediction(*probabilities: float, embedding: tuple[float, ...] = (1.0, 0.0)) -> Prediction:
    return Prediction(CLASSES, np.array(probabilities, np.float32), 0.5, np.array(embedding, np.float32))


def memory(*examples: tuple[tuple[float, float], str]) -> Memory:
    embeddings = np.array([example for example, _ in examples], np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    labels = np.array([CLASSES.index(name) for _, name in examples])
    return Memory([Collected(name, str(i)) for i, (_, name) in enumerate(examples)], embeddings, labels, 0.3)


def evidence(*likeness: float) -> NDArray[np.float64]:
    return class_evidence(np.array(likeness, np.float32), np.zeros(len(likeness), np.int64), 2, 0.5)


def test_the_very_same_photo_gets_its_class_however_sure_the_network_was() -> None:
    blended = memory(((1, 0), "metal")).blend(prediction(1.0, 0.0, 0.0))
    assert blended.top(1)[0][0] == "metal"
    assert blended.probabilities.sum() == pytest.approx(1)


def test_a_photo_unlike_all_that_was_taught_keeps_the_very_prediction() -> None:
    own = prediction(0.6, 0.3, 0.1)
    assert memory(((0, 1), "metal"), ((-1, 0), "paper")).blend(own) is own
    assert NOTHING_TAUGHT.blend(own) is own


def test_what_was_taught_is_familiar_from_then_on() -> None:
    strange = replace(prediction(0.6, 0.3, 0.1), familiarity=0.1)
    assert memory(((1, 0), "metal")).blend(strange).familiarity == pytest.approx(1)
    assert memory(((0, 1), "metal")).blend(strange).familiarity == pytest.approx(0.1)


def test_examples_say_more_the_nearer_and_the_more_they_are() -> None:
    assert evidence(0.5)[0] == evidence(-0.9)[0] == 0
    assert 0 < evidence(0.6)[0] < evidence(0.8)[0] < evidence(1.0)[0] == NATS
    assert evidence(0.6)[0] < evidence(0.6, 0.6)[0] < 2 * evidence(0.6)[0]
    assert evidence(1.0)[1] == 0, "a class without examples"


def test_evidence_multiplies_odds() -> None:
    lifted = lift(np.array([0.5, 0.5, 0.0], np.float32), np.array([np.log(3), 0, 0]))
    np.testing.assert_allclose(lifted, [0.75, 0.25, 0], atol=5e-3)


def test_ten_thousand_copies_of_one_photo_are_still_numbers() -> None:
    lifted = lift(np.array([0.0, 1.0], np.float32), evidence(*[1.0] * 10_000))
    np.testing.assert_allclose(lifted, [1, 0], atol=1e-6)


def test_an_embedding_of_nothing_but_zeros_changes_nothing() -> None:
    own = prediction(0.6, 0.3, 0.1, embedding=(0.0, 0.0))
    assert memory(((1, 0), "metal")).blend(own) is own


def test_a_corrected_photo_changes_the_answer_for_the_same_thing_from_another_angle(classifier: Classifier) -> None:
    seen = classifier.classify(turned(JAR))
    assert seen.top(1)[0][0] != "glass"
    teach(classifier, JAR.read_bytes(), "glass")
    taught = recall(classifier)
    assert taught.blend(seen).top(1)[0][0] == "glass"
    forget(list_collected())
    assert recall(classifier).blend(seen) is seen
    assert [*settings().taught.iterdir()] == []  # not even numbers are left of it


def test_a_class_that_the_model_does_not_know_is_refused_with_those_that_it_knows(classifier: Classifier) -> None:
    with pytest.raises(DatasetError, match=r"household.*teapot.*battery"):
        teach(classifier, JAR.read_bytes(), "teapot")
    assert list_collected() == []


def test_embeddings_are_kept_and_only_new_photos_are_looked_at(classifier: Classifier) -> None:
    jar = teach(classifier, JAR.read_bytes(), "glass")
    first = recall(classifier)
    jar.path.write_bytes(b"cannot be opened any more")
    teach(classifier, CAN.read_bytes(), "metal")
    second = recall(classifier)
    assert list(second.photos) == [jar, next(photo for photo in list_collected() if photo.class_name == "metal")]
    np.testing.assert_array_equal(second.embeddings[0], first.embeddings[0])
    assert second.unlike == first.unlike


def test_a_photo_that_moves_to_another_class_is_not_looked_at_again(classifier: Classifier) -> None:
    teach(classifier, JAR.read_bytes(), "glass")
    before = recall(classifier)
    teach(classifier, JAR.read_bytes(), "metal")
    [file] = settings().taught.iterdir()
    written = file.stat().st_mtime_ns
    after = recall(classifier)
    np.testing.assert_array_equal(after.embeddings, before.embeddings)
    assert classifier.card.classes[after.labels[0]] == "metal"
    assert file.stat().st_mtime_ns == written


def test_a_model_that_has_not_seen_them_yet_learns_collected_photos_of_its_classes_by_itself(
    classifier: Classifier,
) -> None:
    keep(JAR.read_bytes(), "glass")
    keep(CAN.read_bytes(), "teapot")
    learned = recall(classifier)
    assert [photo.class_name for photo in learned.photos] == ["glass"]
    assert learned.embeddings.shape == (1, classifier.card.embedding_size)
    assert [file.stem for file in settings().taught.iterdir()] == [classifier.card.checksums["model.tflite"]]


@pytest.mark.parametrize("content", ["nothing", "pickled", "other", "cut"])
def test_a_damaged_or_foreign_file_of_embeddings_is_made_again(classifier: Classifier, content: str) -> None:
    teach(classifier, JAR.read_bytes(), "glass")
    right = recall(classifier).embeddings
    [file] = settings().taught.iterdir()
    match content:
        case "nothing":
            file.write_bytes(b"")
        case "pickled":
            np.savez(file, ids=np.array([{}], object), embeddings=right, unlike=0.3)
        case "other":
            np.savez(file, ids=np.array(["a"]), embeddings=np.zeros((1, 3)), unlike=0.3)
        case "cut":
            file.write_bytes(file.read_bytes()[:-100])
    np.testing.assert_array_equal(recall(classifier).embeddings, right)


def test_an_example_speaks_from_where_it_is_more_like_a_photo_than_strange_things_are(classifier: Classifier) -> None:
    teach(classifier, JAR.read_bytes(), "glass")
    samples = [classifier.classify(path.read_bytes()).embedding for path in sorted(JAR.parent.glob("*.jpg"))]
    units = np.array([embedding / np.linalg.norm(embedding) for embedding in samples])
    pairs = [float(units[i] @ units[j]) for i in range(len(units)) for j in range(i)]
    assert recall(classifier).unlike == pytest.approx(np.mean(pairs), abs=1e-4)
