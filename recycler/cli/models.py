"""Runs to models on the shelf, and models in other formats."""

from pathlib import Path

import click

from recycler.cli.group import JSON, cli
from recycler.cli.output import figures_text, progress_bar, quiet_tensorflow, say
from recycler.settings import settings


@cli.command()
@click.argument("run")
@click.argument("name")
@JSON
def publish(run: str, name: str, as_json: bool) -> None:
    """Put a run ("latest" for the newest) on the shelf as NAME."""
    from recycler.publishing import publishing
    from recycler.runs import find_run

    found = find_run(settings().runs, run)
    quiet_tensorflow()
    with publishing(found, name) as tell:
        from recycler.learning.export import publish as publish_run

        card = publish_run(found, name, settings().models, tell)
    line = {"model": card.name, "version": card.version, "parity": card.parity, "metrics": card.metrics}
    say(line, as_json, f"{card.name}, version {card.version}, is on the shelf.\n{figures_text(card.metrics)}")


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
    quiet_tensorflow()
    from recycler.learning.formats import export as export_model

    with progress_bar() as progress:
        card = export_model(found, wanted, progress, out)
    line = {"model": model, "folder": str(out or found.folder), "exports": card.exports}
    say(line, as_json, f"In {out or found.folder}:\n{figures_text(card.exports)}")
