"""What commands write: answers on standard output, progress on standard error."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def say(line: dict[str, Any], as_json: bool, text: str) -> None:
    """An answer, as a line of JSON or as text."""
    click.echo(json.dumps(line, ensure_ascii=False) if as_json else text)


def figures_text(figures: dict[str, dict[str, float]]) -> str:
    """Figures of merit, a line for each set of photos."""
    return "\n".join(
        f"{name}: " + ", ".join(f"{k} {v:.0f}" if k == "photos" else f"{k} {v:.3f}" for k, v in row.items())
        for name, row in figures.items()
    )


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A function (what, done, of how much) that draws a bar with the time left on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            kind = what.split(",")[0]
            if kind not in tasks or done == 1:
                tasks[kind] = bars.add_task(what, total=total)
            bars.update(tasks[kind], completed=done, description=what, total=total)

        yield progress


def quiet_tensorflow() -> None:
    """TensorFlow's start-up chatter would drown what the command says."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
