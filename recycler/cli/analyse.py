"""How good models and runs are, and labels put right."""

from pathlib import Path

import click

from recycler.cli.group import JSON, RULEBOOK, cli
from recycler.cli.output import figures_text, progress_bar, quiet_tensorflow, say
from recycler.settings import settings


@cli.command()
@click.option("--model", help="A model on the shelf, by default the one of the settings; or a run as run:NAME.")
@click.option("--run", "run_name", help='A run ("latest" for the newest) instead of a model.')
@RULEBOOK
@click.option(
    "--data",
    "dataset",
    required=True,
    help='cifar100, trashnet, garbage, home, collected, a zip or folder of class folders, or "own": the photos that '
    "the model was made with, divided as its recipe says.",
)
@click.option("--split", default="test", show_default=True, type=click.Choice(["test", "validation", "train", "all"]))
@click.option(
    "--map", "pairs", multiple=True, help="can=metal: a class of the photos counts as this class of the model."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the predictions table here (Parquet)."
)
@JSON
def evaluate(  # noqa: PLR0913 - one parameter an option
    model: str | None,
    run_name: str | None,
    rulebook: str | None,
    dataset: str,
    split: str,
    pairs: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure a model or a run on a data set; the same question is answered from what is kept."""
    from recycler.class_mapping import parse_mapping
    from recycler.evaluation import limits
    from recycler.evaluations import OWNED, Question, sorted_mapping, thresholds_now
    from recycler.metrics import figures_of_merit
    from recycler.predictions import write_predictions
    from recycler.runs import find_run
    from recycler.subjects import RUN, find_subject, rulebook_of

    name = RUN + find_run(settings().runs, run_name).record.run if run_name else model or settings().model
    subject = find_subject(name)
    rules = rulebook_of(subject, rulebook)
    data = f"{OWNED}{name}" if dataset == "own" else dataset
    question = Question(name, data, split, sorted_mapping(parse_mapping(pairs)))
    if subject.run:
        quiet_tensorflow()
    from recycler.learning.answer import answer

    with progress_bar() as progress:
        evaluation, table = answer(question, progress)
    table = table.judged(rules, thresholds_now(subject, evaluation))
    for sentence in (*limits(table, evaluation.mapping, rules), *evaluation.left_out):
        click.echo(f"Left out: {sentence}", err=True)
    if evaluation.learned:
        click.echo(f"{name} has learned from {evaluation.learned} of these {len(table)} photos.", err=True)
    if out:
        write_predictions(out, table)
    figures = figures_of_merit(table, rules)
    line = {"model": name, "data": dataset, "split": split, "learned": evaluation.learned, **figures}
    say(line, as_json, figures_text({dataset: figures}))


@cli.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@RULEBOOK
@JSON
def compare(table: Path, other: Path, rulebook: str | None, as_json: bool) -> None:
    """Say whether two predictions tables (evaluate --out) differ on the photos that both hold."""
    from recycler.analysis.intervals import differences, resample
    from recycler.analysis.paired import in_words, pair, paired_tests
    from recycler.predictions import read_predictions
    from recycler.rulebook import find_rulebook

    rules = find_rulebook(rulebook or settings().rulebook)
    both = pair(read_predictions(table), read_predictions(other))
    tests = paired_tests(both, rules)
    found = differences(resample(both.table, rules), resample(both.other, rules))
    line = {
        "photos": len(both.rows),
        "tests": {what: {**test._asdict(), "real": test.real} for what, test in tests.items()},
        "differences": {name: difference._asdict() for name, difference in found.items()},
    }
    text = [in_words(test, table.name, other.name, what) for what, test in tests.items()]
    text += [f"{name} {d.value:+.3f}, 95 % {d.low:+.3f} to {d.high:+.3f}" for name, d in found.items()]
    say(line, as_json, "\n".join(text))


@cli.group()
def bench() -> None:
    """Measure again what the product claims."""


@bench.command()
@click.option("--only", multiple=True, metavar="ROW", help="Only this row; may be given several times.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 100), help="Trainings of each row.")
@click.option("--list", "listed", is_flag=True, help="List the rows and how each stands, and train nothing.")
def thesis(only: tuple[str, ...], seeds: int, listed: bool) -> None:
    """Train what is missing of the thesis's experiments and write benchmarks/thesis.md; goes on where it ended."""
    from recycler.experiments import EXPERIMENTS, find_experiments

    wanted = find_experiments(only)
    quiet_tensorflow()
    from recycler.learning.bench import bench as run_bench
    from recycler.learning.bench import standings

    if not listed:
        run_bench(wanted, [*EXPERIMENTS.values()], seeds, lambda text: click.echo(text, err=True))
    for name, standing in standings(wanted).items():
        done = f"{len(standing.figures)} of {seeds if EXPERIMENTS[name].is_trained else 1}"
        click.echo(f"{name:<22} {done:<8} {EXPERIMENTS[name].title}. {standing.problem}".rstrip())


@cli.command()
@click.argument("dataset")
@click.argument("photo", required=False)
@click.option("--class", "class_name", help="What it really shows: a class of the data set.")
@click.option("--leave-out", is_flag=True, help="It is not used any more.")
@click.option("--undo", "take_back", is_flag=True, help="Take back the last change, of any photo of the data set.")
def relabel(dataset: str, photo: str | None, class_name: str | None, leave_out: bool, take_back: bool) -> None:
    """Put the label of a photo right; the data itself is not touched.

    DATASET is a name or a path as in a recipe, PHOTO the photo's id in it, such as glass/glass_12.jpg.
    """
    from recycler.labels import change_label, undo

    if take_back == (photo is not None) or (photo is not None and leave_out == (class_name is not None)):
        raise click.UsageError("Give a photo with --class or --leave-out, or --undo without a photo.")
    change = undo(dataset) if photo is None else change_label(dataset, photo, class_name)
    before, now = (change.now, change.before) if photo is None else (change.before, change.now)
    click.echo(f"{change.photo}: {now or 'left out'}, before {before or 'left out'}")


@cli.command()
@click.argument("dataset", required=False)
@JSON
def labels(dataset: str | None, as_json: bool) -> None:
    """List the corrected labels of a data set, the oldest first; without a name, the data sets that have some."""
    from recycler.labels import history, overlaid_datasets

    for name in [dataset] if dataset else overlaid_datasets():
        changes = history(name)
        if not dataset:
            say({"dataset": name, "changes": len(changes)}, as_json, f"{name}: {len(changes)} labels changed")
            continue
        for change in changes:
            now = change.now or "left out"
            text = f"{change.when:%Y-%m-%d %H:%M}  {change.photo}: {now}, before {change.before or 'left out'}"
            say(change.model_dump(mode="json", exclude={"id"}), as_json, text)
