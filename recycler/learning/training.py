"""A recipe to a run: data, network, stages one after another, and what the best network says about its photos."""

import resource
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.errors import TrainingError
from recycler.familiarity import familiarity, pick_references, unit
from recycler.learning.activations import Activations, Later, fingerprint
from recycler.learning.batches import Batches, Targets, class_weights, source_ways
from recycler.learning.checkpoint import Arrays, Checkpoint, assign, values
from recycler.learning.cuts import StageNetwork, next_cut, stage_network
from recycler.learning.data import Index, Prepared, Progress, log_priors, superclasses
from recycler.learning.device import device_name, use_device
from recycler.learning.export import split_figures
from recycler.learning.network import Parts, assemble, build_parts
from recycler.learning.stages import Interrupted, StageTrainer, State, Unwatched, Watcher
from recycler.predictions import Predictions, join_predictions, predictions, write_predictions
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook, find_rulebook
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, REFERENCES_FILE, Run, write_array
from recycler.verdict import ALWAYS_ANSWER

PREDICTED = 256  # photos at once


@dataclass(frozen=True)
class Job:
    """What every stage of a training needs to know."""

    recipe: Recipe
    prepared: Prepared
    rulebook: Rulebook
    progress: Progress
    device: str = "cpu"

    @property
    def recycles(self) -> NDArray[np.bool_]:
        """The classes that are recycling, bool (C,)."""
        return self.rulebook.mask(self.prepared.data.classes)


@dataclass(frozen=True)
class Trained:
    """A network after its last stage, with the activations that this stage began from."""

    parts: Parts
    stage: StageNetwork
    activations: tuple[Activations, ...]
    stopped: bool


def train_run(run: Run, prepared: Prepared, progress: Progress) -> None:
    """Train a run's recipe, from its checkpoint where it has one, and fill its folder and its record.

    prepared: the photos of the recipe, from `load_data`.
    The best weights are on disk at any time. Returns normally after a stop request, too: evaluated with the best
    weights so far, the checkpoint kept; without network and figures if nothing had begun to learn.
    Raises RecyclerError; TrainingError when the loss is not a number.
    """
    recipe = run.recipe
    device = use_device(recipe.device)
    run.record.device_name = device_name(device)
    data, parts = prepared.data, prepared.parts
    rulebook = find_rulebook(recipe.rulebook, data.classes)
    rulebook.check(data.classes)
    run.record.classes = data.classes
    run.record.recycling_classes = tuple(name for name in data.classes if rulebook.recycles(name))
    run.record.photos_fingerprint = data.fingerprint()
    run.record.sources = describe_sources(prepared)
    run.save()
    job = Job(recipe, prepared, rulebook, progress, device)
    keras.utils.set_random_seed(recipe.seed)
    network = new_network(recipe, data)
    checkpoint = Checkpoint(run.checkpoint)

    def keep_before(stage: int, trained: Trained) -> None:
        progress(f"measuring it before {recipe.stages[stage].name}", 0, 1)
        write_predictions(run.predictions_before(stage), own_table(job, trained, references(job, trained, parts.train)))

    try:
        trained = train_stages(job, network, parts.train, parts.validation, run, checkpoint, keep_before)
    except Interrupted:
        return
    except TrainingError:
        _write_network(run, job, network, checkpoint)
        raise
    _write_network(run, job, network, checkpoint)
    progress("measuring it on photos that it has not learned from", 0, 1)
    seen = references(job, trained, parts.train)
    table = own_table(job, trained, seen)
    if recipe.calibration == "left_out_source" and not trained.stopped:
        table = join_predictions([table, *left_out_tables(job)])
    write_predictions(run.folder / PREDICTIONS_FILE, table)
    write_array(run.folder / REFERENCES_FILE, seen.astype(np.float16))
    run.record.figures = split_figures(table, rulebook, data.sources)
    run.record.peak_memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not trained.stopped:
        shutil.rmtree(run.checkpoint)


def _write_network(run: Run, job: Job, network: Parts, checkpoint: Checkpoint) -> None:
    """The best network, as far as the training came."""
    draft = run.folder / f".draft-{NETWORK_FILE}"
    assemble(network, job.recycles).save(draft)
    draft.replace(run.folder / NETWORK_FILE)


def describe_sources(prepared: Prepared) -> dict[str, str]:
    """Source name to how many photos of it were used, in words."""
    data, parts = prepared.data, prepared.parts
    return {
        name: f"{(data.source == i).sum()} photos, {(data.source[parts.train] == i).sum()} of them to train on"
        for i, name in enumerate(data.sources)
    }


def new_network(recipe: Recipe, data: Dataset, weights: str | None = "imagenet") -> Parts:
    """Trunks with ImageNet weights and fresh branches for the classes of this data."""
    photo_size = data.native_size or recipe.network.input_size
    return build_parts(recipe.network, len(data.classes), photo_size, superclasses(data), weights)


def train_stages(
    job: Job,
    network: Parts,
    train: Index,
    validation: Index,
    watcher: Watcher,
    checkpoint: Checkpoint,
    between: Callable[[int, Trained], None] = lambda stage, trained: None,
) -> Trained:
    """Train the network through all stages, in place, from the checkpoint on; it ends with its best weights.

    train, validation: photos. between: called before each later stage, with its number and what was trained until then;
    once more after a resume from before that stage's first checkpoint.
    Raises TrainingError, or Interrupted when it was stopped before anything learned.
    """
    kept = checkpoint.load("state")
    state = State(**kept[0]) if kept else State(0)
    known: dict[tuple[str, bool], Activations] = {}
    trained: Trained | None = None
    for number in range(state.stage, len(job.recipe.stages)):
        if number > state.stage:
            state = State(number)
        if trained is not None:
            between(number, trained)
        begun = _begun(checkpoint, number, network) if number else None
        stage = stage_network(network, job.recipe.network, job.recipe.stages[number], job.recycles, fingerprint)
        activations = tuple(_activations(job, number, network, front, watcher, known) for front in stage.fronts)
        batches = _batches(job, number, network, activations, train)
        trainer = StageTrainer(job.recipe.stages[number], stage, batches, validation, watcher, checkpoint, job.progress)
        try:
            stopped = not trainer.train(state)
        except Interrupted:
            if checkpoint.load(f"best-{number}") is None:
                return _stopped(trained)
            stopped = True
        if begun and (share := job.recipe.stages[number].start_share):
            _mix_in(_weights(network), begun, share)
        trained = Trained(network, stage, activations, stopped)
        if stopped:
            break
    assert trained is not None  # noqa: S101
    return trained


def _begun(checkpoint: Checkpoint, number: int, network: Parts) -> Arrays:
    """The weights with which a later stage begins, which the network has afterwards."""
    weights = _weights(network)
    if kept := checkpoint.load(f"start-{number}"):
        assign(weights, kept[1])
        return kept[1]
    begun = values(weights)
    checkpoint.save(f"start-{number}", begun)
    return begun


def _mix_in(weights: list[keras.Variable], begun: Arrays, share: float) -> None:
    """Move weights, in place, back towards those that a stage began with, by this share of the way.

    What fine tuning finds for the photos at hand and what the features told before both stay (Wortsman et al. 2022).
    """
    assign(weights, [now + share * (before - now) for now, before in zip(values(weights), begun, strict=True)])


def _stopped(trained: Trained | None) -> Trained:
    if trained is None:
        raise Interrupted
    return replace(trained, stopped=True)


def _activations(
    job: Job,
    number: int,
    network: Parts,
    front: keras.Model,
    watcher: Watcher,
    known: dict[tuple[str, bool], Activations],
) -> Activations:
    """Those of an earlier stage where they are the same."""

    def progress(what: str, done: int, total: int) -> None:
        job.progress(what, done, total)
        if watcher.stop_requested():
            raise Interrupted

    def activations_of(front: keras.Model, keep: bool, later: Later | None = None) -> Activations:
        key = fingerprint(front), keep
        if key not in known:
            known[key] = Activations(front, job.prepared, job.recipe, progress, job.device, keep, later)
        return known[key]

    later = None
    if any(front is trunk for trunk in network.trunks.values()):  # frozen as a whole
        cut = next_cut(front, job.recipe.network, job.recipe.stages[number + 1 :])
        if cut:
            later = Later(activations_of(cut.front, keep=True), cut.both())
    return activations_of(front, job.recipe.stages[number].cache, later)


def _weights(network: Parts) -> list[keras.Variable]:
    models = {id(model): model for model in (*network.trunks.values(), *network.branches.values())}
    return [weight for model in models.values() for weight in model.weights]


def _batches(job: Job, number: int, network: Parts, activations: Sequence[Activations], train: Index) -> Batches:
    recipe, data = job.recipe, job.prepared.data
    balanced, weights = recipe.stages[number].class_weights == "balanced", None
    if balanced or recipe.emphasis:
        weights = class_weights(data, train, balanced, recipe.emphasis)
    targets = Targets(
        data, job.rulebook, [*network.branches], log_priors(data.pick(train), recipe.masked_prior), weights
    )
    ways = []
    if recipe.source_shift and len(data.sources) > 1:
        ways = [source_ways(front, data, train, recipe.augmentation.copies + 1) for front in activations]
    return Batches(recipe, number, activations, targets, train, ways)


def own_table(job: Job, trained: Trained, seen: NDArray[np.float32]) -> Predictions:
    """Predictions of the validation and test photos. seen: the `references`, for how familiar each is."""
    parts = {"validation": job.prepared.parts.validation, "test": job.prepared.parts.test}
    return join_predictions(
        [table_of(job, trained, index, split, references=seen) for split, index in parts.items() if len(index)]
    )


def references(job: Job, trained: Trained, train: Index) -> NDArray[np.float32]:
    """Embeddings of some of the photos that it was trained on, float32 (R, D), of length 1."""
    return unit(outputs_of(trained, train[pick_references(len(train), job.recipe.seed)])["embedding"])


def outputs_of(trained: Trained, photos: Index) -> dict[str, NDArray[np.float32]]:
    """What the whole network says of these photos as they are, (n, ...) by the names of its outputs."""
    parts = []
    for start in range(0, len(photos), PREDICTED):
        part = photos[start : start + PREDICTED]
        inputs = {f"activations_{i}": a.gather(part).astype(np.float32) for i, a in enumerate(trained.activations)}
        parts.append(trained.stage.serving.predict_on_batch(inputs))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def table_of(
    job: Job,
    trained: Trained,
    photos: Index,
    split: str,
    known: NDArray[np.bool_] | None = None,
    references: NDArray[np.float32] | None = None,
) -> Predictions:
    """Predictions of these photos as they are, uncalibrated, whatever the confidence.

    known: (C,), classes that the network has seen; others get nothing. references: (R, D), for how familiar each is.
    """
    data = job.prepared.data
    outputs = outputs_of(trained, photos)
    probabilities = outputs["object"]
    if known is not None:
        probabilities = np.where(known, probabilities, 0)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    return predictions(
        data.classes,
        [data.photos[i] for i in photos],
        split,
        [data.classes[data.labels[i]] for i in photos],
        probabilities,
        outputs["recycling"][:, 0],
        None if references is None else familiarity(outputs["embedding"], references),
    ).judged(job.rulebook, ALWAYS_ANSWER)


def left_out_tables(job: Job) -> list[Predictions]:
    """For each source: train on the training photos of the others, predict all of its photos of classes they know.

    A source is passed over when the others hold recycling alone or bin alone: they could not tell the two apart.
    """
    data, mask = job.prepared.data, job.recycles
    train = job.prepared.parts.train
    tables = []
    for source, name in enumerate(data.sources):
        rest = train[data.source[train] != source]
        known = np.bincount(data.labels[rest], minlength=len(data.classes)) > 0
        if not (known & mask).any() or not (known & ~mask).any():
            continue

        def tell(_: str, done: int, total: int, name: str = name) -> None:
            job.progress(f"without {name}", done, total)

        other = train_on(Job(job.recipe, job.prepared, job.rulebook, tell, job.device), rest)
        photos = np.flatnonzero((data.source == source) & known[data.labels])
        tables.append(table_of(job, other, photos, "left out", known, references(job, other, rest)))
    return tables


def train_on(job: Job, photos: Index) -> Trained:
    """A fresh network trained on these training photos alone, a tenth of them set aside to choose the best epoch."""
    keras.utils.set_random_seed(job.recipe.seed)
    order = np.random.default_rng(job.recipe.seed).permutation(photos)
    cut = len(order) // 10
    network = new_network(job.recipe, job.prepared.data)
    return train_stages(job, network, np.sort(order[cut:]), np.sort(order[:cut]), Unwatched(), Checkpoint(None))
