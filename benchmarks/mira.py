"""The household model beside `mira-ai`, a public waste sorter, on the same photos: what is right, and what it costs.

mira-ai (MIT, its detector Ultralytics YOLO11n, whose library is AGPL-3.0) is installed into `build/mira`, an
environment of its own of 6 GB; its weights come inside the package, and it runs without a network. It draws boxes of
five kinds; its answer on a photo is the box that it is surest of, nothing where it finds none. Weights in PyTorch's
format are unpickled there, never here. Needs RECYCLER_DATA with garbage, trashnet and home.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.report import table, write
from recycler.classifier import load_classifier
from recycler.learning.data import load_data
from recycler.recipe import Recipe
from recycler.rulebook import find_rulebook
from recycler.settings import PROJECT
from recycler.verdict import judge

VERSION = "1.0.2"
HOME = PROJECT / "build" / "mira"
MODELS = ("mira_exp014", "mira_exp019")  # what its live view uses, and what its author measured as best
KINDS = {"glass": "glass", "metal": "metal", "paper": "paper", "cardboard": "paper", "plastic": "plastic"}
BIN = "trash"  # the only one of its five that is no recycling
SHORT = 100

DETECT = """
import json, sys, time
from pathlib import Path
import src
from ultralytics import YOLO

model = YOLO(str(Path(src.__file__).parent / "assets" / "models" / "detection" / f"{sys.argv[1]}.pt"))
for warm_up in range(3):
    model.predict(sys.argv[2], device="cpu", verbose=False)
for photo in sys.argv[2:]:
    begin = time.perf_counter()
    [found] = model.predict(photo, device="cpu", verbose=False)
    seconds = time.perf_counter() - begin
    surest = int(found.boxes.conf.argmax()) if len(found.boxes) else None
    kind = "" if surest is None else found.names[int(found.boxes.cls[surest])].lower()
    print(json.dumps([kind, seconds]), flush=True)
"""


class Said(NamedTuple):
    """An answer on a photo: its kind among the five, "" for nothing; recycling, None for unsure; seconds."""

    kind: str
    recycle: bool | None
    seconds: float


def install() -> Path:
    """The Python of an environment that holds mira-ai, made the first time."""
    python = HOME / "bin" / "python"
    if not python.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        uv = shutil.which("uv") or str(PROJECT / "build" / "uv" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", HOME], check=True)  # noqa: S603 - our own commands, here and below
        try:
            subprocess.run([uv, "pip", "install", "--python", python, f"mira-ai=={VERSION}"], check=True)  # noqa: S603
        except subprocess.CalledProcessError:
            shutil.rmtree(HOME)
            raise
    return python


def photos(short: bool) -> tuple[list[bytes], list[str]]:
    """The household model's test photos of kinds that both know, and their kinds."""
    card = load_classifier("household").card
    prepared = load_data(Recipe.model_validate(card.recipe))
    data, kinds = prepared.data, KINDS | {BIN: BIN}
    rows = [int(i) for i in prepared.parts.test if data.classes[data.labels[i]] in kinds]
    if short:
        rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, SHORT).astype(int))]
    return [data.read_bytes(i) for i in rows], [kinds[data.classes[data.labels[i]]] for i in rows]


def theirs(model: str, files: list[Path]) -> list[Said]:
    """What mira-ai says of photos."""
    environment = os.environ | {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(HOME), "MIRA_HOME": str(HOME)}
    command: list[str | Path] = [install(), "-c", DETECT, model, *files]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [Said(kind, kind != BIN if kind else None, seconds) for kind, seconds in lines]


def ours(contents: list[bytes]) -> list[Said]:
    """What the household model says of them, one after another, decoding included as it is for mira-ai."""
    classifier, rulebook = load_classifier("household"), find_rulebook("default")
    classifier.classify(contents[0])
    said = []
    for content in contents:
        begin = time.perf_counter()
        verdict = judge(classifier.classify(content), rulebook, classifier.card.thresholds)
        seconds = time.perf_counter() - begin
        recycle = None if verdict.verdict == "unsure" else verdict.verdict == "recycle"
        said.append(Said(KINDS.get(verdict.class_name, BIN), recycle, seconds))
    return said


def row(name: str, said: list[Said], kinds: list[str], base: float) -> list[str]:
    """A row of the table. base: the milliseconds that others are a multiple of."""
    right = [answer.kind == kind for answer, kind in zip(said, kinds, strict=True)]
    answered = [
        (answer.recycle == (kind != BIN))
        for answer, kind in zip(said, kinds, strict=True)
        if answer.recycle is not None
    ]
    times = [1000 * answer.seconds for answer in said]
    middle = statistics.median(times)
    spread = f"{middle:.0f} ({np.quantile(times, 0.05):.0f} to {np.quantile(times, 0.95):.0f})"
    share = np.mean(right)
    error = 1.96 * np.sqrt(share * (1 - share) / len(right))
    return [
        name, f"{middle / base:.1f}", f"{share:.3f} ± {error:.3f}", f"{len(answered) / len(said):.1%}",
        f"{np.mean(answered):.3f}", spread,
    ]  # fmt: skip


def main() -> None:
    """Measure and write the table. `short` on the command line: a hundred photos."""
    contents, kinds = photos("short" in sys.argv[1:])
    own = ours(contents)
    base = 1000 * statistics.median(answer.seconds for answer in own)
    rows = [row("household", own, kinds, base)]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{i}.jpg") for i in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        rows += [row(f"mira-ai {VERSION}, {model}", theirs(model, files), kinds, base) for model in MODELS]
    text = (
        f"{len(contents)} photos of the household model's test split (garbage, trashnet, home) of glass, metal, paper "
        "with cardboard, plastic and trash. They are new to the household model, but come from where its training "
        "photos came from; mira-ai was trained on TrashNet, too, by a split that is not known, so that some may not "
        "be new to it. It detects things, several on a picture, and draws where they are: that is more than is asked. "
        "Both from the file to the answer, one photo after another, on the CPU; ± is 95 % of chance."
    )
    head = [
        "",
        "times as long",
        "right kind of five",
        "answered",
        "right about recycling when answered",
        "ms (5 to 95 %)",
    ]
    write("mira", "Beside another waste sorter", [text, table(head, rows)])


if __name__ == "__main__":
    main()
