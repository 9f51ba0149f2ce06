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
FOREVER = -1  # as filelock has it
WAITED = 600  # seconds; Ray ends a job that has waited for a place for 900
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
            for _ in range(PLACES):
                while not (_train_once(client, run, progress) or run.stop_requested()):
                    continue
                if not _queue_again(run):
                    _end(run, "stopped")
                    break
                log.write(b"The node that trained it is gone: it goes on somewhere else.\n")
                log.flush()
            else:
                raise RunError(f"The nodes that trained it went away {PLACES} times.")
        except RunError as problem:
            _fail(run, str(problem))
        return load_run(run.folder)


def _train_once(client: "JobSubmissionClient", run: Run, progress: Progress) -> bool:
    """Give the run a job, and stay until that has ended, unless it waited for a place in vain. Raises RunError."""
    return _follow(client, _open_job(client, run) or _submit(client, run), run, progress)


def _queue_again(run: Run) -> bool:
    """Queue a run whose job has ended, unless the run has, too, or shall; gives whether it did.

    Waits as long as the run is in the hands of a trainer: what a lost node started may be alive there without it.
    """
    with claim(run, FOREVER):
        left = load_run(run.folder)
        if left.record.state not in LIVE or left.stop_requested():
            return False
        left.enqueue()
        return True


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
    """Stay until a job has ended, and keep what it said in the run's log; false where it waited for a place in vain.

    Raises RunError.
    """
    submitted = answered = time.monotonic()
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
    waited = time.monotonic() - submitted > WAITED
    return not waited or load_run(run.folder).record.process is not None


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
