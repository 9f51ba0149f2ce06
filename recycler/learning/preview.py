"""The preview's worker: augments photos that come in on standard input, with the very layers that training uses.

One JSON object a line. In: {"augmentation": {...}, "seed", "look", "photos", "training"}, the last two as
recycler.preview encodes photos. Out: {"photos"} or {"problem": sentence}.
"""

import json
import selectors
from functools import lru_cache
from typing import IO, Any

import keras
import numpy as np

from recycler.errors import RecyclerError
from recycler.learning.augmentation import augment, look_numbers
from recycler.preview import decode, encode
from recycler.recipe import Augmentation

IDLE_SECONDS = 600.0
KEPT = 8  # networks for settings that were looked at


def serve(requests: IO[bytes], answers: IO[str], idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests until there are no more, or none has come for so many seconds."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(requests, selectors.EVENT_READ)
        while waiting.select(idle_seconds) and (line := requests.readline()):
            print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        photos = decode(request["photos"])
        network = _network(json.dumps(request["augmentation"]), photos.shape[1], json.dumps(request["training"]))
        numbers = look_numbers(network, request["seed"], request["look"], len(photos))
        changed = network({"photo": photos.astype(np.float32), "numbers": numbers}, training=True)
    except RecyclerError as problem:
        return {"problem": str(problem)}
    pixels = np.clip(np.rint(keras.ops.convert_to_numpy(changed)), 0, 255)
    return {"photos": encode(pixels.astype(np.uint8))}


@lru_cache(KEPT)
def _network(change: str, size: int, training: str) -> keras.Model:
    """The network of an augmentation and of photos to fit whitening on, both as JSON."""
    photos = json.loads(training)
    return augment(Augmentation.model_validate_json(change), size, None if photos is None else lambda: decode(photos))
