"""Recipes that are being written on the Train page, kept so that a reload finds them: RECYCLER_HOME/drafts/ID.json."""

import json
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from recycler.access import require
from recycler.runs import write_atomically
from recycler.settings import settings

DAYS = 30  # that an untouched draft is kept
Draft = dict[str, Any]


def new_identity() -> str:
    """A name that nobody guesses: it stands in the address of the page."""
    return secrets.token_hex(8)


def keep_draft(identity: str, draft: Draft) -> None:
    """Write a draft; a disk that is full or read-only costs the draft, not the page. Raises AccessError."""
    require("train")
    with suppress(OSError):
        file = _file(identity)
        if not file.parent.is_dir():
            file.parent.mkdir(parents=True)
        if not file.exists():
            _forget_old(file.parent)
        write_atomically(file, json.dumps(draft).encode(), durable=False)


def load_draft(identity: str) -> Draft | None:
    """The draft of this name, or None where there is none, or none that can be read."""
    if not re.fullmatch(r"[0-9a-f]{16}", identity):
        return None
    try:
        draft = json.loads(_file(identity).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return draft if isinstance(draft, dict) else None


def _file(identity: str) -> Path:
    return settings().drafts / f"{identity}.json"


def _forget_old(folder: Path) -> None:
    for file in folder.glob("*.json"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > DAYS * 24 * 3600:
                file.unlink()
