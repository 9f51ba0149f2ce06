"""Whatever ends a training before its time, as a sentence and a hint."""

import errno
from typing import NamedTuple

from recycler.errors import RecyclerError


class Failure(NamedTuple):
    """What happened, and what to do about it ("" where the sentence says it). known: not a bug of ours."""

    problem: str
    hint: str
    known: bool = True


def explain(problem: BaseException, run: str) -> Failure:
    """The failure in the user's words. run: its name, for the command that goes on with it."""
    resume = f"python -m recycler resume {run}"
    text = f"{type(problem).__name__}: {problem}"
    if isinstance(problem, RecyclerError):
        return Failure(str(problem), "")
    if _disk_is_full(problem):  # before memory: TensorFlow calls both a resource that is exhausted
        return Failure("The disk is full.", f"Make room (1 GB is plenty), then go on: {resume}")
    if isinstance(problem, MemoryError) or "ResourceExhausted" in text or "RESOURCE_EXHAUSTED" in text:
        hint = "Use a smaller batch_size or input_size, or close other programs, then train again."
        return Failure("The device ran out of memory.", hint)
    if isinstance(problem, KeyboardInterrupt):
        return Failure("It was interrupted from the keyboard.", f"Go on: {resume}")
    if isinstance(problem, OSError):
        where = f" {problem.filename}" if problem.filename else ""
        reason = problem.strerror or str(problem)
        return Failure(
            f"A file{where} could not be read or written ({reason}).",
            f"If a data set or disk has gone, bring it back, then go on: {resume}",
        )
    return Failure(f"A fault in Recycler: {text:.500}", f"Try again: {resume}. If it comes back, report it.", False)


def _disk_is_full(problem: BaseException) -> bool:
    """By its number, or by its words: HDF5 and TensorFlow pass on nothing else."""
    full = isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or any(words in str(problem) for words in ("No space left on device", "Disk quota exceeded"))
