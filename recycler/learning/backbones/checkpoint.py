"""Reads the tensors of an old-format PyTorch checkpoint, without torch and without unpickling arbitrary objects.

The format (`torch.save` before version 1.6): four pickles (magic number, protocol, machine, state dictionary), a fifth
with the storages' keys, then the storages in that order, each as an int64 element count and its raw elements. A tensor
is a *strided view* into a storage, so its offset and strides have to be honoured.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recycler.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
LARGEST_FILE = 1 << 30  # bytes; the largest network here takes 25 MB
MOST_DIMENSIONS = 8


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype[Any]
    elements: int


class _View(NamedTuple):
    """The arguments of `torch._utils._rebuild_tensor_v2`, in its order."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_gradient: bool = False
    hooks: object = None


# The only names that a checkpoint may call for. Dtypes cannot be called, the other two hold what they are given.
_NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _View,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NAMES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no checkpoint needs") from None

    def persistent_load(self, identity: Any) -> _Storage:
        kind, dtype, key, _device, elements, view = identity
        if kind != "storage" or not isinstance(dtype, np.dtype) or view is not None:
            raise pickle.UnpicklingError("it holds something that is not a plain tensor")
        return _Storage(key, dtype, elements)


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """The state dictionary of a checkpoint: tensor name to a contiguous array of its own (float32 or int64).

    path: a file in the old format with float and int64 tensors on the CPU; little-endian.
    Raises ModelError when the file is anything else, truncated, or asks for objects other than tensors.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"it is larger than {LARGEST_FILE} bytes")
        with path.open("rb") as file:
            return _read(file)
    except OSError as problem:
        raise ModelError(f"The weights {path} could not be read: {problem.strerror}.") from problem
    # What `pickle` documents for damaged input, and what unpacking odd values gives.
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError) as problem:
        raise ModelError(
            f"The weights {path} are damaged or not a PyTorch checkpoint of the old format ({problem}). "
            "Install the package that they come from again."
        ) from problem


def _read(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    if _Unpickler(file).load() != MAGIC or _Unpickler(file).load() != PROTOCOL:
        raise ValueError("it begins otherwise")
    if _Unpickler(file).load()["little_endian"] is not True:
        raise ValueError("it is big-endian")
    views = _Unpickler(file).load()
    if not isinstance(views, dict) or not all(isinstance(view, _View) for view in views.values()):
        raise ValueError("it holds more than named tensors")
    wanted = {view.storage.key: view.storage for view in views.values()}
    storages = {key: _read_storage(file, wanted[key]) for key in _Unpickler(file).load()}
    return {str(name): _resolve(view, storages[view.storage.key]) for name, view in views.items()}


def _read_storage(file: IO[bytes], storage: _Storage) -> NDArray[Any]:
    elements = int.from_bytes(file.read(8), "little", signed=True)
    if elements != storage.elements or elements < 0:
        raise ValueError(f"storage {storage.key} has {elements} elements instead of {storage.elements}")
    raw = file.read(elements * storage.dtype.itemsize)
    if len(raw) != elements * storage.dtype.itemsize:
        raise ValueError("it ends too early")
    return np.frombuffer(raw, storage.dtype)


def _resolve(view: _View, storage: NDArray[Any]) -> NDArray[Any]:
    """Lay a view's offset, shape and strides (all in elements) over its storage, and copy what it shows."""
    numbers = (view.offset, *view.shape, *view.strides)
    if len(view.shape) != len(view.strides) or len(view.shape) > MOST_DIMENSIONS or min(numbers) < 0:
        raise ValueError("a tensor has an impossible shape")
    last = view.offset + sum((side - 1) * stride for side, stride in zip(view.shape, view.strides, strict=True))
    if (0 not in view.shape and last >= storage.size) or np.prod(view.shape, dtype=object) > storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * storage.itemsize for stride in view.strides]
    return np.lib.stride_tricks.as_strided(storage[view.offset :], view.shape, strides, writeable=False).copy("C")
