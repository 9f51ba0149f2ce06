from pathlib import Path

import numpy as np

from recycler.datasets.collected import keep
from recycler.datasets.sources import load_sources
from recycler.evaluations import Question, key_of, load_embeddings, photos_asked
from recycler.labels import change_label, undo
from recycler.learning.answer import answer
from recycler.learning.trainer import train
from recycler.recipe import parse_recipe
from recycler.settings import settings
from recycler.subjects import find_subject
from tests.learning.shapes import draw

PHOTO = draw("glass", 1)


def silent(*_: object) -> None:
    pass


def test_a_shelf_model_is_asked_once_and_answers_from_what_is_kept(shapes: Path) -> None:
    question = Question("household", str(shapes), "all")
    evaluation, table = answer(question, silent)
    assert (evaluation.state, evaluation.learned, len(table)) == ("done", 0, 48)
    assert set(table.splits) == {"all"}
    told: list[str] = []
    again, same = answer(question, lambda what, *_: told.append(what))
    assert told == []
    assert again == evaluation
    np.testing.assert_array_equal(same.probabilities, table.probabilities)


def test_a_corrected_label_changes_what_was_true_and_never_what_was_said(shapes: Path) -> None:
    question = Question("household", str(shapes), "all")
    _, before = answer(question, silent)
    change_label(str(shapes), "glass/3.jpg", "trash")
    change_label(str(shapes), "glass/4.jpg", None)
    told: list[str] = []
    _, after = answer(question, lambda what, *_: told.append(what))
    assert told == []
    place = after.photos.tolist().index(f"{shapes.name}/glass/3.jpg")
    assert after.names[after.true[place]] == "trash"
    assert len(after) == len(before) - 1
    undo(str(shapes))
    undo(str(shapes))
    _, back = answer(question, silent)
    assert back.true.tolist() == before.true.tolist()


def test_a_run_is_asked_as_the_model_that_publishing_would_make_and_its_training_photos_are_told(shapes: Path) -> None:
    recipe = parse_recipe(
        f"""
        name: shapes
        data: {{sources: [{{name: {shapes}}}], validation: 0.2, test: 0.2}}
        network: {{backbone: efficientnet_lite0, input_size: 64}}
        stages: [{{epochs: 3, learning_rate: 0.01}}]
        """
    )
    run = train(recipe, settings().runs, silent)
    name = f"run:{run.record.run}"
    evaluation, table = answer(Question(name, str(shapes), "all"), silent)
    parts = dict(zip(table.photos, table.splits, strict=True))
    counts = {part: list(parts.values()).count(part) for part in set(parts.values())}
    assert counts["validation"] + counts["test"] + counts["train"] == 48
    assert evaluation.learned == counts["train"] > counts["test"] > 0
    _, own = answer(Question(name, f"own:{name}", "test"), silent)
    assert {photo for photo, part in parts.items() if part == "test"} == set(own.photos)
    _, others = answer(Question("household", f"own:{name}", "test"), silent)
    assert set(others.photos) == set(own.photos)
    subject = find_subject(name)
    question = Question(name, f"own:{name}", "test")
    embeddings = load_embeddings(key_of(question, subject, load_sources(photos_asked(question))))
    assert embeddings is not None
    assert embeddings.shape == (len(own), 1280)


def test_collected_photos_can_be_asked_about() -> None:
    keep(PHOTO, "glass")
    evaluation, table = answer(Question("household", "collected", "all"), silent)
    assert (evaluation.state, len(table)) == ("done", 1)
