"""Every page as every role, and what stands on it."""

import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from components import state
from recycler.access import Actor, Role
from recycler.datasets.collected import keep, list_collected
from recycler.settings import PROJECT, settings
from tests.datasets.pictures import photo
from tests.finished import ended

APP = PROJECT / "app.py"
PEOPLE = {None: "guest", "mia": "member", "tess": "trainer", "ada": "admin"}

# The least role that sees a page, by its address and title.
PAGES = {
    "classify": ("guest", "Where does it go?"),
    "privacy": ("guest", "What is kept here"),
    "analyse": ("member", "Analyse"),
    "collected": ("member", "My photos"),
    "train": ("trainer", "Train"),
}
RANK = ["guest", "member", "trainer", "admin"]


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server where people sign in."""
    monkeypatch.delenv("RECYCLER_OPEN")
    monkeypatch.setenv("RECYCLER_AUTH", "oidc")
    for role, person in (("MEMBERS", "*"), ("TRAINERS", "tess@town.example"), ("ADMINS", "ada@town.example")):
        monkeypatch.setenv(f"RECYCLER_{role}", person)
    settings.cache_clear()


@pytest.fixture
def exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without sign-in whose visitors are not at its machine."""
    monkeypatch.delenv("RECYCLER_OPEN")
    settings.cache_clear()


def claims(person: str | None) -> dict[str, Any]:
    if person is None:
        return {"is_logged_in": False}
    mail = f"{person}@town.example"
    return {"is_logged_in": True, "email": mail, "email_verified": True, "iat": time.time() - 60}


def opened(address: str, person: str | None = None) -> AppTest:
    """The app as somebody sees it who opens this address first."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.user = claims(person)
    return go(checked(app.run()), address)


def go(app: AppTest, address: str) -> AppTest:
    """Ask for an address, as a link does; AppTest's own `switch_page` knows pages that are files only."""
    app._page_hash = calc_hash(address)
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(text.value for text in (*app.title, *app.markdown, *app.caption, *app.info, *app.error))


def linked(app: AppTest) -> set[str]:
    """Where the navigation leads, as a phone shows it."""
    return {link.proto.page for link in app.get("page_link")}


def keys(app: AppTest) -> str:
    widgets = (*app.button, *app.checkbox, *app.selectbox, *app.text_input, *app.slider)
    return " ".join(str(widget.key) for widget in widgets)


@pytest.mark.parametrize("person", PEOPLE, ids=PEOPLE.get)
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_for_those_who_may_see_it(address: str, person: str | None, sign_in: None) -> None:
    least, title = PAGES[address]
    app = opened(address, person)
    role = PEOPLE[person]
    if RANK.index(role) >= RANK.index(least):
        assert title in [heading.value for heading in app.title]
        assert not app.info or "one has to be" not in words(app)
    else:
        assert f"one has to be a {least} here; you are a {role}" in words(app).replace("\\", "")
        assert not app.get("file_uploader")
        assert not app.selectbox
        assert not app.get("download_button")
    if least != "guest":
        assert (address in linked(app)) == (RANK.index(role) >= RANK.index(least))


def test_a_guest_is_offered_no_way_to_teach_or_forget(sign_in: None) -> None:
    keep(photo(1), "glass")
    for person, offered in {None: "", "mia": state.WRONG, "ada": state.UNLEARN}.items():
        app = opened("classify", person)
        app.button(key=f"{state.SAMPLE}_drinks-can").click().run()
        checked(app)
        drawn = keys(app) + " ".join(str(fold.proto.id) for fold in app.get("expander"))
        assert offered in drawn
        assert (state.UNLEARN in drawn) == (person == "ada")


def test_a_member_reads_figures_but_neither_trains_nor_opens_folders(sign_in: None) -> None:
    ended("One", 0.5)
    mia, ada = (opened("analyse", person) for person in ("mia", "ada"))
    assert state.ANALYSE_PATH not in keys(mia)
    assert state.ANALYSE_PATH in keys(ada)
    keep(photo(1), "glass")
    mine, hers = (opened("collected", person) for person in ("mia", "ada"))
    assert state.AGAIN_OPEN not in keys(mine)
    assert state.AGAIN_OPEN in keys(hers)


def test_an_address_leads_a_member_to_no_folder_of_the_server(sign_in: None, tmp_path: Any) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.user = claims("mia")
    app.query_params["data"] = str(tmp_path)
    assert "Only an admin may open the folder" in words(go(app.run(), "analyse")).replace("\\", "")


def test_what_a_page_calls_refuses_even_where_a_button_was_drawn(
    sign_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callbacks run before the app does: the library itself asks, and asks for the visitor of this very run."""
    kept = keep(photo(1), "glass")
    app = opened("collected", "mia")
    app.checkbox(key=f"{state.COLLECTED_TICK}_{kept.id}").check().run()
    app.user = claims(None)
    app.button(key=state.COLLECTED_DELETE).click().run()
    assert list_collected() == [kept]


def test_only_admins_see_who_did_what_and_take_everything_along(sign_in: None) -> None:
    keep(photo(1), "glass")
    for person in PEOPLE:
        app = opened("privacy", person)
        assert bool(app.dataframe) == bool(app.get("download_button")) == (person == "ada")
        assert (str(settings().home) in words(app).replace("\\", "")) == (person == "ada")


def test_the_account_says_who_one_is_and_what_one_may_do(sign_in: None) -> None:
    app = opened("account", "tess")
    assert "tess@town.example" in words(app).replace("\\", "")
    assert "**trainer**" in words(app)
    assert "- publish models" in words(app)
    assert "look after this server" not in words(app)


def test_a_sign_in_that_is_too_old_counts_no_longer(sign_in: None) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.user = claims("ada") | {"iat": time.time() - 25 * 3600}
    app.run()
    assert linked(app) == {"", "account", "privacy"}


def test_sign_in_that_is_not_set_up_is_a_sentence(sign_in: None) -> None:
    assert "Sign-in is not set up" in words(opened("account"))


@pytest.mark.parametrize("address", ["train", "analyse", "collected"])
def test_a_server_open_to_others_without_sign_in_offers_classify_alone(address: str, exposed: None) -> None:
    app = opened(address)
    assert any("nobody signs in" in error.value for error in app.error)
    assert "one has to be" in words(app)
    assert linked(app) == {"", "privacy"}
    with pytest.raises(KeyError):
        app.button(key=state.TRAIN_START)


def test_the_owner_may_open_it_to_all(exposed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_OPEN", "1")
    settings.cache_clear()
    app = opened("classify")
    assert not app.error
    assert {"train", "analyse", "collected"} <= linked(app)


@pytest.mark.parametrize("name", ["train", "analyse", "collected", "privacy"])
def test_a_page_file_that_streamlit_finds_first_has_the_gate_in_front(name: str, exposed: None) -> None:
    app = checked(AppTest.from_file(str(PROJECT / "pages" / f"{name}.py"), default_timeout=60).run())
    assert [title.value for title in app.title] == ["Where does it go?"]
    assert linked(app) == {"", "privacy"}


def test_a_thread_of_the_server_that_serves_nobody_may_nothing(sign_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Actor] = []
    app = AppTest.from_string(
        "import threading\n"
        "import streamlit as st\n"
        "from components import gate\n"
        "found = st.session_state['found']\n"
        "thread = threading.Thread(target=lambda: found.append(gate.visitor()))\n"
        "thread.start()\n"
        "thread.join()\n"
        "found.append(gate.visitor())\n"
    )
    app.session_state["found"] = found
    app.user = claims("ada")
    checked(app.run())
    assert [actor.role for actor in found] == [Role.GUEST, Role.ADMIN]
