"""My photos: brought in, put right, thrown away and taken back, taken along; and trained with."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import fits, new_server, settled
from tests.journeys.test_teach import JAR

pytestmark = pytest.mark.journey


def packed(photos: list[FilePayload]) -> FilePayload:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for photo, kind in zip(photos, ("glass", "glass", "metal", "metal"), strict=True):
            pack.writestr(f"{kind}/{photo['name']}", photo["buffer"])
        pack.writestr("../evil.jpg", photos[0]["buffer"])
    return {"name": "bin day.zip", "mimeType": "application/zip", "buffer": file.getvalue()}


def counts(page: Page, glass: int, metal: int) -> None:
    for name, count in {"Glass": glass, "Metal": metal}.items():
        expect(page.get_by_role("button", name=f"{name} {count}", exact=True)).to_be_visible()
    settled(page)
    expect(page.get_by_role("checkbox")).to_have_count(glass + metal)


def tick(page: Page, number: int) -> None:
    page.locator("[class*='st-key-tile-']").nth(number).locator("label").click()
    expect(page.get_by_text("1 photo", exact=True)).to_be_visible()


def downloaded(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all as a zip").click()
    return Path(download.value.path()).read_bytes()


def test_photos_are_brought_in_put_right_thrown_away_taken_back_and_taken_along(
    page: Page, fresh_server: str, photos: list[FilePayload]
) -> None:
    page.goto(f"{fresh_server}/collected")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.locator("input[type=file]").set_input_files([packed(photos)])
    expect(page.get_by_text("4 photos taken in.")).to_be_visible()
    expect(page.get_by_text("a name that leads out of the zip")).to_be_visible()
    counts(page, glass=2, metal=2)

    settled(page)
    tick(page, 0)
    settled(page)
    page.get_by_role("combobox", name="What they show").click()
    page.get_by_role("option", name="Metal", exact=True).click()
    expect(page.get_by_text("1 photo: now metal.")).to_be_visible()
    counts(page, glass=1, metal=3)
    page.get_by_role("button", name="Undo").click()
    counts(page, glass=2, metal=2)

    tick(page, 3)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 photo: deleted.")).to_be_visible()
    counts(page, glass=2, metal=1)
    page.get_by_role("button", name="Undo").click()
    counts(page, glass=2, metal=2)

    content = downloaded(page)
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        assert sorted(name.split("/")[0] for name in pack.namelist()) == ["glass", "glass", "metal", "metal"]
    again: FilePayload = {"name": "again.zip", "mimeType": "application/zip", "buffer": content}
    page.locator("input[type=file]").set_input_files([again])
    expect(page.get_by_text("4 photos taken in.")).to_be_visible()
    expect(page.get_by_text("leads out of the zip")).to_have_count(0)
    counts(page, glass=2, metal=2)
    assert downloaded(page) == content


def test_on_a_phone_it_fits_and_a_tap_on_a_photo_ticks_it(
    phone: Page, fresh_server: str, photos: list[FilePayload]
) -> None:
    phone.goto(f"{fresh_server}/collected")
    phone.locator("input[type=file]").set_input_files([packed(photos)])
    expect(phone.get_by_text("4 photos taken in.")).to_be_visible()
    tiles = phone.locator("[class*='st-key-tile-']")
    tiles.nth(1).locator("img").tap(force=True)  # its label lies over it
    expect(phone.get_by_text("1 photo", exact=True)).to_be_visible()
    expect(tiles.nth(1).get_by_role("checkbox")).to_be_checked()
    settled(phone)
    tops = tiles.evaluate_all("all => all.slice(0, 3).map(one => one.getBoundingClientRect().y)")  # all at one moment
    assert len(tops) == 3
    assert len(set(tops)) == 1, "three stand side by side"
    fits(phone)


@pytest.mark.usefixtures("real_data")
def test_what_was_taught_is_found_among_my_photos_and_a_training_with_it_is_started(page: Page, tmp_path: Path) -> None:
    with new_server(tmp_path) as server:
        page.goto(server)
        page.get_by_role("button", name=JAR.stem.replace("-", " ").capitalize(), exact=True).click()
        page.get_by_text("Wrong? Tell me what it is").click()
        page.get_by_role("button", name="Glass", exact=True).click()
        expect(page.get_by_text("I will remember it")).to_be_visible()
        page.get_by_role("link", name="My photos").click()
        expect(page.get_by_text("1 photo that you taught me with.")).to_be_visible()

        page.get_by_role("button", name="Train again with my photos").click()
        expect(page.get_by_text("with 1 photo of yours")).to_be_visible()
        page.get_by_role("button", name="Look at it on the Train page").click()
        expect(page.get_by_text("Again, from Household waste")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/train\?draft=[0-9a-f]{16}$"))
        expect(page.get_by_label("Name", exact=True)).to_have_value("Household waste, again")
        expect(page.get_by_role("button", name="My photos", pressed=True)).to_be_visible()

        page.get_by_role("button", name="Start training").click()
        card = page.locator("[class*='st-key-run-now']")
        expect(card.get_by_text("Again, from Household waste")).to_be_visible()
        card.get_by_role("button", name="Discard").click()
        page.get_by_role("button", name="Yes, discard it").click()
        expect(page.get_by_text("was deleted.")).to_be_visible()
