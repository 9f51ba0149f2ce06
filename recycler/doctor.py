"""What is installed, what was found, what is missing, and the command that mends it: `python -m recycler doctor`."""

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from recycler.datasets import available_datasets
from recycler.errors import DatasetError, ModelError, RulebookError, RunError
from recycler.gpu import list_gpus
from recycler.processes import cores
from recycler.rulebook import list_rulebooks, load_rulebook
from recycler.settings import PROJECT, Settings, settings
from recycler.shelf import CARD_FILE, check_files, load_model

SUPPORTED_PYTHON = ((3, 11), (3, 14))  # from the first, before the second; as in pyproject.toml
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROME_ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

INSTALL = "rm -f .venv/app.stamp && make env"


class Check(BaseModel, frozen=True):
    """One thing that was looked for.

    state: "ok"; "missing" when something that everybody needs is not right; "optional" when only `needed_for` lacks it.
    found: what is there, for people. mend: the exact command that mends it, "" where there is nothing to mend.
    """

    topic: str
    name: str
    state: Literal["ok", "missing", "optional"]
    found: str
    needed_for: str = ""
    mend: str = ""


class Report(BaseModel, frozen=True):
    """All checks, in the order in which they are shown."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing that everybody needs is missing."""
        return all(check.state != "missing" for check in self.checks)


def report() -> Report:
    """Look at everything; a wrong setting becomes a check of its own, and what depends on settings is left out."""
    checks = [_python(), *_packages(), *_device()]
    try:
        current = settings()
    except ValidationError as problem:
        return Report(checks=(*checks, *_wrong_settings(problem), _chromium()))
    found = (*_settings(current), *_cluster(current), *_models(current), *_rulebooks(current), *_data(current))
    return Report(checks=(*checks, *found, _keras_weights(), _chromium()))


def render(found: Report) -> str:
    """The report as plain text: a line a check, and under it the command that mends it."""
    marks = {"ok": "ok", "missing": "MISSING", "optional": "-"}
    width = max(len(check.name) for check in found.checks)
    lines: list[str] = []
    topic = ""
    for check in found.checks:
        if check.topic != topic:
            topic = check.topic
            lines += ["", topic]
        purpose = f" (only for {check.needed_for})" if check.needed_for and check.state != "ok" else ""
        lines.append(f"  {marks[check.state]:<7}  {check.name:<{width}}  {check.found}{purpose}".rstrip())
        if check.mend:
            lines.append(f"  {'':7}  {'':{width}}  mend: {check.mend}")
    lines += [
        "",
        "Everything that is needed is there." if found.healthy else "Something is missing: see MISSING above.",
    ]
    return "\n".join(lines).lstrip("\n")


def find_chromium() -> Path | None:
    """The browser that the journeys drive, or None."""
    paths = (shutil.which(name) for name in CHROMIUM_NAMES)
    named = next((Path(path) for path in paths if path), None)
    return named or (CHROME_ON_MACOS if CHROME_ON_MACOS.exists() else None)


def _python() -> Check:
    first, end = SUPPORTED_PYTHON
    version = f"{platform.python_version()}, {sys.executable}"
    if first <= sys.version_info[:2] < end:
        return Check(topic="Python", name="Python", state="ok", found=version)
    wanted = f"{version}; Recycler needs {first[0]}.{first[1]} or later, before {end[0]}.{end[1]}"
    return Check(topic="Python", name="Python", state="missing", found=wanted, mend="make clean env")


def _packages() -> Iterator[Check]:
    """The direct dependencies against their pins in requirements.txt."""
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for name, pinned in re.findall(r"^([\w.-]+)==(\S+)", "\n".join(lines), re.MULTILINE):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Check(
                topic="Packages", name=name, state="missing", found=f"not installed, {pinned} wanted", mend=INSTALL
            )
            continue
        right = version == pinned
        found = version if right else f"{version}, {pinned} wanted"
        yield Check(
            topic="Packages", name=name, state="ok" if right else "missing", found=found, mend="" if right else INSTALL
        )


def _settings(current: Settings) -> Iterator[Check]:
    for name, field in Settings.model_fields.items():
        value = getattr(current, name)
        variable = f"RECYCLER_{name.upper()}"
        shown = ", ".join(sorted(value)) or "nobody" if isinstance(value, frozenset) else value
        found = f"{'not set' if value is None else shown}: {field.description}"
        if name in ("data", "models", "rulebooks") and value is not None and not value.is_dir():
            mend = f"export {variable}=FOLDER (one that exists), or unset {variable}"
            yield Check(topic="Settings", name=variable, state="missing", found=f"{value} is not a folder", mend=mend)
        else:
            yield Check(topic="Settings", name=variable, state="ok", found=found)


def _wrong_settings(problem: ValidationError) -> Iterator[Check]:
    for error in problem.errors():
        variable = f"RECYCLER_{'_'.join(str(part) for part in error['loc']).upper()}"
        found = f"{error['input']!r} cannot be used: {error['msg'][:1].lower()}{error['msg'][1:]}"
        yield Check(topic="Settings", name=variable, state="missing", found=found, mend=f"unset {variable}")


def _device() -> Iterator[Check]:
    """Cores and GPU; TensorFlow itself would take seconds to ask."""
    yield Check(topic="Device", name="CPU", state="ok", found=f"{cores()} cores, {platform.machine()}")
    gpus = "; ".join(f"{gpu.name}, {gpu.memory_megabytes / 1000:.0f} GB" for gpu in list_gpus())
    yield Check(topic="Device", name="GPU", state="ok", found=gpus or "none found; training uses the CPU")


def _cluster(current: Settings) -> Iterator[Check]:
    """The nodes of the Ray cluster, where trainings go to one."""
    if current.executor != "ray":
        return
    from recycler.cluster.nodes import nodes

    try:
        known = nodes()
    except RunError as problem:
        mend = "make env-ray" if find_spec("ray") is None else "ray start --head, or export RECYCLER_RAY_ADDRESS"
        yield Check(topic="Cluster", name="Ray", state="missing", found=str(problem), mend=mend)
        return
    cpus, gpus = (int(sum(node.get(what, 0) for node in known)) for what in ("CPU", "GPU"))
    found = f"{len(known)} nodes with {cpus} cores and {gpus} GPUs at {current.ray_address}"
    yield Check(topic="Cluster", name="Ray", state="ok", found=found)


def _models(current: Settings) -> Iterator[Check]:
    """Every model on the shelf with all its files checked; the default one has to be among them."""
    shelf = current.models
    names = sorted(path.parent.name for path in shelf.glob(f"*/{CARD_FILE}"))
    for name in names:
        needed_for = "" if name == current.model else "those who choose it"
        try:
            card = load_model(shelf, name).card
            check_files(shelf / name, card)
        except ModelError as problem:
            state: Literal["missing", "optional"] = "optional" if needed_for else "missing"
            mend = _restore(shelf / name)
            yield Check(topic="Models", name=name, state=state, found=str(problem), needed_for=needed_for, mend=mend)
        else:
            found = f"{len(card.classes)} classes, version {card.version}, checksums right"
            yield Check(topic="Models", name=name, state="ok", found=found, needed_for=needed_for)
    if current.model not in names:
        mend = _restore(shelf / current.model)
        yield Check(topic="Models", name=current.model, state="missing", found=f"not in {shelf}", mend=mend)


def _restore(folder: Path) -> str:
    """From the repository, which holds the default model; else by training it again, from its own recipe if any."""
    if folder == PROJECT / "models" / Settings.model_fields["model"].default and (PROJECT / ".git").exists():
        return f"git restore models/{folder.name}"
    recipe = Path("recipes") / f"{folder.name}.yaml"
    named = recipe if (PROJECT / recipe).is_file() else "RECIPE.yaml"
    return f"python -m recycler train {named} && python -m recycler publish latest {folder.name}"


def _rulebooks(current: Settings) -> Iterator[Check]:
    found = list_rulebooks(current.own_rulebooks) | list_rulebooks(current.rulebooks)
    for name, path in found.items():
        try:
            rulebook = load_rulebook(path)
        except RulebookError as problem:
            mend = f"edit {path}"
            yield Check(topic="Rulebooks", name=name, state="missing", found=str(problem), mend=mend)
        else:
            yield Check(topic="Rulebooks", name=name, state="ok", found=f"{rulebook.title}: {rulebook.region}")
    if current.rulebook not in found and not Path(current.rulebook).is_file():
        mend = f"export RECYCLER_RULEBOOK={next(iter(found), 'FILE.yaml')}"
        where = f"not in {current.rulebooks}"
        yield Check(topic="Rulebooks", name=current.rulebook, state="missing", found=where, mend=mend)


def _data(current: Settings) -> Iterator[Check]:
    needed_for = "training and evaluating with it"
    try:
        places = available_datasets()
    except DatasetError as problem:
        yield Check(topic="Data sets", name="all", state="optional", found=str(problem), needed_for=needed_for)
        return
    for name, place in places.items():
        if place is not None:
            yield Check(topic="Data sets", name=name, state="ok", found=str(place))
            continue
        folder = (current.data or current.home / "data") / name
        found, mend = f"not in {folder}", f"put its zip into {folder}, or export RECYCLER_DATA=FOLDER"
        if name == "cifar100":
            mend = "python -m recycler download"
        elif name == "collected":
            found, mend = "no photos taught yet", "python -m recycler teach PHOTO --class NAME"
        yield Check(topic="Data sets", name=name, state="optional", found=found, needed_for=needed_for, mend=mend)


def _keras_weights() -> Check:
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
    files = sorted(path.stem for path in folder.glob("*.h5"))
    name, needed_for = "ImageNet weights", "backbones of keras.applications; EfficientNet-Lite brings its own"
    if files:
        return Check(topic="Keras", name=name, state="ok", found=f"{len(files)} in {folder}: {', '.join(files)}")
    mend = "python -c 'import keras; keras.applications.MobileNet(include_top=False)', or export KERAS_HOME=FOLDER"
    found = f"none in {folder}; Keras downloads them when a recipe asks"
    return Check(topic="Keras", name=name, state="optional", found=found, needed_for=needed_for, mend=mend)


def _chromium() -> Check:
    path = find_chromium()
    if path:
        return Check(topic="Tests", name="Chromium", state="ok", found=str(path))
    mend = "brew install --cask google-chrome" if sys.platform == "darwin" else "sudo apt-get install chromium"
    needed_for = "the browser journeys of make test"
    return Check(topic="Tests", name="Chromium", state="optional", found="not found", needed_for=needed_for, mend=mend)
