"""What augmentation does to some photos, asked of a worker process that is kept warm.

The process that asks needs no TensorFlow, and the worker (recycler.learning.preview) uses the layers of training. It
takes about 5 seconds to start, then a fraction of one a look, and ends by itself when nobody asks any longer.
"""

import base64
import json
import os
import selectors
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recycler.errors import TrainingError
from recycler.recipe import Augmentation
from recycler.settings import PROJECT

Photos = NDArray[np.uint8]

PATIENCE = 120.0  # seconds for an answer, TensorFlow's first import on a busy machine among them


class Previewer:
    """A worker and the pipe to it; several threads may ask, one after another. Close it, or let the process end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def warm(self) -> bool:
        """Whether the worker has started, so that the next look comes at once."""
        return self._worker is not None and self._worker.poll() is None

    def look(
        self, change: Augmentation, photos: Photos, seed: int, look: int, training: Photos | None = None
    ) -> Photos:
        """Photos (n, size, size, 3), uint8, as training may see them.

        seed, look: which of the many looks. training: photos that whitening is fitted on, where it is asked for.
        Raises TrainingError when it cannot be done, and when the worker does not answer.
        """
        request = {"augmentation": change.model_dump(mode="json"), "seed": seed, "look": look}
        request |= {"photos": encode(photos), "training": None if training is None else encode(training)}
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            answer = self._ask(line) or self._ask(line)  # a worker that has just gone idle ends: a new one answers
        if answer is None:
            raise TrainingError(
                "The preview's worker ended without an answer. To see why: python -m recycler preview </dev/null"
            )
        if "problem" in answer:
            raise TrainingError(answer["problem"])
        return decode(answer["photos"])

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            for pipe in (worker.stdin, worker.stdout):
                with suppress(BrokenPipeError):  # what was never sent to one that had ended
                    if pipe is not None:
                        pipe.close()
            worker.wait()

    def _ask(self, line: bytes) -> dict[str, Any] | None:
        """An answer, or None when the worker has ended."""
        if not self.warm:
            self.close()
            self._worker = _start()
        worker = self._worker
        assert worker is not None and worker.stdin is not None and worker.stdout is not None  # noqa: S101, PT018
        with suppress(BrokenPipeError):
            worker.stdin.write(line)
            worker.stdin.flush()
            with selectors.DefaultSelector() as waiting:
                waiting.register(worker.stdout, selectors.EVENT_READ)
                if waiting.select(PATIENCE) and (text := worker.stdout.readline()):
                    answer: dict[str, Any] = json.loads(text)
                    return answer
        self.close()
        return None


def encode(photos: Photos) -> dict[str, Any]:
    """Photos as JSON."""
    return {"shape": photos.shape, "pixels": base64.b64encode(photos.tobytes()).decode()}


def decode(photos: dict[str, Any]) -> Photos:
    """Photos from JSON."""
    return np.frombuffer(base64.b64decode(photos["pixels"]), np.uint8).reshape(photos["shape"])


def _start() -> subprocess.Popen[bytes]:
    """A worker without a GPU, whose memory trainings need; its input closes, and so it ends, with this process."""
    return subprocess.Popen(
        [sys.executable, "-m", "recycler", "preview"],
        cwd=PROJECT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
