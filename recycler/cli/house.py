"""The house itself: what is there, who did what, backups, what goes."""

from pathlib import Path

import click

from recycler.cli.group import JSON, cli
from recycler.cli.output import progress_bar, quiet_tensorflow, say
from recycler.settings import settings


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
        say(deed.model_dump(mode="json"), as_json, text)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@JSON
def backup(file: Path, as_json: bool) -> None:
    """Write all that cannot be had again, and the shelf, into a zip; the app and trainings may go on meanwhile."""
    from recycler.backup import back_up

    with progress_bar() as progress:
        count = back_up(file, progress)
    say({"backup": str(file), "files": count}, as_json, f"{count:,} files are in {file}.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Also where the home folder holds something; that goes to its trash.")
@JSON
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Put a backup back into an empty home folder, and its models onto the shelf; end the app before."""
    from recycler.backup import restore as restore_backup

    with progress_bar() as progress:
        done = restore_backup(file, replace, progress)
    line = {"files": done.files, "models": done.models, "replaced": str(done.replaced) if done.replaced else None}
    text = f"{done.files:,} files are in {settings().home}"
    text += f"; on the shelf are now {', '.join(done.models)} as in the backup" * bool(done.models)
    text += f"; what was there before lies in {done.replaced} for a week" * bool(done.replaced)
    say(line, as_json, f"{text}.")


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
    """Delete what is older than it may be (RECYCLER_RETENTION_DAYS); a server does so once a day."""
    from recycler.holdings import tidy as tidy_all

    click.echo(f"Deleted: {tidy_all()}")


@cli.command()
def download() -> None:
    """Fetch CIFAR-100 through Keras into the home folder."""
    quiet_tensorflow()
    from recycler.learning.download import download_cifar100

    target = settings().home / "data" / "cifar100"
    download_cifar100(target)
    click.echo(f"CIFAR-100 is in {target}.")
