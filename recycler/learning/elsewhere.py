"""What a network says about photos that its run did not test: other data, a scaling done twice, ImageNet's own head."""

from collections.abc import Mapping
from dataclasses import replace

import keras
import numpy as np

from recycler.class_mapping import ALIKE
from recycler.datasets import load_dataset
from recycler.datasets.cifar100 import IMAGENET_SHARED
from recycler.datasets.dataset import Dataset, join
from recycler.datasets.near_copies import near_copy_groups, photo_hashes
from recycler.learning.backbones import BACKBONES, preprocess
from recycler.learning.data import Progress, load_data
from recycler.learning.export import load_network
from recycler.learning.network import PHOTO, prepare
from recycler.photos import read_photo
from recycler.predictions import Predictions, predictions
from recycler.recipe import Recipe
from recycler.rulebook import find_rulebook
from recycler.runs import NETWORK_FILE, Run
from recycler.shared_classes import imagenet_names, merge

AT_ONCE = 64  # photos


def on_other_data(run: Run, name: str, progress: Progress) -> Predictions:
    """A run's network on a data set: its test split where it has one, and no photo that the run has seen, nor a copy.

    Answers and photos go by the classes that both sides have, in the words of `class_mapping.ALIKE`; what else the
    network knows may be answered, too. Photos of other classes are left out. Raises RecyclerError.
    """
    own = load_data(run.recipe, progress).data
    data = _unseen(join([load_dataset(name)]), set(own.photos), progress)
    classes = {ALIKE.get(name, name) for name in own.classes}
    shared = [
        i for i, label in enumerate(data.labels) if ALIKE.get(data.classes[label], data.classes[label]) in classes
    ]
    return _answers(
        load_network(run.folder / NETWORK_FILE), data.pick(shared), own.classes, run.recipe, progress, ALIKE
    )


def scaled_twice(run: Run, progress: Progress) -> Predictions:
    """A run's network on its own test photos, to which the scaling inside the network has been done already."""
    own = load_data(run.recipe, progress)
    network = load_network(run.folder / NETWORK_FILE)
    photo = keras.Input(network.input_shape[1:], name=PHOTO)
    twice = keras.Model(photo, network(preprocess(photo, BACKBONES[run.recipe.network.backbone].scaling)))
    return _answers(twice, own.data.pick(own.parts.test), own.data.classes, run.recipe, progress)


def imagenet_head(recipe: Recipe, progress: Progress) -> Predictions:
    """The recipe's backbone with ImageNet's own head, untrained, on the recipe's test photos of shared classes."""
    own = load_data(recipe, progress)
    data = own.data.pick(own.parts.test)
    size = data.native_size or recipe.network.input_size
    backbone = BACKBONES[recipe.network.backbone].build(recipe.network.input_size, include_top=True)
    photo = keras.Input((size, size, 3), name=PHOTO)
    network = keras.Model(photo, {"object": backbone(prepare(photo, recipe.network))})
    shared = [i for i, label in enumerate(data.labels) if data.classes[label] in IMAGENET_SHARED]
    return _answers(network, data.pick(shared), imagenet_names(), recipe, progress)


def _unseen(data: Dataset, seen: set[str], progress: Progress) -> Dataset:
    """Photos to test with that can be opened, none of those seen (ids) and no copies of them."""
    if any(data.splits):
        data = data.pick([i for i, split in enumerate(data.splits) if split == "test"])
    hashes, readable = photo_hashes(data, progress)
    groups = near_copy_groups(hashes)
    known = np.array([photo in seen for photo in data.photos])
    return data.pick(np.flatnonzero(readable & ~np.isin(groups, groups[known])))


def _answers(
    network: keras.Model,
    data: Dataset,
    classes: tuple[str, ...],
    recipe: Recipe,
    progress: Progress,
    same: Mapping[str, str] | None = None,
) -> Predictions:
    """What a network (photos to `object`, perhaps `recycling`) says, as predictions of the split "test".

    classes: of `object`. same: class to the name that it counts as, of answers and photos.
    """
    size, parts = network.input_shape[1], []
    for start in range(0, len(data), AT_ONCE):
        some = range(start, min(start + AT_ONCE, len(data)))
        pixels = np.stack([read_photo(data.read_bytes(i), size) for i in some]).astype(np.float32)
        parts.append(network.predict_on_batch(pixels))
        progress(f"answers about {data.name}", some[-1] + 1, len(data))
    probabilities, merged = merge(np.concatenate([part["object"] for part in parts]), classes, same)
    names = [(same or {}).get(name, name) for name in data.classes]
    own = np.concatenate([part["recycling"][:, 0] for part in parts]) if "recycling" in parts[0] else None
    rulebook = find_rulebook(recipe.rulebook)
    recycles = [name in rulebook.classes and rulebook.recycles(name) for name in merged]
    said = predictions(merged, data.photos, "test", [names[label] for label in data.labels], probabilities, own)
    return replace(said, p_recycle=probabilities[:, recycles].sum(axis=1).clip(0, 1))
