"""Checkpoints: what a training needs to go on exactly where it was, in a folder of the run.

state.npz        the state of the stage that is running: counters, curves, weights, optimiser, random seeds
best-N.npz       the best weights so far of stage N's network
start-N.npz      the weights of the whole network when stage N began

Every file is replaced atomically, `best` before the `state` that counts on it, by one thread beside the training.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recycler.runs import write_atomically

Arrays = list[NDArray[Any]]


class Checkpoint:
    """The checkpoint files of one training. folder: None keeps all in memory."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.memory: dict[str, tuple[dict[str, Any], Arrays]] = {}
        self.writer = ThreadPoolExecutor(1)
        self.pending: list[Future[None]] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def save(self, name: str, arrays: Arrays, state: dict[str, Any] | None = None) -> None:
        """Write one file soon. Raises OSError when an earlier one could not be written."""
        if self.folder is None:
            self.memory[name] = (state or {}, arrays)
            return
        self._raise_what_failed()
        self.pending.append(self.writer.submit(_write, self.folder / f"{name}.npz", arrays, state or {}))

    def load(self, name: str) -> tuple[dict[str, Any], Arrays] | None:
        """What was saved under this name, or None."""
        self.wait()
        if self.folder is None:
            return self.memory.get(name)
        if not (self.folder / f"{name}.npz").is_file():
            return None
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as kept:
                state = json.loads(str(kept["state"]))
                return state, [kept[f"array_{i}"] for i in range(len(kept.files) - 1)]
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not ours, or not of this version
            return None

    def wait(self) -> None:
        """Until all that was saved is on disk. Raises OSError when it could not be written."""
        for job in self.pending:
            job.result()
        self.pending.clear()

    def _raise_what_failed(self) -> None:
        for job in [job for job in self.pending if job.done()]:
            self.pending.remove(job)
            job.result()


def values(variables: Sequence[keras.Variable]) -> Arrays:
    """Copies of the values of variables."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[keras.Variable], arrays: Arrays) -> None:
    """Give variables these values."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _write(file: Path, arrays: Arrays, state: dict[str, Any]) -> None:
    out = io.BytesIO()
    named = {f"array_{i}": array for i, array in enumerate(arrays)}
    np.savez(out, allow_pickle=False, state=np.array(json.dumps(state)), **named)
    write_atomically(file, out.getvalue())
