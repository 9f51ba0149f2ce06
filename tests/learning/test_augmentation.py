from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from recycler.errors import TrainingError
from recycler.learning.augmentation import CHANGES, RandomView, Whitening, augment, look_numbers
from recycler.presets import AUGMENTATIONS
from recycler.recipe import Augmentation

SIZE = 32
CHANGING = sorted(set(AUGMENTATIONS) - {"none"})
STRONG = {
    "rotation_degrees": 40,
    "horizontal_shift_fraction": 0.3,
    "vertical_shift_fraction": 0.3,
    "zoom_fraction": 0.5,
    "stretch_fraction": 0.5,
    "shear_degrees": 30,
    "slant_fraction": 0.4,
    "crop_fraction": 0.5,
    "horizontal_flip_share": 1,
    "vertical_flip_share": 1,
    "background_share": 1,
    "brightness_fraction": 0.5,
    "gamma_fraction": 0.5,
    "contrast_fraction": 0.5,
    "channel_shift_levels": 50,
    "colour_cast_fraction": 0.5,
    "saturation_fraction": 0.9,
    "hue_degrees": 90,
    "blur_share": 1,
    "jpeg_loss": 90,
    "cutout_fraction": 0.5,
    "zca_fraction": 1,
    "rescale_factor": 1 / 255,
}


def shapes(count: int = 4) -> NDArray[np.uint8]:
    """Photos with a coloured thing on even ground, and grain."""
    rng = np.random.default_rng(0)
    photos = np.full((count, SIZE, SIZE, 3), (210, 200, 180), np.uint8)
    photos[:, 8:20, 6:22] = (150, 40, 90)
    return (photos + rng.integers(0, 12, photos.shape)).astype(np.uint8)


def changed(photos: NDArray[Any], change: Augmentation, seed: int = 0, look: int = 1) -> NDArray[np.float32]:
    network = augment(change, SIZE, lambda: shapes(50))
    numbers = look_numbers(network, seed, look, len(photos))
    return np.asarray(network.predict_on_batch({"photo": photos.astype(np.float32), "numbers": numbers}))


def only(field: str) -> Augmentation:
    return Augmentation.model_validate({field: STRONG[field]})


def test_every_augmentation_of_the_recipe_has_a_layer_and_is_tried_here() -> None:
    fields = {name for name, field in Augmentation.model_fields.items() if field.annotation is float}
    assert {f for _, taken in CHANGES.values() for f in taken} | {"rescale_factor"} == fields == {*STRONG}


@pytest.mark.parametrize("field", STRONG)
def test_each_augmentation_changes_the_photo_and_keeps_its_range(field: str) -> None:
    photos = shapes()
    result = changed(photos, only(field))
    assert result.shape == photos.shape
    assert result.min() >= 0
    assert result.max() <= 255
    assert np.abs(result - photos).mean() > 0.5


def test_none_is_the_identity() -> None:
    assert np.array_equal(changed(shapes(), Augmentation()), shapes().astype(np.float32))


@pytest.mark.parametrize("preset", CHANGING)
def test_seed_and_look_alone_decide(preset: str) -> None:
    change = Augmentation(preset=preset)
    first = changed(shapes(), change)
    spread = first.std()
    assert np.array_equal(first, changed(shapes(), change))
    assert np.abs(first - changed(shapes(), change, seed=4)).mean() > 0.02 * spread
    assert np.abs(first - changed(shapes(), change, look=2)).mean() > 0.02 * spread


def test_a_photo_looks_the_same_in_any_batch_and_order() -> None:
    photos, network = shapes(), augment(Augmentation(preset="phone"), SIZE)
    numbers = look_numbers(network, 0, 1, 4)
    together = np.asarray(network({"photo": photos.astype(np.float32), "numbers": numbers}))
    alone = np.asarray(network({"photo": photos[[2]].astype(np.float32), "numbers": numbers[[2]]}))
    np.testing.assert_allclose(together[2], alone[0], atol=1e-3)


@pytest.mark.parametrize("preset", ["relevant", "phone"])
def test_the_object_mostly_stays_in_the_picture(preset: str) -> None:
    photos = np.full((32, SIZE, SIZE, 3), 200, dtype=np.uint8)
    middle = slice(SIZE // 4, -SIZE // 4)
    photos[:, middle, middle] = 20
    look = changed(photos, Augmentation(preset=preset))
    seen = (look.mean(axis=-1) < 100).mean(axis=(1, 2))
    assert np.median(seen) == pytest.approx(0.25, abs=0.12)
    assert seen.min() > 0.08


def test_an_even_photo_stays_even_up_to_its_rim() -> None:
    grey = np.full((8, SIZE, SIZE, 3), 128, dtype=np.uint8)
    assert changed(grey, Augmentation(preset="phone")).std(axis=(1, 2)).max() < 0.5


def test_a_flip_of_all_photos_mirrors_them_exactly() -> None:
    np.testing.assert_allclose(changed(shapes(), only("horizontal_flip_share")), shapes()[:, :, ::-1], atol=1e-2)
    np.testing.assert_allclose(changed(shapes(), only("vertical_flip_share")), shapes()[:, ::-1], atol=1e-2)


def test_a_shift_moves_by_at_most_its_fraction_along_its_axis_alone() -> None:
    photos = np.zeros((16, SIZE, SIZE, 3), np.uint8)
    photos[:, 12:20, 12:20] = 255
    look = changed(photos, Augmentation(horizontal_shift_fraction=0.25, fill_mode="constant"))
    columns = look.mean(axis=(1, 3)) @ np.arange(SIZE) / look.mean(axis=(1, 3)).sum(axis=1)
    rows = look.mean(axis=(2, 3)) @ np.arange(SIZE) / look.mean(axis=(2, 3)).sum(axis=1)
    np.testing.assert_allclose(rows, 15.5, atol=1e-3)
    assert np.abs(columns - 15.5).max() <= 0.25 * SIZE
    assert columns.std() > 1


def test_hue_and_saturation_keep_luma() -> None:
    calm = (shapes() // 4 + 96).astype(np.uint8)  # far from black and white, so that nothing is clipped
    look = changed(calm, Augmentation(hue_degrees=60, saturation_fraction=0.3))
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(look @ luma, calm @ luma, atol=0.5)


def test_a_new_ground_leaves_the_thing_and_uneven_photos_alone() -> None:
    look = changed(shapes(), only("background_share"))
    assert np.abs(look - shapes())[:, 10:18, 8:20].max() < 1
    assert np.abs(look - shapes())[:, :4].mean() > 10
    noise = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)
    assert np.array_equal(changed(noise, only("background_share")), noise.astype(np.float32))


def test_whitening_frees_pixels_of_what_they_share_and_is_fitted_on_the_photos_given() -> None:
    rng = np.random.default_rng(0)
    smooth = np.repeat(np.repeat(rng.integers(60, 200, (400, 2, 2, 3)), 4, axis=1), 4, axis=2)
    photos = (smooth + rng.normal(0, 8, smooth.shape)).clip(0, 255).astype(np.uint8)
    layer = Whitening(zca_fraction=1.0)
    layer(photos.astype(np.float32))
    layer.adapt(photos)
    white = np.asarray(layer(photos.astype(np.float32)))

    def shared(pixels: NDArray[Any]) -> float:
        return float(np.corrcoef(pixels[:, 0, 0, 0], pixels[:, 1, 1, 0])[0, 1])

    assert shared(photos) > 0.8
    assert abs(shared(white)) < 0.5


def test_whitening_refuses_large_photos_with_a_way_out() -> None:
    with pytest.raises(TrainingError, match="zca_fraction"):
        augment(Augmentation(zca_fraction=1), 64)


def test_nothing_changes_outside_training() -> None:
    photos = shapes().astype(np.float32)
    options: dict[str, Any] = {field: STRONG[field] for field in CHANGES["view"][1]}
    layer = RandomView(fill_mode="reflect", **options)
    assert np.array_equal(np.asarray(layer(photos, training=False)), photos)
    assert not np.array_equal(np.asarray(layer(photos)), np.asarray(layer(photos)))  # draws anew by itself


@pytest.mark.parametrize("preset", CHANGING)
def test_a_saved_augmentation_loads_in_safe_mode_and_does_the_same(preset: str, tmp_path: Path) -> None:
    network = augment(Augmentation(preset=preset), SIZE, lambda: shapes(50))
    inputs = {"photo": shapes().astype(np.float32), "numbers": look_numbers(network, 0, 1, 4)}
    network.save(tmp_path / "look.keras")
    loaded = keras.saving.load_model(tmp_path / "look.keras", safe_mode=True)
    np.testing.assert_allclose(np.asarray(loaded(inputs)), np.asarray(network(inputs)), atol=1e-4)
