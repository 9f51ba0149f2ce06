from pathlib import Path

import numpy as np
import pytest

from recycler.learning.data import load_data
from recycler.learning.elsewhere import imagenet_head, on_other_data, scaled_twice
from recycler.learning.trainer import train
from recycler.predictions import read_predictions
from recycler.recipe import parse_recipe
from recycler.runs import PREDICTIONS_FILE, Run
from recycler.settings import settings
from tests.learning.shapes import draw


def nobody(*_: object) -> None: ...


@pytest.fixture
def run(shapes: Path, shared_home: Path) -> Run:
    recipe = parse_recipe(
        f"name: shapes\ndata: {{sources: [{{name: {shapes}, per_class: 12}}], validation: 0.25, test: 0.25}}\n"
        "rulebook: thesis\nnetwork: {input_size: 64}\n"
        "stages: [{epochs: 20, batch_size: 8, learning_rate: 0.01}]\n"
    )
    return train(recipe, settings().runs, nobody)


def test_other_photos_are_those_of_shared_classes_that_the_run_has_not_seen(
    run: Run, shapes: Path, tmp_path: Path
) -> None:
    rest = on_other_data(run, str(shapes), nobody)
    seen = load_data(run.recipe).data.photos
    assert len(seen) == 24
    assert 16 < len(rest) <= 48 - 24, "copies of those seen are left out, too"
    assert {*rest.photos}.isdisjoint(seen)
    assert rest.right.mean() > 0.7
    assert set(rest.splits) == {"test"}
    np.testing.assert_allclose(rest.p_recycle, rest.probabilities[:, 0], atol=1e-6)
    for kind, drawn in (("glass", "glass"), ("apple", "trash")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "0.jpg").write_bytes(draw(drawn, 1000))
        (tmp_path / kind / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    [one] = on_other_data(run, str(tmp_path), nobody).true
    assert one == 0, "an apple is biological, which this network does not know; what is broken is passed over"


def test_photos_that_are_scaled_already_are_not_what_the_network_learned(run: Run) -> None:
    own = read_predictions(run.folder / PREDICTIONS_FILE)
    own = own.pick(own.splits == "test")
    twice = scaled_twice(run, nobody)
    assert sorted(twice.photos) == sorted(own.photos)
    assert len(set(twice.predicted.tolist())) == 1, "all photos look the same: grey"


@pytest.mark.usefixtures("real_data", "keras_home", "shared_home")
def test_imagenets_head_knows_shared_classes_without_training() -> None:
    recipe = parse_recipe(
        "name: head\ndata: {sources: [{name: cifar100, per_class: 3, test_per_class: 2}], validation: 0.34}\n"
        "rulebook: thesis\nnetwork: {backbone: mobilenet, input_size: 224}\n"
    )
    said = imagenet_head(recipe, nobody)
    assert len(said) == 2 * 54
    assert said.known.sum() == 2 * 53, "ImageNet has no poppy"
    assert said.right[said.known].mean() > 0.05, "by chance it would be 0.001"
