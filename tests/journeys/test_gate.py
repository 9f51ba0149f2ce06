"""Who may do what, on a real server with a real browser, and signing in with a real provider."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import fits, free_port, new_server, settled

pytestmark = pytest.mark.journey

PEOPLE = {"mia": True, "eve": False}  # whether the provider has verified that the address is theirs
ELSEWHERE = "town.localhost"  # to a browser it is this machine, to us any other name


@contextmanager
def provider() -> Iterator[str]:
    """The address of an OpenID Connect provider that knows some people."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            assert any("running on" in line for line in process.stderr), "The provider did not start."
            for name, verified in PEOPLE.items():
                known = {"email": f"{name}@town.example", "email_verified": verified}
                address = f"http://127.0.0.1:{port}/users/{name}"
                headers = {"Content-Type": "application/json"}
                asked = urllib.request.Request(address, dumps(known).encode(), headers, method="PUT")
                urllib.request.urlopen(asked).close()  # noqa: S310 - our own
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server where one signs in."""
    port, folder = free_port(), tmp_path_factory.mktemp("town")
    secrets = folder / "secrets.toml"
    with provider() as issuer:
        secrets.write_text(
            "[auth]\n"
            f'redirect_uri = "http://localhost:{port}/oauth2callback"\n'
            'cookie_secret = "a secret of this test alone"\n'
            'client_id = "recycler"\n'
            'client_secret = "another"\n'
            f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
        )
        variables = {
            "RECYCLER_OPEN": "0",
            "RECYCLER_AUTH": "oidc",
            "RECYCLER_MEMBERS": "@town.example",
            "STREAMLIT_SECRETS_FILES": str(secrets),
        }
        with new_server(folder, port, **variables) as address:
            yield address


def sign_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("sub").fill(name)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="Where does it go?")).to_be_visible()


def test_one_signs_in_from_a_closed_page_and_out_again(town: str, page: Page) -> None:
    page.goto(f"{town}/account")  # the very first that the server is asked for
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{town}/analyse")
    expect(page.get_by_text("one has to be a member here; you are a guest")).to_be_visible()
    expect(page.get_by_role("link", name="Analyse")).to_have_count(0)
    sign_in(page, "mia")
    expect(page.get_by_role("link", name="Analyse").first).to_be_visible()
    expect(page.get_by_role("link", name="Train")).to_have_count(0)
    page.goto(f"{town}/train")
    expect(page.get_by_text("one has to be a trainer here; you are a member")).to_be_visible()
    page.goto(f"{town}/account")
    expect(page.get_by_text("mia@town.example")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("end_session"))
    page.goto(f"{town}/analyse")
    expect(page.get_by_text("you are a guest")).to_be_visible()


def test_an_address_that_the_provider_has_not_verified_opens_nothing(town: str, phone: Page) -> None:
    phone.goto(f"{town}/account")
    sign_in(phone, "eve")
    settled(phone)
    expect(phone.get_by_role("link", name="Analyse")).to_have_count(0)
    phone.goto(f"{town}/account")
    expect(phone.get_by_text("are a guest here")).to_be_visible()
    fits(phone)


def test_a_visitor_at_this_machine_has_all_and_one_by_another_name_classify_alone(
    tmp_path: Path, page: Page, phone: Page
) -> None:
    with new_server(tmp_path, RECYCLER_OPEN="0") as here:
        there = here.replace("localhost", ELSEWHERE)
        phone.goto(f"{there}/train")  # the very first visitor
        expect(phone.get_by_text("nobody signs in")).to_be_visible()
        expect(phone.get_by_text("one has to be a trainer here; you are a guest")).to_be_visible()
        expect(phone.get_by_role("button", name="Start training")).to_have_count(0)
        fits(phone)
        phone.goto(f"{there}/privacy")
        expect(phone.get_by_role("heading", name="What is kept here")).to_be_visible()
        expect(phone.get_by_role("button", name="Download all as a zip")).to_have_count(0)
        page.goto(f"{here}/privacy")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download all as a zip").click()
        assert download.value.suggested_filename == "recycler.zip"
        page.goto(f"{here}/train")
        expect(page.get_by_role("button", name="Start training")).to_be_visible()
        expect(page.get_by_text("nobody signs in")).to_have_count(0)
