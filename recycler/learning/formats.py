"""A model on the shelf in other formats, each held against the network itself on the model's own test photos."""

import importlib
import importlib.util
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recycler.classifier import BATCH, soften
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError, ExportError
from recycler.familiarity import familiarity
from recycler.learning.data import Index, Progress, load_data
from recycler.learning.export import load_network, to_litert
from recycler.metrics import figures_of_merit
from recycler.photos import read_photo
from recycler.predictions import Predictions, predictions
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook, find_rulebook
from recycler.settings import settings
from recycler.shelf import EXPORTED, FORMAT_FILES, KERAS, KERAS_FILE, Card, ShelfModel, add_exports, check_files

Photos = NDArray[np.uint8]
Outputs = Callable[[NDArray[np.float32]], Mapping[str, NDArray[np.float32]]]
"""Pixels (N, S, S, 3) to the network's outputs by name."""

CALIBRATION_PHOTOS = 500  # for the ranges of 8-bit integers; 60 left a third of MobileNet's answers different
ONNX_PACKAGES = ("tf2onnx", "onnxruntime")  # not among ours: 100 MB for a format that the app does not use


@dataclass(frozen=True)
class Format:
    """convert: a model, its network and some of its training photos to the content of a file.

    open: such a file, for so many threads.
    """

    convert: Callable[[ShelfModel, keras.Model, Photos], bytes]
    open: Callable[[Path, int], Outputs]


def export(model: ShelfModel, wanted: Sequence[str], progress: Progress, folder: Path | None = None) -> Card:
    """Put a model on the shelf in some formats beside its files, or into `folder`; returns a card that compares them.

    wanted: names of FORMATS, none for all but 32-bit LiteRT that can be had here.
    Raises ModelError for a damaged model, DatasetError when the photos of its recipe are not there, ExportError for a
    format that there is not or whose converter is not installed.
    """
    chosen = _choose(wanted)
    check_files(model.folder, model.card)
    network = load_network(model.folder / KERAS_FILE)
    training, asked = _photos(model, progress)
    own = asked.table(_of_network(network))
    exports = {KERAS: asked.compare(own, own, (model.folder / KERAS_FILE).stat().st_size)}
    files = {}
    for number, name in enumerate(chosen):
        progress(f"converting to {name}", number, len(chosen))
        content = FORMATS[name].convert(model, network, training)
        with tempfile.TemporaryDirectory() as draft:
            file = Path(draft, FORMAT_FILES[name])
            file.write_bytes(content)
            exports[name] = asked.compare(asked.table(FORMATS[name].open(file, settings().threads)), own, len(content))
        files[FORMAT_FILES[name]] = content
    progress("converting", len(chosen), len(chosen))
    return add_exports(model, files, exports, folder)


@dataclass(frozen=True)
class Asked:
    """Photos that each format is asked about: rows of a data set, and their pixels (N, S, S, 3)."""

    model: ShelfModel
    rulebook: Rulebook
    data: Dataset
    rows: Index
    pixels: Photos

    def table(self, outputs: Outputs) -> Predictions:
        """What is said of the photos, judged as the model's card says."""
        starts = range(0, len(self.pixels), BATCH)
        said = [outputs(self.pixels[start : start + BATCH].astype(np.float32)) for start in starts]
        object_, recycling, embedding = (
            np.concatenate([part[name] for part in said]) for name in ("object", "recycling", "embedding")
        )
        card = self.model.card
        return predictions(
            card.classes,
            [self.data.photos[i] for i in self.rows],
            "test",
            [self.data.classes[self.data.labels[i]] for i in self.rows],
            soften(object_, card.temperature),
            recycling[:, 0],
            familiarity(embedding, self.model.references()),
        ).judged(self.rulebook, card.thresholds)

    def compare(self, said: Predictions, own: Predictions, size: int) -> dict[str, float]:
        """How far a format is from the network, and how good it is.

        said, own: what the format and what the network says of the photos. size: of the file, in bytes.
        """
        difference = np.abs(said.probabilities - own.probabilities)
        figures = figures_of_merit(said, self.rulebook) | {
            "megabytes": size / 1e6,
            "same_class": float((said.predicted == own.predicted).mean()),
            "same_verdict": float((said.verdicts == own.verdicts).mean()),
            "largest_difference": float(difference.max()),
            "mean_difference": float(difference.mean()),
        }
        return {name: figures[name] for name in EXPORTED if name in figures}


def can_be_made() -> list[str]:
    """Names of FORMATS whose converters are installed."""
    return [name for name in FORMATS if name != "onnx" or not _missing()]


def _missing() -> list[str]:
    return [package for package in ONNX_PACKAGES if importlib.util.find_spec(package) is None]


def _choose(wanted: Sequence[str]) -> list[str]:
    """Names of formats. Raises ExportError."""
    if unknown := [name for name in wanted if name not in FORMATS]:
        raise ExportError(f"There is no format “{unknown[0]}”. There are: {', '.join(FORMATS)}.")
    if "onnx" in wanted and (missing := _missing()):
        raise ExportError(
            f"ONNX needs {' and '.join(missing)}, which Recycler does not bring. Install what is missing beside it: "
            f"uv pip install --python .venv/bin/python {' '.join(missing)}"
        )
    return list(wanted) or [name for name in can_be_made() if name != "litert_float32"]


def _photos(model: ShelfModel, progress: Progress) -> tuple[Photos, Asked]:
    """Some of a model's training photos, (n, S, S, 3), and its test photos."""
    recipe = Recipe.model_validate(model.card.recipe)
    prepared = load_data(recipe, progress)
    data, parts = prepared.data, prepared.parts
    if not len(parts.test):
        raise DatasetError(f"The recipe of “{model.card.name}” keeps no photos for a test, so nothing can be compared.")

    def pixels(rows: Index) -> Photos:
        return np.stack([read_photo(data.read_bytes(int(i)), model.card.input_size) for i in rows])

    spread = np.linspace(0, len(parts.train) - 1, CALIBRATION_PHOTOS).astype(int)
    rulebook = find_rulebook(recipe.rulebook, model.card.classes)
    return pixels(parts.train[np.unique(spread)]), Asked(model, rulebook, data, parts.test, pixels(parts.test))


def _of_network(network: keras.Model) -> Outputs:
    return lambda pixels: {name: np.asarray(value) for name, value in network(pixels, training=False).items()}


def _open_litert(file: Path, threads: int) -> Outputs:
    runner = Interpreter(model_path=str(file), num_threads=threads).get_signature_runner()
    return lambda pixels: dict(runner(photo=pixels))


def _to_onnx(model: ShelfModel, network: keras.Model, _: Photos) -> bytes:
    signature = [keras.InputSpec(shape=(None, *network.input_shape[1:]), dtype="float32", name="photo")]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, FORMAT_FILES["onnx"])
        network.export(file, format="onnx", verbose=False, input_signature=signature)
        return file.read_bytes()


def _open_onnx(file: Path, threads: int) -> Outputs:
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(str(file), options)
    names = [output.name for output in session.get_outputs()]
    return lambda pixels: dict(zip(names, session.run(names, {"photo": pixels}), strict=True))


FORMATS = {
    "litert_float32": Format(lambda model, network, photos: to_litert(network), _open_litert),
    # The model's own file, which the app uses: publishing wrote it.
    "litert_float16": Format(lambda model, network, photos: model.litert.read_bytes(), _open_litert),
    "litert_int8": Format(lambda model, network, photos: to_litert(network, calibration=photos), _open_litert),
    "onnx": Format(_to_onnx, _open_onnx),
}
