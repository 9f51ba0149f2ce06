import errno

import pytest

from recycler.errors import DatasetError
from recycler.failures import explain


class ResourceExhaustedError(Exception):
    """As TensorFlow names it."""


@pytest.mark.parametrize(
    ("problem", "said", "hint"),
    [
        (DatasetError("It is gone: bring it back."), "It is gone", ""),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full", "resume shapes-1"),
        (OSError("file write failed: errno = 28, error message = 'No space left on device'"), "disk is full", "resume"),
        (ResourceExhaustedError("writing: No space left on device"), "disk is full", "resume"),
        (ResourceExhaustedError("OOM when allocating tensor"), "out of memory", "batch_size"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes"), "out of memory", "batch_size"),
        (MemoryError(), "out of memory", "batch_size"),
        (KeyboardInterrupt(), "keyboard", "resume shapes-1"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/x.zip"), "/data/x.zip", "bring it back"),
    ],
)
def test_each_failure_is_a_sentence_with_a_hint(problem: BaseException, said: str, hint: str) -> None:
    failure = explain(problem, "shapes-1")
    assert failure.known
    assert said in failure.problem
    assert hint in failure.hint


def test_a_fault_of_our_own_is_called_one() -> None:
    failure = explain(KeyError("epoch"), "shapes-1")
    assert not failure.known
    assert "fault" in failure.problem
