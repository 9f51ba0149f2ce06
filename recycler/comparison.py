"""Runs side by side: a table of their figures, and where their recipes differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from recycler.recipe import Recipe
from recycler.runs import Run

SAID_ELSEWHERE = ("name", "title", "description")
SPLITS = ("left out", "test", "validation")  # figures come from the first that a run was measured on


def measured(figures: Mapping[str, Mapping[str, float]]) -> tuple[str, Mapping[str, float]]:
    """The split that says most about new photos, and its figures; empty before the end of a run."""
    split = next((name for name in SPLITS if name in figures), "")
    return split, figures.get(split, {})


def runs_table(runs: Sequence[Run], wanted: str = "") -> pd.DataFrame:
    """A row a run, indexed by its name: title, state, top1 and recycling (0 to 1), started, seconds, device, note.

    wanted: words that all have to occur in name, title, note, state or device; "" keeps all runs.
    """
    rows = []
    for run in runs:
        record, label = run.record, run.label
        text = f"{record.run} {label.title} {label.note} {record.state} {record.device}".casefold()
        if all(word in text for word in wanted.casefold().split()):
            _, figures = measured(record.figures)
            rows.append(
                {
                    "run": record.run,
                    "title": label.title,
                    "state": record.state,
                    "top1": figures.get("top1"),
                    "recycling": figures.get("recycling_balanced_accuracy"),
                    "started": record.created,
                    "seconds": record.wall_seconds or None,
                    "device": record.device,
                    "note": label.note,
                }
            )
    columns = ["run", "title", "state", "top1", "recycling", "started", "seconds", "device", "note"]
    return pd.DataFrame(rows, columns=columns).set_index("run")


def differences(recipes: Mapping[str, Recipe]) -> pd.DataFrame:
    """A row for each field that is not the same in all recipes, a column a recipe; "" where one has no such field."""
    flat = {name: dict(_flatten("", recipe.model_dump(mode="json"))) for name, recipe in recipes.items()}
    fields = dict.fromkeys(field for values in flat.values() for field in values)
    rows = {field: [values.get(field, "") for values in flat.values()] for field in fields}
    different = {field: row for field, row in rows.items() if len(set(row)) > 1 and field not in SAID_ELSEWHERE}
    return pd.DataFrame.from_dict(different, orient="index", columns=list(flat))


def _flatten(place: str, value: Any) -> list[tuple[str, str]]:
    """Fields as "stages 1 epochs" and their values as text; lists of plain values stay together."""
    if isinstance(value, dict):
        steps = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        steps = [(str(number), part) for number, part in enumerate(value, 1)]
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        return [(place, text)]
    return [row for step, part in steps for row in _flatten(f"{place} {step}".strip(), part)]
