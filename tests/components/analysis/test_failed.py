"""The gallery, and a photo large, on a folder of photos and a table that somebody brought along."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from recycler.labels import history
from tests.datasets.pictures import photo, write_tree

ANALYSIS = """
import numpy as np
from components.analysis import failed, large
from components.analysis.labels import with_labels_of_now
from recycler.analysis import Analysis
from recycler.predictions import predictions
from recycler.recipe import Data, Source
from recycler.rulebook import find_rulebook
from recycler.subjects import Subject
from recycler.verdict import ALWAYS_ANSWER

CLASSES = ("glass", "paper", "trash")
SAID = {{
    "glass/a.jpg": (0.8, 0.1, 0.1),
    "glass/b.jpg": (0.2, 0.7, 0.1),
    "paper/c.jpg": (0.03, 0.02, 0.95),
    "paper/d.jpg": (0.1, 0.8, 0.1),
    "trash/e.jpg": (0.1, 0.2, 0.7),
}}
true = [photo.split("/")[0] for photo in SAID]
photos = [f"things/{{photo}}" for photo in SAID]
table = predictions(CLASSES, photos, "test", true, np.array(list(SAID.values()), np.float32))
rulebook = find_rulebook("default")
subject = Subject("file:table", "A table", CLASSES, ALWAYS_ANSWER)
sources = Data(sources=(Source(name={folder!r}),))
analysis = Analysis("test", subject, "things", "test", table.judged(rulebook, ALWAYS_ANSWER), rulebook, sources)
now = with_labels_of_now(analysis)
"""
GALLERY = f"{ANALYSIS}failed.show(now, None)"
LARGE = f"{ANALYSIS}large.draw(now, np.array([2, 1]))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("glass/a.jpg", "glass/b.jpg", "paper/c.jpg", "paper/d.jpg", "trash/e.jpg")
    return write_tree(tmp_path / "things", {name: photo(seed) for seed, name in enumerate(names)})


def page(content: str, folder: Path) -> AppTest:
    app = AppTest.from_string(content.format(folder=str(folder)), default_timeout=60).run()
    assert not app.exception
    return app


@pytest.fixture
def gallery(folder: Path) -> AppTest:
    return page(GALLERY, folder)


@pytest.fixture
def app(folder: Path) -> AppTest:
    return page(LARGE, folder)


def pictures(app: AppTest) -> list[str]:
    assert not app.exception
    return [button.label for button in app.button if str(button.key).startswith(state.ANALYSE_PAGE)]


def title(app: AppTest) -> str:
    assert not app.exception
    return app.header[0].value


def test_what_was_called_something_else_is_shown_worst_first(gallery: AppTest) -> None:
    worst, other = pictures(gallery)
    assert worst.startswith("Open paper, said mixed rubbish, 95")
    assert other.startswith("Open glass, said paper, 70")
    assert gallery.markdown[0].value.startswith("**2 of 5 photos.**")


def test_each_has_its_picture(gallery: AppTest) -> None:
    bodies = [html.proto.body for html in gallery.get("html")]
    assert len({body for body in bodies if "data:image/jpeg" in body}) == 2


def test_filters_narrow_it_down(gallery: AppTest) -> None:
    gallery.text_input(key=f"{state.ANALYSE_FILTER}-search").set_value("C.JPG").run()
    assert len(pictures(gallery)) == 1
    gallery.text_input(key=f"{state.ANALYSE_FILTER}-search").set_value("").run()
    gallery.multiselect(key=f"{state.ANALYSE_FILTER}-said").set_value(["paper"]).run()
    assert [label.split(",")[0] for label in pictures(gallery)] == ["Open glass"]
    assert gallery.markdown[0].value.endswith("Only those called paper.")
    gallery.session_state[f"{state.ANALYSE_FILTER}-kind"] = "all"
    assert len(pictures(gallery.run())) == 2
    gallery.slider(key=f"{state.ANALYSE_FILTER}-sure").set_value((0, 10)).run()
    assert pictures(gallery) == []
    assert gallery.markdown[0].value.endswith("Only those called paper, 0% to 10% sure.")
    assert "No photos like these." in [text.value for text in gallery.markdown]


def test_a_press_opens_the_photo_large(gallery: AppTest) -> None:
    gallery.button(key=next(str(b.key) for b in gallery.button if b.label.startswith("Open glass"))).click().run()
    assert title(gallery) == "Glass, called paper"
    gallery.run()
    assert title(gallery) == "Glass, called paper"  # an answer that came while one looks does not close it


def test_the_photos_beside_it_are_a_step_away(app: AppTest) -> None:
    assert title(app) == "Paper, called mixed rubbish"
    assert app.button(key=f"{state.ANALYSE_LARGE}-Left").disabled
    app.button(key=f"{state.ANALYSE_LARGE}-Right").click().run()
    assert title(app) == "Glass, called paper"
    assert app.button(key=f"{state.ANALYSE_LARGE}-Right").disabled
    app.button(key=f"{state.ANALYSE_LARGE}-Left").click().run()
    assert title(app) == "Paper, called mixed rubbish"


def test_a_photo_large_says_how_sure_and_whether_the_verdict_was_right(app: AppTest) -> None:
    [facts] = [html.proto.body for html in app.get("html")]
    assert "95\u00a0%" in facts
    assert "glass, 3\u00a0%" in facts
    assert "of at most 1.58 bits" in facts
    assert "bin; recycle is right" in facts


def test_a_wrong_label_is_put_right_at_once_and_taken_back(app: AppTest, folder: Path) -> None:
    app.session_state[f"{state.ANALYSE_LABEL}-fold-2"] = True
    app.run()
    app.selectbox(key=f"{state.ANALYSE_LABEL}-{folder}-paper/c.jpg").set_value("trash").run()
    assert [(change.photo, change.now) for change in history(str(folder))] == [("paper/c.jpg", "trash")]
    assert title(app) == "Mixed rubbish, called so"
    gallery = page(GALLERY, folder)
    assert [label.split(",")[0] for label in pictures(gallery)] == ["Open glass"]
    assert [fold.label for fold in gallery.expander][1:] == ["Corrected labels"]
    [undo] = [button for button in gallery.button if button.label == "Undo"]
    undo.click().run()
    assert history(str(folder)) == []
    assert len(pictures(gallery)) == 2
    assert len(gallery.expander) == 1


def test_a_photo_that_is_left_out_is_gone_from_the_figures(app: AppTest, folder: Path) -> None:
    app.session_state[f"{state.ANALYSE_LABEL}-fold-2"] = True
    app.run()
    app.button(key=f"{state.ANALYSE_LABEL}-{folder}-paper/c.jpg-out").click().run()
    assert page(GALLERY, folder).markdown[0].value.startswith("**1 of 4 photos.**")


def test_a_broken_photo_is_said_to_be_one(folder: Path) -> None:
    (folder / "paper" / "c.jpg").write_bytes(b"no photo")
    assert "cannot be opened" in page(LARGE, folder).info[0].value
