import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.journeys.conftest import fits

pytestmark = pytest.mark.journey

REMEMBER_CAMERA_REQUESTS = """
    window.asked = [];
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => { window.asked.push(wanted); return real(wanted); };
"""
PASTE = """(photo) => {
    const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def verdicts(page: Page) -> Locator:
    return page.locator(".verdict-word")


def upload(page: Page, *files: FilePayload) -> None:
    page.get_by_text("Upload", exact=True).first.click()
    page.locator("input[type=file]").set_input_files(list(files))


def test_from_the_camera_to_a_verdict(page: Page, server: str) -> None:
    page.add_init_script(REMEMBER_CAMERA_REQUESTS)
    page.goto(server)
    turn_on = page.get_by_role("button", name="Turn on the camera")
    expect(turn_on).to_be_visible()
    assert page.evaluate("asked") == [], "the camera stays off until asked for"

    turn_on.click()
    page.get_by_role("button", name="Take photo").click()
    expect(verdicts(page)).to_have_text("Recycling")
    expect(page.get_by_text("Put it there")).to_be_visible()
    [wanted] = page.evaluate("asked")
    assert wanted["video"]["facingMode"] == {"ideal": "environment"}
    assert page.locator(".camera video").evaluate("video => video.srcObject") is None, "the camera is off again"

    page.get_by_role("button", name="Take another photo").click()
    expect(page.get_by_role("button", name="Take photo")).to_be_visible()


def test_five_photos_of_which_one_is_broken(page: Page, server: str, photos: list[FilePayload]) -> None:
    page.goto(server)
    broken: FilePayload = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": photos[0]["buffer"][:600]}
    upload(page, photos[0], broken, *photos[1:])
    expect(verdicts(page)).to_have_text(["Recycling"] * 4)
    expect(page.get_by_test_id("stAlert")).to_have_text(re.compile(r"broken\.jpg: This photo is damaged"))
    expect(page.locator(".counts")).to_contain_text("4 Recycling")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    table = Path(download.value.path()).read_text("utf-8").splitlines()
    assert len(table) == 5
    assert table[0].startswith("photo,verdict,class")


def test_other_rules_send_it_elsewhere_and_are_still_chosen_after_a_reload(
    page: Page, server: str, photos: list[FilePayload]
) -> None:
    page.goto(server)
    upload(page, photos[0])
    expect(verdicts(page)).to_have_text("Recycling")
    page.get_by_role("combobox", name=re.compile("Rules")).click()
    page.get_by_role("option", name="Strict Town").click()
    expect(verdicts(page)).to_have_text("Bin")
    page.reload()
    upload(page, photos[0])
    expect(verdicts(page)).to_have_text("Bin")


def test_why_shows_the_likeliest_kinds_and_which_part_decided(
    page: Page, server: str, photos: list[FilePayload]
) -> None:
    page.goto(server)
    upload(page, photos[0])
    page.get_by_text("Why?").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    expect(page.get_by_text("of at most 3.32 bits")).to_be_visible()
    page.get_by_role("button", name="Show which part decided").click()
    expect(page.get_by_text("Bright parts speak for")).to_be_visible()


def test_a_sample_photo_is_one_click_away(page: Page, server: str, sample: Path) -> None:
    page.goto(server)
    page.get_by_role("button", name=sample.stem.replace("-", " ").capitalize(), exact=True).click()
    expect(verdicts(page)).to_have_text("Recycling")


def test_a_pasted_photo_is_taken_like_a_dropped_one(page: Page, server: str, photos: list[FilePayload]) -> None:
    page.goto(server)
    page.get_by_text("Upload", exact=True).first.click()
    page.wait_for_function("document.onpaste !== null && document.querySelector('input[type=file]') !== null")
    page.evaluate(PASTE, base64.b64encode(photos[0]["buffer"]).decode())
    expect(verdicts(page)).to_have_text("Recycling")


def test_where_the_camera_cannot_work_the_page_says_why(page: Page, server: str) -> None:
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(server)
    expect(page.get_by_text("only on this very computer or over https")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on the camera")).to_be_disabled()


def test_on_a_phone_nothing_scrolls_sideways_and_the_shutter_is_under_the_thumb(
    browser: Browser, server: str, photos: list[FilePayload]
) -> None:
    size = {"width": 390, "height": 844}
    with browser.new_context(viewport=size, is_mobile=True, has_touch=True) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(server)
        page.get_by_role("button", name="Turn on the camera").tap()
        shutter = page.get_by_role("button", name="Take photo")
        expect(shutter).to_be_in_viewport()
        fits(page)
        shutter.tap()
        expect(verdicts(page)).to_be_in_viewport()
        page.wait_for_function("[...document.images].every((picture) => picture.complete && picture.naturalWidth)")
        page.get_by_text("Why?").tap()
        expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
        fits(page)
        upload(page, *photos)
        expect(verdicts(page)).to_have_count(len(photos))
        fits(page)


def test_the_first_visitor_of_a_fresh_server_may_open_classify_directly(page: Page, fresh_server: str) -> None:
    page.goto(f"{fresh_server}/classify")
    expect(page.get_by_role("heading", name="Where does it go?")).to_be_visible()
    expect(page.get_by_role("combobox", name=re.compile("Rules"))).to_be_visible()
    expect(page.get_by_role("button", name="Turn on the camera")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
