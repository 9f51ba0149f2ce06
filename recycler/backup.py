"""A backup is one zip: all of the home folder that cannot be had again, and the shelf.

    backup.json     version of the home folder, and which Recycler wrote it
    home/...        runs, evaluations, collected photos, labels, rulebooks, drafts, uploaded zips, databases
    models/NAME/... every model, the one that came with Recycler too: its thresholds may have been set here

It may be made while all goes on: databases are copied by SQLite itself, files are replaced whole by whoever writes
them, and of a run the record and the state of the training are read before the weights that these count on.
"""

import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from recycler import __version__
from recycler.datasets.archive import DAMAGE, ZipBytes, problem_of
from recycler.errors import DatasetError, HomeError
from recycler.home import LOCK_FILE, RESTORED, VERSION, VERSION_FILE, move_in, prepare_home, refuse_newer, version_of
from recycler.runs import LIVE, list_runs
from recycler.settings import settings
from recycler.shelf import NAME, check_files, list_models, load_model, new_model

Progress = Callable[[str, int, int], None]

CONTENTS = "backup.json"
LEFT_OUT = ("cache", "trash", "discarded", "devices", "data/cifar100", VERSION_FILE)  # computed, deleted, downloaded
DATABASES = (".db", ".sqlite")
BESIDE_DATABASES = ("-wal", "-shm", "-journal")  # SQLite's own, which its copy needs no more
BLOCK = 1 << 20


class Contents(BaseModel):
    """What a backup says of itself."""

    version: int
    recycler: str
    created: datetime


@dataclass(frozen=True)
class Restored:
    """What was restored. replaced: where that lies which was there before, if anything was."""

    files: int
    models: tuple[str, ...]
    replaced: Path | None


def back_up(file: Path, progress: Progress = lambda *_: None) -> int:
    """Write a backup, whole and checked or not at all; gives the number of its files.

    Raises HomeError for a file that is there already, that would lie in the home folder, or that cannot be written.
    """
    home = settings().home.resolve()
    if file.exists():
        raise HomeError(f"{file} is there already: delete it, or name another file.")
    if file.resolve().is_relative_to(home):
        raise HomeError(f"{file} lies in the home folder, which is what is backed up: name a file elsewhere.")
    draft = file.with_name(f".{file.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as pack:  # photos and weights do not shrink
            contents = Contents(version=version_of(home) or VERSION, recycler=__version__, created=datetime.now(UTC))
            pack.writestr(CONTENTS, contents.model_dump_json())
            files = [*_home_files(home), *_model_files(settings().models)]
            for done, (path, name) in enumerate(files, 1):
                _add(pack, path, name)
                progress("files", done, len(files))
        with _opened(draft) as pack:
            count = len(pack.infolist()) - 1
        draft.replace(file)
    except OSError as problem:
        raise HomeError(f"No backup can be written to {file} ({problem.strerror}): make room there.") from problem
    finally:
        draft.unlink(missing_ok=True)
    return count


def restore(file: Path, replace: bool = False, progress: Progress = lambda *_: None) -> Restored:
    """Put a backup back: all of it, or nothing.

    replace: the home folder may hold something, which is moved to its trash for a week.
    Raises HomeError for what is no backup, a damaged or hostile one, one of a newer Recycler, for a home folder that is
    in use, and when nothing can be written; ModelError for a model in it that is not what its card says.
    """
    home, draft = settings().home, settings().home / ".restoring"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / LOCK_FILE):
            move_in(home)
            _refuse_in_use(home, replace)
            shutil.rmtree(draft, ignore_errors=True)
            with _opened(file) as pack:
                contents = _contents(pack, file)
                files = _unpack(pack, draft, progress)
            (draft / "home").mkdir(exist_ok=True)
            (draft / "home" / VERSION_FILE).write_text(f"{contents.version}\n")
            models = _put_on_shelf(draft / "models")
            replaced = _set_aside(home)
            (draft / "home").rename(home / RESTORED)
            move_in(home)
    except OSError as problem:
        raise HomeError(f"{file} cannot be restored to {home} ({problem.strerror}): make room there.") from problem
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    prepare_home(home)
    return Restored(files, models, replaced)


def _home_files(home: Path) -> Iterator[tuple[Path, str]]:
    """Files of the home folder and their names in the zip; the last names first, so run.json before checkpoint/."""
    for path in sorted(home.rglob("*"), reverse=True):
        inside = path.relative_to(home)
        hidden = any(part.startswith(".") for part in inside.parts)
        ours = path.suffix == ".lock" or path.name.endswith(BESIDE_DATABASES)
        if not hidden and not ours and not _is_left_out(inside) and path.is_file() and not path.is_symlink():
            yield path, f"home/{inside.as_posix()}"


def _is_left_out(inside: Path) -> bool:
    return any(inside.is_relative_to(one) for one in LEFT_OUT)


def _model_files(shelf: Path) -> Iterator[tuple[Path, str]]:
    for card in list_models(shelf):
        for path in sorted((shelf / card.name).iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield path, f"models/{card.name}/{path.name}"


def _add(pack: zipfile.ZipFile, path: Path, name: str) -> None:
    with suppress(FileNotFoundError):  # deleted meanwhile
        if path.suffix not in DATABASES:
            pack.write(path, name)
            return
        with tempfile.NamedTemporaryFile(dir=Path(str(pack.filename)).parent, prefix=".database-") as copy:
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database,
                closing(sqlite3.connect(copy.name)) as target,
            ):
                database.backup(target)
            pack.write(copy.name, name)


def _opened(file: Path) -> zipfile.ZipFile:
    """A backup whose every entry may be unpacked. Raises HomeError."""
    try:
        pack = zipfile.ZipFile(ZipBytes(file))
    except FileNotFoundError as problem:
        raise HomeError(f"There is no file {file}.") from problem
    except (*DAMAGE, DatasetError) as problem:
        raise HomeError(f"{file.name} is no backup, or it is damaged.") from problem
    names: set[str] = set()
    for info in pack.infolist():
        strange = "named twice" if info.filename in names else problem_of(info) or _misplaced(info.filename)
        if strange:
            pack.close()
            raise HomeError(
                f"{file.name} is no backup that Recycler wrote: “{info.filename[:100]}” in it is {strange}. "
                "Nothing was restored."
            )
        names.add(info.filename)
    return pack


def _misplaced(name: str) -> str:
    path = PurePosixPath(name)
    first = path.parts[0]
    if name == CONTENTS or (first == "home" and len(path.parts) > 1 and not path.parts[1].startswith(".")):
        return ""
    if first == "models" and len(path.parts) == 3 and re.fullmatch(NAME, path.parts[1]):
        return ""
    return "not in a place of a backup"


def _contents(pack: zipfile.ZipFile, file: Path) -> Contents:
    try:
        contents = Contents.model_validate_json(pack.read(CONTENTS))
    except (*DAMAGE, KeyError, ValidationError) as problem:
        raise HomeError(f"{file.name} is no backup: it does not say what it holds.") from problem
    refuse_newer(contents.version, VERSION, file.name)
    return contents


def _unpack(pack: zipfile.ZipFile, folder: Path, progress: Progress) -> int:
    files = [info for info in pack.infolist() if info.filename != CONTENTS and not info.is_dir()]
    for done, info in enumerate(files, 1):
        target = folder / info.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with pack.open(info) as member, target.open("xb") as opened:
                shutil.copyfileobj(member, opened, BLOCK)  # never more than the header says; a wrong checksum raises
        except DAMAGE as problem:
            raise HomeError(f"“{info.filename}” in the backup is damaged. Nothing was restored.") from problem
        progress("files", done, len(files))
    return len(files)


def _refuse_in_use(home: Path, replace: bool) -> None:
    live = [run.record.run for run in list_runs(settings().runs) if run.record.state in LIVE]
    if live:
        raise HomeError(f"A training is at work in {home} ({live[0]}): stop it first, and the app, too.")
    if not replace and any(_kept(home)):
        raise HomeError(
            f"{home} holds something already, and a backup goes into an empty home folder. Set RECYCLER_HOME to "
            "another one, or give --replace: what is there is then kept in its trash for a week."
        )


def _kept(home: Path) -> Iterator[Path]:
    """What of a home folder a backup would take the place of."""
    aside = {"cache", "trash", "devices", VERSION_FILE}
    return (
        path
        for path in home.iterdir()
        if not (path.name in aside or path.name.startswith(".") or path.suffix == ".lock")
    )


def _put_on_shelf(models: Path) -> tuple[str, ...]:
    """Put each model that the shelf does not have in this very form onto it. Raises ModelError before any is there."""
    found = list_models(models)
    for card in found:
        check_files(load_model(models, card.name).folder, card)
    shelf = settings().models
    there = {card.name: card for card in list_models(shelf)}
    new = [card for card in found if there.get(card.name) != card]
    for card in new:
        with new_model(shelf, card.name) as folder:
            shutil.copytree(models / card.name, folder, dirs_exist_ok=True)
    return tuple(card.name for card in new)


def _set_aside(home: Path) -> Path | None:
    """Move what is there to the trash, from where it goes after a week."""
    old = list(_kept(home))
    if not old:
        return None
    aside = home / "trash" / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(parents=True)
    for path in old:
        path.rename(aside / path.name)
    return aside
