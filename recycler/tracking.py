"""The run store: what a run *is*, handed to MLflow, so that MLflow's own page shows our runs as any other.

The run's folder stays the truth; this copies it, in bulk, when a training has ended and every few minutes while it
runs. What was handed over already is noted in RUN/store.json, so a store that does not answer costs nothing: the next
hand-over makes up for it. Importing MLflow takes 1.5 s or more: only trainers and the command `store` do it.
"""

import csv
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from recycler.errors import StoreError
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
    write_atomically,
)
from recycler.settings import settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "recycler"
ARTEFACTS = (RECIPE_FILE, NETWORK_FILE, EPOCHS_FILE, POINTS_FILE, PREDICTIONS_FILE, "run.json")
STATUS = {"queued": "SCHEDULED", "running": "RUNNING", "stopping": "RUNNING", "done": "FINISHED"} | {
    "stopped": "KILLED",
    "failed": "FAILED",
}
LONGEST_VALUE = 6000  # characters of a parameter, MLflow's own limit
LOCK_SECONDS = 60
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # its 7 take minutes; the next hand-over is the retry
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


class Handed(BaseModel):
    """What of a run the store at `uri` has, under its own `id`."""

    uri: str
    id: str
    epochs: int = 0
    state: State | None = None
    label: Label = Label()


def hand_over(runs: Iterable[Run]) -> int:
    """Hand over whatever the store does not have yet; gives how many runs that were.

    One process at a time: MLflow's SQLite has no write-ahead log, and two that create it at once spoil it.
    Raises StoreError when the store does not answer.
    """
    uri = settings().tracking_uri or f"sqlite:///{settings().home / 'mlflow.db'}"
    waiting = [run for run in runs if _is_behind(run, _handed(run, uri))]
    if not waiting:
        return 0
    os.environ.update(ENVIRONMENT | {name: os.environ[name] for name in ENVIRONMENT if name in os.environ})
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with FileLock(settings().home / "store.lock", timeout=LOCK_SECONDS):
            client = _client(uri)
            for run in waiting:
                _hand_over(client, run, uri)
    except Timeout as problem:
        raise StoreError("Another process is writing to the run store: it takes this run the next time.") from problem
    except (MlflowException, SQLAlchemyError, OSError) as problem:
        reason = (str(problem).splitlines() or [""])[0]
        raise StoreError(
            f"The run store at {uri} did not take everything ({reason:.200}). Nothing is lost: the next training, "
            "or python -m recycler store, hands it over."
        ) from problem
    return len(waiting)
