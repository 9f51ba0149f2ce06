"""A finished run becomes a model on the shelf: LiteRT float16 with a parity check, temperature, thresholds, card."""

import tempfile
import warnings
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from recycler.analysis.calibration import fit_confidence, fit_temperature
from recycler.answers import Counts, counts
from recycler.classifier import BATCH, Classifier, soften
from recycler.datasets.dataset import Dataset
from recycler.errors import ExportError, RunError
from recycler.learning.data import load_data
from recycler.metrics import figures_of_merit, should_recycle
from recycler.photos import read_photo
from recycler.predictions import Predictions, predictions, read_predictions
from recycler.publishing import STEPS
from recycler.rulebook import Rulebook, find_rulebook
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, REFERENCES_FILE, Run
from recycler.shelf import KERAS_FILE, LITERT_FILE, Card, ShelfModel, check_name, list_models, new_model, write_card
from recycler.verdict import ALWAYS_ANSWER, Thresholds, is_strange, standing

PARITY_PHOTOS = 64
LEAST_AGREEMENT = 0.98  # one photo of 64 may sit on the fence between two classes
LARGEST_DIFFERENCE = 0.03  # of a probability; float16 weights give about 0.005
ERROR_TARGET = 0.05  # of the answered photos (ARCHITECTURE.md, Unsure is an answer)
LEAST_COVERAGE = 0.8  # an app that is unsure more often than one time in five is put away

STRANGE_SHARE = 0.05  # of the photos that set the thresholds: what they cost for strange things to be noticed

CALIBRATION_SPLITS = {"left out": "photos of a source left out of training", "validation": "validation photos"}


def to_litert(model: keras.Model, float16: bool = False, calibration: NDArray[np.uint8] | None = None) -> bytes:
    """A LiteRT file with one signature: input `photo`, outputs named as the network's, all of them 32-bit floats.

    model: takes pixels (N, S, S, 3) float32 in [0, 255]. float16: store weights in 16 bits, half the size.
    calibration: photos (n, S, S, 3); then what can be is computed in 8-bit integers, with the ranges met on these.
    """
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, "photo")]

    def serve(photo: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = model(photo, training=False)
        return outputs if isinstance(outputs, dict) else {"embedding": outputs}

    with tempfile.TemporaryDirectory() as folder:
        served = tf.Module()  # of the variables alone: Keras's own archive of all layers takes twice as long
        served.weights = [weight.value for weight in model.variables]
        tf.saved_model.save(served, folder, signatures={"serving_default": tf.function(serve, signature)})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
        if float16:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        if calibration is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ({"photo": p[None].astype(np.float32)} for p in calibration)
        with warnings.catch_warnings():  # TensorFlow calibrates with an interpreter of its own that it deprecates
            warnings.filterwarnings("ignore", "[\\s\\S]*tf.lite.Interpreter is deprecated", UserWarning)
            content: bytes = converter.convert()
    return content


def load_network(path: Path) -> keras.Model:
    """A saved network, in Keras's safe mode: a file that carries code is refused. Raises ExportError."""
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, OSError, TypeError, KeyError) as problem:
        raise ExportError(f"{path.name} is no Keras model that can be loaded safely: train it again.") from problem


def publish(run: Run, name: str, shelf: Path, tell: Callable[[str], None] = lambda _: None) -> Card:
    """Put a run's best network on the shelf as `name`; whatever had that name before is replaced at the end.

    Temperature and thresholds come from the most foreign photos that the run predicted: those of left-out sources,
    else validation. tell: told what is being done, in the words of `publishing.STEPS`.
    Raises ModelError for a name that cannot be, RunError when the run has nothing to publish, ExportError when LiteRT
    and Keras disagree.
    """
    record, recipe = run.record, run.recipe
    check_name(name)
    if record.state not in ("done", "stopped"):
        raise RunError(f"The run {record.run} is {record.state}; only one that is done or stopped can be published.")
    if not (run.folder / PREDICTIONS_FILE).exists():
        raise RunError(f"The run {record.run} was stopped before it had learned anything: resume it first.")
    rulebook = find_rulebook(recipe.rulebook, record.classes)
    rulebook.check(record.classes)
    table = read_predictions(run.folder / PREDICTIONS_FILE, record.classes)
    calibration = next(split for split in CALIBRATION_SPLITS if (table.splits == split).any())
    chosen = table.splits == calibration
    temperature = fit_temperature(table.probabilities[chosen], table.true[chosen])
    table = _recalibrated(table, temperature).judged(rulebook, ALWAYS_ANSWER)
    thresholds = _thresholds(table.pick(chosen), rulebook, (run.folder / REFERENCES_FILE).exists())
    table = table.judged(rulebook, thresholds)
    _, loading, converting, comparing = STEPS
    tell(loading)
    network = load_network(run.folder / NETWORK_FILE)
    tell(converting)
    earlier = {card.name: card.version for card in list_models(shelf)}
    with new_model(shelf, name) as folder:
        (folder / KERAS_FILE).write_bytes((run.folder / NETWORK_FILE).read_bytes())
        (folder / LITERT_FILE).write_bytes(to_litert(network, float16=True))
        if thresholds.familiarity is not None:
            (folder / REFERENCES_FILE).write_bytes((run.folder / REFERENCES_FILE).read_bytes())
        card = Card(
            name=name,
            title=run.label.title,
            description=recipe.description,
            version=earlier.get(name, 0) + 1,
            created=datetime.now(UTC).date(),
            classes=record.classes,
            recycling_classes=record.recycling_classes,
            input_size=network.input_shape[1],
            embedding_size=network.output["embedding"].shape[-1],
            backbone=recipe.network.backbone,
            temperature=temperature,
            thresholds=thresholds,
            thresholds_from=CALIBRATION_SPLITS[calibration],
            label_rule=recipe.data.label_rule,
            parent=record.parent,
            sources=record.sources,
            metrics=split_figures(table, rulebook, record.sources),
            parity={},
            recipe=recipe.model_dump(mode="json"),
            versions=record.versions,
            test_answers=test_answers(table),
        )
        tell(comparing)
        card = card.model_copy(
            update={"parity": check_parity(network, ShelfModel(card, folder), load_data(recipe).data)}
        )
        return write_card(folder, card)


def check_parity(network: keras.Model, model: ShelfModel, data: Dataset) -> dict[str, float]:
    """Run Keras and LiteRT on real photos: share of equal top-1 and the largest difference of a probability.

    Raises ExportError when they differ by more than float16 explains.
    """
    chosen = np.unique(np.linspace(0, len(data) - 1, PARITY_PHOTOS).astype(int))
    photos = np.stack([read_photo(data.read_bytes(int(i)), model.card.input_size) for i in chosen])
    ours = np.stack([p.probabilities for p in Classifier(model).predict(photos)])
    raw = np.concatenate(
        [
            np.asarray(network(photos[i : i + BATCH].astype(np.float32), training=False)["object"])
            for i in range(0, len(photos), BATCH)
        ]
    )
    theirs = soften(raw, model.card.temperature)
    agreement = float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean())
    difference = float(np.abs(ours - theirs).max())
    if agreement < LEAST_AGREEMENT or difference > LARGEST_DIFFERENCE:
        raise ExportError(
            f"The LiteRT copy differs from the network (same answer for {agreement:.1%} of {len(photos)} photos, "
            f"largest difference {difference:.3f}), so it was not published. "
            "Check the versions with `python -m recycler doctor`."
        )
    return {"photos": float(len(photos)), "top1_agreement": agreement, "largest_difference": difference}


def split_figures(table: Predictions, rulebook: Rulebook, sources: Collection[str]) -> dict[str, dict[str, float]]:
    """Figures of merit a split, and of several sources each one within the splits that no training saw."""
    figures = {}
    source = np.array([photo.split("/")[0] for photo in table.photos])
    for split in dict.fromkeys(table.splits):
        rows = table.splits == split
        figures[split] = figures_of_merit(table.pick(rows), rulebook)
        if split != "validation" and len(sources) > 1:
            figures |= {
                f"{split}: {name}": figures_of_merit(table.pick(rows & (source == name)), rulebook)
                for name in sorted(set(source[rows]))
            }
    return figures


def test_answers(table: Predictions) -> Counts:
    """What was said of the test photos, or of all where a run has none."""
    test = table.splits == "test"
    shown = table.pick(test) if test.any() else table
    return counts(np.array(table.classes)[shown.predicted].tolist(), shown.entropy_bits.tolist())


def _recalibrated(table: Predictions, temperature: float) -> Predictions:
    return predictions(
        table.classes,
        table.photos,
        table.splits,
        np.array(table.names)[table.true],
        soften(table.probabilities, temperature),
        table.recycling,
        table.familiarity,
    )


def _thresholds(table: Predictions, rulebook: Rulebook, compared: bool) -> Thresholds:
    """compared: whether the table says how familiar photos are; then the strangest are left to *unsure* first."""
    limit = float(np.quantile(standing(table.familiarity, table.confidence), STRANGE_SHARE)) if compared else None
    strange = is_strange(table.familiarity, table.confidence, Thresholds(0, familiarity=limit))
    sure = np.where(strange, 0, np.maximum(table.p_recycle, 1 - table.p_recycle))
    _, should = should_recycle(table, rulebook)
    right = (table.p_recycle >= 0.5) == should
    return Thresholds(fit_confidence(sure, right, ERROR_TARGET, LEAST_COVERAGE), familiarity=limit)
