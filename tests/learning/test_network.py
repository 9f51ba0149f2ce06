from dataclasses import replace
from typing import get_args

import keras
import numpy as np
import pytest

from recycler.errors import RecipeError
from recycler.learning.backbones import BACKBONES, preprocess
from recycler.learning.network import Parts, assemble, build_parts, prepare
from recycler.photos import resize
from recycler.recipe import Network

THESIS = Network(backbone="mobilenet", input_size=160, hidden=(512,), dropout=0.5)
RECYCLES = np.array([True, False, True, False, False])
SUPERCLASS = np.array([0, 0, 1, 1, 2])
SMALL = Network(backbone="mobilenet", input_size=64)


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


@pytest.fixture(scope="module")
def shared() -> Parts:
    return build_parts(SMALL, classes=5, photo_size=32, weights=None)


def test_the_thesis_head_for_100_classes_has_its_parameters() -> None:
    parts = build_parts(THESIS, classes=100, photo_size=32, weights=None)
    assert trainable(parts.branches["object"]) == 578_148
    assert parts.trunk.count_params() == 3_228_864
    assert trainable(parts.trunk) == 0


def test_outputs_are_named_and_sum_as_they_should(shared: Parts) -> None:
    network = assemble(shared, RECYCLES)
    photos = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.float32)
    said = {name: np.asarray(value) for name, value in network(photos, training=False).items()}
    assert {name: value.shape for name, value in said.items()} == {
        "object": (3, 5),
        "recycling": (3, 1),
        "embedding": (3, 1024),
    }
    np.testing.assert_allclose(said["object"].sum(axis=1), 1, atol=1e-5)
    assert ((said["recycling"] > 0) & (said["recycling"] < 1)).all()


def test_separate_outputs_have_a_trunk_each_and_shared_ones_do_not(shared: Parts) -> None:
    separate = build_parts(SMALL.model_copy(update={"shape": "separate"}), classes=5, photo_size=32, weights=None)
    assert separate.trunks["object"] is not separate.trunks["recycling"]
    assert shared.trunks["object"] is shared.trunks["recycling"]
    one, two = assemble(shared, RECYCLES).count_params(), assemble(separate, RECYCLES).count_params()
    assert two - one == shared.trunk.count_params()


def test_multi_hot_has_one_layer_of_c_plus_one_and_the_same_named_outputs() -> None:
    parts = build_parts(SMALL.model_copy(update={"shape": "multi_hot"}), classes=5, photo_size=32, weights=None)
    assert parts.branches["multi_hot"].output_shape == (None, 6)
    network = assemble(parts, RECYCLES)
    said = network(np.zeros((2, 32, 32, 3), np.float32), training=False)
    assert set(said) == {"object", "recycling", "embedding"}
    np.testing.assert_allclose(np.asarray(said["object"]).sum(axis=1), 1, atol=1e-5)


def test_a_single_output_sums_up_recycling_with_nothing_more_to_learn() -> None:
    parts = build_parts(SMALL.model_copy(update={"shape": "single"}), classes=5, photo_size=32, weights=None)
    assert set(parts.branches) == {"object"}
    network = assemble(parts, RECYCLES)
    said = network(np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.float32), training=False)
    expected = np.asarray(said["object"])[:, RECYCLES].sum(axis=1)
    np.testing.assert_allclose(np.asarray(said["recycling"])[:, 0], expected, atol=1e-6)
    assert trainable(network) == trainable(parts.branches["object"])


def test_a_recipe_can_add_the_superclasses() -> None:
    network = Network(backbone="mobilenet", input_size=64, outputs=("coarse",))
    parts = build_parts(network, classes=5, photo_size=32, superclass=SUPERCLASS, weights=None)
    assert assemble(parts, RECYCLES).output["coarse"].shape == (None, 3)
    with pytest.raises(RecipeError, match="do not have"):
        build_parts(network, classes=5, photo_size=32, weights=None)


def test_the_superclass_that_is_seen_counts_for_its_classes_as_much_as_asked_for() -> None:
    network = Network(backbone="mobilenet", input_size=64, shape="single", outputs=("coarse",), superclass_share=0.5)
    parts = build_parts(network, classes=5, photo_size=32, superclass=SUPERCLASS, weights=None)
    parts.branches["coarse"].get_layer("coarse_logits").bias.assign([2, 0, -2])
    photos = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    whole, alone = assemble(parts, RECYCLES), assemble(replace(parts, evidence=None), RECYCLES)
    said, before = ({k: np.asarray(v) for k, v in network(photos).items()} for network in (whole, alone))
    expected = before["object"] * said["coarse"][:, SUPERCLASS] ** 0.5
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(said["object"], expected, rtol=1e-4)
    np.testing.assert_allclose(said["recycling"][:, 0], expected[:, RECYCLES].sum(axis=1), rtol=1e-4)
    assert trainable(whole) == trainable(alone)


def test_a_photo_and_its_mirror_image_have_one_embedding_when_flipped() -> None:
    flipped = build_parts(SMALL.model_copy(update={"flip": True}), classes=5, photo_size=64, weights=None)
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(flipped.trunk(photo)), np.asarray(flipped.trunk(photo[:, :, ::-1])), atol=1e-4
    )


def test_small_photos_are_upscaled_as_asked_for() -> None:
    photos = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    for upscaling in get_args(Network.model_fields["upscaling"].annotation):
        network = SMALL.model_copy(update={"upscaling": upscaling})
        inputs = keras.Input((32, 32, 3))
        said = keras.Model(inputs, prepare(inputs, network))(photos)
        large = keras.ops.image.resize(photos, (64, 64), interpolation=upscaling)
        expected = preprocess(large, BACKBONES[network.backbone].scaling)
        np.testing.assert_allclose(np.asarray(said), np.asarray(expected), atol=1e-5)
        parts = build_parts(network, classes=5, photo_size=32, weights=None)
        assert trainable(assemble(parts, RECYCLES)) == sum(map(trainable, parts.branches.values()))


def test_a_saved_network_loads_in_safe_mode_and_says_the_same(shared: Parts, tmp_path: object) -> None:
    network = assemble(shared, RECYCLES)
    path = f"{tmp_path}/network.keras"
    network.save(path)
    again = keras.saving.load_model(path, compile=False, safe_mode=True)
    photos = np.full((2, 32, 32, 3), 99, np.float32)
    for name, value in network(photos, training=False).items():
        np.testing.assert_allclose(np.asarray(value), np.asarray(again(photos, training=False)[name]), atol=1e-6)


def test_training_and_serving_resize_a_photo_to_the_same_pixels() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize(photo, 32), resize(photo.copy(), 32))
