"""Who did what: RECYCLER_HOME/audit.jsonl, one line a deed that changes what others see. Lines are only ever added."""

import logging
import os
from collections import deque
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from recycler.access import actor, require
from recycler.settings import settings

SHOWN = 200  # the last deeds, on the page
MOST_LETTERS = 500  # of what was done: a line is written at once, whole


class Deed(BaseModel):
    """A line of the log. who: as they signed in; else the user of the command line, or the visitor's address."""

    model_config = ConfigDict(frozen=True)

    when: datetime
    who: str
    role: str
    deed: str
    what: str


def note(deed: str, what: str) -> None:
    """Add a line: whoever acts now has done this. A disk that is full costs the line, not the deed."""
    who = actor()
    line = Deed(when=datetime.now(UTC), who=who.name[:200], role=str(who.role), deed=deed, what=what[:MOST_LETTERS])
    try:
        settings().home.mkdir(parents=True, exist_ok=True)
        file = os.open(settings().audit, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.model_dump_json().encode() + b"\n")  # one call: lines of two processes never mix
        finally:
            os.close(file)
    except OSError as problem:
        logging.getLogger(__name__).warning("The audit log cannot be written: %s", problem.strerror)


def deeds(most: int = SHOWN) -> list[Deed]:
    """The last deeds, the newest first; lines that cannot be read are passed over. Raises AccessError."""
    require("administer")
    found: deque[Deed] = deque(maxlen=most)
    try:
        with settings().audit.open("rb") as lines:
            for line in lines:
                try:
                    found.append(Deed.model_validate_json(line))
                except ValidationError:
                    continue
    except FileNotFoundError:
        return []
    return [*reversed(found)]
