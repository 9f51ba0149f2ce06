from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from recycler.learning.augmentation import PRESETS, augment

SIZE = 64
CHANGING = sorted(set(PRESETS) - {"none"})


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)


def changed(photos: NDArray[Any], preset: str, seed: int) -> NDArray[np.float32]:
    return np.asarray(augment(preset, seed)(photos))


def test_none_is_the_identity(noise: NDArray[np.uint8]) -> None:
    assert np.array_equal(changed(noise, "none", seed=0), noise.astype(np.float32))


@pytest.mark.parametrize("preset", sorted(PRESETS))
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_shape_stays_and_pixels_stay_in_range(noise: NDArray[np.uint8], preset: str, dtype: type) -> None:
    result = changed(noise.astype(dtype), preset, seed=1)
    assert result.shape == noise.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 255


@pytest.mark.parametrize("preset", CHANGING)
def test_the_seed_alone_decides(noise: NDArray[np.uint8], preset: str) -> None:
    first = changed(noise, preset, seed=3)
    assert np.array_equal(first, changed(noise, preset, seed=3))
    assert np.abs(first - changed(noise, preset, seed=4)).mean() > 1


@pytest.mark.parametrize("preset", CHANGING)
def test_each_photo_and_each_call_differs(preset: str) -> None:
    photos = np.repeat(np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8), 2, axis=0)
    look = augment(preset, seed=0)
    first, again = np.asarray(look(photos)), np.asarray(look(photos))
    assert np.abs(first - photos).mean() > 1
    assert np.abs(first[0] - first[1]).mean() > 1
    assert np.abs(first - again).mean() > 1


@pytest.mark.parametrize("preset", CHANGING)
def test_the_object_mostly_stays_in_the_picture(preset: str) -> None:
    photos = np.full((32, SIZE, SIZE, 3), 200, dtype=np.uint8)
    middle = slice(SIZE // 4, -SIZE // 4)
    photos[:, middle, middle] = 20
    seen = (changed(photos, preset, seed=0).mean(axis=-1) < 100).mean(axis=(1, 2))
    assert np.median(seen) == pytest.approx(0.25, abs=0.12)
    assert seen.min() > 0.1


@pytest.mark.parametrize("preset", CHANGING)
def test_an_even_photo_stays_even_up_to_its_rim(preset: str) -> None:
    grey = np.full((8, SIZE, SIZE, 3), 128, dtype=np.uint8)
    assert changed(grey, preset, seed=2).std(axis=(1, 2)).max() < 0.5


@pytest.mark.parametrize("preset", CHANGING)
def test_a_saved_augmentation_loads_in_safe_mode(preset: str, noise: NDArray[np.uint8], tmp_path: Any) -> None:
    look = augment(preset, seed=5)
    look(noise)
    look.save(tmp_path / "look.keras")
    loaded = keras.saving.load_model(tmp_path / "look.keras", safe_mode=True)
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in look.layers]


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(KeyError, match="sunset"):
        augment("sunset", seed=0)
