"""`python -m recycler ...`: everything that the pages can do, from the command line.

Standard output holds the answer, standard error progress and problems. Exit status: 0 all well, 1 a photo was
refused, 2 a problem that the message says how to mend.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from recycler import __version__
from recycler.errors import PhotoError, RecyclerError, StoreError
from recycler.home import prepare_home
from recycler.settings import settings

if TYPE_CHECKING:
    from recycler.answering import Choice
    from recycler.runs import Run

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
MODEL = click.option("--model", help="A model on the shelf; by default the one of the settings.")
RULEBOOK = click.option("--rulebook", help="A rulebook's name or file; by default the one of the settings.")
NO_PHOTOS = "No photos found there. Name photos, or a folder that holds some."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Recycling or bin? Classify photos; train, publish and evaluate the models that answer."""
    if click.get_current_context().invoked_subcommand not in ("doctor", "backup"):
        prepare_home(settings().home)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@MODEL
@RULEBOOK
@click.option("--untaught", is_flag=True, help="Leave out what was taught: the network's own answer.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the answers here (.parquet or .csv), on all cores; given again, it goes on where it was.",
)
@click.option("--processes", type=click.IntRange(1, 1024), help="With --out, by default one a core.")
@JSON
def classify(
    paths: tuple[Path, ...],
    model: str | None,
    rulebook: str | None,
    untaught: bool,
    out: Path | None,
    processes: int | None,
    as_json: bool,
) -> None:
    """Give the verdict on photos; a folder is walked."""
    from recycler.answering import Answerer, Choice, photo_files
    from recycler.rulebook import DESTINATIONS

    choice = Choice(model or settings().model, rulebook or settings().rulebook, untaught)
    if out:
        _classify_into(out, paths, choice, processes, as_json)
    photos = refused = 0
    for line in Answerer(choice, settings().threads).lines(photo_files(paths)):
        photos += 1
        refused += "error" in line
        text = line.get("error", "")
        if not text:
            unsure = line["verdict"] == "unsure"
            where = "ask or look closer" if unsure else DESTINATIONS[line["destination"]].title
            text = f"{line['verdict']} ({line['class']}, {line['probability']:.0%}): {where}"
        _say(line, as_json, f"{line['path']}: {text}")
    if not photos:
        click.echo(NO_PHOTOS, err=True)
    sys.exit(1 if refused or not photos else 0)


def _classify_into(
    out: Path, paths: tuple[Path, ...], choice: "Choice", processes: int | None, as_json: bool
) -> NoReturn:
    from recycler.batch import classify_into, cores

    try:
        with _progress() as progress:
            done = classify_into(out, paths, choice, processes or cores(), progress)
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on where it was.", err=True)
        sys.exit(130)
    text = f"{done.photos:,} photos are answered in {out}"
    text += f", {done.earlier:,} of them by an earlier call" * bool(done.earlier)
    text += f"; {done.refused:,} could not be opened" * bool(done.refused)
    _say({"out": str(out), **asdict(done)}, as_json, f"{text}.")
    if not done.photos:
        click.echo(NO_PHOTOS, err=True)
    sys.exit(1 if done.refused or not done.photos else 0)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--class", "class_name", required=True, help="What the photos show: one of the model's classes.")
@MODEL
@JSON
def teach(paths: tuple[Path, ...], class_name: str, model: str | None, as_json: bool) -> None:
    """Keep photos, or all of a folder, as examples of a class; the next answers learn from them at once."""
    from recycler.answering import photo_files
    from recycler.classifier import load_classifier
    from recycler.teach import recall
    from recycler.teach import teach as teach_photo

    classifier = load_classifier(model or settings().model, settings().threads)
    files = list(photo_files(paths))
    refused = not files
    for file in files:
        try:
            photo = teach_photo(classifier, file.read_bytes(), class_name)
        except (PhotoError, OSError) as problem:
            refused = True
            text = str(problem) if isinstance(problem, PhotoError) else "This file cannot be read."
            _say({"path": str(file), "error": text}, as_json, f"{file}: {text}")
        else:
            _say({"path": str(file), "photo": str(photo)}, as_json, f"{file}: kept as {photo}")
    learned = len(recall(classifier, settings().threads).photos)
    click.echo(f"{classifier.card.name} has learned from {learned} photos of yours.", err=True)
    sys.exit(1 if refused else 0)


@cli.command()
@click.argument("names", nargs=-1, metavar="[CLASS | PHOTO]...")
@click.option("--all", "everything", is_flag=True, help="Forget all of it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(names: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Delete collected photos: of a class (glass), single ones (glass/1f0c...), or all. Without a name: list them."""
    from recycler.datasets.collected import find_collected, forget_everything, list_collected
    from recycler.datasets.collected import forget as forget_photos

    photos = list_collected() if everything else find_collected(names)
    if not names and not everything:
        click.echo("\n".join(str(photo) for photo in list_collected()))
        return
    if photos and not yes:
        click.confirm(f"Delete {len(photos)} of {len(list_collected())} collected photos?", abort=True)
    if everything:
        forget_everything()
    else:
        forget_photos(photos)
    click.echo(f"{len(photos)} photos forgotten.")


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
            _say({"dataset": name, "changes": len(changes)}, as_json, f"{name}: {len(changes)} labels changed")
            continue
        for change in changes:
            now = change.now or "left out"
            text = f"{change.when:%Y-%m-%d %H:%M}  {change.photo}: {now}, before {change.before or 'left out'}"
            _say(change.model_dump(mode="json", exclude={"id"}), as_json, text)


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
            _say({"run": run, "title": variant.title}, as_json, f"{run} is queued: {variant.title}")
        return
    from recycler.learning.trainer import train as train_recipe

    _train(lambda progress: train_recipe(variants[0].recipe, settings().runs, progress, parent), as_json)


@cli.command()
@click.argument("run")
@JSON
def resume(run: str, as_json: bool) -> None:
    """Go on with a run ("latest" for the newest) that was stopped, killed or failed."""
    from recycler.jobs import find_resumable
    from recycler.learning.trainer import resume as resume_run

    found = find_resumable(run)
    _train(lambda progress: resume_run(found, progress), as_json)


@cli.command()
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run ("latest" for the newest) within one batch; it keeps its best weights and can be published."""
    from recycler import jobs

    jobs.stop(run)
    click.echo("It stops after the batch that it is at; what it has learned is kept.")


@cli.command()
@click.argument("run", nargs=-1)
def store(run: tuple[str, ...]) -> None:
    """Hand runs, by default all, to the run store (MLflow); trainers do so by themselves."""
    from recycler.runs import find_run, list_runs

    root = settings().runs
    handed = _hand_over([find_run(root, name) for name in run] or list_runs(root))
    click.echo(f"{handed} runs handed over.")


@cli.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@JSON
def describe(recipe: Path, as_json: bool) -> None:
    """Say what a recipe will train: photos, classes, and the parameters that learn in each stage."""
    from recycler.recipe import load_recipe

    checked = load_recipe(recipe)
    _quiet_tensorflow()
    from recycler.learning.describe import describe as describe_recipe
    from recycler.learning.describe import in_words

    found = describe_recipe(checked)
    _say(found, as_json, in_words(found))


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
        _say(line, as_json, f"{record.run}  {record.state:<8}  {record.problem} {record.hint}".rstrip())
    if not found and not as_json:
        click.echo("No runs yet. Start one: python -m recycler train recipes/quick.yaml")


@cli.command()
@click.argument("run")
@click.argument("name")
@JSON
def publish(run: str, name: str, as_json: bool) -> None:
    """Put a run ("latest" for the newest) on the shelf as NAME."""
    from recycler.publishing import publishing
    from recycler.runs import find_run

    found = find_run(settings().runs, run)
    _quiet_tensorflow()
    with publishing(found, name) as tell:
        from recycler.learning.export import publish as publish_run

        card = publish_run(found, name, settings().models, tell)
    line = {"model": card.name, "version": card.version, "parity": card.parity, "metrics": card.metrics}
    _say(line, as_json, f"{card.name}, version {card.version}, is on the shelf.\n{_figures_text(card.metrics)}")


@cli.command()
@click.argument("model")
@click.argument("wanted", nargs=-1, metavar="[FORMAT]...")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write here and leave the shelf as it is."
)
@JSON
def export(model: str, wanted: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Write a model in other formats and say how each compares with it on its test photos.

    FORMAT is litert_float32, litert_float16, litert_int8 or onnx; without one, all but the first, and ONNX where its
    converter is installed.
    """
    from recycler.shelf import load_model

    found = load_model(settings().models, model)
    _quiet_tensorflow()
    from recycler.learning.formats import export as export_model

    with _progress() as progress:
        card = export_model(found, wanted, progress, out)
    line = {"model": model, "folder": str(out or found.folder), "exports": card.exports}
    _say(line, as_json, f"In {out or found.folder}:\n{_figures_text(card.exports)}")


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
        _quiet_tensorflow()
    from recycler.learning.answer import answer

    with _progress() as progress:
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
    _say(line, as_json, _figures_text({dataset: figures}))


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
    _quiet_tensorflow()
    from recycler.learning.bench import bench as run_bench
    from recycler.learning.bench import standings

    if not listed:
        run_bench(wanted, [*EXPERIMENTS.values()], seeds, lambda text: click.echo(text, err=True))
    for name, standing in standings(wanted).items():
        done = f"{len(standing.figures)} of {seeds if EXPERIMENTS[name].is_trained else 1}"
        click.echo(f"{name:<22} {done:<8} {EXPERIMENTS[name].title}. {standing.problem}".rstrip())


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
    _say(line, as_json, "\n".join(text))


@cli.command()
@JSON
def doctor(as_json: bool) -> None:
    """Say what is installed and found, what is missing, and the command that mends it."""
    from recycler.doctor import render, report

    found = report()
    click.echo(found.model_dump_json() if as_json else render(found))


@cli.command()
@JSON
def audit(as_json: bool) -> None:
    """Say who taught, relabelled, published, deleted: the newest first."""
    from recycler.audit import deeds

    for deed in deeds(1_000_000):
        text = f"{deed.when:%Y-%m-%d %H:%M}  {deed.who} ({deed.role})  {deed.deed}  {deed.what}"
        _say(deed.model_dump(mode="json"), as_json, text)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@JSON
def backup(file: Path, as_json: bool) -> None:
    """Write all that cannot be had again, and the shelf, into a zip; the app and trainings may go on meanwhile."""
    from recycler.backup import back_up

    with _progress() as progress:
        count = back_up(file, progress)
    _say({"backup": str(file), "files": count}, as_json, f"{count:,} files are in {file}.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Also where the home folder holds something; that goes to its trash.")
@JSON
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Put a backup back into an empty home folder, and its models onto the shelf; end the app before."""
    from recycler.backup import restore as restore_backup

    with _progress() as progress:
        done = restore_backup(file, replace, progress)
    line = {"files": done.files, "models": done.models, "replaced": str(done.replaced) if done.replaced else None}
    text = f"{done.files:,} files are in {settings().home}"
    text += f"; on the shelf are now {', '.join(done.models)} as in the backup" * bool(done.models)
    text += f"; what was there before lies in {done.replaced} for a week" * bool(done.replaced)
    _say(line, as_json, f"{text}.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def takeout(file: Path) -> None:
    """Write all taught photos, corrected labels, rules and records of trainings into a zip."""
    from recycler.holdings import export as export_all

    if file.exists():
        raise click.UsageError(f"{file} is there already: name another file.")
    with file.open("wb") as opened:
        count = export_all(opened)
    click.echo(f"{file} holds {count} files.")


@cli.command()
def tidy() -> None:
    """Delete what is older than it may be (RECYCLER_RETENTION_DAYS); the app does so once a day while it is used."""
    from recycler.holdings import tidy as tidy_all

    click.echo(f"Deleted: {tidy_all()}")


@cli.command(hidden=True)
def preview() -> None:
    """Augment photos for the Train page: JSON on standard input and output, see recycler.learning.preview."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _quiet_tensorflow()
    from recycler.learning.preview import serve

    serve(sys.stdin.buffer, answers)


@cli.command()
def download() -> None:
    """Fetch CIFAR-100 through Keras into the home folder."""
    _quiet_tensorflow()
    from recycler.learning.download import download_cifar100

    target = settings().home / "data" / "cifar100"
    download_cifar100(target)
    click.echo(f"CIFAR-100 is in {target}.")


def main(words: list[str] | None = None) -> None:
    """Run a command, by default the one that was typed; a problem that the user can mend is one line, no traceback."""
    try:
        cli(words)
    except RecyclerError as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _train(training: "Callable[[Any], Run]", as_json: bool) -> None:
    """Train, say how it ended, then hand the run over, and with it all that the store could not take before."""
    _quiet_tensorflow()
    try:
        with _progress() as progress:
            run = training(progress)
        record = run.record
        line = {
            "run": record.run,
            "state": record.state,
            "wall_seconds": record.wall_seconds,
            "figures": record.figures,
        }
        text = f"{record.run} is {record.state} after {record.wall_seconds:.0f} s.\n{_figures_text(record.figures)}"
        _say(line, as_json, text)
        sys.stdout.flush()
    finally:
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


def _say(line: dict[str, Any], as_json: bool, text: str) -> None:
    click.echo(json.dumps(line, ensure_ascii=False) if as_json else text)


def _figures_text(figures: dict[str, dict[str, float]]) -> str:
    return "\n".join(
        f"{name}: " + ", ".join(f"{k} {v:.0f}" if k == "photos" else f"{k} {v:.3f}" for k, v in row.items())
        for name, row in figures.items()
    )


@contextmanager
def _progress() -> Iterator[Any]:
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


def _quiet_tensorflow() -> None:
    """TensorFlow's start-up chatter would drown what the command says."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
