import keras
import numpy as np
import pytest

from recycler.errors import RecipeError
from recycler.learning.checkpoint import values
from recycler.learning.cuts import Learner, cut_trunk, trainable_parameters, unfreeze
from recycler.learning.network import build_parts
from recycler.recipe import Network, Stage

BACKBONES = ["mobilenet", "efficientnet_lite0", "resnet50_v2", "mobilenet_v3_small", "densenet121"]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_front_and_back_are_the_trunk_and_all_that_learns_is_behind(backbone: str, flip: bool) -> None:
    network = Network(backbone=backbone, input_size=64, flip=flip)
    trunk = build_parts(network, classes=3, photo_size=64, weights=None).trunk
    stage = Stage(method="fine_tuning", unfreeze_layers=20)
    unfreeze(trunk, network, stage)
    cut = cut_trunk(trunk, network, stage)
    photos = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    expected = np.asarray(trunk(photos, training=False))
    near = {"rtol": 1e-3, "atol": 1e-3 * np.abs(expected).max()}  # untrained layers give small numbers
    activations = cut.front(photos)
    np.testing.assert_allclose(np.asarray(cut.back(activations, training=False)), expected, **near)
    if not flip:  # batch norm is in inference mode
        np.testing.assert_allclose(np.asarray(cut.back(activations, training=True)), expected, **near)
    assert [id(w) for w in cut.back.trainable_weights] == [id(w) for w in trunk.trainable_weights]
    assert np.prod(cut.front.output_shape[1:]) < 64 * 64 * 3 * (1 + flip)


def test_fine_tuning_learns_from_a_photo_or_its_mirror_image_and_judges_by_both() -> None:
    network = Network(backbone="mobilenet", input_size=64, flip=True)
    trunk = build_parts(network, classes=3, photo_size=64, weights=None).trunk
    stage = Stage(method="fine_tuning", unfreeze_layers=20)
    unfreeze(trunk, network, stage)
    cut = cut_trunk(trunk, network, stage)
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.float32)
    activations = np.repeat(np.asarray(cut.front(photo)), 16, axis=0)
    expected = np.asarray(trunk(photo, training=False))[0]
    largest = np.abs(expected).max()
    sides = np.unique((np.asarray(cut.back(activations, training=True)) / largest).round(3), axis=0)
    assert len(sides) == 2
    np.testing.assert_allclose(sides.mean(axis=0), expected / largest, atol=2e-3)


@pytest.mark.parametrize(("layers", "parameters"), [(24, 2_126_848), (12, 1_593_856), (25, 2_131_456)])
def test_the_thesis_counts_hold_for_a_head_of_100_classes(layers: int, parameters: int) -> None:
    network = Network(backbone="mobilenet", input_size=160, shape="single", hidden=(512,))
    parts = build_parts(network, classes=100, photo_size=32, weights=None)
    assert trainable_parameters(parts) == 578_148
    unfreeze(parts.trunk, network, Stage(method="fine_tuning", unfreeze_layers=layers))
    assert trainable_parameters(parts) == 578_148 + parameters


def test_a_backbone_that_learns_whole_is_cut_at_the_photo() -> None:
    network = Network(backbone="mobilenet", input_size=64)
    trunk = build_parts(network, classes=3, photo_size=32, weights=None).trunk
    stage = Stage(method="fine_tuning", unfreeze_layers=len(trunk.get_layer("mobilenet").layers))
    unfreeze(trunk, network, stage)
    cut = cut_trunk(trunk, network, stage)
    assert cut.front.output_shape == (None, 32, 32, 3)
    photos = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(cut.back(photos, training=True)), np.asarray(trunk(photos)), atol=1e-4)


@pytest.mark.parametrize(
    ("stage", "right"), [({"unfreeze_layers": 999}, "layers in all"), ({"unfreeze_blocks": ["blok"]}, "conv_pw_13")]
)
def test_layers_that_are_not_there_are_named(stage: dict[str, object], right: str) -> None:
    network = Network(backbone="mobilenet", input_size=64)
    trunk = build_parts(network, classes=3, photo_size=64, weights=None).trunk
    with pytest.raises(RecipeError, match=right):
        unfreeze(trunk, network, Stage.model_validate({"method": "fine_tuning", **stage}))


@pytest.mark.parametrize(("mode", "moves"), [("inference", False), ("training", True)])
@pytest.mark.parametrize("layers", [12, None])
def test_batch_norm_takes_the_statistics_of_photos_only_where_a_stage_asks_for_it(
    mode: str, moves: bool, layers: int | None
) -> None:
    network = Network(backbone="mobilenet", input_size=64)
    trunk = build_parts(network, classes=3, photo_size=64, weights=None).trunk
    base = trunk.get_layer("mobilenet")
    stage = Stage.model_validate(
        {"method": "fine_tuning", "unfreeze_layers": layers or len(base.layers), "backbone_batch_norm": mode}
    )
    unfreeze(trunk, network, stage)
    cut = cut_trunk(trunk, network, stage)
    photos = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3)).astype(np.float32)
    means = [layer.moving_mean for layer in base.layers if hasattr(layer, "moving_mean")]
    before = values(means)
    cut.back(cut.front(photos), training=True)
    moved = [not np.array_equal(a, b) for a, b in zip(before, values(means), strict=True)]
    assert moved[-1] == moves
    assert moved[0] == (moves and layers is None), "what is frozen keeps its statistics"


def test_the_figures_of_a_batch_are_its_own_in_training_and_validation() -> None:
    photo = keras.Input((1,))
    model = Learner(photo, keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(photo))
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", metrics=["mae"])
    for ask in (model.train_on_batch, model.test_on_batch):
        for far in (1.0, 3.0, 2.0):
            logs = ask(np.zeros((2, 1), np.float32), np.full((2, 1), far, np.float32), return_dict=True)
            assert float(logs["loss"]) == pytest.approx(far**2)
            assert float(logs["mae"]) == pytest.approx(far)
