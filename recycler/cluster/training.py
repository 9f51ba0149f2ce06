"""A training on a Ray cluster, and the process that stands for it here.

Ray's job submission gives the training a place on whichever node has one, and there it is the `resume` that it would be
here. Recipe, photos, curves and checkpoints lie in folders that all nodes share; the code travels with the job. The
process that would be the trainer stays here as its keeper, without TensorFlow: it holds the run's log, so that pages
see the run alive, looks for another place when a node dies, and hands the run to the store.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recycler.cluster import runtime_env
from recycler.cluster.nodes import connect, no_answer
from recycler.errors import RunError
from recycler.jobs import claim, device_of, handing_over
from recycler.processes import hold
from recycler.recipe import Recipe
from recycler.run_record import LIVE, State
from recycler.runs import LOG_FILE, Run, load_run, new_run
from recycler.settings import settings

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

Progress = Callable[[str, int, int], None]

PLACES = 5  # that a training gets, one after another, before it counts as failed
POLL_SECONDS = 1.0
PATIENCE = 300  # seconds without an answer after which the cluster is gone


def train(recipe: Recipe, root: Path, progress: Progress, parent: str = "") -> Run:
    """Have a recipe trained in the cluster, in a new run under `root`. As `recycler.learning.trainer.train`."""
    return resume(new_run(root, recipe, device_of(recipe), parent=parent), progress)


def resume(run: Run, progress: Progress) -> Run:
    """Have a run trained, or gone on with, somewhere in the cluster; returns when it has ended.

    Raises RunError when the run failed or was deleted, or when the cluster is not there.
    """
    name = run.record.run
    try:
        ended = _keep(run, progress)
    except FileNotFoundError as problem:
        raise RunError(f"The run {name} has been deleted.") from problem
    if ended.record.state == "failed":
        raise RunError(f"{name} failed. {ended.record.problem} {ended.record.hint}".rstrip())
    return ended


def _keep(run: Run, progress: Progress) -> Run:
    """Stand for a run until it has ended. Raises FileNotFoundError when it was deleted."""
    with (run.folder / LOG_FILE).open("ab") as log, handing_over(run.record.run):
        hold(log)
        try:
            client = connect()
            places = 0
            while places < PLACES:
                began = _follow(client, _open_job(client, run) or _submit(client, run), run, progress)
                if load_run(run.folder).record.state not in LIVE:
                    break
                if run.stop_requested():
                    _end(run, "stopped")
                    break
                if began:
                    places += 1
                    log.write(b"The node that trained it is gone: it goes on somewhere else.\n")
                    log.flush()
                with claim(run, PATIENCE):
                    load_run(run.folder).enqueue()
            else:
                raise RunError(f"The nodes that trained it went away {PLACES} times.")
        except RunError as problem:
            _fail(run, str(problem))
        return load_run(run.folder)


def _open_job(client: "JobSubmissionClient", run: Run) -> str | None:
    """The job of this run that has not ended, if any: its last keeper was killed."""
    jobs = (job for job in client.list_jobs() if job.metadata == _metadata(run) and not job.status.is_terminal())
    return next((job.submission_id for job in jobs), None)


def _metadata(run: Run) -> dict[str, str]:
    return {"run": run.record.run, "home": str(settings().home.absolute())}


def _submit(client: "JobSubmissionClient", run: Run) -> str:
    """Ask for a place; gives the name of the job. Raises RunError."""
    try:
        job: str = client.submit_job(
            entrypoint=f"python -m recycler resume {run.record.run} --placed",
            runtime_env=runtime_env("/models"),
            metadata=_metadata(run),
            entrypoint_num_cpus=settings().threads,
            entrypoint_num_gpus=int(run.record.device == "gpu"),
        )
    except (OSError, RuntimeError) as problem:
        no_answer(problem)
    return job


def _follow(client: "JobSubmissionClient", job: str, run: Run, progress: Progress) -> bool:
    """Stay until a job has ended, and keep what it said in the run's log; gives whether it ever began.

    Ray itself ends a job that has waited for a place for a quarter of an hour. Raises RunError.
    """
    answered = time.monotonic()
    while True:
        with suppress(OSError, RuntimeError):
            status = client.get_job_status(job)
            answered = time.monotonic()
            if status.is_terminal():
                break
            if status == "PENDING" and run.stop_requested():
                client.stop_job(job)  # Ray does so when it has a place for it
                return False
        if time.monotonic() - answered > PATIENCE:
            raise RunError(f"The Ray cluster has not answered for {PATIENCE // 60} minutes.")
        if doing := run.doing:
            progress(doing.what, doing.done, doing.total)
        time.sleep(POLL_SECONDS)
    with suppress(OSError, RuntimeError), (run.folder / LOG_FILE).open("ab") as log:  # those of a dead node are lost
        log.write(client.get_job_logs(job).encode())
    with suppress(OSError, RuntimeError):
        return client.get_job_info(job).driver_exit_code is not None or load_run(run.folder).record.process is not None
    return True


def _fail(run: Run, problem: str) -> None:
    _end(run, "failed", problem, f"Go on from its last checkpoint: python -m recycler resume {run.record.run}")


def _end(run: Run, state: State, problem: str = "", hint: str = "") -> None:
    """Write how it ended, for a trainer that cannot; none does where a trainer still holds the run."""
    with suppress(RunError, OSError), claim(run):
        ended = load_run(run.folder)
        if ended.record.state in LIVE:
            record = ended.record
            record.state, record.process, record.finished = state, None, datetime.now(UTC)
            record.problem, record.hint = problem, hint
            ended.save()
