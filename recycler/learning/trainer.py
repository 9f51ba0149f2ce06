"""The process around a training: its state, from start to end."""

import time
from importlib.metadata import version
from pathlib import Path

from recycler.errors import RecyclerError
from recycler.learning.data import Progress
from recycler.learning.device import has_gpu
from recycler.learning.training import train_run
from recycler.recipe import Recipe
from recycler.runs import Run, start_run


def train(recipe: Recipe, root: Path, progress: Progress) -> Run:
    """Train a recipe into a new run under `root`. The run ends as *done*, *stopped* or *failed* with its problem.

    Raises RecyclerError for problems that the user can mend.
    """
    versions = {name: version(name) for name in ("tensorflow", "keras", "ai-edge-litert", "numpy")}
    return resume(start_run(root, recipe, "gpu" if has_gpu() else "cpu", versions), progress)


def resume(run: Run, progress: Progress) -> Run:
    """Train a run on from its checkpoint. As `train`."""
    begin = time.monotonic()
    run.record.state = "running"
    try:
        train_run(run, progress)
        run.record.state = "stopped" if run.stop_requested() else "done"
    except BaseException as problem:
        run.record.state = "failed"
        run.record.problem = str(problem) if isinstance(problem, RecyclerError) else repr(problem)
        raise
    finally:
        run.record.wall_seconds += time.monotonic() - begin
        run.save()
    return run
