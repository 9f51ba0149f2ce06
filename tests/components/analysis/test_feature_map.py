"""The feature map and the neighbours of a run's photos, from evaluations as they are kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import state
from recycler.datasets import load_dataset
from recycler.datasets.dataset import Dataset, join
from recycler.evaluation import Evaluated
from recycler.evaluations import Question, evaluating, keep_evaluation, key_of
from recycler.predictions import predictions, write_predictions
from recycler.recipe import Data, Recipe, Source, load_recipe
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Run, new_run
from recycler.settings import PROJECT, settings
from recycler.subjects import RUN, find_subject
from recycler.verdict import ALWAYS_ANSWER
from tests.datasets.pictures import photo, write_tree

CLASSES = ("glass", "paper")
TEST, TRAIN = range(5), range(5, 10)  # of each class

PAGE = """
from dataclasses import replace
import numpy as np
from components.analysis import {view}
from components.analysis.answers import of_run
from recycler.evaluations import Question
from recycler.subjects import find_subject, rulebook_of

subject = find_subject({subject!r})
analysis = of_run(subject, Question(subject.name, "own:" + subject.name, "test"), None, rulebook_of(subject))
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A finished run whose network was never asked: its table says that all test photos are glass."""
    names = [f"{name}/{i}.jpg" for name in CLASSES for i in (*TEST, *TRAIN)]
    folder = write_tree(tmp_path / "things", {name: photo(seed) for seed, name in enumerate(names)})
    quick = load_recipe(PROJECT / "recipes" / "quick.yaml")
    recipe = Recipe.model_validate(quick.model_dump() | {"data": Data(sources=(Source(name=str(folder)),))})
    made = new_run(settings().runs, recipe, "cpu")
    made.record.state, made.record.classes = "done", CLASSES
    made.save()
    (made.folder / NETWORK_FILE).write_bytes(b"weights")
    write_predictions(made.folder / PREDICTIONS_FILE, said(TEST, "test").table)
    return made


def said(numbers: Sequence[int], split: str) -> Evaluated:
    """Paper looks like paper to the network, though it calls everything glass."""
    photos = [f"things/{name}/{i}.jpg" for name in CLASSES for i in numbers]
    true = [name for name in CLASSES for _ in numbers]
    table = predictions(CLASSES, photos, split, true, np.full((len(true), 2), (0.8, 0.2), np.float32))
    rng = np.random.default_rng(len(split))
    centres = np.eye(2, 8)[[CLASSES.index(name) for name in true]]
    return Evaluated(table, (centres + 0.01 * rng.normal(size=centres.shape)).astype(np.float16), ())


def ask(run: Run, numbers: Sequence[int], split: str) -> None:
    """Keep an evaluation of the run's own photos, as a process of its own would."""
    subject = find_subject(RUN + run.record.run)
    question = Question(subject.name, f"own:{subject.name}", split)
    photos = own_photos(run)
    key = key_of(question, subject, photos, photos.fingerprint())
    with evaluating(key, question):
        keep_evaluation(key, question, said(numbers, split), ALWAYS_ANSWER, {}, 0)


def own_photos(run: Run) -> Dataset:
    return join([load_dataset(source.name) for source in run.recipe.data.sources])


def page(run: Run, view: str, call: str) -> AppTest:
    content = PAGE.format(view=view, subject=RUN + run.record.run) + call
    app = AppTest.from_string(content, default_timeout=60).run()
    assert not app.exception
    return app


def starts(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith(state.ANALYSE_START)]


def test_before_the_network_was_asked_the_map_offers_to_ask_it(run: Run) -> None:
    app = page(run, "feature_map", "feature_map.show(analysis, None)")
    assert starts(app) == ["Evaluate"]
    assert not app.get("vega_lite_chart")


def test_the_map_shows_each_photo_and_can_be_coloured_anew(run: Run) -> None:
    ask(run, TEST, "test")
    app = page(run, "feature_map", "feature_map.show(analysis, None)")
    [chart] = app.get("vega_lite_chart")
    assert '"domain": ["glass", "paper"]' in chart.proto.spec
    [colour] = app.get("button_group")
    app.session_state[str(colour.key)] = "Right or wrong"
    app.run()
    [chart] = app.get("vega_lite_chart")
    assert '"domain": ["right", "wrong"]' in chart.proto.spec


def test_a_photo_shows_what_it_was_taken_for(run: Run) -> None:
    ask(run, TEST, "test")
    ask(run, TRAIN, "train")
    app = page(run, "alike", "alike.show(analysis, 9)")  # a photo of paper
    [caption] = app.caption
    assert caption.value.startswith("5 of the 6 are paper.")
    [row] = [html.proto.body for html in app.get("html")]
    assert row.count("data:image/jpeg") == 6
    assert row.index("<b>paper</b>") < row.index("<b>glass</b>")


def test_before_the_training_photos_are_known_it_offers_to_look_at_them(run: Run) -> None:
    ask(run, TEST, "test")
    assert starts(page(run, "alike", "alike.show(analysis, 9)")) == ["Evaluate"]


def test_a_map_of_three_photos_is_refused_with_a_sentence(run: Run) -> None:
    app = page(run, "feature_map", "feature_map.show(replace(analysis, table=analysis.table.pick(np.arange(3))), None)")
    assert "at least 8 photos" in app.info[0].value
