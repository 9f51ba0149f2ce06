"""The shipped model in other formats, compared on drawn photos; ONNX where its packages are installed."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from recycler.errors import ExportError
from recycler.learning.formats import ONNX_PACKAGES, export
from recycler.recipe import Data, Recipe, Source
from recycler.settings import PROJECT
from recycler.shelf import CARD_FILE, ShelfModel, check_files, load_model

HAS_ONNX = all(importlib.util.find_spec(package) for package in ONNX_PACKAGES)


@pytest.fixture
def model(shapes: Path, tmp_path: Path) -> ShelfModel:
    """The shipped model, which says that it was made from shapes."""
    folder = tmp_path / "models" / "household"
    shutil.copytree(PROJECT / "models" / "household", folder)
    recipe = Recipe(name="small", data=Data(sources=(Source(name=str(shapes)),), validation=0.1, test=0.25))
    card = load_model(tmp_path / "models", "household").card
    card = card.model_copy(update={"recipe": recipe.model_dump(mode="json")})
    (folder / CARD_FILE).write_text(card.model_dump_json())
    return load_model(tmp_path / "models", "household")


def silent(*_: object) -> None:
    pass


def test_every_format_says_what_the_network_says_and_the_card_by_how_much(model: ShelfModel, tmp_path: Path) -> None:
    wanted = ["litert_float16", "litert_int8", *(["onnx"] if HAS_ONNX else [])]
    before = (model.folder / CARD_FILE).read_bytes()
    card = export(model, wanted, silent, tmp_path / "out")
    assert (model.folder / CARD_FILE).read_bytes() == before, "the shelf stays as it is"
    assert [*card.exports] == ["keras", *wanted]
    own = card.exports["keras"]
    assert (own["photos"], own["same_class"], own["largest_difference"]) == (12, 1, 0)
    for name in wanted:
        found = card.exports[name]
        exact = name != "litert_int8"
        assert found["same_class"] == 1 if exact else found["same_class"] >= 0.75
        assert 0 < found["largest_difference"] < (0.03 if exact else 0.5)
        assert 0 < found["mean_difference"] < (0.003 if exact else 0.1)
        assert found["top1"] == pytest.approx(own["top1"], abs=1 - found["same_class"])
    sizes = [card.exports[name]["megabytes"] for name in ("litert_float16", "litert_int8")]
    assert sizes[1] < 0.9 * sizes[0]
    check_files(tmp_path / "out", card)
    assert "| litert_int8: `model.int8.tflite` |" in (tmp_path / "out" / "README.md").read_text()


def test_a_format_stands_beside_the_model_on_the_shelf_and_on_its_card(model: ShelfModel) -> None:
    before = model.litert.read_bytes()
    assert "litert_int8" in model.card.exports, "it was shipped with"
    export(model, ["litert_float16"], silent)
    found = load_model(model.folder.parent, "household")
    assert found.litert.read_bytes() == before
    assert [*found.card.exports] == ["keras", "litert_float16", "litert_int8"]
    assert found.card.exports["litert_float16"]["photos"] == 12, "compared anew"
    assert found.card.exports["litert_int8"] == model.card.exports["litert_int8"]
    check_files(found.folder, found.card)


def test_a_card_beside_other_files_tells_of_these_alone(model: ShelfModel, tmp_path: Path) -> None:
    card = export(model, ["litert_float16"], silent, tmp_path / "out")
    assert [*card.exports] == ["keras", "litert_float16"]
    check_files(tmp_path / "out", card)


def test_what_cannot_be_made_is_told_before_anything_is_loaded(
    model: ShelfModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError, match="no format “coreml”.* litert_int8"):
        export(model, ["coreml"], silent)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExportError, match="uv pip install .* tf2onnx onnxruntime"):
        export(model, ["onnx"], silent)
