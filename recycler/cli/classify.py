"""Photos to verdicts, and what is taught of them."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from recycler.cli.group import JSON, MODEL, RULEBOOK, cli
from recycler.cli.output import progress_bar, say
from recycler.errors import PhotoError
from recycler.settings import settings

if TYPE_CHECKING:
    from recycler.answering import Choice

NO_PHOTOS = "No photos found there. Name photos, or a folder that holds some."


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
        say(line, as_json, f"{line['path']}: {text}")
    if not photos:
        click.echo(NO_PHOTOS, err=True)
    sys.exit(1 if refused or not photos else 0)


def _classify_into(
    out: Path, paths: tuple[Path, ...], choice: "Choice", processes: int | None, as_json: bool
) -> NoReturn:
    from recycler.batch import classify_into
    from recycler.processes import cores

    try:
        with progress_bar() as progress:
            done = classify_into(out, paths, choice, processes or cores(), progress)
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on where it was.", err=True)
        sys.exit(130)
    text = f"{done.photos:,} photos are answered in {out}"
    text += f", {done.earlier:,} of them by an earlier call" * bool(done.earlier)
    text += f"; {done.refused:,} could not be opened" * bool(done.refused)
    say({"out": str(out), **asdict(done)}, as_json, f"{text}.")
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
            say({"path": str(file), "error": text}, as_json, f"{file}: {text}")
        else:
            say({"path": str(file), "photo": str(photo)}, as_json, f"{file}: kept as {photo}")
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
