"""One small training from photos to a published model, on shapes drawn here and the backbone of the packages."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recycler.classifier import load_classifier
from recycler.errors import ExportError, RunError
from recycler.learning.batches import mix_sources
from recycler.learning.data import log_priors
from recycler.learning.export import load_network, publish
from recycler.learning.trainer import train
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import Run
from recycler.settings import settings
from recycler.shelf import list_models
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
    card = publish(run, "shapes", tmp_path)
    assert card.parity["top1_agreement"] >= 0.98
    assert publish(run, "shapes", tmp_path).version == 2
    assert [c.name for c in list_models(tmp_path)] == ["shapes"]
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    settings.cache_clear()
    assert load_classifier("shapes").classify(draw("glass", 5)).classes == run.record.classes


def test_a_run_that_is_not_done_is_not_published(run: Run, tmp_path: Path) -> None:
    unfinished = Run(run.folder, run.record.model_copy(update={"state": "failed"}))
    with pytest.raises(RunError, match="failed"):
        publish(unfinished, "shapes", tmp_path)
    assert list_models(tmp_path) == []


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK no network")
    with pytest.raises(ExportError):
        load_network(tmp_path / "model.keras")


def test_the_prior_gives_no_chance_to_classes_that_a_source_lacks(photos: Path) -> None:
    from recycler.learning.data import load_data

    data = load_data(make_recipe(photos)).data
    priors = log_priors(data, masked=True)
    np.testing.assert_allclose(np.exp(priors).sum(axis=1), 1, atol=1e-5)
    assert (priors[0] < -1e3).tolist() == [False, True, False]
    assert not log_priors(data, masked=False).any()


def test_mixing_sources_moves_towards_the_same_class_elsewhere_and_never_between_classes() -> None:
    labels, source = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 0])
    embedding = np.array([[0, 0], [0, 8], [5, 0], [5, 8], [9, 1], [9, 3]], np.float32)
    mixed = mix_sources(embedding, labels, source, 0.5, seed=3)
    assert np.array_equal(mixed[:, 0], embedding[:, 0])  # the class lies along the first axis
    moved = abs(mixed - embedding)[:4, 1]
    assert (moved > 0).all()
    assert (moved < 4).all()
    assert np.array_equal(mixed[4:], embedding[4:])  # one source alone has this class
    assert np.array_equal(mix_sources(embedding, labels, source, 0.0, seed=3), embedding)
