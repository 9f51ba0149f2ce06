"""One small training from photos to a published model, on shapes drawn here and the backbone of the packages."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recycler.classifier import load_classifier
from recycler.datasets.collected import keep
from recycler.datasets.sources import load_sources
from recycler.errors import ExportError, RecipeError, RunError
from recycler.learning.data import load_data, log_priors
from recycler.learning.describe import describe
from recycler.learning.export import load_network, publish
from recycler.learning.trainer import train
from recycler.photos import to_jpeg
from recycler.recipe import Recipe, Source, dump_recipe, parse_recipe
from recycler.runs import RECIPE_FILE, Run
from recycler.settings import PROJECT, settings
from recycler.shelf import list_models
from recycler.verdict import is_strange
from tests.learning.shapes import draw


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder and a zip with other classes, some junk and one broken photo among them."""
    root = tmp_path_factory.mktemp("photos")
    for c, kind in enumerate(("glass", "trash")):
        (root / "tree" / kind).mkdir(parents=True)
        for i in range(24):
            (root / "tree" / kind / f"{i}.jpg").write_bytes(draw(kind, 100 * c + i))
    (root / "tree" / "glass" / "broken.jpg").write_bytes(draw("glass", 1)[:500])
    with zipfile.ZipFile(root / "more.zip", "w") as pack:
        for c, kind in enumerate(("glass", "paper")):
            for i in range(24):
                pack.writestr(f"more/{kind}/{i}.jpg", draw(kind, 1000 + 100 * c + i))
        pack.writestr("more/notes.txt", "junk")
        pack.writestr("../evil/x.jpg", b"x")
    return root


def make_recipe(root: Path) -> Recipe:
    return parse_recipe(
        f"""
        name: shapes
        title: Shapes
        data:
          sources: [{{name: {root / "tree"}}}, {{name: {root / "more.zip"}}}]
          validation: 0.2
          test: 0.2
        network: {{backbone: efficientnet_lite0, input_size: 64, dropout: 0.1}}
        augmentation: {{preset: phone, copies: 1}}
        masked_prior: true
        source_shift: 1.0
        stages: [{{epochs: 30, batch_size: 32, learning_rate: 0.01, label_smoothing: 0.05}}]
        """
    )


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(make_recipe(photos), tmp_path_factory.mktemp("runs"), lambda *_: None)


def test_a_run_is_done_and_explains_itself(run: Run) -> None:
    assert run.record.state == "done"
    assert run.record.classes == ("glass", "paper", "trash")
    assert run.record.figures["test"]["top1"] > 0.5
    epochs = pd.read_csv(run.folder / "epochs.csv")
    assert epochs["loss"].iloc[-1] < epochs["loss"].iloc[0]
    assert run.recipe.name == "shapes"


def test_the_predictions_table_holds_validation_and_test_photos_and_no_training_photo(run: Run) -> None:
    table = pd.read_parquet(run.folder / "predictions.parquet")
    assert set(table["split"]) == {"validation", "test"}
    assert table["photo"].is_unique
    assert not table["photo"].str.contains("broken").any()


def test_a_published_run_answers_on_the_shelf_as_its_network_does(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.record.parent = "household"
    card = publish(run, "shapes", tmp_path)
    assert card.parent == "household"
    assert card.parity["top1_agreement"] >= 0.98
    table = pd.read_parquet(run.folder / "predictions.parquet")
    assert card.test_answers is not None
    assert card.test_answers.classes == Counter(table["predicted"][table["split"] == "test"])
    stopped = Run(run.folder, run.record.model_copy(update={"state": "stopped"}))  # it has its best weights, too
    assert publish(stopped, "shapes", tmp_path).version == 2
    assert [c.name for c in list_models(tmp_path)] == ["shapes"]
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    settings.cache_clear()
    classifier = load_classifier("shapes")
    seen = classifier.classify(draw("glass", 5))
    assert seen.classes == run.record.classes
    noise = classifier.classify(to_jpeg(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8), 64))
    familiar = np.array([noise.familiarity, seen.familiarity])
    confidence = np.array([noise.probabilities.max(), seen.probabilities.max()])
    assert is_strange(familiar, confidence, card.thresholds).tolist() == [True, False], "what it has never seen"


def test_a_run_that_failed_or_has_learned_nothing_is_not_published(run: Run, tmp_path: Path) -> None:
    failed = Run(run.folder, run.record.model_copy(update={"state": "failed"}))
    cancelled = Run(tmp_path, run.record.model_copy(update={"state": "stopped"}))
    (tmp_path / RECIPE_FILE).write_text(dump_recipe(run.recipe))
    for nothing, said in ((failed, "failed"), (cancelled, "before it had learned")):
        with pytest.raises(RunError, match=said):
            publish(nothing, "shapes", tmp_path / "shelf")
    assert list_models(tmp_path / "shelf") == []


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK no network")
    with pytest.raises(ExportError):
        load_network(tmp_path / "model.keras")


def test_the_prior_gives_no_chance_to_classes_that_a_source_lacks(photos: Path) -> None:
    data = load_data(make_recipe(photos)).data
    priors = log_priors(data, masked=True)
    np.testing.assert_allclose(np.exp(priors).sum(axis=1), 1, atol=1e-5)
    assert (priors[0] < -1e3).tolist() == [False, True, False]
    assert not log_priors(data, masked=False).any()


def test_a_collected_photo_may_be_of_any_class_whatever_other_collected_photos_show(photos: Path) -> None:
    keep(draw("glass", 1), "glass")
    wanted = make_recipe(photos).data
    data = load_sources(wanted.model_copy(update={"sources": (*wanted.sources, Source(name="collected"))}))
    priors = log_priors(data, masked=True)
    assert data.sources[-1] == "collected"
    assert not priors[-1].any()
    assert (priors[:-1] < -1e3).any()


def test_an_emphasised_class_that_the_photos_lack_is_told_before_anything_is_computed(photos: Path) -> None:
    wrong = make_recipe(photos).model_copy(update={"emphasis": {"tin": 2.0}})
    for use in (load_data, describe):
        with pytest.raises(RecipeError, match="emphasises tin.* they have glass, paper, trash"):
            use(wrong)


def test_a_small_recipe_trains_in_both_stages_on_jax_too(shapes: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("needs JAX: install it with `uv pip install --python .venv/bin/python jax`")
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(
        f"name: tiny\ndata: {{sources: [{{name: {shapes}}}], validation: 0.25, test: 0.25}}\n"
        "network: {input_size: 64}\naugmentation: {preset: phone, copies: 1}\n"
        "stages: [{epochs: 2}, {method: fine_tuning, unfreeze_layers: 12, epochs: 1}]\n"
    )
    command = [sys.executable, "-m", "recycler", "train", str(recipe), "--json"]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "done"
