"""Checkpoints are read as tensors, or refused: never run."""

import io
import os
import pickle
import struct
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recycler.errors import ModelError
from recycler.learning.backbones.checkpoint import read_checkpoint

VALUES = np.arange(24, dtype="<f4")


@dataclass
class Tensor:
    """A view into a storage, pickled as torch pickles it."""

    storage: NDArray[np.float32]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (Storage(self.storage), self.offset, self.shape, self.strides, False, None)


@dataclass
class Storage:
    values: NDArray[np.float32]


class Pickler(pickle.Pickler):
    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, Storage):
            return ("storage", sys.modules["torch"].FloatStorage, "0", "cpu", thing.values.size, None)
        return None


@pytest.fixture
def torch_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two names of torch that a checkpoint mentions, so that one can be written without torch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})  # type: ignore[attr-defined]

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    torch._utils = utils  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def write(path: Path, state: Any, values: NDArray[np.float32] = VALUES) -> Path:
    """Save a state dictionary over one storage in PyTorch's old format."""
    file = io.BytesIO()
    for head in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(head, file, protocol=2)
    Pickler(file, protocol=2).dump(state)
    pickle.dump(["0"], file, protocol=2)
    path.write_bytes(file.getvalue() + struct.pack("<q", values.size) + values.tobytes())
    return path


@pytest.mark.usefixtures("torch_names")
def test_a_strided_view_is_read_as_the_array_that_it_shows(tmp_path: Path) -> None:
    transposed = Tensor(VALUES, offset=2, shape=(3, 4), strides=(1, 5))
    whole = Tensor(VALUES, offset=0, shape=(24,), strides=(1,))

    tensors = read_checkpoint(write(tmp_path / "a.pth", {"transposed": transposed, "whole": whole}))

    expected = [[2 + row + 5 * column for column in range(4)] for row in range(3)]
    np.testing.assert_array_equal(tensors["transposed"], expected)
    np.testing.assert_array_equal(tensors["whole"], VALUES)
    assert tensors["transposed"].flags.c_contiguous
    assert tensors["transposed"].dtype == np.float32


@pytest.mark.usefixtures("torch_names")
@pytest.mark.parametrize(
    "tensor",
    [
        Tensor(VALUES, offset=20, shape=(5,), strides=(1,)),
        Tensor(VALUES, offset=0, shape=(2, 2), strides=(1, 23)),
        Tensor(VALUES, offset=-1, shape=(2,), strides=(1,)),
        Tensor(VALUES, offset=3, shape=(2,), strides=(-1,)),
        Tensor(VALUES, offset=0, shape=(1 << 40,), strides=(0,)),
        Tensor(VALUES, offset=0, shape=(2, 2), strides=(1,)),
    ],
    ids=["behind the end", "strides behind the end", "before the start", "backwards", "blown up", "ragged"],
)
def test_a_view_outside_its_storage_is_refused(tmp_path: Path, tensor: Tensor) -> None:
    with pytest.raises(ModelError, match="damaged"):
        read_checkpoint(write(tmp_path / "a.pth", {"tensor": tensor}))


class Hostile:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def test_a_checkpoint_that_calls_anything_else_is_refused_and_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    with pytest.raises(ModelError, match="system"):
        read_checkpoint(write(tmp_path / "a.pth", {"tensor": Hostile(f"touch {trace}")}))

    assert not trace.exists()


@pytest.mark.usefixtures("torch_names")
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, kept: float) -> None:
    path = write(tmp_path / "a.pth", {"whole": Tensor(VALUES, 0, (24,), (1,))})
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])

    with pytest.raises(ModelError, match="damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a newer format", b"hello", b"\x80\x02K\x01."])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(content)

    with pytest.raises(ModelError, match="not a PyTorch checkpoint"):
        read_checkpoint(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.pth could not be read"):
        read_checkpoint(tmp_path / "none.pth")
