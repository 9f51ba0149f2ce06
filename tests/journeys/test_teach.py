"""A verdict is corrected, the thing is known from another angle, and what was taught is forgotten."""

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from recycler.settings import PROJECT
from tests.journeys.conftest import jpeg

pytestmark = pytest.mark.journey

FOLDS_ARE_STILL = """
    [...document.querySelectorAll("details")].flatMap((fold) => fold.getAnimations({ subtree: true }))
        .every((moving) => moving.playState !== "running" || moving.effect.getTiming().iterations === Infinity)
"""
JAR = PROJECT / "samples" / "glass-jar.jpg"  # which the model takes for plastic


def other_angle() -> FilePayload:
    return {"name": "jar.jpg", "mimeType": "image/jpeg", "buffer": jpeg(JAR, (640, 560), turned=90)}


def upload(page: Page, file: FilePayload) -> None:
    page.get_by_text("Upload", exact=True).first.click()
    page.locator("input[type=file]").set_input_files([file])


def answer(page: Page) -> Locator:
    return page.locator(".verdict-what")


def test_a_corrected_verdict_holds_for_the_same_thing_from_another_angle_until_it_is_forgotten(
    page: Page, fresh_server: str
) -> None:
    page.goto(fresh_server)
    page.get_by_role("button", name="Glass jar", exact=True).click()
    expect(answer(page)).to_contain_text("plastic")
    page.get_by_text("Wrong? Tell me what it is").click()
    expect(page.get_by_text("kept on the computer")).to_be_visible()
    page.get_by_role("button", name="Glass", exact=True).click()
    expect(answer(page)).to_contain_text("Looks like glass")
    expect(page.get_by_text("Learned from 1 photo of yours")).to_be_visible()

    page.reload()
    upload(page, other_angle())
    expect(answer(page)).to_contain_text("Looks like glass")

    page.get_by_role("button", name="Forget", exact=True).click()
    page.get_by_role("button", name=re.compile("Everything")).click()
    expect(answer(page)).to_contain_text("plastic")
    expect(page.get_by_text("of yours")).to_have_count(0)
    expect(page.get_by_text("I will remember it")).to_have_count(0)


def test_on_a_phone_a_correction_fits_and_can_be_undone(phone: Page, fresh_server: str) -> None:
    phone.goto(fresh_server)
    upload(phone, other_angle())
    before = answer(phone).inner_text()
    phone.get_by_text("Wrong? Tell me what it is").tap()
    expect(phone.get_by_text("kept on the computer")).to_be_visible()
    phone.wait_for_function(FOLDS_ARE_STILL)  # a fold that still opens closes the list again; spinners go on
    phone.get_by_role("combobox", name=re.compile("None of these")).tap()
    phone.get_by_role("option", name="Shoes").click()
    expect(answer(phone)).to_contain_text("Looks like shoes")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="Undo").tap()
    expect(answer(phone)).to_have_text(before)
