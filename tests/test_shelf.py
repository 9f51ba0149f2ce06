import shutil
from pathlib import Path

import numpy as np
import pytest

from recycler.errors import ModelError
from recycler.settings import PROJECT
from recycler.shelf import add_exports, check_files, list_models, load_model, new_model, set_thresholds, write_card
from recycler.verdict import Thresholds
from tests.tables import put_on_shelf, small_card


def put(shelf: Path, content: bytes = b"weights") -> None:
    put_on_shelf(shelf, small_card(), tflite=content)


def test_a_published_model_is_listed_and_loaded(tmp_path: Path) -> None:
    put(tmp_path)
    assert [card.name for card in list_models(tmp_path)] == ["small"]
    assert load_model(tmp_path, "small").litert.read_bytes() == b"weights"
    assert "0.500" in (tmp_path / "small" / "README.md").read_text()


def test_a_model_that_was_trained_again_says_from_what(tmp_path: Path) -> None:
    put(tmp_path)
    assert "Trained again" not in (tmp_path / "small" / "README.md").read_text()
    put_on_shelf(tmp_path, small_card(name="better", parent="small"))
    assert "- **Trained again from** small\n" in (tmp_path / "better" / "README.md").read_text()


def test_references_are_checked_before_they_are_used(tmp_path: Path) -> None:
    put_on_shelf(tmp_path, small_card(name="without"), tflite=b"weights")
    assert load_model(tmp_path, "without").references().shape == (0, 4)
    for name, content in (("good", np.eye(4)), ("narrow", np.eye(3)), ("broken", np.full((2, 4), np.nan))):
        with new_model(tmp_path, name) as folder:
            (folder / "model.tflite").write_bytes(b"weights")
            np.save(folder / "references.npy", content.astype(np.float16))
            write_card(folder, small_card(name=name))
    np.testing.assert_array_equal(load_model(tmp_path, "good").references(), np.eye(4))
    (tmp_path / "good" / "references.npy").write_bytes(b"something else")
    for name in ("narrow", "broken", "good"):
        with pytest.raises(ModelError, match=r"publish it again|Publish it again|published"):
            load_model(tmp_path, name).references()


def test_nothing_changes_on_the_shelf_when_publishing_breaks_off(tmp_path: Path) -> None:
    put(tmp_path, b"old")

    def break_off() -> None:
        with new_model(tmp_path, "small") as folder:
            (folder / "model.tflite").write_bytes(b"half")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        break_off()
    assert load_model(tmp_path, "small").litert.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["small"]


def test_the_replaced_model_is_kept_once(tmp_path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        put(tmp_path, content)
    assert (tmp_path / ".replaced" / "small" / "model.tflite").read_bytes() == b"two"
    assert len(list_models(tmp_path)) == 1


def test_thresholds_can_be_set_without_touching_the_files(tmp_path: Path) -> None:
    put_on_shelf(tmp_path, small_card(metrics={"test": {"top1": 0.5, "coverage": 0.9}}), tflite=b"weights")
    measured = {"validation": {"photos": 60.0, "coverage": 0.75}}
    new = set_thresholds(tmp_path, "small", Thresholds(0.9, 2.0), "60 photos", measured)
    again = load_model(tmp_path, "small").card
    assert again == new
    assert again.thresholds == Thresholds(0.9, 2.0)
    assert again.metrics == {"test": {"top1": 0.5}, "validation": {"photos": 60.0, "coverage": 0.75}}
    check_files(tmp_path / "small", again)
    readme = (tmp_path / "small" / "README.md").read_text()
    assert "below 0.90, above 2.00 bits (set on 60 photos)" in readme
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"card.json", "README.md", "model.tflite"}


def test_other_thresholds_take_the_verdicts_of_formats_off_the_card(tmp_path: Path) -> None:
    put(tmp_path)
    exports = {"onnx": {"top1": 0.5, "same_verdict": 1.0, "coverage": 0.9}, "keras": {"top1": 0.5}}
    card = add_exports(load_model(tmp_path, "small"), {"model.onnx": b"other weights"}, exports)
    assert [*card.exports] == ["keras", "onnx"]
    check_files(tmp_path / "small", card)
    assert "| onnx: `model.onnx` |" in (tmp_path / "small" / "README.md").read_text()
    set_thresholds(tmp_path, "small", Thresholds(0.9), "60 photos", {})
    assert load_model(tmp_path, "small").card.exports["onnx"] == {"top1": 0.5}


@pytest.mark.parametrize("tampered", ["model.tflite", "model.keras"])
def test_thresholds_of_a_model_that_was_tampered_with_are_not_set(tmp_path: Path, tampered: str) -> None:
    put_on_shelf(tmp_path, small_card(), tflite=b"weights", keras=b"weights")
    (tmp_path / "small" / tampered).write_bytes(b"others")
    before = (tmp_path / "small" / "card.json").read_text()
    with pytest.raises(ModelError, match=tampered):
        set_thresholds(tmp_path, "small", Thresholds(0.9), "60 photos", {})
    assert (tmp_path / "small" / "card.json").read_text() == before


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_model_file_is_refused(tmp_path: Path, damage: str) -> None:
    put(tmp_path)
    file = tmp_path / "small" / "model.tflite"
    file.write_bytes(b"weighty") if damage == "changed" else file.unlink()
    with pytest.raises(ModelError, match=r"model\.tflite"):
        load_model(tmp_path, "small")


@pytest.mark.parametrize("name", ["none", "../small", "", "."])
def test_an_unknown_model_is_one_sentence_that_names_those_there_are(tmp_path: Path, name: str) -> None:
    put(tmp_path)
    with pytest.raises(ModelError, match="small"):
        load_model(tmp_path, name)


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "small"}'])
def test_a_broken_card_is_refused_and_not_listed(tmp_path: Path, text: str) -> None:
    put(tmp_path)
    (tmp_path / "small" / "card.json").write_text(text)
    assert list_models(tmp_path) == []
    with pytest.raises(ModelError, match="small"):
        load_model(tmp_path, "small")


def test_a_card_of_another_model_is_refused(tmp_path: Path) -> None:
    put(tmp_path)
    shutil.copytree(tmp_path / "small", tmp_path / "copy")
    with pytest.raises(ModelError, match="copy"):
        load_model(tmp_path, "copy")


def test_every_file_of_the_models_that_ship_is_what_its_card_says() -> None:
    cards = list_models(PROJECT / "models")
    assert "household" in [card.name for card in cards]
    for card in cards:
        check_files(PROJECT / "models" / card.name, card)
        assert card.sources
        assert card.metrics
