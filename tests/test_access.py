import getpass
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from recycler import access, jobs, publishing
from recycler.access import RIGHTS, Actor, Right, Role, acting, actor, is_this_machine, may, person, require
from recycler.audit import deeds
from recycler.datasets import collected
from recycler.datasets.named import require_offered
from recycler.datasets.uploads import keep_upload
from recycler.errors import AccessError, DatasetError
from recycler.evaluations import Question, start_evaluation, stop_evaluation
from recycler.holdings import export, tidy
from recycler.labels import change_label, undo
from recycler.own_rules import keep_rules
from recycler.processes import environment
from recycler.recipe import Data, Source
from recycler.runs import Label
from recycler.settings import Settings, settings
from recycler.shelf import add_exports, load_model, set_thresholds
from recycler.verdict import ALWAYS_ANSWER
from tests.datasets.pictures import photo
from tests.finished import QUICK, ended

NOW = 1_800_000_000
ADA = {"email": "Ada@town.example", "email_verified": True, "iat": NOW - 60}


def config(**fields: Any) -> Settings:
    return Settings(auth="oidc", **fields)


# Each function that changes something, or shows what not everybody may see, and the right that it asks for.
GUARDED: dict[str, tuple[Right, Callable[[], object]]] = {
    "teach": ("teach", lambda: collected.keep(photo(1), "glass")),
    "move": ("teach", lambda: collected.move("0" * 16, "glass")),
    "forget": ("teach", lambda: collected.forget([])),
    "forget everything": ("administer", collected.forget_everything),
    "relabel": ("relabel", lambda: change_label("home", "glass/1.jpg", "metal")),
    "undo a label": ("relabel", lambda: undo("home")),
    "evaluate": ("analyse", lambda: start_evaluation("0" * 16, Question("household", "home"))),
    "stop an evaluation": ("analyse", lambda: stop_evaluation("0" * 16)),
    "train": ("train", lambda: jobs.start(QUICK)),
    "resume": ("train", lambda: jobs.resume("latest")),
    "stop": ("train", lambda: jobs.stop("latest")),
    "discard": ("train", lambda: jobs.discard("latest")),
    "delete": ("train", lambda: jobs.delete("latest")),
    "restore": ("train", lambda: jobs.restore("latest")),
    "move in the queue": ("train", lambda: jobs.move("latest", None)),
    "rename": ("train", lambda: setattr(ended_run(), "label", Label(title="Another"))),
    "upload": ("train", lambda: keep_upload("a.zip", BytesIO())),
    "give rules": ("train", lambda: keep_rules("mine", "Mine", ["glass"], ["glass"])),
    "publish": ("publish", lambda: publishing.start(ended_run(), "mine")),
    "set thresholds": ("publish", lambda: set_thresholds(settings().models, "household", ALWAYS_ANSWER, "none", {})),
    "add formats": ("publish", lambda: add_exports(load_model(settings().models, "household"), {}, {})),
    "tidy": ("administer", tidy),
    "export": ("administer", lambda: export(BytesIO())),
    "read the log": ("administer", deeds),
}


def ended_run() -> Any:
    with acting(Actor("somebody", Role.TRAINER)):
        return ended("One", 0.5)


@pytest.mark.parametrize("name", GUARDED)
def test_who_lacks_the_right_is_refused_before_anything_happens(name: str, own_home: Path) -> None:
    right, act = GUARDED[name]
    ended_run()
    before = {path for path in own_home.rglob("*") if path.is_file()}
    with acting(Actor("eve", Role(RIGHTS[right][0] - 1))), pytest.raises(AccessError, match=RIGHTS[right][1]):
        act()
    made = {path for path in own_home.rglob("*") if path.is_file()} - before
    assert not [path for path in made if "/runs/" not in str(path)]


def test_every_role_has_the_rights_of_the_one_before_it() -> None:
    counts = [sum(Actor("x", role).may(right) for right in RIGHTS) for role in Role]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == len(RIGHTS)


def test_the_command_line_is_the_admin_of_its_own_machine() -> None:
    assert actor() == Actor(getpass.getuser(), Role.ADMIN)
    require("administer")


def test_a_process_that_we_start_knows_for_whom_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with acting(Actor("tess@school.example", Role.TRAINER)):
        monkeypatch.setenv(access.ACTOR, environment()[access.ACTOR])
    assert actor().name == "tess@school.example"


def test_acting_ends_with_its_block() -> None:
    with acting(Actor("mia", Role.MEMBER)):
        assert not may("train")
    assert may("train")


def test_a_refusal_says_what_is_needed_what_one_is_and_what_to_do() -> None:
    with acting(Actor("eve", Role.GUEST, "Sign in first.")), pytest.raises(AccessError) as refused:
        require("train")
    assert str(refused.value) == "To train, one has to be a trainer here; you are a guest. Sign in first."


@pytest.mark.parametrize("bound", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_a_visitor_at_this_machine_is_known(bound: str, host: str) -> None:
    assert is_this_machine(bound, None, host)


@pytest.mark.parametrize(
    ("bound", "peer", "host"),
    [
        (None, None, "localhost:8501"),  # bound to all addresses, whatever a visitor says
        ("0.0.0.0", None, "localhost:8501"),  # noqa: S104 - no server is bound here
        ("192.168.0.2", None, "localhost:8501"),
        ("unix:///run/app.sock", None, "localhost"),
        ("localhost", "192.168.0.7", "localhost:8501"),  # a proxy on this machine says from whom
        ("localhost", None, "recycler.town.example"),  # a proxy that says for which name; or DNS rebinding
        ("localhost", None, "localhost.evil.example"),
        ("localhost", None, "localhost@evil.example"),
        ("localhost", None, "[::1"),
        ("localhost", None, ""),
        ("localhost", None, None),
    ],
)
def test_anybody_else_is_not(bound: str | None, peer: str | None, host: str | None) -> None:
    assert not is_this_machine(bound, peer, host)


@pytest.mark.parametrize(
    ("lists", "role"),
    [
        ({}, Role.GUEST),
        ({"members": "*"}, Role.MEMBER),
        ({"members": "@town.example"}, Role.MEMBER),
        ({"members": "@example"}, Role.GUEST),
        ({"members": "*", "trainers": "ADA@town.example , bob@town.example"}, Role.TRAINER),
        ({"admins": "ada@town.example", "trainers": "@town.example"}, Role.ADMIN),
        ({"admins": "bob@town.example"}, Role.GUEST),
    ],
)
def test_address_lists_grant_the_highest_role(lists: dict[str, str], role: Role) -> None:
    assert person(ADA, config(**lists), NOW) == Actor("ada@town.example", role)


@pytest.mark.parametrize("verified", [False, None, "false", 1.5])
def test_an_address_that_nobody_verified_grants_nothing(verified: object) -> None:
    assert person(ADA | {"email_verified": verified}, config(admins="ada@town.example"), NOW).role == Role.GUEST
    assert person(ADA | {"email_verified": verified}, config(admins="@town.example"), NOW).role == Role.GUEST


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("trainer", Role.TRAINER),
        (["member", "admin", "cook"], Role.ADMIN),
        ("administrator", Role.GUEST),
        ({"admin": True}, Role.GUEST),
        (3, Role.GUEST),
        (None, Role.GUEST),
    ],
)
def test_a_claim_may_name_the_role(said: object, role: Role) -> None:
    claims = {"sub": "4711", "iat": NOW, "roles": said}
    assert person(claims, config(role_claim="roles"), NOW) == Actor("4711", role)
    assert person(claims, config(), NOW).role == Role.GUEST


def test_a_sign_in_ends_after_some_hours() -> None:
    settings_of_a_day = config(admins="*", sign_in_hours=24)
    assert person(ADA | {"iat": NOW - 23 * 3600}, settings_of_a_day, NOW).role == Role.ADMIN
    late = person(ADA | {"iat": NOW - 25 * 3600}, settings_of_a_day, NOW)
    assert late.role == Role.GUEST
    assert "sign in again" in late.more
    assert person({"email": "a@b", "email_verified": True}, settings_of_a_day, NOW).role == Role.GUEST


@pytest.mark.parametrize("outside", ["/etc", "../..", "~", "DATA/../../somewhere"])
def test_only_an_admin_opens_any_folder_of_the_server(
    outside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("RECYCLER_DATA", str(data))
    settings.cache_clear()
    (data / "way-out").symlink_to("/etc")
    with acting(Actor("tess", Role.TRAINER)):
        require_offered(["cifar100", "collected", str(data / "kitchen"), str(settings().uploads / "a.zip")])
        for path in (outside.replace("DATA", str(data)), str(data / "way-out")):
            with pytest.raises(DatasetError, match="Only an admin"):
                require_offered(["cifar100", path])
    require_offered([outside])


def test_what_trains_evaluates_and_relabels_opens_no_other_folder_either(tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"data": Data(sources=(Source(name=str(tmp_path)),))})
    with acting(Actor("tess", Role.TRAINER)):
        for act in (
            lambda: jobs.start(recipe),
            lambda: start_evaluation("0" * 16, Question("household", str(tmp_path))),
            lambda: change_label(str(tmp_path), "glass/1.jpg", None),
        ):
            with pytest.raises(DatasetError, match="Only an admin"):
                act()
    assert not settings().runs.exists()
    assert not settings().evaluations.exists()
