"""The shelf: `models/NAME/` holds one published model and its card; nothing half-written is ever there."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recycler import audit
from recycler.access import require
from recycler.answers import Counts
from recycler.errors import ModelError
from recycler.familiarity import unit
from recycler.runs import REFERENCES_FILE, write_atomically
from recycler.verdict import Thresholds

LITERT_FILE = "model.tflite"
KERAS_FILE = "model.keras"
CARD_FILE = "card.json"
README_FILE = "README.md"

# Figures that a card's README shows; card.json has all.
SHOWN = (
    "photos", "top1", "top5", "top10", "recycling_accuracy", "recycling_balanced_accuracy", "recycling_auroc", "ece",
    "coverage", "accuracy_when_sure", "recycling_balanced_accuracy_when_sure",
)  # fmt: skip
EXPORTED = (
    "megabytes", "photos", "same_class", "same_verdict", "largest_difference", "mean_difference", "top1",
    "recycling_accuracy", "recycling_balanced_accuracy", "coverage", "accuracy_when_sure",
)  # fmt: skip
DIGITS = {"photos": 0, "megabytes": 1, "largest_difference": 4, "mean_difference": 5}  # 3 for all others
BY_THRESHOLDS = {  # figures of other ones lie
    "coverage", "accuracy_when_sure", "recycling_balanced_accuracy_when_sure", "same_verdict",
}  # fmt: skip

# The formats that a model can be exported to (recycler.learning.formats), each to the name of its file.
KERAS = "keras"
FORMAT_FILES = {
    KERAS: KERAS_FILE,
    "litert_float32": "model.float32.tflite",
    "litert_float16": LITERT_FILE,
    "litert_int8": "model.int8.tflite",
    "onnx": "model.onnx",
}

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class Card(BaseModel):
    """What a model knows, how good it is and on which photos that was measured.

    input_size: pixels a side that the network takes, RGB in [0, 255]; 32 for a model of CIFAR's small images.
    temperature: divides the logits so that probabilities match how often they are right (Guo et al. 2017).
    thresholds: when the answer is *unsure*; `thresholds_from` says on which photos they were set.
    parent: what it was trained again from, a shelf model (`household`) or a run (`run:NAME`); "" for none.
    metrics: data set and split to figures of merit by their usual names.
    exports: format (FORMAT_FILES) to its figures, the network's own for comparison among them: megabytes, how far its
        probabilities are from the network's, shares of the model's test photos with the same class and the same
        verdict, figures of merit on these photos.
    test_answers: what it said of its test photos, to be compared with what it is shown later; None on older cards.
    checksums: file name to SHA-256 in hex.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    title: str
    description: str
    version: int = Field(1, ge=1)
    created: date
    classes: tuple[str, ...] = Field(min_length=2)
    recycling_classes: tuple[str, ...]
    input_size: int = Field(ge=16, le=1024)
    embedding_size: int = Field(ge=1)
    backbone: str
    temperature: float = Field(1.0, gt=0)
    thresholds: Thresholds
    thresholds_from: str
    uses_recycling_output: bool = False
    label_rule: str = ""
    parent: str = ""
    sources: dict[str, str]
    metrics: dict[str, dict[str, float]]
    parity: dict[str, float]
    exports: dict[str, dict[str, float]] = {}
    recipe: dict[str, Any]
    versions: dict[str, str]
    test_answers: Counts | None = None
    checksums: dict[str, str] = {}


@dataclass(frozen=True)
class ShelfModel:
    """A model on the shelf whose LiteRT file is what its card says."""

    card: Card
    folder: Path

    @property
    def litert(self) -> Path:
        """The LiteRT file."""
        return self.folder / LITERT_FILE

    def references(self) -> NDArray[np.float32]:
        """Embeddings of training photos, float32 (R, D), of length 1; (0, D) for a model that was published without.

        Raises ModelError for a file that was changed or holds something else.
        """
        size = self.card.embedding_size
        if REFERENCES_FILE not in self.card.checksums:
            return np.zeros((0, size), np.float32)
        check_files(self.folder, self.card, [REFERENCES_FILE])
        try:
            found = np.load(self.folder / REFERENCES_FILE, allow_pickle=False)
        except (ValueError, OSError, EOFError) as problem:
            raise ModelError(f"The references of “{self.card.name}” cannot be read: publish it again.") from problem
        if found.dtype != np.float16 or found.ndim != 2 or found.shape[1] != size or not np.isfinite(found).all():
            raise ModelError(f"The references of “{self.card.name}” are not what its card says: publish it again.")
        return unit(found)


def list_models(shelf: Path) -> list[Card]:
    """Cards of all models on the shelf, by name; folders without a readable card are passed over."""
    cards = []
    for path in sorted(shelf.glob(f"*/{CARD_FILE}")):
        try:
            cards.append(_read_card(path.parent))
        except ModelError:
            continue
    return cards


def load_model(shelf: Path, name: str) -> ShelfModel:
    """Find a model by name and check its LiteRT file against the card.

    Raises ModelError when there is no such model, its card cannot be read, or a file was changed.
    """
    names = [card.name for card in list_models(shelf)]
    folder = shelf / name
    if name not in names and not (Path(name).name == name and (folder / CARD_FILE).is_file()):
        known = ", ".join(names) or "none yet; train one and publish it"
        raise ModelError(f"There is no model called “{name}” on the shelf. Models there: {known}.")
    card = _read_card(folder)
    check_files(folder, card, [LITERT_FILE])
    return ShelfModel(card, folder)


def check_name(name: str) -> None:
    """Raises ModelError for a name that no folder on the shelf can have."""
    if not re.fullmatch(NAME, name):
        raise ModelError(
            f"“{name}” cannot be a model's name: use small letters, digits, - and _, "
            "a letter or digit first, 64 at most."
        )


def check_files(folder: Path, card: Card, files: list[str] | None = None) -> None:
    """Compare files with the card's checksums. Raises ModelError for one that is missing or changed."""
    for name in files if files is not None else sorted(card.checksums):
        path = folder / name
        if not path.is_file():
            raise ModelError(f"The model “{card.name}” lacks its file {name}. Publish it again or restore the folder.")
        if checksum(path) != card.checksums.get(name):
            raise ModelError(
                f"The file {name} of the model “{card.name}” is not the one that was published. "
                "It may be damaged: publish it again or restore the folder."
            )


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def new_model(shelf: Path, name: str) -> Iterator[Path]:
    """A folder to write a model's files into; on leaving without an error it becomes `shelf/name` at once.

    The model that had this name before is kept as `shelf/.replaced/name` until the next time.
    Nothing changes on the shelf when the block raises.
    """
    shelf.mkdir(parents=True, exist_ok=True)
    with FileLock(shelf / ".lock"):
        draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=shelf))
        try:
            yield draft
            draft.chmod(0o755)
            _flush(draft)
            if (shelf / name).exists():
                replaced = shelf / ".replaced" / name
                shutil.rmtree(replaced, ignore_errors=True)
                replaced.parent.mkdir(exist_ok=True)
                (shelf / name).rename(replaced)
            draft.rename(shelf / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_card(folder: Path, card: Card) -> Card:
    """Put the card and its README beside the model files, with the checksums of these; returns the full card."""
    sums = {path.name: checksum(path) for path in sorted(folder.iterdir()) if path.name not in (CARD_FILE, README_FILE)}
    full = card.model_copy(update={"checksums": sums})
    (folder / CARD_FILE).write_bytes(_card_file(full))
    (folder / README_FILE).write_text(card_text(full), encoding="utf-8")
    return full


def set_thresholds(
    shelf: Path, name: str, thresholds: Thresholds, set_on: str, measured: Mapping[str, Mapping[str, float]]
) -> Card:
    """Change when a model on the shelf is unsure; its files stay. Returns the new card.

    set_on: the photos that decided, in words. measured: data set and split to figures of merit by the new thresholds;
    figures of other photos that depend on thresholds were measured with the old ones, and are taken off the card.
    Raises ModelError when there is no such model, or a file is not what the card says; AccessError.
    """
    require("publish")
    with FileLock(shelf / ".lock"):
        folder = load_model(shelf, name).folder
        card = _read_card(folder)
        check_files(folder, card)
        new = card.model_copy(
            update={
                "thresholds": thresholds,
                "thresholds_from": set_on,
                "metrics": _lasting(card.metrics) | {photos: dict(row) for photos, row in measured.items()},
                "exports": _lasting(card.exports),
            }
        )
        _replace_card(folder, new)
    audit.note("thresholds", f"{name}: unsure below {thresholds.confidence:.3f}, set on {set_on}")
    return new


def add_exports(
    model: ShelfModel,
    files: Mapping[str, bytes],
    exports: Mapping[str, Mapping[str, float]],
    folder: Path | None = None,
) -> Card:
    """Put a model in other formats beside its files, and what is known of them on its card; returns the new card.

    files: name to content. exports: as on a card. folder: instead of the shelf, which then stays as it is; it gets a
    card, too.
    """
    require("publish")
    target = folder or model.folder
    target.mkdir(parents=True, exist_ok=True)
    with nullcontext() if folder else FileLock(model.folder.parent / ".lock"):
        card = model.card.model_copy(update={"checksums": {}, "exports": {}}) if folder else _read_card(model.folder)
        for name, content in files.items():
            write_atomically(target / name, content)
        sums = card.checksums | {name: checksum(target / name) for name in files}
        known = card.exports | {name: dict(row) for name, row in exports.items()}
        rows = {name: known[name] for name in FORMAT_FILES if name in known}
        new = card.model_copy(update={"exports": rows, "checksums": dict(sorted(sums.items()))})
        _replace_card(target, new)
    if folder is None:
        audit.note("exports", f"{card.name}: {', '.join(exports)}")
    return new


def _lasting(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Figures that other thresholds do not change."""
    return {
        name: {figure: value for figure, value in row.items() if figure not in BY_THRESHOLDS}
        for name, row in rows.items()
    }


def _replace_card(folder: Path, card: Card) -> None:
    write_atomically(folder / CARD_FILE, _card_file(card))
    write_atomically(folder / README_FILE, card_text(card).encode())


def card_text(card: Card) -> str:
    """The card as Markdown for people."""
    what = f"{card.classes[0]} to {card.classes[-1]}" if len(card.classes) > 20 else ", ".join(card.classes)
    size = f"{card.input_size} x {card.input_size} pixels"
    if card.input_size <= 64:
        size += ", so it sees little of a photo"
    lines = [
        f"# {card.title}",
        "",
        card.description,
        "",
        f"- **Knows** {len(card.classes)} classes: {what}",
        f"- **Since** {card.created:%Y-%m-%d}, version {card.version}",
        f"- **Backbone** {card.backbone}, sees {size}",
        f"- **Trained on** {'; '.join(f'{name} ({text})' for name, text in card.sources.items())}",
        f"- **Not sure** {_not_sure(card.thresholds)} (set on {card.thresholds_from})",
        f"- **Temperature** {card.temperature:.3f}",
    ]
    if card.parent:
        lines.append(f"- **Trained again from** {card.parent}")
    if card.label_rule:
        lines.append(f"- **Label rule** {card.label_rule}")
    lines += ["", "## How good", "", *_figures_table("measured on", card.metrics, SHOWN)]
    lines += ["", "LiteRT against Keras: " + ", ".join(f"{k} {v:.4g}" for k, v in card.parity.items()) + ".", ""]
    if card.exports:
        lines += ["## Formats", "", "The same test photos in each, beside the network itself (keras).", ""]
        rows = {f"{name}: `{FORMAT_FILES.get(name, name)}`": row for name, row in card.exports.items()}
        lines += [*_figures_table("format", rows, EXPORTED), ""]
    return "\n".join(lines)


def _not_sure(thresholds: Thresholds) -> str:
    limits = [f"below {thresholds.confidence:.2f}"]
    if thresholds.entropy_bits is not None:
        limits.append(f"above {thresholds.entropy_bits:.2f} bits")
    if thresholds.familiarity is not None:
        limits.append(f"or familiarity and a tenth of the probability below {thresholds.familiarity:.2f}")
    return ", ".join(limits)


def _card_file(card: Card) -> bytes:
    return card.model_dump_json(indent=2).encode() + b"\n"


def _figures_table(first: str, rows: Mapping[str, Mapping[str, float]], shown: Sequence[str]) -> list[str]:
    columns = [figure for figure in shown if any(figure in row for row in rows.values())]
    lines = [f"| {first} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = ["" if figure not in row else f"{row[figure]:.{DIGITS.get(figure, 3)}f}" for figure in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _read_card(folder: Path) -> Card:
    try:
        card = Card.model_validate_json((folder / CARD_FILE).read_bytes())
    except (OSError, ValidationError) as problem:
        raise ModelError(f"The card of the model “{folder.name}” cannot be read: publish the model again.") from problem
    if card.name != folder.name:
        raise ModelError(f"The card in the folder “{folder.name}” belongs to “{card.name}”: rename the folder.")
    if not set(card.recycling_classes) <= set(card.classes):
        raise ModelError(f"The card of “{card.name}” calls classes recyclable that the model does not have.")
    return card


def _flush(folder: Path) -> None:
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
