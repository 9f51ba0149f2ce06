"""Recipes to runs, and runs as they stand."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recycler.cli.group import JSON, cli
from recycler.cli.output import figures_text, progress_bar, quiet_tensorflow, say
from recycler.errors import StoreError
from recycler.settings import settings

if TYPE_CHECKING:
    from recycler.runs import Run


@cli.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--parent", default="", help="The model, or run:NAME, that is trained again, to be noted with the run.")
@JSON
def train(recipe: Path, parent: str, as_json: bool) -> None:
    """Train a recipe into a new run; one with lists where one value belongs, a sweep, queues a run for each of them."""
    from recycler.recipe import read_file
    from recycler.sweep import load_sweep, queue

    variants = load_sweep(read_file(recipe), recipe.name)
    if parent:
        from recycler.subjects import find_subject

        parent = find_subject(parent).name
    if len(variants) > 1:
        for run, variant in queue(variants, parent):
            say({"run": run, "title": variant.title}, as_json, f"{run} is queued: {variant.title}")
        return
    if settings().executor == "ray":
        from recycler.cluster.training import train as train_recipe
    else:
        from recycler.learning.trainer import train as train_recipe

    _train(lambda progress: train_recipe(variants[0].recipe, settings().runs, progress, parent), as_json)


@cli.command()
@click.argument("run")
@click.option("--placed", is_flag=True, hidden=True)  # the job of a cluster: others queue it and hand it to the store
@JSON
def resume(run: str, placed: bool, as_json: bool) -> None:
    """Go on with a run ("latest" for the newest) that was stopped, killed or failed."""
    from recycler.jobs import find_resumable

    found = find_resumable(run)
    if placed:
        from recycler.learning.trainer import resume as resume_here

        _train(lambda progress: resume_here(found, progress, placed=True), as_json, hands_over=False)
        return
    if settings().executor == "ray":
        from recycler.cluster.training import resume as resume_run
    else:
        from recycler.learning.trainer import resume as resume_run

    _train(lambda progress: resume_run(found, progress), as_json)


@cli.command()
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run ("latest" for the newest) within one batch; it keeps its best weights and can be published."""
    from recycler import jobs

    jobs.stop(run)
    click.echo("It stops after the batch that it is at; what it has learned is kept.")


@cli.command()
@JSON
def runs(as_json: bool) -> None:
    """List the runs, newest first."""
    from recycler.runs import list_runs

    found = list_runs(settings().runs)
    for run in found:
        record = run.record
        line = {
            "run": record.run,
            "state": record.state,
            "title": run.label.title,
            "parent": record.parent,
            "created": record.created.isoformat(timespec="seconds"),
            "device": record.device,
            "wall_seconds": round(record.wall_seconds, 1),
            "problem": record.problem,
            "hint": record.hint,
        }
        say(line, as_json, f"{record.run}  {record.state:<8}  {record.problem} {record.hint}".rstrip())
    if not found and not as_json:
        click.echo("No runs yet. Start one: python -m recycler train recipes/quick.yaml")


@cli.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@JSON
def describe(recipe: Path, as_json: bool) -> None:
    """Say what a recipe will train: photos, classes, and the parameters that learn in each stage."""
    from recycler.recipe import load_recipe

    checked = load_recipe(recipe)
    quiet_tensorflow()
    from recycler.learning.describe import describe as describe_recipe
    from recycler.learning.describe import in_words

    found = describe_recipe(checked)
    say(found, as_json, in_words(found))


@cli.command()
@click.argument("parent")
@click.option("--emphasise", "classes", multiple=True, metavar="CLASS", help="A class that counts twice as much.")
def again(parent: str, classes: tuple[str, ...]) -> None:
    """Print the recipe that trains a model, or run:NAME, again, with the collected photos as a source of their own."""
    from recycler.again import recipe_again
    from recycler.recipe import dump_recipe
    from recycler.subjects import find_subject

    click.echo(dump_recipe(recipe_again(find_subject(parent), classes)), nl=False)


@cli.command()
@click.argument("run", nargs=-1)
def store(run: tuple[str, ...]) -> None:
    """Hand runs, by default all, to the run store (MLflow); trainers do so by themselves."""
    from recycler.runs import find_run, list_runs

    root = settings().runs
    handed = _hand_over([find_run(root, name) for name in run] or list_runs(root))
    click.echo(f"{handed} runs handed over.")


@cli.command(hidden=True)
def preview() -> None:
    """Augment photos for the Train page: JSON on standard input and output, see recycler.learning.preview."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    quiet_tensorflow()
    from recycler.learning.preview import serve

    serve(sys.stdin.buffer, answers)


def _train(training: "Callable[[Any], Run]", as_json: bool, hands_over: bool = True) -> None:
    """Train, say how it ended, then hand the run over, and with it all that the store could not take before."""
    quiet_tensorflow()
    try:
        with progress_bar() as progress:
            run = training(progress)
        record = run.record
        line = {
            "run": record.run,
            "state": record.state,
            "wall_seconds": record.wall_seconds,
            "figures": record.figures,
        }
        text = f"{record.run} is {record.state} after {record.wall_seconds:.0f} s.\n{figures_text(record.figures)}"
        say(line, as_json, text)
        sys.stdout.flush()
    finally:
        if hands_over:
            _hand_over_all()


def _hand_over_all() -> None:
    from recycler.runs import list_runs

    try:
        _hand_over(list_runs(settings().runs))
    except StoreError as problem:  # the next training tries again
        click.echo(str(problem), err=True)


def _hand_over(runs: "list[Run]") -> int:
    """Give runs to the run store; whoever trains meanwhile comes first. Raises StoreError."""
    from recycler.tracking import hand_over

    os.nice(19)
    return hand_over(runs)
