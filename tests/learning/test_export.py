"""Model files from strangers: refused with a sentence, and nothing in them is ever run."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import pytest

from recycler.classifier import Classifier
from recycler.errors import ExportError, ModelError
from recycler.learning.export import load_network, to_litert
from recycler.settings import PROJECT
from recycler.shelf import CARD_FILE, LITERT_FILE, check_files, checksum, load_model

RAN = "ran.txt"


def saved(folder: Path, *layers: keras.Layer) -> Path:
    keras.Sequential([keras.Input((4,)), *layers]).save(folder / "network.keras")
    return folder / "network.keras"


def with_config(file: Path, change: dict[str, Any]) -> Path:
    """The same network, with other words about its last layer."""
    with zipfile.ZipFile(file) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][-1] |= change
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(file, "w") as pack:
        for name, data in parts.items():
            pack.writestr(name, data)
    return file


def test_a_network_with_a_function_inside_is_refused_and_the_function_never_runs(tmp_path: Path) -> None:
    ran = tmp_path / RAN
    name = str(ran)
    run = keras.layers.Lambda(lambda x: x * open(name, "w").write("1"), output_shape=(4,))  # noqa: PTH123, SIM115
    file = saved(tmp_path, run)
    ran.unlink(missing_ok=True)  # should it have run while it was made here
    with pytest.raises(ExportError, match=r"network\.keras is no Keras model that can be loaded safely"):
        load_network(file)
    assert not ran.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"module": "os", "class_name": "system", "config": {"command": f"touch {RAN}"}},
        {"module": "subprocess", "class_name": "Popen", "config": {"args": ["touch", RAN]}},
        {"module": "builtins", "class_name": "eval", "config": {"source": "1"}},
        {"module": "keras.layers", "class_name": "Unheard", "config": {}},
        {"config": None},
        {"config": {"units": "many"}},
    ],
    ids=lambda change: str(change.get("class_name", change["config"])),
)
def test_a_network_that_asks_for_something_else_than_layers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = with_config(saved(tmp_path, keras.layers.Dense(2)), change)
    with pytest.raises(ExportError, match="train it again"):
        load_network(file)
    assert not (tmp_path / RAN).exists()


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_half_a_network_is_refused(tmp_path: Path, share: float) -> None:
    file = saved(tmp_path, keras.layers.Dense(2))
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ExportError):
        load_network(file)


def on_a_shelf(tmp_path: Path, content: bytes) -> None:
    """Our model with another LiteRT file, and a card that says it is the right one."""
    folder = tmp_path / "household"
    shutil.copytree(PROJECT / "models" / "household", folder)
    (folder / LITERT_FILE).write_bytes(content)
    card = json.loads((folder / CARD_FILE).read_text("utf-8"))
    card["checksums"][LITERT_FILE] = checksum(folder / LITERT_FILE)
    (folder / CARD_FILE).write_text(json.dumps(card), "utf-8")


def test_a_litert_file_with_other_inputs_than_the_card_says_is_refused(tmp_path: Path) -> None:
    on_a_shelf(tmp_path, to_litert(keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])))
    with pytest.raises(ModelError, match="other inputs or outputs than its card says"):
        Classifier(load_model(tmp_path, "household"))


@pytest.mark.parametrize("name", ["model.tflite", "model.keras"])
def test_one_changed_byte_is_noticed(tmp_path: Path, name: str) -> None:
    shutil.copytree(PROJECT / "models" / "household", tmp_path / "household")
    file = tmp_path / "household" / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    card = json.loads((tmp_path / "household" / CARD_FILE).read_text("utf-8"))
    with pytest.raises(ModelError, match=f"{name} of the model “household” is not the one that was published"):
        check_files(tmp_path / "household", load_model(PROJECT / "models", card["name"]).card)
