import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import limit, state
from recycler.allowance import Allowances
from recycler.settings import PROJECT, settings

PAGE = "from components import gate\nfrom pages import classify\ngate.begin()\nclassify.page()"


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECYCLER_OPEN")
    monkeypatch.setenv("RECYCLER_AUTH", "oidc")
    monkeypatch.setenv("RECYCLER_ADMINS", "ada@town.example")
    monkeypatch.setenv("RECYCLER_PHOTOS_A_MINUTE", "2")
    monkeypatch.setattr(limit, "_allowances", Allowances())
    settings.cache_clear()


def shown(app: AppTest, files: list[Path]) -> AppTest:
    app.button_group(key=state.SOURCE).set_value("Upload").run()
    app.file_uploader[0].set_value([(file.name, file.read_bytes(), "image/jpeg") for file in files])
    app.run()
    assert not app.exception
    return app


def test_more_photos_than_a_visitor_may_show_are_refused_with_a_sentence(two_a_minute: None) -> None:
    samples = sorted((PROJECT / "samples").glob("*.jpg"))[:4]
    app = shown(AppTest.from_string(PAGE, default_timeout=60).run(), samples)
    assert len(app.session_state[state.VISIT].latest) == 2
    [warning] = app.warning
    assert "2 photos" in warning.value
    assert "More than 2 a minute" in warning.value.replace("\\", "")


def test_an_admin_has_no_limit(two_a_minute: None) -> None:
    samples = sorted((PROJECT / "samples").glob("*.jpg"))[:4]
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.user = {"is_logged_in": True, "email": "ada@town.example", "email_verified": True, "iat": time.time()}
    assert len(shown(app.run(), samples).session_state[state.VISIT].latest) == 4
