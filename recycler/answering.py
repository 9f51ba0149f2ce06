"""Files of photos to answers: what the command line says, and what a batch keeps."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycler.classifier import load_classifier, predict_all
from recycler.errors import RecyclerError
from recycler.photos import SUFFIXES
from recycler.rulebook import find_rulebook
from recycler.settings import settings
from recycler.verdict import Prediction, judge

if TYPE_CHECKING:
    from recycler.teach import Memory

Line = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Who answers: a model on the shelf, a rulebook by name or file, and whether what was taught is left out."""

    model: str
    rulebook: str
    untaught: bool = False


class Answerer:
    """The choice, ready for photos: the model, the rules, and what was taught.

    memory: what was taught; None where nothing ever was.
    Raises ModelError and RulebookError.
    """

    def __init__(self, choice: Choice, threads: int) -> None:
        self.threads = threads
        self.classifier = load_classifier(choice.model, threads)
        self.rules = find_rulebook(choice.rulebook, self.classifier.card.classes)
        self.rules.check(self.classifier.card.classes)
        self.thresholds = self.classifier.card.thresholds
        self.memory: Memory | None = None
        if not choice.untaught and settings().collected.is_dir():
            from recycler.teach import recall  # not before anything was taught: it takes a while to import

            self.memory = recall(self.classifier, threads)

    def lines(self, files: Iterable[Path]) -> Iterator[Line]:
        """An answer a photo, in order: the command line's JSON line, or `path` and `error`."""
        waiting: list[Path] = []

        def readers() -> Iterator[Callable[[], bytes]]:
            for file in files:
                waiting.append(file)
                yield partial(_read, file)

        for answer in predict_all(self.classifier, readers(), self.threads):
            yield self._line(waiting.pop(0), answer)

    def _line(self, file: Path, answer: Prediction | Exception) -> Line:
        if isinstance(answer, Exception):
            text = str(answer) if isinstance(answer, RecyclerError) else "This file cannot be read."
            return {"path": shown(file), "error": text}
        prediction = self.memory.blend(answer) if self.memory else answer
        verdict = judge(prediction, self.rules, self.thresholds)
        return {
            "path": shown(file),
            "verdict": verdict.verdict,
            "class": verdict.class_name,
            "probability": round(verdict.probability, 6),
            "p_recycle": round(verdict.p_recycle, 6),
            "entropy_bits": round(verdict.entropy_bits, 6),
            "familiarity": round(prediction.familiarity, 6),
            "destination": verdict.destination.name,
            "model": self.classifier.card.name,
        }


def photo_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as named; folders walked in the order of `sorted` for files that look like photos, a folder at a time."""
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def shown(file: Path) -> str:
    """A path as text, whatever bytes its name holds."""
    return os.fsencode(file).decode("utf-8", "replace")


def _walk(folder: Path) -> Iterator[Path]:
    """Links to folders are not followed, so that no walk goes in circles."""
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be read
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file():
            yield Path(entry.path)


def _read(file: Path) -> bytes:
    """The bytes of a file, no more than are needed to refuse it."""
    with file.open("rb") as opened:
        return opened.read(settings().photo_megabytes * 1_000_000 + 1)
