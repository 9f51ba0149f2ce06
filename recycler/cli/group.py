"""The group of all commands, and what many of them take."""

import os
import sys

import click

from recycler import __version__
from recycler.errors import RecyclerError
from recycler.home import prepare_home
from recycler.settings import settings

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
MODEL = click.option("--model", help="A model on the shelf; by default the one of the settings.")
RULEBOOK = click.option("--rulebook", help="A rulebook's name or file; by default the one of the settings.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Recycling or bin? Classify photos; train, publish and evaluate the models that answer."""
    if click.get_current_context().invoked_subcommand not in ("doctor", "backup"):
        prepare_home(settings().home)


def main(words: list[str] | None = None) -> None:
    """Run a command, by default the one that was typed; a problem that the user can mend is one line, no traceback."""
    try:
        cli(words)
    except RecyclerError as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
