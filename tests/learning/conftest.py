"""Shapes drawn here, as photos to train on, and a home in which what was computed for one test serves the next."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recycler.settings import settings
from tests.learning.shapes import draw


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 24 photos of glass and 24 of trash."""
    root = tmp_path_factory.mktemp("shapes")
    for c, kind in enumerate(("glass", "trash")):
        (root / kind).mkdir()
        for i in range(24):
            (root / kind / f"{i}.jpg").write_bytes(draw(kind, 100 * c + i))
    return root


@pytest.fixture(scope="session")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that all tests of a session share: converting a network takes seconds."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def shared_home(own_home: Path, kept_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shared home, for tests that don't look into it."""
    monkeypatch.setenv("RECYCLER_HOME", str(kept_home))
    settings.cache_clear()
    yield kept_home
    settings.cache_clear()
