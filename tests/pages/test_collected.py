"""The page of collected photos as a visitor has it."""

import io
import subprocess
import sys
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from components.collected import choice
from recycler.datasets.collected import Collected, keep, list_collected, list_discarded
from recycler.datasets.collected_zip import pack
from recycler.settings import PROJECT
from tests.datasets.pictures import photo

PAGE = "from pages import collected\ncollected.page()"
LOADED = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_string({PAGE!r}, default_timeout=60).run()
assert not app.exception, app.exception
print(*sorted({{"keras", "tensorflow", "mlflow", "pandas", "altair"}} & set(sys.modules)))
"""


@pytest.fixture
def kept() -> list[Collected]:
    return [keep(photo(seed), name) for seed, name in enumerate(("glass", "glass", "metal"))]


def page() -> AppTest:
    return checked(AppTest.from_string(PAGE, default_timeout=60).run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def tick(app: AppTest, *photos: Collected) -> AppTest:
    for one in photos:
        app.checkbox(key=f"{state.COLLECTED_TICK}_{one.id}").check()
    return checked(app.run())


def words(app: AppTest) -> str:
    return " ".join(text.value for text in [*app.caption, *app.markdown, *app.error, *app.subheader]).replace("\\", "")


def shown(app: AppTest) -> list[str]:
    return [box.label for box in app.checkbox]


def load(app: AppTest, name: str, content: bytes) -> AppTest:
    return checked(app.file_uploader[0].set_value((name, content, "application/zip")).run())


def test_the_page_needs_no_tensorflow_and_no_charts() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_without_photos_it_leads_on_to_classify() -> None:
    app = page()
    assert "Nothing here yet" in words(app)
    assert any('href="./"' in html.proto.body for html in app.get("html"))
    assert not app.checkbox


def test_photos_are_shown_by_class_and_can_be_filtered(kept: list[Collected]) -> None:
    app = page()
    assert "3 photos that you taught me with" in words(app)
    assert shown(app) == ["glass", "glass", "metal"]
    app.button_group(key=state.COLLECTED_FILTER).set_value(["metal"]).run()
    assert shown(checked(app)) == ["metal"]


def test_a_ticked_photo_gets_another_class_and_undo_takes_it_back(kept: list[Collected]) -> None:
    app = tick(page(), kept[0])
    checked(app.selectbox(key=state.COLLECTED_CLASS).set_value("battery").run())
    assert Collected("battery", kept[0].id) in list_collected()
    assert "1 photo: now battery." in words(app)
    assert not any(box.value for box in app.checkbox)
    checked(app.button(key=state.COLLECTED_UNDO).click().run())
    assert list_collected() == sorted(kept)
    assert state.COLLECTED_UNDO not in [button.key for button in app.button]


def test_photos_are_deleted_together_and_undo_brings_all_of_them_back(kept: list[Collected]) -> None:
    app = page()
    checked(app.button(key=state.COLLECTED_ALL).click().run())
    checked(app.button(key=state.COLLECTED_DELETE).click().run())
    assert (list_collected(), list_discarded()) == ([], sorted(kept))
    assert "Nothing here yet" in words(app)
    assert "3 photos: deleted." in words(app)
    checked(app.button(key=state.COLLECTED_UNDO).click().run())
    assert list_collected() == sorted(kept)


def test_a_photo_that_somebody_else_forgot_meanwhile_is_told(kept: list[Collected]) -> None:
    app = tick(page(), kept[0])
    kept[0].path.unlink()
    checked(app.button(key=state.COLLECTED_DELETE).click().run())
    assert any("No collected photo" in toast.value for toast in app.toast)
    assert shown(app) == ["glass", "metal"]


def test_a_class_that_is_gone_is_no_longer_a_filter(kept: list[Collected]) -> None:
    app = page()
    app.button_group(key=state.COLLECTED_FILTER).set_value(["metal"]).run()
    tick(app, kept[2])
    checked(app.button(key=state.COLLECTED_DELETE).click().run())
    assert shown(app) == ["glass", "glass"]


def test_many_photos_come_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch, kept: list[Collected]) -> None:
    monkeypatch.setattr(choice, "SHOWN", 2)
    app = page()
    assert shown(app) == ["glass", "glass"]
    assert app.button(key=state.COLLECTED_ALL).label == "Tick all of these"


def test_a_zip_is_taken_in_and_what_is_no_photo_is_told() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as hostile:
        hostile.writestr("glass/1.jpg", photo(1))
        hostile.writestr("glass/2.jpg", photo(2)[:500])
        hostile.writestr("../evil.jpg", photo(3))
    app = load(page(), "a.zip", file.getvalue())
    assert "1 photo taken in." in words(app)
    assert "../evil.jpg: a name that leads out of the zip" in words(app)
    assert "glass/2.jpg: This photo is damaged" in words(app)
    assert shown(app) == ["glass"]
    load(app, "b.zip", b"nothing")
    assert "b.zip is no zip" in words(app)
    assert "taken in" not in words(app)


def test_a_photo_that_cannot_be_opened_has_a_tile_and_can_be_deleted(kept: list[Collected]) -> None:
    broken = Collected("glass", "0" * 16)
    broken.path.write_bytes(b"broken")
    app = tick(page(), broken)
    assert "cannot be opened" in words(app)
    checked(app.button(key=state.COLLECTED_DELETE).click().run())
    assert list_collected() == sorted(kept)


def test_what_is_downloaded_is_what_is_ticked_or_else_all(kept: list[Collected]) -> None:
    app = page()
    [button] = app.get("download_button")
    assert button.proto.label == "Download all as a zip"
    [button] = tick(app, kept[0]).get("download_button")
    assert button.proto.label == "Download 1 photo"
    assert zipfile.ZipFile(io.BytesIO(pack([kept[0]]))).namelist() == [f"{kept[0]}.jpg"]


def test_training_again_says_what_it_takes() -> None:
    keep(photo(1), "glass")
    keep(photo(2), "teapot")
    app = page()
    assert "with 1 photo of yours" in words(app)
    assert "no such class: teapot (1)" in words(app)
