"""The run store: what a run *is*, handed to MLflow, so that MLflow's own page shows our runs as any other.

The run's folder stays the truth; this copies it, in bulk, when a training has ended and every few minutes while it
runs. What was handed over already is noted in RUN/store.json, so a store that does not answer costs nothing: the next
hand-over makes up for it. Importing MLflow takes 1.5 s or more: only trainers and the command `store` do it.
"""

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from recycler.errors import RecipeError, StoreError
from recycler.history import history_page, history_picture
from recycler.recipe import Part
from recycler.runs import (
    EPOCHS_FILE,
    LIVE,
    NETWORK_FILE,
    POINTS_FILE,
    PREDICTIONS_FILE,
    RECIPE_FILE,
    Label,
    Run,
    State,
    list_runs,
    write_atomically,
)
from recycler.settings import settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

EXPERIMENT = "recycler"
ARTEFACTS = (RECIPE_FILE, NETWORK_FILE, EPOCHS_FILE, POINTS_FILE, PREDICTIONS_FILE, "run.json")
STATUS = {"queued": "SCHEDULED", "running": "RUNNING", "stopping": "RUNNING", "done": "FINISHED"} | {
    "stopped": "KILLED",
    "failed": "FAILED",
}
LONGEST_VALUE = 6000  # characters of a parameter, MLflow's own limit
EPOCHS_AT_ONCE = 30  # MLflow takes 1,000 metrics at once and needs 17 ms for however many
LOCK_SECONDS = 60
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # its 7 take minutes; the next hand-over is the retry
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
for name, value in ENVIRONMENT.items():  # before MLflow is imported, which is when it looks
    os.environ.setdefault(name, value)


class Handed(BaseModel):
    """What of a run the store has, under its own `id`. store: a digest of its address, which may hold a password."""

    store: str
    id: str
    epochs: int = 0
    state: State | None = None
    finished: datetime | None = None
    label: Label = Label()
    deleted: bool = False


def hand_over(runs: Iterable[Run]) -> int:
    """Hand over what the store does not have yet of these runs, and what was deleted; gives how many runs that were.

    One process at a time: MLflow's SQLite has no write-ahead log, and two that create it at once spoil it.
    Raises StoreError when the store does not answer.
    """
    wanted = settings().tracking_uri
    uri = wanted.get_secret_value() if wanted else f"sqlite:///{settings().home / 'mlflow.db'}"
    waiting = [run for run in (*runs, *list_runs(settings().trash)) if _is_behind(run, _handed(run, uri))]
    if not waiting:
        return 0
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with FileLock(settings().home / "store.lock", timeout=LOCK_SECONDS):
            client = _client(uri)
            # Once more: another process may have handed some over before it gave us the lock.
            behind = (run for run in waiting if _is_behind(run, _handed(run, uri)))
            refused = [problem for run in behind for problem in _refusals(client, run, uri)]
    except Timeout:
        refused = ["another process is writing to it"]
    except (MlflowException, SQLAlchemyError, OSError) as problem:
        refused = [str(problem)]
    if refused:
        reason = _without_password(refused[0].partition("\n")[0], uri)
        raise StoreError(
            f"The run store did not take everything ({reason:.200}). "
            "Nothing is lost: the next training, or python -m recycler store, hands it over."
        )
    return len(waiting)


def _without_password(text: str, uri: str) -> str:
    """A message that may name the store's address, without the password in it: it goes to logs and pages."""
    password = urlsplit(uri).password
    return text.replace(password, "***").replace(unquote(password), "***") if password else text


def _handed(run: Run, uri: str) -> Handed | None:
    """What the store has of a run, None for nothing or when another store had it."""
    try:
        handed = Handed.model_validate_json((run.folder / "store.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return handed if handed.store == _digest(uri) else None


def _digest(uri: str) -> str:
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def _is_behind(run: Run, handed: Handed | None) -> bool:
    if handed is None:
        return not _is_deleted(run)
    if handed.deleted != _is_deleted(run):
        return True
    known = handed.state, handed.finished, handed.label
    if known != (run.record.state, run.record.finished, run.label):
        return True
    return run.record.state in LIVE and handed.epochs < len(run.epochs())


def _is_deleted(run: Run) -> bool:
    return run.folder.parent == settings().trash


def _client(uri: str) -> "MlflowClient":
    """MLflow's client, which has reached its store."""
    from mlflow import MlflowClient

    for chatter in ("mlflow", "alembic"):
        logging.getLogger(chatter).setLevel(logging.WARNING)
    client = MlflowClient(uri)
    client.get_experiment_by_name(EXPERIMENT)
    return client


def _experiment(client: "MlflowClient", uri: str) -> str:
    """The number of our experiment; without a server that keeps artefacts, its artefacts lie in the home folder."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return found.experiment_id
    served = uri.startswith("http")
    return client.create_experiment(EXPERIMENT, None if served else (settings().home / "artifacts").absolute().as_uri())


def _refusals(client: "MlflowClient", run: Run, uri: str) -> Iterator[str]:
    """Hand over one run; a run that the store refuses, or whose recipe is of an older version, stops no other."""
    from mlflow.exceptions import MlflowException

    try:
        _hand_over(client, run, uri)
    except (MlflowException, RecipeError) as problem:
        yield f"{run.record.run}: {problem}"


def _hand_over(client: "MlflowClient", run: Run, uri: str) -> None:
    """Hand over what is new of one run, and note it after each step: a step that is done again does no harm."""
    handed = _handed(run, uri) or _create(client, run, uri)
    if handed.deleted and not _is_deleted(run):
        client.restore_run(handed.id)
        handed = _note(run, handed, deleted=False)
    epochs = run.epochs()
    for start in range(handed.epochs, len(epochs), EPOCHS_AT_ONCE):
        rows = epochs[start : start + EPOCHS_AT_ONCE]
        client.log_batch(handed.id, metrics=[m for i, row in enumerate(rows, start + 1) for m in _metrics(row, i)])
        handed = _note(run, handed, epochs=start + len(rows))
    _describe(client, run, handed.id)
    if run.record.state in LIVE:
        client.update_run(handed.id, status=STATUS[run.record.state], name=run.label.title)
    else:
        _finish(client, run, handed.id)
    handed = _note(run, handed, state=run.record.state, finished=run.record.finished, label=run.label)
    if _is_deleted(run):
        client.delete_run(handed.id)
        _note(run, handed, deleted=True)


def _metrics(row: dict[str, str], step: int) -> "list[Metric]":
    """A row of the table of epochs; step counts the epochs of all stages, from 1."""
    from mlflow.entities import Metric

    moment = int(1000 * float(row["time"]))
    return [Metric(k, float(v), moment, step) for k, v in row.items() if v and k not in ("epoch", "time")]


def _create(client: "MlflowClient", run: Run, uri: str) -> Handed:
    from mlflow.entities import Param

    created = client.create_run(
        _experiment(client, uri), int(1000 * run.record.created.timestamp()), run_name=run.label.title
    )
    parameters = [Param(name, value[:LONGEST_VALUE]) for name, value in parameters_of(run.recipe)]
    for start in range(0, len(parameters), 100):  # MLflow takes no more at once
        client.log_batch(created.info.run_id, params=parameters[start : start + 100])
    return _note(run, Handed(store=_digest(uri), id=created.info.run_id))


def _describe(client: "MlflowClient", run: Run, store_id: str) -> None:
    """Tags: what the record says in words, under MLflow's own names where it has them."""
    from mlflow.entities import RunTag

    record = run.record
    tags = {
        "mlflow.note.content": run.label.note,
        "mlflow.source.name": "recycler",
        "mlflow.source.git.commit": record.revision,
        "run": record.run,
        "state": record.state,
        "device": record.device_name or record.device,
        "host": record.host,
        "data fingerprint": record.photos_fingerprint,
        "seed": str(run.recipe.seed),
        "problem": record.problem,
        "hint": record.hint,
    } | {f"version.{name}": number for name, number in record.versions.items()}
    client.log_batch(store_id, tags=[RunTag(name, value) for name, value in tags.items()])


def _finish(client: "MlflowClient", run: Run, store_id: str) -> None:
    """Figures of merit, artefacts, and how the run ended."""
    from mlflow.entities import Metric

    record = run.record
    end = int(1000 * (record.finished or record.started or record.queued).timestamp())
    figures = {f"{split}/{name}": value for split, row in record.figures.items() for name, value in row.items()}
    figures |= {"wall_seconds": record.wall_seconds, "peak_memory_mb": record.peak_memory_mb}
    metrics = [Metric(re.sub(r"[^\w\-. /]", "-", name), value, end, 0) for name, value in figures.items()]
    client.log_batch(store_id, metrics=metrics)
    for name in ARTEFACTS:
        if (run.folder / name).exists():
            client.log_artifact(store_id, str(run.folder / name))
    with tempfile.TemporaryDirectory() as folder:
        for file in _plots(run, Path(folder)):
            client.log_artifact(store_id, str(file), "plots")
    client.update_run(store_id, name=run.label.title)
    client.set_terminated(store_id, STATUS[record.state], end)


def _plots(run: Run, folder: Path) -> Iterator[Path]:
    """The curves as a page that needs no network and as a picture."""
    if run.epochs():
        (folder / "curves.html").write_text(history_page(run), "utf-8")
        (folder / "curves.png").write_bytes(history_picture(run))
        yield from sorted(folder.iterdir())


def _note(run: Run, handed: Handed, **changes: Any) -> Handed:
    handed = handed.model_copy(update=changes)
    write_atomically(run.folder / "store.json", handed.model_dump_json().encode(), durable=False)
    return handed


def parameters_of(part: Part, prefix: str = "") -> Iterator[tuple[str, str]]:
    """A recipe's fields, flat: ("stages.0.epochs", "40"). What is no part of a recipe stands as JSON."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Part):
            yield from parameters_of(value, f"{prefix}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], Part):
            for i, item in enumerate(value):
                yield from parameters_of(item, f"{prefix}{name}.{i}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)
