"""Weights come from Keras's home folder at any size, and a missing network ends in a sentence."""

import time
from pathlib import Path

import keras
import numpy as np
import pytest

from recycler.errors import ModelError
from recycler.learning.backbones import BACKBONES

# Keras copies TensorFlow's variables in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

MOBILENET = BACKBONES["mobilenet"]


def first_kernel(network: keras.Model) -> np.ndarray:
    return np.asarray(network.get_layer("conv1").get_weights()[0])


@pytest.mark.usefixtures("keras_home")
@pytest.mark.parametrize("size", [96, 128, 160, 192, 200, 224])
def test_mobilenet_has_imagenet_weights_at_every_size(size: int) -> None:
    network = MOBILENET.build(size)

    assert network.input_shape == (None, size, size, 3)
    assert network.output_shape == (None, size // 32, size // 32, 1024)
    assert network.input.name == "mobilenet_input"
    # Random kernels of this layer's initialiser stay within sqrt(6 / (9 * 3 + 9 * 32)) = 0.14.
    assert np.abs(first_kernel(network)).max() > 0.5


def test_a_read_only_home_folder_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = MOBILENET.build(96, weights=None)
    folder = tmp_path / "models"
    folder.mkdir()
    saved.save(folder / "mobilenet_1_0_224_tf_no_top.h5")
    tmp_path.chmod(0o500)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    try:
        network = MOBILENET.build(64)
    finally:
        tmp_path.chmod(0o700)

    np.testing.assert_array_equal(first_kernel(network), first_kernel(saved))


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mobilenet_1_0_224_tf_no_top.h5").write_bytes(b"no weights")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    with pytest.raises(ModelError, match="damaged"):
        MOBILENET.build(96)


def test_without_weights_and_network_it_soon_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    # A proxy where nobody listens: the same for Keras as no network at all.
    for scheme in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    for scheme in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(scheme, raising=False)
    start = time.monotonic()

    with pytest.raises(
        ModelError, match=r"mobilenet_1_0_160_tf_no_top\.h5 into .*models, or choose efficientnet_lite0"
    ):
        MOBILENET.build(160)

    assert time.monotonic() - start < 15


def test_too_small_an_input_is_refused() -> None:
    with pytest.raises(ModelError, match="at least 75 pixels"):
        BACKBONES["inception_v3"].build(64, weights=None)
