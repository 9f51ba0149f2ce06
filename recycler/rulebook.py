"""Rulebooks: where each class goes, as a YAML file that a household can edit.

A file has a title, a region, a source and rules; a rule sends one or more classes to a destination:

    title: Our kitchen
    region: our street
    source: the council's leaflet
    rules:
      - destination: recycling
        classes: [cardboard, paper]
        advice: Fold it flat and keep it dry.
"""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from recycler.classes import KNOWN_CLASSES
from recycler.errors import RulebookError
from recycler.plain_yaml import read_yaml
from recycler.settings import settings


class Destination(BaseModel):
    """A place where things go, and how it looks on every page.

    colour, ink: #rrggbb; `ink` is readable on `colour` (WCAG AA, contrast at least 4.5).
    icon: a Material symbol as Streamlit takes it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    colour: str
    ink: str
    icon: str

    @property
    def counts_as(self) -> Literal["recycle", "bin"]:
        """What the verdict says: only the recycling is *recycle*; every other place, better ones too, is *bin*."""
        return "recycle" if self.name == "recycling" else "bin"


WHITE, BLACK = "#ffffff", "#111111"

# Colours from Okabe and Ito (2008), which colour-blind eyes can tell apart, and two greys for what is least to do.
DESTINATIONS: dict[str, Destination] = {
    name: Destination(name=name, title=title, colour=colour, ink=ink, icon=f":material/{icon}:")
    for name, title, colour, ink, icon in (
        ("recycling", "Recycling", "#009e73", BLACK, "recycling"),
        ("bin", "Bin", "#333333", WHITE, "delete"),
        ("food caddy", "Food caddy", "#f0e442", BLACK, "compost"),
        ("textile bank", "Textile bank", "#cc79a7", BLACK, "checkroom"),
        ("battery point", "Battery point", "#e69f00", BLACK, "battery_alert"),
        ("e-waste", "E-waste", "#0072b2", WHITE, "power"),
        ("hazardous", "Hazardous waste", "#d55e00", BLACK, "warning"),
        ("reuse", "Reuse", "#56b4e9", BLACK, "volunteer_activism"),
        ("not waste", "Not waste", "#c8c8c8", BLACK, "visibility"),
    )
}


class Entry(BaseModel):
    """Where one class goes: a key of DESTINATIONS, one line of advice, and who says so."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    destination: str
    advice: str = Field(min_length=1, max_length=200, pattern=r"^[^\n]*$")
    source: str = ""

    @field_validator("destination")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in DESTINATIONS:
            raise ValueError(f"there is no destination “{name}”; {_nearest(name, DESTINATIONS)}")
        return name


class Rulebook(BaseModel):
    """Classes and where they go. `name` is the stem of its file; `source` stands for entries that name none."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    region: str
    source: str
    classes: dict[str, Entry]

    def check(self, classes: Sequence[str]) -> None:
        """Raise RulebookError when one of a model's classes has no entry here."""
        missing = [name for name in classes if name not in self.classes]
        if missing:
            raise RulebookError(
                f"The rulebook {self.name} does not say where {_listed(missing)} should go; add a rule for it, "
                "or choose another rulebook."
            )

    def recycles(self, class_name: str) -> bool:
        """Whether the class goes to the recycling. KeyError for a class without entry: `check` comes first."""
        return DESTINATIONS[self.classes[class_name].destination].counts_as == "recycle"

    def mask(self, classes: Sequence[str]) -> NDArray[np.bool_]:
        """(C,) true where the class goes to the recycling. Raises RulebookError like `check`."""
        self.check(classes)
        return np.array([self.recycles(name) for name in classes], dtype=np.bool_)


class Rule(Entry):
    """A line of the file: one destination and one advice for several classes."""

    classes: list[str] = Field(min_length=1)


class RulebookFile(BaseModel):
    """A rulebook as it is written down."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1)
    region: str
    source: str
    rules: list[Rule] = Field(min_length=1)


def load_rulebook(path: Path, also: Collection[str] = ()) -> Rulebook:
    """Read a rulebook.

    also: classes of the household's own models, allowed beside KNOWN_CLASSES. A name that nobody knows is most
        often a slip of the pen, after which the class that was meant would silently have no rule. Rules that were
        given on the Train page took their names from folders of photos, so there any name is allowed.
    Raises RulebookError, in one sentence: unreadable file or YAML, a key, destination or class that does not exist
    (with the nearest that does), a class named twice.
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise RulebookError(f"The rulebook {path} cannot be read; name a YAML file such as default.yaml.") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f" near line {mark.line + 1}" if mark else ""
        raise RulebookError(
            f"The rulebook {path.name} is not valid YAML{place}; check its indents and colons."
        ) from problem
    if not isinstance(content, dict):
        raise RulebookError(f"The rulebook {path.name} should begin with keys: title, region, source and rules.")
    try:
        book = RulebookFile.model_validate(content)
    except ValidationError as problem:
        raise RulebookError(f"The rulebook {path.name} has a mistake: {_explain(problem)}.") from problem
    return Rulebook(
        name=path.stem,
        title=book.title,
        region=book.region,
        source=book.source,
        classes=_entries(book, path.name, None if is_own(path) else KNOWN_CLASSES | set(also)),
    )


def list_rulebooks(folder: Path) -> dict[str, Path]:
    """File stem to path, sorted by name, "default" first; empty when the folder is not there."""
    paths = sorted(folder.glob("*.yaml"), key=lambda path: (path.stem != "default", path.stem))
    return {path.stem: path for path in paths}


def known_rulebooks() -> dict[str, Path]:
    """Name to path of the rulebooks in the settings' folder, and after them of those given on the Train page."""
    shipped = list_rulebooks(settings().rulebooks)
    return shipped | {
        name: path for name, path in list_rulebooks(settings().own_rulebooks).items() if name not in shipped
    }


def is_own(path: Path) -> bool:
    """Whether a rulebook was given on the Train page."""
    return path.parent == settings().own_rulebooks


def find_rulebook(name_or_path: str, also: Collection[str] = ()) -> Rulebook:
    """A known rulebook by its name, or any by its path. Raises RulebookError; `also` as load_rulebook."""
    named = known_rulebooks()
    if name_or_path in named:
        return load_rulebook(named[name_or_path], also)
    path = Path(name_or_path).expanduser()
    if path.suffix not in {".yaml", ".yml"}:
        raise RulebookError(f"There is no rulebook “{name_or_path}”; {_nearest(name_or_path, named)}.")
    return load_rulebook(path, also)


def _entries(book: RulebookFile, file: str, known: Collection[str] | None) -> dict[str, Entry]:
    """Class to entry. known: the names that are allowed, None for all."""
    entries: dict[str, Entry] = {}
    for rule in book.rules:
        entry = Entry(destination=rule.destination, advice=rule.advice, source=rule.source or book.source)
        for name in rule.classes:
            if known is not None and name not in known:
                raise RulebookError(
                    f"The rulebook {file} names “{name}”, which no model knows; {_nearest(name, known)}."
                )
            if name in entries:
                raise RulebookError(f"The rulebook {file} names “{name}” twice; keep one of the two.")
            entries[name] = entry
    return entries


def _explain(problem: ValidationError) -> str:
    """The most telling complaint as a clause, rules counted from 1: "rule 2: unknown key “advise”; ..."."""
    # a mistyped key is two complaints, one unknown and one missing; the first names the slip
    error = min(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
    steps = [f"rule {step + 1}" if isinstance(step, int) else str(step) for step in error["loc"] if step != "rules"]
    inside_rule = error["loc"][0] == "rules" and len(error["loc"]) > 1
    *where, key = steps or ["rules"]
    place = f"{' '.join(where)}: " if where else ""
    match error["type"]:
        case "extra_forbidden":
            fields = Rule.model_fields if inside_rule else RulebookFile.model_fields
            return f"{place}unknown key “{key}”; {_nearest(key, fields)}"
        case "missing":
            return f"{place}“{key}” is missing"
        case "value_error":
            return f"{place}{error['ctx']['error']}"
        case _:
            return f"{place}“{key}” holds {error['input']!r:.40}: {error['msg']}"


def _nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the right name; all of them when none is near and they are few."""
    names = sorted(known)
    near = get_close_matches(str(name).lower(), names, n=1)
    if near:
        return f"did you mean “{near[0]}”"
    return f"there are {_listed(names)}" if names else "there are none"


def _listed(names: Sequence[str], most: int = 10) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
