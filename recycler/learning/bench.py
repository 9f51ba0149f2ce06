"""The thesis's experiments, trained and measured: what is missing, one after another, resumable at any moment.

A row is done when the project keeps a result of its very recipe, seed included. Its training is done when a finished
run of that recipe lies in RECYCLER_HOME, whoever started it. Each training is a process of its own; one that was broken
off goes on from its checkpoint. What a run says about other photos than its own lies beside it as a predictions table.
The report is written anew after each step.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from recycler.curves import NAMES, epochs_table
from recycler.errors import RecipeError, RecyclerError, RunError
from recycler.experiment_report import Standing, document, figures_of, summary
from recycler.experiment_results import Key, Result, keep_result, kept_results, key_of, origin
from recycler.experiments import Experiment, trained_first
from recycler.figures import history_chart
from recycler.jobs import device_of
from recycler.predictions import Predictions, read_predictions, write_predictions
from recycler.processes import environment
from recycler.recipe import Recipe
from recycler.rulebook import find_rulebook
from recycler.runs import LIVE, PREDICTIONS_FILE, Run, find_run, list_runs, new_run, write_atomically
from recycler.settings import PROJECT, settings

REPORT = Path("benchmarks") / "thesis.md"
PLOTS = Path("docs") / "thesis"
MARKS = ("<!-- experiments -->", "<!-- end of experiments -->")
POLL_SECONDS = 1.0
DRAWN = ("loss", "object_accuracy")


def bench(
    wanted: Sequence[Experiment],
    known: Sequence[Experiment],
    seeds: int,
    say: Callable[[str], None],
    project: Path = PROJECT,
) -> None:
    """Train and measure what is missing of the wanted rows; the report in `project` has all known ones.

    seeds: 0 to seeds - 1, all rows with the first before any with the next, so that the table fills early.
    A row that fails is told and passed over, its other seeds with it.
    """
    problems: dict[str, str] = {}
    write_report(known, problems, project)
    for seed in range(seeds):
        for experiment in wanted:
            if experiment.name in problems or (seed and not experiment.is_trained):
                continue
            if seed in kept_results(experiment, project):
                continue
            say(f"{experiment.name}, seed {seed}")
            try:
                plot = _plot(trained_first(experiment, known).name, project)
                keep_result(experiment, seed, _train_and_measure(experiment, seed, plot), project)
            except RecyclerError as problem:
                problems[experiment.name] = str(problem)
                say(f"{experiment.name}: {problem}")
            write_report(known, problems, project)


def standings(
    known: Sequence[Experiment], problems: Mapping[str, str] | None = None, project: Path = PROJECT
) -> dict[str, Standing]:
    """How each row stands, by the results that are kept. problems: row to what went wrong just now."""
    runs, found = _runs(), {}
    for experiment in known:
        results = kept_results(experiment, project)
        figures = {seed: result.figures for seed, result in results.items()}
        run = runs.get(key_of(experiment.recipe_of(0)))
        told = (problems or {}).get(experiment.name) or (_told(run) if run else "")
        found[experiment.name] = Standing(figures, told, origin([*results.values()]))
    return found


def write_report(known: Sequence[Experiment], problems: Mapping[str, str], project: Path = PROJECT) -> None:
    """The report, replaced as a whole, and the table between its marks in the project's README, if it has them."""
    (project / REPORT).parent.mkdir(exist_ok=True)
    found = standings(known, problems, project)
    plots = {e.name: trained_first(e, known).name for e in known if e.is_trained and 0 in found[e.name].figures}
    drawn = {name: plot for name, plot in plots.items() if _plot(plot, project).exists()}
    write_atomically(project / REPORT, document(known, found, drawn))
    readme = project / "README.md"
    begin, end = MARKS
    before, marked, rest = readme.read_text("utf-8").partition(begin) if readme.exists() else ("", "", "")
    if marked and end in rest:
        text = f"{before}{begin}\n{summary(known, found)}\n{end}{rest.partition(end)[2]}"
        write_atomically(readme, text.encode())


def _train_and_measure(experiment: Experiment, seed: int, plot: Path) -> Result:
    """Train and measure one row with one seed; draws the curves of the first seed to `plot`."""
    recipe = experiment.recipe_of(seed)
    run = _train(recipe) if experiment.is_trained else None
    file = _answers_file(experiment, run)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_predictions(file, _measure(experiment, recipe, run))
    figures, key = _figures(experiment, run, file), key_of(recipe).recipe
    if run is None:
        return Result(recipe=key, figures=figures)
    if not seed:
        _draw(run, plot)
    same = {"run", "finished", "revision", "versions", "device_name", "photos_fingerprint"}
    return Result(recipe=key, figures=figures, **run.record.model_dump(include=same))


def _train(recipe: Recipe) -> Run:
    """The finished run of a recipe: found, waited for, resumed or begun. Raises RunError when it does not finish."""
    run = _runs().get(key_of(recipe))
    if run is None:
        run = new_run(settings().runs, recipe, device_of(recipe))
    else:
        while run.record.state in LIVE:  # in the hands of another trainer, or of one that has just gone
            time.sleep(POLL_SECONDS)
            run = find_run(settings().runs, run.record.run)
    if run.record.state != "done":
        command = [sys.executable, "-m", "recycler", "resume", run.record.run]
        subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own program
        run = find_run(settings().runs, run.record.run)
    if run.record.state != "done":
        raise RunError(f"{_told(run)} {run.record.hint}".strip())
    return run


def _measure(experiment: Experiment, recipe: Recipe, run: Run | None) -> Predictions:
    from recycler.learning import elsewhere  # Keras, for which nothing else here waits

    def unseen(*_: object) -> None:
        """These are matters of seconds."""

    if run is None:
        return elsewhere.imagenet_head(recipe, unseen)
    if experiment.tested_on == "own_scaled_twice":
        return elsewhere.scaled_twice(run, unseen)
    return elsewhere.on_other_data(run, experiment.tested_on, unseen)


def _answers_file(experiment: Experiment, run: Run | None) -> Path:
    """The predictions on what a row is tested on."""
    if run is None:
        return settings().home / "bench" / f"{experiment.name}-{key_of(experiment.recipe_of(0)).recipe}.parquet"
    return run.folder / (PREDICTIONS_FILE if experiment.tested_on == "own" else f"{experiment.tested_on}.parquet")


def _runs() -> dict[Key, Run]:
    """The run of each recipe: a finished one where there is one, else the newest."""
    found: dict[Key, Run] = {}
    for run in list_runs(settings().runs):
        try:
            key = key_of(run.recipe)
        except RecipeError:  # of another version, and so of another training
            continue
        if key not in found or (run.record.state == "done" and found[key].record.state != "done"):
            found[key] = run
    return found


def _told(run: Run) -> str:
    """Why a run has no figures yet, "" when it has."""
    record = run.record
    if record.state == "done":
        return ""
    return record.problem or f"The run {record.run} is {record.state}."


def _figures(experiment: Experiment, run: Run | None, answers: Path) -> dict[str, float]:
    """The figures of one seed."""
    said = read_predictions(answers)
    own = said if run is None else read_predictions(run.folder / PREDICTIONS_FILE)
    rulebook = find_rulebook(experiment.recipe_of(0).rulebook)
    figures = figures_of(said.pick(said.splits == "test"), own.pick(own.splits == "validation"), rulebook)
    return figures if run is None else figures | {"minutes": run.record.wall_seconds / 60} | _superclass(run)


def _superclass(run: Run) -> dict[str, float]:
    """Validation accuracy of the superclass output, at the best epoch of the last stage."""
    epochs = epochs_table(run.epochs())
    if "val_coarse_accuracy" not in epochs:
        return {}
    last = epochs[epochs["stage"] == epochs["stage"].max()].reset_index()
    return {"superclass": float(last["val_coarse_accuracy"][int(np.argmin(last["val_loss"]))])}


def _plot(name: str, project: Path) -> Path:
    return project / PLOTS / f"{name}.svg"


def _draw(run: Run, file: Path) -> None:
    """Curves as a picture."""
    table = epochs_table(run.epochs())
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part.svg")
    history_chart(table, {name: NAMES[name] for name in DRAWN if name in table}, points=False).save(draft)
    draft.replace(file)
