"""What the thesis's experiments gave: a small file for each row and seed, which outlives the run that it is from."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from recycler.experiments import Experiment
from recycler.recipe import Recipe
from recycler.runs import write_atomically

FOLDER = Path("benchmarks") / "thesis"  # in the project
WORDS = {"name", "title", "description"}  # of a recipe: they change nothing in a training


class Key(NamedTuple):
    """What tells one training from another: a digest of the recipe without words and seed, and the seed."""

    recipe: str
    seed: int


class Result(BaseModel):
    """Figures of one row with one seed, and where they come from.

    recipe: its `key_of`. run, finished, revision, versions, device_name: of the run's record; empty where nothing was
    trained. photos_fingerprint: of the photos that it was trained on. figures: from `experiment_report.figures_of`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    run: str = ""
    finished: datetime | None = None
    revision: str = ""
    versions: dict[str, str] = {}
    device_name: str = ""
    photos_fingerprint: str = ""
    figures: dict[str, float]


def key_of(recipe: Recipe) -> Key:
    """The same for recipes that train the same."""
    # Without what a recipe leaves as it is: a field that a newer version adds makes no other recipe of an old one.
    fields = recipe.model_dump(mode="json", exclude=WORDS | {"seed"}, exclude_defaults=True)
    content = json.dumps(fields, sort_keys=True)
    return Key(hashlib.sha256(content.encode()).hexdigest()[:16], recipe.seed)


def kept_results(experiment: Experiment, project: Path) -> dict[int, Result]:
    """Seed to result of a row; those of another recipe than the row has now, and files that are none, do not count."""
    wanted, found = key_of(experiment.recipe_of(0)).recipe, {}
    for file in sorted((project / FOLDER).glob(f"{experiment.name}.*.json")):
        try:
            seed, result = int(file.suffixes[0][1:]), Result.model_validate_json(file.read_bytes())
        except (ValueError, ValidationError):
            continue
        if result.recipe == wanted:
            found[seed] = result
    return found


def keep_result(experiment: Experiment, seed: int, result: Result, project: Path) -> None:
    """Write it, in the place of an older one."""
    file = project / FOLDER / f"{experiment.name}.{seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, f"{result.model_dump_json(indent=1, exclude_defaults=True)}\n".encode())


def origin(results: Sequence[Result]) -> str:
    """The day of the latest training and what they ran on, "2026-11-30 on CPU, 2 cores"; "" where none was trained."""
    days = [result.finished for result in results if result.finished]
    devices = sorted({result.device_name for result in results if result.device_name})
    return f"{max(days):%Y-%m-%d} on {' and '.join(devices)}" if days and devices else ""
