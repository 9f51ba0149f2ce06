"""Training rates in images a second: ours, the bare layers on resident arrays, and the way people usually do it.

The thesis's recipe on CIFAR-100 in both stages. `python -m benchmarks.training --photos 300 --epochs 2` takes some
minutes; without options it takes the thesis's 5,000 photos. Needs RECYCLER_DATA with cifar100, and MobileNet's weights.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from numpy.typing import NDArray

from benchmarks.report import table, write
from recycler.learning.activations import PHOTOS, fingerprint, litert_engine
from recycler.learning.batches import Batches, Targets
from recycler.learning.checkpoint import Checkpoint
from recycler.learning.cuts import InferenceMode, StageNetwork, stage_network, unfreeze
from recycler.learning.data import Prepared, load_data, log_priors
from recycler.learning.network import Parts
from recycler.learning.stages import Unwatched
from recycler.learning.training import Job, new_network, train_stages
from recycler.photos import read_photo
from recycler.recipe import Recipe, load_recipe
from recycler.rulebook import find_rulebook
from recycler.settings import PROJECT, settings

RECIPE = PROJECT / "recipes" / "thesis" / "fine_tuning.yaml"
QUICKEST = PROJECT / "recipes" / "cifar100_fast.yaml"
THESIS_ACCURACY = 0.564
TURNS = 3  # of ours and bare: the speed of a machine changes within minutes
BARE_PHOTOS, BARE_SECONDS = 2560, 3.0  # of a bare measurement
HEAD_EPOCHS = 5  # for each epoch of fine tuning: those of a head take a second, too little to measure


class Rates(Unwatched):
    """Images a second of each stage's epochs but the first, and of computing activations."""

    def __init__(self) -> None:
        self.epochs: dict[int, list[float]] = {}
        self.stage = 0
        self.features: dict[int, float] = {}
        self.began = (0.0, 0)

    def begin_stage(self, stage: int, name: str, epochs: int, steps: int) -> None:
        """Which stage the activations are for."""
        self.stage = stage

    def log_epoch(self, stage: int, epoch: int, values: Mapping[str, float]) -> None:
        """Compiling counts in the first epoch, and so it is left out."""
        if epoch > 1:
            self.epochs.setdefault(stage, []).append(values["photos_per_second"])

    def progress(self, what: str, done: int, _: int) -> None:
        """The rate of the last look, from its first batch to its last."""
        if "look" in what and done <= PHOTOS["cpu"]:
            self.began = time.perf_counter(), done
        elif "look" in what:
            self.features[self.stage] = (done - self.began[1]) / (time.perf_counter() - self.began[0])


def thesis_recipe(photos: int, epochs: int) -> Recipe:
    """The thesis's recipe with so many training photos and epochs of fine tuning, more of its head, never stopped."""
    recipe = load_recipe(RECIPE)
    source = recipe.data.sources[0].model_copy(update={"per_class": max(2, round(photos / 100 * 1.2))})
    stages = tuple(
        stage.model_copy(update={"epochs": count, "patience": None})
        for stage, count in zip(recipe.stages, (epochs * HEAD_EPOCHS, epochs), strict=True)
    )
    return recipe.model_copy(
        update={
            "data": recipe.data.model_copy(update={"sources": (source,)}),
            "augmentation": recipe.augmentation.model_copy(update={"copies": 2}),
            "stages": stages,
        }
    )


def ours(job: Job) -> tuple[Rates, float]:
    """The engine on this recipe: its rates, and the seconds from the photos to the end of the last stage."""
    rates = Rates()
    watched = Job(job.recipe, job.prepared, job.rulebook, rates.progress)
    parts = job.prepared.parts
    begin = time.perf_counter()
    network = new_network(job.recipe, job.prepared.data)
    train_stages(watched, network, parts.train, parts.validation, rates, Checkpoint(None))
    return rates, time.perf_counter() - begin


def bare_forward(front: keras.Model, pixels: NDArray[np.float32]) -> float:
    """LiteRT's rate on the frozen layers: an interpreter a thread, photos that lie in memory."""
    run = litert_engine(front, fingerprint(front))
    step = PHOTOS["cpu"]
    parts = [pixels[i : i + step] for i in range(0, len(pixels) - step + 1, step)]
    with ThreadPoolExecutor(settings().threads) as pool:
        list(pool.map(run, parts[: 2 * settings().threads]))
        return step * len(parts) / seconds(lambda: list(pool.map(run, parts)))


def bare_training(stage: StageNetwork, batch: Any) -> float:
    """TensorFlow's rate, forward and backward with the step of the optimiser, on one batch that lies in memory."""
    inputs, targets = tf.nest.map_structure(tf.constant, batch[:2])
    model, optimiser = stage.training, keras.optimizers.AdamW(1e-5)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    optimiser.build(model.trainable_variables)

    @tf.function
    def step(inputs: Any, targets: Any) -> tf.Tensor:  # as arguments: of constants TensorFlow would compute parts once
        with tf.GradientTape() as tape:
            value = loss(targets["object"], model(inputs, training=True)["object"])
        optimiser.apply(tape.gradient(value, model.trainable_variables))
        return value

    step(inputs, targets)
    steps, begin = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < BARE_SECONDS:
        step(inputs, targets)
        steps += 1
    return steps * len(targets["object"]) / elapsed


def usual_network(recipe: Recipe, prepared: Prepared, stage: int, augmented: bool) -> keras.Model:
    """Pixels to classes in one network, with Keras's own augmentation layers in front, compiled."""
    parts = new_network(recipe, prepared.data)
    unfreeze(parts.trunk, recipe.network, recipe.stages[stage])
    photo = keras.Input(parts.trunk.input_shape[1:])
    x = photo
    for layer in usual_augmentation() if augmented else ():
        x = layer(x)
    network = keras.Model(photo, keras.layers.Softmax()(parts.branches["object"](InferenceMode(parts.trunk)(x))))
    network.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def usual_augmentation() -> list[keras.layers.Layer]:
    """The thesis's augmentations as the layers that Keras has for them."""
    return [
        keras.layers.RandomRotation(15 / 360, fill_mode="nearest"),
        keras.layers.RandomTranslation(0.1, 0.0, fill_mode="nearest"),
        keras.layers.RandomZoom(0.2, fill_mode="nearest"),
        keras.layers.RandomFlip("horizontal"),
        keras.layers.RandomBrightness(0.2),
    ]


def usual_rates(recipe: Recipe, prepared: Prepared, stage: int, pixels: NDArray[np.float32]) -> tuple[float, float]:
    """Images a second of `fit`, with Keras's layers and with the old image generator: the fastest of TURNS epochs."""
    labels = prepared.data.labels[prepared.parts.train]
    batch = recipe.stages[stage].batch_size
    generator = ImageDataGenerator(
        rotation_range=15,
        height_shift_range=0.1,
        zoom_range=0.2,
        brightness_range=(0.8, 1.2),
        channel_shift_range=20,
        horizontal_flip=True,
    )
    with_layers = usual_network(recipe, prepared, stage, augmented=True)
    with_generator = usual_network(recipe, prepared, stage, augmented=False)
    flow = generator.flow(pixels, labels, batch_size=batch)

    def fastest(epoch: Callable[[], Any]) -> float:
        epoch()  # compiles
        return len(labels) / min(seconds(epoch) for _ in range(TURNS))

    return (
        fastest(lambda: with_layers.fit(pixels, labels, batch_size=batch, verbose=0)),
        fastest(lambda: with_generator.fit(flow, verbose=0)),
    )


def quickest() -> tuple[float, float]:
    """Seconds from start to end of a whole process in an empty home, and top-1 on public test photos."""
    with tempfile.TemporaryDirectory() as home:
        program = (
            "import sys; from pathlib import Path\n"
            "from recycler.recipe import load_recipe\n"
            "from recycler.learning.trainer import train\n"
            "run = train(load_recipe(Path(sys.argv[1])), Path(sys.argv[2]), lambda *_: None)\n"
            "print(run.record.figures['test']['top1'])\n"
        )
        begin = time.perf_counter()
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, QUICKEST, Path(home) / "runs"],
            env=os.environ | {"RECYCLER_HOME": home},
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
        return time.perf_counter() - begin, float(done.stdout.split()[-1])


def peak_memory(photos: int) -> float:
    """MB at most of a process that trains both stages on so many photos, one epoch each, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        program = (
            "import resource, sys\n"
            "from benchmarks.training import job_of, ours\n"
            "ours(job_of(int(sys.argv[1]), 1))\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)\n"
        )
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, str(photos)],
            env=os.environ | {"RECYCLER_HOME": home},
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
        return float(done.stdout.split()[-1])


def job_of(photos: int, epochs: int) -> Job:
    """The thesis's recipe on so many photos."""
    recipe = thesis_recipe(photos, epochs)
    return Job(recipe, load_data(recipe), find_rulebook(recipe.rulebook), lambda *_: None)


def seconds(work: Callable[[], Any]) -> float:
    """How long this takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


class Rate(NamedTuple):
    """Photos a second in one stage: through the frozen layers, and through what learns; ours and the bare layers.

    Ours is infinite through frozen layers that an earlier stage's pass went through.
    """

    features: float
    learning: float
    bare_features: float
    bare_learning: float


def one_turn(job: Job) -> list[Rate]:
    """Ours, then the bare layers, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["RECYCLER_HOME"] = home
        settings.cache_clear()
        rates, _ = ours(job)
        network = new_network(job.recipe, job.prepared.data)
        return [
            Rate(
                rates.features.get(number, math.inf),
                statistics.median(rates.epochs[number]),
                *bare(job, network, number),
            )
            for number in range(len(job.recipe.stages))
        ]


def bare(job: Job, network: Parts, number: int) -> tuple[float, float]:
    """Photos a second of a stage's frozen layers, and of what learns in it."""
    recipe, data, stage = job.recipe, job.prepared.data, job.recipe.stages[number]
    targets = Targets(data, job.rulebook, ["object"], log_priors(data, masked=False), None)
    cut = stage_network(network, recipe.network, stage, job.recycles, fingerprint)
    some = job.prepared.parts.train[: stage.batch_size]
    shape = cut.fronts[0].output_shape[1:]
    resident = np.random.default_rng(0).random((len(some), *shape), dtype=np.float32)
    batches = Batches(recipe, number, (), targets, some)
    batch: Any = (batches._with_prior({"activations_0": resident}, some), targets.of(some, 0.0), None)
    return bare_forward(cut.fronts[0], pixels_of(job)[:BARE_PHOTOS]), bare_training(cut, batch)


def pixels_of(job: Job) -> NDArray[np.float32]:
    """The training photos, (N, 32, 32, 3)."""
    data = job.prepared.data
    return np.stack([read_photo(data.read_bytes(int(i)), 32) for i in job.prepared.parts.train]).astype(np.float32)


def measured(job: Job) -> tuple[list[list[str]], list[tuple[float, float, float]]]:
    """The table's rows; and what the whole of each stage takes a photo, in seconds: ours, bare, by the faster fit."""
    turns = [one_turn(job) for _ in range(TURNS)]
    rows, totals, whole = [], [], load_recipe(RECIPE)
    looks = whole.augmentation.copies + 1
    for number, stage in enumerate(job.recipe.stages):
        seen = Rate(*(statistics.median(rates) for rates in zip(*(turn[number] for turn in turns), strict=True)))
        by_layers, by_generator = usual_rates(job.recipe, job.prepared, number, pixels_of(job))
        if math.isinf(seen.features):  # nor would bare layers pass twice
            seen = seen._replace(bare_features=math.inf)
        else:
            rows.append([f"{stage.name}: frozen layers", f"{seen.features:.0f}", f"{seen.bare_features:.0f}", "", ""])
        usual = [f"{by_layers:.0f}", f"{by_generator:.0f}"]
        rows.append([f"{stage.name}: what learns", f"{seen.learning:.0f}", f"{seen.bare_learning:.0f}", *usual])
        epochs = whole.stages[number].epochs
        own = looks / seen.features + epochs / seen.learning
        totals.append(
            (own, looks / seen.bare_features + epochs / seen.bare_learning, epochs / max(by_layers, by_generator))
        )
    return rows, totals


def main() -> None:
    """Measure and write the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", type=int, default=5_000, help="training photos")
    options.add_argument("--epochs", type=int, default=4, help="epochs of each stage that are measured")
    options.add_argument("--memory", type=int, nargs="*", default=[], help="photos to measure peak memory at")
    chosen = options.parse_args()
    job = job_of(chosen.photos, chosen.epochs)
    rows, totals = measured(job)
    minutes = [sum(column) * 5_000 / 60 for column in zip(*totals, strict=True)]
    stages = [
        f"{stage.name} {usual / own:.1f} times as fast as by the faster fit and {bare / own:.2f} times as fast as bare"
        for stage, (own, bare, usual) in zip(job.recipe.stages, totals, strict=True)
    ]
    runs = [quickest() for _ in range(TURNS)]
    elapsed, top1 = statistics.median(seconds for seconds, _ in runs), runs[0][1]
    parts = [
        f"Images a second; the thesis's recipe (MobileNet at 160) on {chosen.photos:,} photos of CIFAR-100. *ours*: "
        f"the median of {chosen.epochs * HEAD_EPOCHS - 1} epochs of the head and {chosen.epochs - 1} of fine tuning, "
        f"and of {TURNS} turns with *bare*: the same layers on arrays in memory, LiteRT for the frozen ones, "
        "TensorFlow forward and backward for the others. *fit*: the whole network end to end by Keras's `fit`, "
        f"the fastest of {TURNS} epochs. "
        "Fine tuning has no pass of its own through frozen layers: the first stage's keeps what it begins from.",
        table(["stage", "ours", "bare", "fit, Keras's layers", "fit, image generator"], rows),
        "The whole recipe from these rates (5,000 photos, 8 looks and the plain photo, 70 and 50 epochs): "
        f"{minutes[0]:.0f} minutes, bare {minutes[1]:.0f}, by fit {minutes[2]:.0f}, "
        f"{minutes[2] / minutes[0]:.1f} times as fast as that; {', '.join(stages)}.",
        f"`recipes/{QUICKEST.name}`, a fresh process and an empty home: top-1 {top1:.3f} on public test photos "
        f"(thesis {THESIS_ACCURACY}) after {elapsed:.0f} s ({min(runs)[0]:.0f} to {max(runs)[0]:.0f} in {TURNS} runs), "
        "imports, data, evaluation and all.",
    ]
    if chosen.memory:
        peaks = ", ".join(f"{peak_memory(photos):,.0f} MB at {photos:,} photos" for photos in chosen.memory)
        parts.append(f"Peak memory of both stages: {peaks}.")
    write("training", "Training", parts)


if __name__ == "__main__":
    main()
