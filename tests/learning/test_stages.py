"""Stages on a tiny recipe: what is kept changes nothing, a broken-off training ends as an unbroken one."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from benchmarks.fire.trainings import TIMES
from recycler.errors import TrainingError
from recycler.learning import stages
from recycler.learning.augmentation import augment, look_numbers
from recycler.learning.batches import epoch_order
from recycler.learning.checkpoint import Checkpoint, values
from recycler.learning.cuts import InferenceMode, unfreeze
from recycler.learning.data import load_data
from recycler.learning.export import load_network
from recycler.learning.network import Parts, assemble
from recycler.learning.stages import Unwatched
from recycler.learning.training import Job, new_network, train_run, train_stages
from recycler.photos import read_photo
from recycler.predictions import read_predictions
from recycler.recipe import Recipe, parse_recipe
from recycler.rulebook import find_rulebook
from recycler.runs import PREDICTIONS_FILE, Run, find_run, new_run
from recycler.settings import PROJECT, settings

pytestmark = pytest.mark.usefixtures("shared_home")

# Plain descent: Adam's first steps have one size whatever the gradient, and would blow rounding up.
CALM = (
    "[{method: fine_tuning, unfreeze_layers: 12, epochs: 2, batch_size: 8, optimiser: sgd, learning_rate: 0.001, "
    + ("schedule: constant}]")
)


class Recorder(Unwatched):
    """Keeps the loss of each batch, and asks to stop after so many."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.losses: list[float] = []
        self.epochs: list[dict[str, float]] = []
        self.stop_after = stop_after

    def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
        self.losses.append(values["loss"])

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        self.epochs.append(dict(values))

    def stop_requested(self) -> bool:
        return self.stop_after is not None and len(self.losses) >= self.stop_after


def tiny(shapes: Path, **top: str) -> Recipe:
    lines = {
        "network": "{input_size: 64, dropout: 0.2}",
        "augmentation": "{preset: phone, copies: 1, each_epoch: one_look}",
        "stages": "[{epochs: 3, batch_size: 8, learning_rate: 0.01}, "
        "{method: fine_tuning, unfreeze_layers: 12, epochs: 2, batch_size: 8, learning_rate: 0.001}]",
    } | top
    rest = "\n".join(f"{key}: {value}" for key, value in lines.items())
    return parse_recipe(f"name: tiny\ndata: {{sources: [{{name: {shapes}}}], validation: 0.25, test: 0.25}}\n{rest}")


def train(recipe: Recipe, watcher: Recorder, weights: str | None = "imagenet") -> Parts:
    job = Job(recipe, load_data(recipe), find_rulebook(recipe.rulebook), lambda *_: None)
    keras.utils.set_random_seed(recipe.seed)
    parts = new_network(recipe, job.prepared.data, weights)
    split = job.prepared.parts
    train_stages(job, parts, split.train, split.validation, watcher, Checkpoint(None))
    return parts


def curves(run: Run) -> pd.DataFrame:
    return pd.read_csv(run.folder / "epochs.csv").drop(columns=list(TIMES))


def finish(run: Run) -> None:
    """Train a run to its end, as the trainer does."""
    with closing(run):
        train_run(run, load_data(run.recipe), lambda *_: None)


def keeping_some(recipe: Recipe) -> Recipe:
    """The recipe of two stages, whose second keeps a quarter of the weights that it began with."""
    first, second = recipe.stages
    return recipe.model_copy(update={"stages": (first, second.model_copy(update={"start_share": 0.25}))})


def test_a_later_stage_ends_between_its_best_weights_and_those_that_it_began_with(shapes: Path) -> None:
    recipe = tiny(shapes)
    recipes = recipe.model_copy(update={"stages": recipe.stages[:1]}), recipe, keeping_some(recipe)
    networks = [assemble(train(one, Recorder()), np.array([True, False])) for one in recipes]
    before, best, after = (values(network.weights) for network in networks)
    for began, ended, mixed in zip(before, best, after, strict=True):
        np.testing.assert_allclose(mixed, 0.75 * ended + 0.25 * began, rtol=1e-4, atol=1e-6)
    assert any(not np.allclose(began, ended, rtol=1e-3) for began, ended in zip(before, best, strict=True))


def test_a_run_killed_twice_ends_as_an_unbroken_one(shapes: Path, tmp_path: Path) -> None:
    recipe = keeping_some(tiny(shapes))
    unbroken, broken = new_run(tmp_path / "unbroken", recipe, "cpu"), new_run(tmp_path / "broken", recipe, "cpu")
    finish(unbroken)
    for at in ((0, 2, 2), (1, 2, 3)):  # stage, epoch, step
        program = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from recycler.learning import stages\n"
            "from recycler.learning.data import load_data\n"
            "from recycler.learning.training import train_run\n"
            "from recycler.runs import Run, find_run\n"
            "class Dying(Run):\n"
            "    def log_batch(self, stage, epoch, step, values):\n"
            f"        if (stage, epoch, step) == {at}:\n"
            "            os.kill(os.getpid(), 9)\n"
            "stages.CHECKPOINT_SECONDS = 0\n"
            "run = find_run(Path(sys.argv[1]), 'latest')\n"
            "train_run(Dying(run.folder, run.record), load_data(run.recipe), lambda *_: None)\n"
        )
        ended = subprocess.run([sys.executable, "-c", program, tmp_path / "broken"], cwd=PROJECT)
        assert ended.returncode == -9
    resumed = find_run(tmp_path / "broken", "latest")
    assert any((resumed.folder / "checkpoint").iterdir())
    finish(resumed)
    pd.testing.assert_frame_equal(curves(resumed), curves(unbroken), check_exact=True)
    networks = [load_network(run.folder / "network.keras") for run in (resumed, unbroken)]
    for one, other in zip(*(values(network.weights) for network in networks), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not (resumed.folder / "checkpoint").exists()
    assert resumed.record.figures == unbroken.record.figures
    before, still = (read_predictions(run.predictions_before(1)) for run in (resumed, unbroken))
    np.testing.assert_array_equal(before.probabilities, still.probabilities)
    after = read_predictions(resumed.folder / PREDICTIONS_FILE)
    assert before.photos.tolist() == after.photos.tolist()
    assert before.splits.tolist() == after.splits.tolist()
    changed = np.log(before.probabilities + 1e-30) - np.log(after.probabilities + 1e-30)  # both are almost certain
    assert np.abs(changed).max() > 0.001
    assert not list(broken.folder.glob(".*"))


def test_a_stop_ends_within_a_batch_keeps_the_best_and_can_go_on(shapes: Path, tmp_path: Path) -> None:
    class Stopped(Run):
        batches = 0

        def log_batch(self, stage: int, epoch: int, step: int, values: Mapping[str, float]) -> None:
            self.batches += 1

        def stop_requested(self) -> bool:
            return self.batches >= 4

    recipe = tiny(shapes)
    run = new_run(tmp_path, recipe, "cpu")
    stopped = Stopped(run.folder, run.record)
    finish(stopped)
    assert stopped.batches == 4
    assert len(curves(run)) == 1  # three batches an epoch
    assert load_network(run.folder / "network.keras").output["object"].shape == (None, 2)
    assert set(stopped.record.figures) == {"validation", "test"}
    finish(run)
    assert len(curves(run)) == 5


def test_a_stop_while_activations_are_computed_ends_before_anything_is_learned(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Run):
        def stop_requested(self) -> bool:
            return True

    recipe = tiny(shapes).model_copy(update={"seed": 99})
    monkeypatch.setattr("recycler.learning.activations.FORMAT", 0)  # nothing is kept of this format
    run = new_run(tmp_path, recipe, "cpu")
    finish(Stopped(run.folder, run.record))
    assert not (run.folder / "network.keras").exists()
    assert run.record.figures == {}


def test_the_same_recipe_gives_the_same_curves_to_the_last_digit(shapes: Path) -> None:
    one, other = Recorder(), Recorder()
    train(tiny(shapes), one)
    train(tiny(shapes), other)
    assert one.losses == other.losses


def test_one_pass_through_frozen_layers_is_for_the_head_and_the_fine_tuning_after_it(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECYCLER_HOME", str(tmp_path))  # where nothing is kept yet
    settings.cache_clear()
    recipe = tiny(shapes, network="{input_size: 64, shape: separate}")
    passes: Counter[str] = Counter()
    job = Job(
        recipe,
        load_data(recipe),
        find_rulebook(recipe.rulebook),
        lambda what, done, total: passes.update([what] if "features" in what and done == total else []),
    )
    split = job.prepared.parts
    parts = new_network(recipe, job.prepared.data)
    train_stages(job, parts, split.train, split.validation, Unwatched(), Checkpoint(None))
    assert sorted(passes.values()) == [1, 1]  # the plain look and the other one


def test_without_room_to_keep_activations_the_curves_are_the_same(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, computed = Recorder(), Recorder()
    train(tiny(shapes, stages=CALM), kept)
    monkeypatch.setenv("RECYCLER_CACHE_GIGABYTES", "0")
    settings.cache_clear()
    train(tiny(shapes, stages=CALM), computed)
    np.testing.assert_allclose(computed.losses, kept.losses, rtol=1e-3)


def test_training_on_kept_activations_is_training_end_to_end_with_the_same_draws(shapes: Path) -> None:
    recipe = tiny(shapes, network="{input_size: 64, dropout: 0.0, shape: single}", stages=CALM)
    watched = Recorder()
    train(recipe, watched)
    prepared = load_data(recipe)
    data = prepared.data
    keras.utils.set_random_seed(recipe.seed)
    parts = new_network(recipe, data)
    unfreeze(parts.trunk, recipe.network, recipe.stages[0])
    whole = keras.Model(parts.trunk.input, parts.branches["object"](InferenceMode(parts.trunk)(parts.trunk.input)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    whole.compile(keras.optimizers.SGD(1e-3, momentum=0.9), loss)
    change = augment(recipe.augmentation, 64)
    orders = [epoch_order(recipe, 0, epoch, prepared.parts.train) for epoch in (1, 2)]
    photos, looks = np.concatenate(orders, axis=1)
    losses = []
    for start in range(0, len(photos), 8):
        some, look = photos[start : start + 8], looks[start : start + 8]
        pixels = np.stack([read_photo(data.read_bytes(i), 64) for i in some]).astype(np.float32)
        numbers = np.stack([look_numbers(change, 0, k, len(data))[i] for i, k in zip(some, look, strict=True)])
        changed = np.asarray(change({"photo": pixels, "numbers": numbers}))
        pixels = np.where((look > 0)[:, None, None, None], changed, pixels)
        losses.append(float(whole.train_on_batch(pixels, data.labels[some])))
    assert 0 < looks.sum() < len(looks)
    np.testing.assert_allclose(watched.losses, losses, rtol=0.01, atol=0.005)


def test_a_loss_that_is_no_number_ends_in_a_sentence_and_leaves_the_best_weights(shapes: Path, tmp_path: Path) -> None:
    recipe = tiny(shapes, stages="[{epochs: 30, batch_size: 8, optimiser: sgd, learning_rate: 1.0, weight_decay: 1}]")
    steep = recipe.stages[0].model_copy(update={"learning_rate": 1e30})
    run = new_run(tmp_path, recipe, "cpu")

    class Steep(Run):
        @property
        def recipe(self) -> Recipe:
            return recipe.model_copy(update={"stages": (steep,)})

    with pytest.raises(TrainingError, match="Lower the learning rate"):
        finish(Steep(run.folder, run.record))
    kept = load_network(run.folder / "network.keras")
    assert all(np.isfinite(array).all() for array in values(kept.weights))


def test_only_the_layers_of_the_stage_learn_and_batch_norm_keeps_its_statistics(shapes: Path) -> None:
    recipe = tiny(shapes, stages="[{method: fine_tuning, unfreeze_layers: 12, epochs: 1, batch_size: 8}]")
    keras.utils.set_random_seed(recipe.seed)
    before = new_network(recipe, load_data(recipe).data).trunk.get_layer("efficientnet_lite0")
    after = train(recipe, Recorder()).trunk.get_layer("efficientnet_lite0")
    last = {id(layer) for layer in after.layers[-12:]}
    for old, new in zip(before.layers, after.layers, strict=True):
        for was, weight in zip(old.weights, new.weights, strict=True):
            moved = not np.array_equal(values([was])[0], values([weight])[0])
            assert moved == (id(new) in last and "moving" not in weight.name), (new.name, weight.name)


def test_validation_and_test_photos_are_never_augmented(shapes: Path) -> None:
    plain = tiny(shapes, augmentation="{preset: none}", stages="[{epochs: 1, batch_size: 8}]")
    changed = tiny(shapes, augmentation="{preset: phone, cutout_fraction: 0.8, copies: 2}", stages="[{epochs: 1}]")
    begun = [Recorder(stop_after=0), Recorder(stop_after=0)]
    jobs = [Job(r, load_data(r), find_rulebook(r.rulebook), lambda *_: None) for r in (plain, changed)]
    said = []
    for job, recorder in zip(jobs, begun, strict=True):
        keras.utils.set_random_seed(0)
        parts = new_network(job.recipe, job.prepared.data)
        split = job.prepared.parts
        trained = train_stages(job, parts, split.train, split.validation, recorder, Checkpoint(None))
        said.append([trained.activations[0].gather(photos) for photos in (split.validation, split.test)])
        order, looks = epoch_order(job.recipe, 0, 1, split.train)
        assert {*order.tolist()} == {*split.train.tolist()}
        assert (looks.max() > 0) == (job is jobs[1])
    for one, other in zip(*said, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("shape", "stage"),
    [
        ("separate", "optimiser: sgd, warm_up: 0.3, schedule: plateau, mixup: 0.4"),
        ("shared", "method: fine_tuning, unfreeze_layers: 12, mixup: 0.4, cutmix: 1"),
        ("multi_hot", "optimiser: adam, ema: 0.9, class_weights: balanced, label_smoothing: 0.1"),
        ("separate", "method: fine_tuning, unfreeze_blocks: [head_], backbone_rate: 0.1, cache: false"),
    ],
)
def test_what_a_stage_can_be_told_trains(shapes: Path, shape: str, stage: str) -> None:
    watched = Recorder()
    stages = f"[{{epochs: 4, batch_size: 8, learning_rate: 0.003, {stage}}}]"
    recipe = tiny(shapes, stages=stages, network=f"{{input_size: 64, dropout: 0.1, flip: true, shape: {shape}}}")
    train(recipe, watched)
    losses = [epoch["val_loss"] for epoch in watched.epochs]
    assert len(losses) == 4
    assert min(losses) < max(losses[0], 0.01)  # the best is kept; some are as good after their first epoch


def test_mixed_precision_trains_and_leaves_a_network_of_32_bits(shapes: Path) -> None:
    watched = Recorder()
    parts = train(
        tiny(shapes, stages="[{epochs: 3, batch_size: 8, learning_rate: 0.01}]", mixed_precision="true"), watched
    )
    assert watched.epochs[2]["loss"] < watched.epochs[0]["loss"]
    assert {layer.dtype_policy.name for layer in parts.branches["object"].layers} == {"float32"}


def test_long_epochs_are_saved_within() -> None:
    assert stages.CHECKPOINT_SECONDS <= 180
