"""Failed photos: a model is asked about a folder, a wrong label is put right from the gallery and taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recycler.settings import PROJECT
from tests.journeys.conftest import fits, settled
from tests.journeys.test_analyse_figures import click_mark, view

pytestmark = pytest.mark.journey

CAN = PROJECT / "samples" / "drinks-can.jpg"  # which the model takes for metal
BOX = PROJECT / "samples" / "cardboard-box.jpg"


@pytest.fixture
def things(tmp_path: Path) -> Path:
    """Three photos, two of which lie in the folder of another class."""
    for place, photo in {"metal/can.jpg": CAN, "shoes/can-again.jpg": CAN, "clothes/box.jpg": BOX}.items():
        (tmp_path / "things" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "things" / place).write_bytes(photo.read_bytes())
    return tmp_path / "things"


def open_gallery(page: Page, server: str, things: Path) -> None:
    page.goto(f"{server}/analyse?subject=household&data={things}&split=all")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_role("radio", name="Failed photos")).to_be_visible(timeout=60_000)
    settled(page)
    page.get_by_role("radio", name="Failed photos").click()
    expect(page.get_by_text("2 of 3 photos.")).to_be_visible()


def test_a_wrong_label_is_put_right_from_the_gallery_and_taken_back(
    page: Page, fresh_server: str, things: Path
) -> None:
    open_gallery(page, fresh_server, things)
    page.get_by_role("button", name="Open shoes, said metal").click()
    large = page.get_by_role("dialog")
    expect(large.get_by_role("heading", name="Shoes, called metal")).to_be_visible()
    expect(large.get_by_role("img", name="shoes")).to_be_visible()

    page.keyboard.press("ArrowRight" if large.get_by_text("1 of 2").count() else "ArrowLeft")
    expect(large.get_by_role("heading", name="Clothes, called cardboard")).to_be_visible()
    page.keyboard.press("ArrowLeft" if large.get_by_text("2 of 2").count() else "ArrowRight")
    expect(large.get_by_role("heading", name="Shoes, called metal")).to_be_visible()

    large.get_by_text("Wrong label?").click()
    what = large.get_by_role("combobox", name="It is")
    expect(what).to_be_visible()
    settled(page)
    what.click()
    what.fill("metal")
    page.get_by_role("option", name="metal").click()
    expect(large.get_by_text("metal now; it was shoes")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 of 3 photos.")).to_be_visible()
    expect(page.get_by_role("button", name="Open shoes, said metal")).to_have_count(0)

    settled(page)
    page.get_by_text("Corrected labels").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    settled(page)
    undo.click()
    expect(page.get_by_text("2 of 3 photos.")).to_be_visible()
    expect(page.get_by_text("Corrected labels")).to_have_count(0)


def test_on_a_phone_a_photo_opens_large_and_fits(phone: Page, fresh_server: str, things: Path) -> None:
    open_gallery(phone, fresh_server, things)
    fits(phone)
    phone.get_by_role("button", name="Open clothes").tap()
    large = phone.get_by_role("dialog")
    expect(large.get_by_role("heading", name="Clothes, called cardboard")).to_be_visible()
    large.get_by_text("Show which part decided").tap()
    expect(large.get_by_text("Bright parts speak for cardboard")).to_be_visible()
    fits(phone)


def test_from_a_question_through_a_confusion_to_a_better_label_and_a_report(
    page: Page, fresh_server: str, things: Path, tmp_path: Path
) -> None:
    page.goto(f"{fresh_server}/analyse?subject=household&data={things}&split=all")
    page.get_by_role("button", name="Evaluate").click()
    view(page, "Confusion")
    click_mark(page, "true: shoes", "said: metal")
    expect(page.get_by_text("shoes said to be metal: 1 photo")).to_be_visible()
    page.get_by_role("button", name="Open shoes, said metal").click()
    large = page.get_by_role("dialog")
    large.get_by_text("Wrong label?").click()
    large.get_by_role("button", name="Leave this photo out").click()
    expect(large.get_by_text("left out now; it was shoes")).to_be_visible()
    large.get_by_role("button", name="Undo").click()
    expect(large.get_by_text("Wrong label?")).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    view(page, "Entropy")
    click_mark(page, "group: clothes", "series: wrong")
    expect(page.get_by_role("button", name="Open clothes, said cardboard")).to_be_visible()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Report").click()
    download.value.save_as(tmp_path / "report.html")
    page.goto(f"file://{tmp_path / 'report.html'}")
    expect(page.get_by_role("heading", name="Household waste").first).to_be_visible()
