"""A recipe to a run: embeddings of the frozen trunk once, then the branches trained on them."""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.errors import RecyclerError
from recycler.learning.data import Prepared, Progress, load_data, log_priors
from recycler.learning.export import split_figures
from recycler.learning.features import embeddings, has_gpu
from recycler.learning.network import Parts, activate, assemble, build_parts
from recycler.metrics import predictions_table
from recycler.recipe import Recipe, Stage
from recycler.rulebook import Rulebook, find_rulebook
from recycler.runs import EPOCHS_FILE, NETWORK_FILE, PREDICTIONS_FILE, Run, start_run
from recycler.verdict import Prediction, Thresholds

Index = NDArray[np.int64]
ALWAYS_ANSWER = Thresholds(confidence=0.0)


@dataclass(frozen=True)
class Features:
    """Embeddings of all photos, plain (N, D) float16, and of augmented copies of the training photos.

    train: indices of the training photos (n,); copies: a tuple of (n, D) float16, in their order.
    """

    data: Dataset
    plain: NDArray[np.float16]
    train: Index
    copies: tuple[NDArray[np.float16], ...]


def train(recipe: Recipe, root: Path, progress: Progress) -> Run:
    """Train a recipe into a new run under `root`. The run ends as *done*, or as *failed* with its problem.

    Raises RecyclerError for problems that the user can mend.
    """
    rulebook = find_rulebook(recipe.rulebook)
    versions = {name: version(name) for name in ("tensorflow", "keras", "ai-edge-litert", "numpy")}
    run = start_run(root, recipe, "gpu" if has_gpu() else "cpu", versions)
    begin = time.monotonic()
    try:
        _train(recipe, run, rulebook, progress)
        run.record.state = "done"
    except BaseException as problem:
        run.record.state = "failed"
        run.record.problem = str(problem) if isinstance(problem, RecyclerError) else repr(problem)
        raise
    finally:
        run.record.wall_seconds = time.monotonic() - begin
        run.save()
    return run


def _train(recipe: Recipe, run: Run, rulebook: Rulebook, progress: Progress) -> None:
    prepared = load_data(recipe, progress)
    data, parts = prepared.data, prepared.parts
    rulebook.check(data.classes)
    run.record.classes = data.classes
    run.record.recycling_classes = tuple(name for name in data.classes if rulebook.recycles(name))
    run.record.photos_fingerprint = data.fingerprint()
    run.record.sources = describe_sources(prepared)
    run.save()
    keras.utils.set_random_seed(recipe.seed)
    network = new_network(recipe, data)
    features = compute_features(recipe, network.trunk, prepared, progress)
    history = train_branches(recipe, network, features, parts.train, parts.validation, rulebook, progress)
    history.to_csv(run.folder / EPOCHS_FILE, index=False)
    assemble(network, len(data.classes)).save(run.folder / NETWORK_FILE)
    tables = [
        table_of(network, features, index, split, rulebook)
        for split, index in {"validation": parts.validation, "test": parts.test}.items()
        if len(index)
    ]
    if recipe.calibration == "left_out_source":
        tables += left_out_tables(recipe, network, features, rulebook, progress)
    table = pd.concat(tables, ignore_index=True)
    table.to_parquet(run.folder / PREDICTIONS_FILE, index=False)
    run.record.figures = split_figures(table, data.classes, rulebook)
    run.record.peak_memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def describe_sources(prepared: Prepared) -> dict[str, str]:
    """Source name to how many photos of it were used, in words."""
    data, parts = prepared.data, prepared.parts
    return {
        name: f"{(data.source == i).sum()} photos, {(data.source[parts.train] == i).sum()} of them to train on"
        for i, name in enumerate(data.sources)
    }


def new_network(recipe: Recipe, data: Dataset) -> Parts:
    """Trunks with ImageNet weights and fresh branches for the classes of this data."""
    photo_size = data.native_size or recipe.network.input_size
    return build_parts(recipe.network, len(data.classes), photo_size, len(set(dict(data.coarse).values())))


def compute_features(recipe: Recipe, trunk: keras.Model, prepared: Prepared, progress: Progress) -> Features:
    """Embeddings of all photos, and of the recipe's augmented copies of the training photos only."""
    data, index = prepared.data, prepared.parts.train
    change = recipe.augmentation
    copies = tuple(
        embeddings(trunk, data.pick(index), progress, change.preset, recipe.seed + copy)
        for copy in range(change.copies)
    )
    return Features(data, embeddings(trunk, data, progress), index, copies)


def train_branches(
    recipe: Recipe,
    network: Parts,
    features: Features,
    train: Index,
    validation: Index,
    rulebook: Rulebook,
    progress: Progress,
) -> pd.DataFrame:
    """Train the branches in place and leave their best weights in them; returns one row an epoch.

    train, validation: indices of photos; `train` must lie within `features.train`.
    """
    stage, data = recipe.stages[0], features.data
    rows = np.flatnonzero(np.isin(features.train, train))
    x = np.concatenate([features.plain[train], *(copy[rows] for copy in features.copies)])
    index = np.concatenate([train, *(features.train[rows] for _ in features.copies)])
    x = shift_sources(x.astype(np.float32), data.labels[index], data.source[index], recipe.source_shift, recipe.seed)
    priors = log_priors(data.pick(train), recipe.masked_prior)
    model = _training_model(network, len(data.classes))
    batch = min(stage.batch_size, len(x))
    rate = _learning_rate(stage, int(np.ceil(len(x) / batch)))
    weights = {"recycling": stage.recycling_weight, "coarse": stage.coarse_weight}
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=stage.weight_decay),
        loss={n: _loss(n) for n in network.branches},
        loss_weights={n: weights.get(n, 1.0) for n in network.branches},
        metrics={n: "accuracy" for n in network.branches if n in ("object", "coarse")},
    )
    history = model.fit(
        {"embedding": x, "log_prior": priors[data.source[index]]},
        targets(network, data, index, rulebook, priors, stage.label_smoothing),
        validation_data=(
            {"embedding": features.plain[validation].astype(np.float32), "log_prior": priors[data.source[validation]]},
            targets(network, data, validation, rulebook, priors, 0.0),
        ),
        epochs=stage.epochs,
        batch_size=batch,
        callbacks=_callbacks(stage, progress),
        verbose=0,
    )
    return pd.DataFrame({"epoch": np.arange(1, len(history.epoch) + 1)} | history.history)


def shift_sources(
    embedding: NDArray[np.float32], labels: Index, source: Index, most: float, seed: int
) -> NDArray[np.float32]:
    """Move each embedding a random part, up to `most`, of the way from its own source to another one.

    The way between two sources is the mean difference of the classes that both have: their light, ground and camera.
    So a class that only one source has is learned as the others would show it, too. `most` above 1 goes beyond.
    embedding: (n, D) float32; labels, source: int64 (n,). Sources without a common class stay as they are.
    """
    means = {
        pair: embedding[(source == pair[0]) & (labels == pair[1])].mean(axis=0)
        for pair in sorted({*zip(source.tolist(), labels.tolist(), strict=True)})
    }
    rng = np.random.default_rng(seed)
    share = rng.uniform(0, most, (len(labels), 1)).astype(np.float32)
    shifted = embedding.copy()
    for own in np.unique(source):
        ways = []
        for other in np.unique(source[source != own]):
            both = [label for s, label in means if s == own and (other, label) in means]
            if both:
                ways.append(np.mean([means[other, label] - means[own, label] for label in both], axis=0))
        rows = np.flatnonzero(source == own)
        if ways:
            shifted[rows] += share[rows] * np.stack(ways)[rng.integers(len(ways), size=len(rows))]
    return shifted


def targets(
    network: Parts,
    data: Dataset,
    index: Index,
    rulebook: Rulebook,
    priors: NDArray[np.float32],
    smoothing: float,
) -> dict[str, NDArray[np.float32]]:
    """What the branches should say: one-hot classes (n, C) and superclasses, recycling (n, 1), float32.

    Label smoothing spreads its share over the classes that the photo's source has, no others.
    """
    labels = data.labels[index]
    allowed = (priors[data.source[index]] > -1e3).astype(np.float32)
    one_hot = np.eye(len(data.classes), dtype=np.float32)[labels]
    smooth = one_hot * (1 - smoothing) + smoothing * allowed / allowed.sum(axis=1, keepdims=True)
    recycling = rulebook.mask(data.classes)[labels][:, None].astype(np.float32)
    result = {"object": smooth, "recycling": recycling, "multi_hot": np.concatenate([one_hot, recycling], axis=1)}
    if "coarse" in network.branches:
        coarse = dict(data.coarse)
        names = sorted(set(coarse.values()))
        place = np.array([names.index(coarse[name]) for name in data.classes])
        result["coarse"] = np.eye(len(names), dtype=np.float32)[place[labels]]
    return {name: result[name] for name in network.branches}


def predict(network: Parts, embedding: NDArray[np.floating[Any]], classes: tuple[str, ...]) -> list[Prediction]:
    """Predictions from embeddings (N, D), uncalibrated."""
    inputs = keras.Input(embedding.shape[1:])
    outputs = activate({name: branch(inputs) for name, branch in network.branches.items()}, len(classes))
    said = keras.Model(inputs, outputs).predict(embedding.astype(np.float32), batch_size=1024, verbose=0)
    return [
        Prediction(classes, p, float(r), e.astype(np.float32))
        for p, r, e in zip(said["object"], said["recycling"][:, 0], embedding, strict=True)
    ]


def table_of(
    network: Parts,
    features: Features,
    index: Index,
    split: str,
    rulebook: Rulebook,
    known: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """The predictions table of these photos. known: (C,), classes that the network has seen; others get nothing."""
    data = features.data
    predictions = predict(network, features.plain[index], data.classes)
    if known is not None:
        shares = [np.where(known, p.probabilities, 0) for p in predictions]
        predictions = [
            Prediction(p.classes, (share / share.sum()).astype(np.float32), p.recycling, p.embedding)
            for p, share in zip(predictions, shares, strict=True)
        ]
    photos = [data.photos[i] for i in index]
    true = [data.classes[data.labels[i]] for i in index]
    return predictions_table(photos, split, true, predictions, rulebook, ALWAYS_ANSWER)


def left_out_tables(
    recipe: Recipe, network: Parts, features: Features, rulebook: Rulebook, progress: Progress
) -> list[pd.DataFrame]:
    """For each source: train on the training photos of the others, predict all of its photos of classes they know.

    A source is passed over when the others hold recycling alone or bin alone: they could not tell the two apart.
    """
    data = features.data
    mask = rulebook.mask(data.classes)
    tables = []
    for source, name in enumerate(data.sources):
        rest = features.train[data.source[features.train] != source]
        known = np.bincount(data.labels[rest], minlength=len(data.classes)) > 0
        if not (known & mask).any() or not (known & ~mask).any():
            continue

        def tell(_: str, done: int, total: int, name: str = name) -> None:
            progress(f"without {name}", done, total)

        other = train_on(recipe, network, features, rest, rulebook, tell)
        index = np.flatnonzero((data.source == source) & known[data.labels])
        tables.append(table_of(other, features, index, "left out", rulebook, known))
    return tables


def train_on(
    recipe: Recipe, network: Parts, features: Features, photos: Index, rulebook: Rulebook, progress: Progress
) -> Parts:
    """Fresh branches trained on these training photos alone, a tenth of them set aside to choose the best epoch."""
    keras.utils.set_random_seed(recipe.seed)
    fresh = Parts(network.trunks, {name: keras.models.clone_model(b) for name, b in network.branches.items()})
    order = np.random.default_rng(recipe.seed).permutation(photos)
    cut = len(order) // 10
    train_branches(recipe, fresh, features, np.sort(order[cut:]), np.sort(order[:cut]), rulebook, progress)
    return fresh


def _training_model(network: Parts, classes: int) -> keras.Model:
    """Embedding and log prior in, logits of each branch out; the prior is added to the classes' logits."""
    embedding = keras.Input((network.trunk.output_shape[-1],), name="embedding")
    log_prior = keras.Input((classes,), name="log_prior")
    logits = {name: branch(embedding) for name, branch in network.branches.items()}
    if "object" in logits:
        logits["object"] = keras.layers.Add(name="with_prior")([logits["object"], log_prior])
    return keras.Model({"embedding": embedding, "log_prior": log_prior}, logits)


def _loss(name: str) -> keras.losses.Loss:
    """Cross-entropy from logits, in nats: binary for yes-or-no outputs, categorical for classes."""
    if name in ("recycling", "multi_hot"):
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def _learning_rate(stage: Stage, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if stage.schedule != "cosine":
        return stage.learning_rate
    return keras.optimizers.schedules.CosineDecay(stage.learning_rate, steps * stage.epochs)


def _callbacks(stage: Stage, progress: Progress) -> list[keras.callbacks.Callback]:
    def tell(epoch: int, logs: Mapping[str, float]) -> None:
        progress(f"epoch, validation loss {logs['val_loss']:.3f}", epoch + 1, stage.epochs)

    patience = stage.patience or stage.epochs
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.LambdaCallback(on_epoch_end=tell),
        keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True),
    ]
    if stage.schedule == "plateau":
        callbacks.append(keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.3, patience=max(2, patience // 3)))
    return callbacks
