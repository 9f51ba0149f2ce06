"""Work for a Ray cluster, whose nodes all have the home folder and the photos at the same paths."""

from pathlib import Path
from typing import Any

from recycler.access import ACTOR
from recycler.processes import environment
from recycler.settings import PROJECT, settings

INSTALL = "Ray is not installed here: make env-ray"
LEFT_HERE = ("/.git", "/.venv", "/.env", "/.streamlit/secrets.toml", "/build", "/tests", "/docs", "/benchmarks")
SETTINGS = ("home", "data", "photo_megabytes", "photo_megapixels", "cache_gigabytes", "threads")
OWN_FOLDERS = ("models", "rulebooks")  # in the code, which travels, unless they were set


def runtime_env(*unwanted: str) -> dict[str, Any]:
    """What the work takes along, in Ray's words: this code but for what is unwanted, and settings; no secrets."""
    current = settings()
    chosen = {name: getattr(current, name) for name in (*SETTINGS, *current.model_fields_set & {*OWN_FOLDERS})}
    variables = {name: value for name, value in environment().items() if name in ("KERAS_HOME", ACTOR)}
    for name, value in chosen.items():
        if value is not None:
            variables[f"RECYCLER_{name.upper()}"] = str(value.absolute() if isinstance(value, Path) else value)
    return {"working_dir": str(PROJECT), "excludes": [*LEFT_HERE, *unwanted], "env_vars": variables}
