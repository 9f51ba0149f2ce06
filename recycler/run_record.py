"""What is known of a run, as the files in its folder hold it (`runs.py`)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "stopping", "done", "stopped", "failed"]
LIVE: frozenset[State] = frozenset({"queued", "running", "stopping"})


class StageProgress(BaseModel):
    """A stage that has begun: its name, the most epochs, and the batches of each."""

    name: str
    epochs: int
    steps: int


class RunRecord(BaseModel):
    """What is known of a run.

    created: when it was first asked for; queued: when it was last asked for, by resume perhaps.
    device: "cpu" or "gpu", whose queue it waits in; device_name: for people, once it trains.
    parent: what it was trained again from, a shelf model (`household`) or a run (`run:NAME`); "" for none.
    figures: split name to figures of merit; filled when the run is done.
    sources: source name to how many photos of it were used, in words.
    wall_seconds: of training, over all resumes; photos_fingerprint: of the joined data set.
    problem: why it failed, one sentence; hint: what to do about it.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    run: str
    parent: str = ""
    state: State
    created: datetime
    queued: datetime
    started: datetime | None = None
    finished: datetime | None = None
    device: str
    device_name: str = ""
    host: str = ""
    process: int | None = None
    versions: dict[str, str] = {}
    revision: str = ""
    stages: tuple[StageProgress, ...] = ()
    classes: tuple[str, ...] = ()
    recycling_classes: tuple[str, ...] = ()
    sources: dict[str, str] = {}
    photos_fingerprint: str = ""
    wall_seconds: float = 0.0
    figures: dict[str, dict[str, float]] = {}
    peak_memory_mb: float = 0.0
    problem: str = ""
    hint: str = ""


class Label(BaseModel):
    """What people call a run and say of it."""

    model_config = ConfigDict(frozen=True)

    title: str = Field("", max_length=100, description="name for people")
    note: str = Field("", max_length=2000, description="what is to be remembered about it")


class Doing(BaseModel):
    """What a trainer does outside the epochs: done of total."""

    model_config = ConfigDict(frozen=True)

    what: str
    done: int
    total: int
