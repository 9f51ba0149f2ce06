import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from components import state
from components.visit import Visit
from components.words import readable
from recycler.classes import HOUSEHOLD
from recycler.datasets.collected import keep, list_collected
from recycler.own_rules import keep_rules
from recycler.photos import to_jpeg
from recycler.settings import PROJECT, settings


def drawn(seed: int) -> bytes:
    """A photo of a bottle, another one for each seed."""
    with Image.open(PROJECT / "samples" / "plastic-bottle.jpg") as photo:
        return to_jpeg(np.asarray(photo.convert("RGB").rotate(seed)), 400)


def write_rulebook(folder: Path, name: str, destination: str, classes: tuple[str, ...] = HOUSEHOLD) -> None:
    rule = f"  - {{destination: {destination}, classes: [{', '.join(classes)}], advice: Put it there}}"
    (folder / f"{name}.yaml").write_text(f"title: {name}\nregion: here\nsource: us\nrules:\n{rule}\n", "utf-8")


@pytest.fixture
def rulebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rulebooks that send everything to one place, so that every photo has a sure verdict."""
    write_rulebook(tmp_path, "default", "recycling")
    write_rulebook(tmp_path, "strict", "bin")
    write_rulebook(tmp_path, "gap", "recycling", HOUSEHOLD[:-1])
    monkeypatch.setenv("RECYCLER_RULEBOOKS", str(tmp_path))
    settings.cache_clear()
    return tmp_path


@pytest.fixture
def app(rulebooks: Path) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    return app.button_group(key=state.SOURCE).set_value("Upload").run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "image/jpeg") for name, data in files])
    app.run()
    assert not app.exception
    return app


def visit(app: AppTest) -> Visit:
    found: Visit = app.session_state[state.VISIT]
    return found


def headlines(app: AppTest) -> list[str]:
    return [html.proto.body for html in app.get("html") if 'class="verdict"' in html.proto.body]


def test_one_photo_gets_a_verdict_in_words_with_icon_and_advice(app: AppTest) -> None:
    upload(app, ("photo.jpg", drawn(1)))
    [headline] = headlines(app)
    assert "Recycling" in headline
    assert "recycling</span>" in headline
    assert "Looks like" in headline
    assert any("Put it there" in text.value for text in app.markdown)
    assert any("almost certain" in text.value and "more than 99\u00a0%" in text.value for text in app.markdown)


def test_a_broken_photo_is_one_sentence_and_the_others_go_on(app: AppTest) -> None:
    upload(app, ("a.jpg", drawn(1)), ("broken.jpg", drawn(2)[:500]), ("b.jpg", drawn(3)))
    assert len(headlines(app)) == 2
    [sentence] = [warning.value for warning in app.main.warning]
    assert sentence.startswith(r"**broken\.jpg**: This")


def test_names_of_files_are_shown_as_text(app: AppTest) -> None:
    upload(app, ("![x](https://example.org/x.png) <b>:red[y]</b>.jpg", b"nothing"))
    [sentence] = [warning.value for warning in app.main.warning]
    for live in ("![", "](", "<b>", " :red["):
        assert live not in sentence


def test_another_rulebook_changes_the_verdict_and_does_not_ask_the_network_again(app: AppTest) -> None:
    upload(app, ("a.jpg", drawn(1)), ("b.jpg", drawn(2)))
    before = dict(visit(app).predictions)
    app.selectbox(key=state.RULEBOOK).set_value("strict").run()
    assert all("Bin" in headline for headline in headlines(app))
    after = visit(app).predictions
    assert after.keys() == before.keys()
    assert all(after[key] is before[key] for key in before)


def test_a_rulebook_that_misses_a_class_says_so_and_another_one_answers(app: AppTest) -> None:
    upload(app, ("photo.jpg", drawn(1)))
    app.selectbox(key=state.RULEBOOK).set_value("gap").run()
    assert not app.exception
    [sentence] = [warning.value for warning in app.sidebar.warning]
    assert HOUSEHOLD[-1] in sentence
    assert "Recycling" in headlines(app)[0]


def test_the_same_photo_again_is_not_computed_again(app: AppTest) -> None:
    upload(app, ("photo.jpg", drawn(1)))
    [before] = visit(app).predictions.values()
    upload(app, ("the same.jpg", drawn(1)))
    [after] = visit(app).predictions.values()
    assert after is before


def test_an_upload_is_let_go_at_once(app: AppTest) -> None:
    upload(app, ("photo.jpg", drawn(1)))
    assert not app.file_uploader[0].value
    assert app.file_uploader[0].key == f"{state.UPLOAD}_1"


def test_forgetting_leaves_nothing(app: AppTest) -> None:
    upload(app, ("photo.jpg", drawn(1)))
    upload(app, ("photo.jpg", drawn(2)))
    assert [fold.label for fold in app.expander if "Earlier" in fold.label] == ["Earlier in this visit (1)"]
    app.button(key=state.FORGET).click().run()
    assert headlines(app) == []
    assert visit(app) == Visit()


def test_an_empty_shelf_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    settings.cache_clear()
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert "RECYCLER_MODELS" in app.error[0].value


def test_a_changed_model_file_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    household = settings().models / "household"
    shutil.copytree(household, tmp_path / "household")
    card = tmp_path / "household" / "card.json"
    checksum = "0" * 64
    known = next(line for line in card.read_text("utf-8").splitlines() if "model.tflite" in line)
    card.write_text(card.read_text("utf-8").replace(known.split('"')[3], checksum), "utf-8")
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    settings.cache_clear()
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert "not the one that was published" in app.error[0].value


def test_the_models_card_says_what_it_knows_and_since_when(app: AppTest) -> None:
    card = " ".join(text.value for text in app.sidebar.markdown)
    assert "Knows 10 kinds" in card
    assert "Since" in card


def kinds(app: AppTest) -> list[str]:
    return [str(button.key).rpartition("_")[2] for button in app.button if str(button.key).startswith(state.CORRECT)]


def open_correction(app: AppTest, seed: int = 1) -> str:
    """Upload a photo and open the fold; the key of the photo."""
    upload(app, ("photo.jpg", drawn(seed)))
    [key] = visit(app).latest
    app.session_state[f"{state.WRONG}_{key}"] = True
    app.run()
    return key


def learned(app: AppTest) -> list[str]:
    return [caption.value for caption in app.sidebar.caption if "Learned from" in caption.value]


def test_a_tap_corrects_the_answer_at_once_and_undo_brings_the_old_one_back(app: AppTest) -> None:
    key = open_correction(app)
    [before] = headlines(app)
    assert len(kinds(app)) == 3
    assert any("kept on the computer" in caption.value for caption in app.main.caption)
    assert not list_collected()
    name = kinds(app)[2]
    app.button(key=f"{state.CORRECT}_{key}_{name}").click().run()
    assert not app.exception
    assert f"Looks like {readable(name)}" in headlines(app)[0]
    assert learned(app) == [":material/school: Learned from 1 photo of yours"]
    assert [photo.class_name for photo in list_collected()] == [name]
    app.button(key=f"{state.UNDO}_{key}").click().run()
    assert headlines(app) == [before]
    assert learned(app) == []
    assert not list_collected()


def test_none_of_these_opens_the_rest(app: AppTest) -> None:
    key = open_correction(app)
    rest = app.selectbox(key=f"{state.OTHERS}_{key}")
    assert len(rest.options) == len(HOUSEHOLD) - 3
    assert rest.value is None
    name = HOUSEHOLD[[readable(name).capitalize() for name in HOUSEHOLD].index(rest.options[0])]
    rest.set_value(name).run()
    assert not app.exception
    assert [photo.class_name for photo in list_collected()] == [name]
    assert readable(name) in headlines(app)[0]


def test_what_was_taught_outlives_the_visit_and_can_be_forgotten_by_class_or_whole(app: AppTest) -> None:
    for seed, name in enumerate(("glass", "glass", "metal")):
        keep(drawn(seed), name)
    app.run()
    assert learned(app) == [":material/school: Learned from 3 photos of yours"]
    app.button(key=f"{state.UNLEARN}_glass").click().run()
    assert learned(app) == [":material/school: Learned from 1 photo of yours"]
    app.button(key=state.UNLEARN).click().run()
    assert learned(app) == []
    assert not list_collected()


def test_a_correction_that_was_forgotten_can_be_made_again(app: AppTest) -> None:
    key = open_correction(app)
    app.button(key=f"{state.CORRECT}_{key}_{kinds(app)[0]}").click().run()
    assert not [fold for fold in app.expander if fold.label.startswith("Wrong?")]
    app.button(key=state.UNLEARN).click().run()
    assert [fold for fold in app.expander if fold.label.startswith("Wrong?")]


def test_why_says_what_the_network_alone_would_have_said(app: AppTest) -> None:
    key = open_correction(app)
    app.button(key=f"{state.CORRECT}_{key}_{kinds(app)[0]}").click()
    app.session_state[f"{state.WHY}_{key}"] = True
    app.run()
    assert any("Without the photos that you taught me" in text.value for text in app.markdown)


@pytest.fixture
def two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rulebooks: Path) -> str:
    """A shelf with two models of one title; gives the title."""
    shelf = tmp_path / "shelf"
    for name in ("household", "other"):
        shutil.copytree(settings().models / "household", shelf / name)
    card = json.loads((shelf / "household" / "card.json").read_text("utf-8"))
    (shelf / "other" / "card.json").write_text(json.dumps(card | {"name": "other"}), "utf-8")
    monkeypatch.setenv("RECYCLER_MODELS", str(shelf))
    settings.cache_clear()
    title: str = card["title"]
    return title


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def test_models_of_one_title_can_be_told_apart_and_the_address_holds_the_name(two_models: str) -> None:
    app = opened()
    assert app.selectbox(key=state.MODEL).options == [f"{two_models} (household)", f"{two_models} (other)"]
    assert dict(app.query_params) == {}
    app.selectbox(key=state.MODEL).set_value("other").run()
    assert dict(app.query_params) == {"model": "other"}
    assert opened(model="other").selectbox(key=state.MODEL).value == "other"


def test_an_address_with_a_title_or_with_what_is_not_there_is_understood(rulebooks: Path) -> None:
    assert opened(rulebook="strict").selectbox(key=state.RULEBOOK).value == "strict"
    write_rulebook(rulebooks, "street", "bin")
    book = (rulebooks / "street.yaml").read_text("utf-8")
    (rulebooks / "street.yaml").write_text(book.replace("title: street", "title: Our street"), "utf-8")
    assert opened(rulebook="Our street").selectbox(key=state.RULEBOOK).value == "street"
    assert opened(rulebook="gone", model="gone").selectbox(key=state.RULEBOOK).value == "default"


def test_own_rules_are_offered_where_they_fit_and_only_there(rulebooks: Path) -> None:
    keep_rules("kitchen", "Kitchen rules", HOUSEHOLD, ["glass"])
    keep_rules("capsules", "Capsule rules", ["capsule", "wrapper"], ["capsule"])
    offered = opened().selectbox(key=state.RULEBOOK).options
    assert "Kitchen rules" in offered
    assert "Capsule rules" not in offered
