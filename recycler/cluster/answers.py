"""Answers to many photos from all cores of a Ray cluster, streamed by Ray Data, in the order of the photos."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recycler.answering import Answerer, Choice, Line, shown
from recycler.cluster import INSTALL, runtime_env
from recycler.errors import BatchError

CHUNKS_A_BLOCK = 8  # what a core is given at once; a block that is lost with its node is answered again

Column = dict[str, NDArray[Any]]


class Answering:
    """A core of the cluster with a network of its own."""

    def __init__(self, choice: Choice) -> None:
        threadpool_limits(1)
        self.answerer = Answerer(choice, threads=1)

    def __call__(self, batch: Column) -> Column:
        """`path`, (n,), to `line`, (n,): answers as JSON."""
        lines = self.answerer.lines(Path(path) for path in batch["path"])
        return {"line": np.array([json.dumps(line) for line in lines], dtype=object)}


def answer_in_cluster(files: Iterator[Path], choice: Choice, chunk: int) -> Iterator[list[Line]]:
    """Chunks of answers in the order of the files. The files lie where all nodes find them.

    Raises BatchError when Ray is not installed, or this machine is in no cluster.
    """
    try:
        import ray
    except ImportError as problem:
        raise BatchError(INSTALL) from problem
    try:
        ray.init("auto", runtime_env=runtime_env(), log_to_driver=False, logging_level=logging.ERROR)
    except ConnectionError as problem:
        raise BatchError(
            "This machine is no node of a Ray cluster: give the command on one, or leave RECYCLER_EXECUTOR out."
        ) from problem
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    try:
        yield from _stream(list(files), choice, chunk)
    finally:
        ray.shutdown()


def _stream(files: list[Path], choice: Choice, chunk: int) -> Iterator[list[Line]]:
    import ray.data

    if not files:
        return
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)  # one plans and gathers
    blocks = -(-len(files) // (chunk * CHUNKS_A_BLOCK))
    paths = ray.data.from_items([{"path": str(file.absolute())} for file in files], override_num_blocks=blocks)
    answers = paths.map_batches(
        Answering, fn_constructor_args=(choice,), batch_size=chunk, num_cpus=1, concurrency=(1, cores)
    )
    names = (shown(file) for file in files)  # as they were given, not as the nodes open them
    for batch in answers.iter_batches(batch_size=chunk, batch_format="numpy"):
        yield [json.loads(line) | {"path": next(names)} for line in batch["line"]]
