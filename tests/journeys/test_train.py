import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from components import state
from recycler import jobs
from recycler.runs import LIVE, list_runs
from recycler.settings import settings
from tests.datasets.pictures import photo, write_tree, write_zip
from tests.finished import ended
from tests.journeys.conftest import fits, new_server

pytestmark = pytest.mark.journey

TRAINER_MILLISECONDS = 120_000  # TensorFlow's import alone takes 5 to 30 s on a busy machine
MARK_CHARTS = "document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks').forEach(c => c.dataset.marked = 1)"
COUNT_MARKED = "document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks[data-marked]').length"
DRAWING = "document.querySelector('[data-testid=stVegaLiteChart] svg.marks')?.innerHTML"
FILES = ("Every batch (CSV)", "Curves, a page that opens offline (HTML)", "Curves, a picture (PNG)")
EPOCH = re.compile(r"epoch (\d+) of 1,?000")


@pytest.fixture
def workshop(tmp_path: Path, own_home: Path) -> Iterator[str]:
    """The address of a fresh server with a shelf of its own; no trainer outlives the test."""
    shelf = tmp_path / "models"
    shutil.copytree(settings().models / "household", shelf / "household")
    with new_server(tmp_path, RECYCLER_HOME=str(own_home), RECYCLER_MODELS=str(shelf)) as address:
        yield address
    for run in list_runs(settings().runs):
        if run.record.state in LIVE:
            jobs.discard(run.record.run)


@pytest.fixture
def recipe(tmp_path: Path) -> FilePayload:
    """A recipe on a few drawn photos: seconds for its start, milliseconds an epoch."""
    kinds = [f"{kind}/{i}.jpg" for kind in ("glass", "trash") for i in range(20)]
    tree = write_tree(tmp_path / "photos", {name: photo(seed) for seed, name in enumerate(kinds)})
    return recipe_of(tree, "{epochs: 1000, batch_size: 4, patience: null}")


def recipe_of(source: object, stage: str) -> FilePayload:
    text = f"""
        name: tiny
        title: Tiny
        rulebook: mixed
        data: {{sources: [{{name: {source}}}], validation: 0.2, test: 0.2}}
        network: {{backbone: efficientnet_lite0, input_size: 32}}
        stages: [{stage}]
    """
    return {"name": "tiny.yaml", "mimeType": "application/yaml", "buffer": text.encode()}


def epoch(page: Page) -> int:
    found = EPOCH.search(page.get_by_text(EPOCH).first.inner_text())
    assert found
    return int(found[1])


def load(page: Page, recipe: FilePayload) -> None:
    """Fill the form from a recipe's file."""
    page.get_by_role("button", name="Recipes").click()
    page.locator(f"[class*=st-key-{state.TRAIN_YAML}] input[type=file]").set_input_files(recipe)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Tiny")
    page.keyboard.press("Escape")


def test_start_watch_reload_stop_publish_and_classify_with_the_new_model(
    page: Page, browser: Browser, workshop: str, recipe: FilePayload, photos: list[FilePayload]
) -> None:
    page.goto(f"{workshop}/train")  # the first visitor of a fresh server
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Start a quick training")).to_be_visible()
    load(page, recipe)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(EPOCH).first).to_be_visible(timeout=TRAINER_MILLISECONDS)
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(2)

    expect(charts.first.locator("svg.marks")).to_be_visible()
    before = epoch(page)
    page.evaluate(MARK_CHARTS)
    for _ in range(2):  # a chart that flickers would be built anew at each look
        page.wait_for_function(f"before => {DRAWING} !== before", arg=page.evaluate(DRAWING))
    assert page.evaluate(COUNT_MARKED) == 2, "the curve has grown, and the charts are still the same ones"

    page.reload()
    expect(page.get_by_text(EPOCH).first).to_be_visible()
    assert epoch(page) > before
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as phone:
        other = phone.new_page()
        other.goto(f"{workshop}/train")
        expect(other.get_by_text(EPOCH).first).to_be_in_viewport()
        expect(other.get_by_test_id("stVegaLiteChart")).to_have_count(2)
        fits(other)

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Right about recycling").first).to_be_visible(timeout=TRAINER_MILLISECONDS)
    page.get_by_role("button", name="Publish to the shelf").click()
    name = page.get_by_role("textbox", name="Name of the model")
    name.fill("brand-new")
    name.press("Enter")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("On the shelf as")).to_be_visible(timeout=TRAINER_MILLISECONDS)
    page.get_by_role("link", name="Try it on Classify").click()
    expect(page.get_by_role("combobox", name=re.compile("Model"))).to_have_value("Tiny")
    page.get_by_text("Upload", exact=True).first.click()
    page.locator("input[type=file]").set_input_files(photos[0])
    expect(page.locator(".verdict-word")).to_have_count(1)


def test_a_training_is_discarded_only_after_asking_and_comes_back_by_undo(
    page: Page, workshop: str, recipe: FilePayload
) -> None:
    page.goto(f"{workshop}/train")
    load(page, recipe)
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Yes, discard it").click()
    expect(page.get_by_text("“Tiny” was deleted")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Tiny")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_an_uploaded_zip_with_junk_and_a_name_that_leads_out_trains(page: Page, workshop: str, tmp_path: Path) -> None:
    names = [f"{kind}/{i}.jpg" for kind in ("bottle top", "glass") for i in range(20)]
    junk = {"__MACOSX/glass/._1.jpg": b"fork", "glass/Thumbs.db": b"junk", "../evil/1.jpg": photo(99)}
    photos = {name: photo(seed) for seed, name in enumerate(names)}
    page.goto(f"{workshop}/train")
    load(page, recipe_of(write_tree(tmp_path / "others", photos), "{epochs: 2, batch_size: 8}"))
    page.get_by_text("Add photos of your own").click()
    zipped = write_zip(tmp_path / "Kitchen.zip", photos | junk)
    uploader = page.locator(f"[class*=st-key-{state.TRAIN_ZIP}] input[type=file]")
    expect(uploader).to_have_count(1)  # the one before the recipe was loaded has gone
    uploader.set_input_files(zipped)
    expect(page.get_by_text("80 photos of 2 classes")).to_be_visible()
    page.get_by_role("button", name="others", exact=True).click()  # leaves the zip alone
    expect(page.get_by_text("40 photos of 2 classes")).to_be_visible()
    page.get_by_text("Left out: 3 files").click()
    expect(page.get_by_text("a name that leads out of the zip")).to_be_visible()
    page.get_by_role("button", name="Use these rules").click()
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Names the right class").first).to_be_visible(timeout=2 * TRAINER_MILLISECONDS)
    [run] = list_runs(settings().runs)
    assert (run.record.state, run.record.classes) == ("done", ("bottle top", "glass"))
    assert run.record.recycling_classes == ("glass",)
    assert not list(settings().home.rglob("evil"))


def test_a_training_is_taken_away_as_files_that_open_offline(
    page: Page, browser: Browser, own_home: Path, tmp_path: Path
) -> None:
    run = ended("Kept", 0.5)
    with new_server(tmp_path, RECYCLER_HOME=str(own_home), RECYCLER_DATA=str(tmp_path)) as address:
        page.goto(f"{address}/train")
        page.get_by_role("button", name="Download", exact=True).click()
        files = {}
        for title in FILES:
            with page.expect_download() as download:
                page.get_by_role("button", name=title).click()
            files[title] = download.value.path()
    assert files[FILES[0]].read_bytes() == (run.folder / "points.csv").read_bytes()
    with Image.open(files[FILES[2]]) as picture:
        assert picture.width > 1000
    with browser.new_context(offline=True) as nowhere:
        saved = nowhere.new_page()
        saved.goto(files[FILES[1]].rename(tmp_path / "curves.html").as_uri())
        expect(saved.locator("canvas, svg").first).to_be_visible()
        expect(saved.get_by_text("Class accuracy")).to_be_attached()


def test_one_click_leads_from_classify_to_train_and_back_also_on_a_phone(
    page: Page, browser: Browser, server: str
) -> None:
    page.goto(server)
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    page.get_by_role("link", name="Classify").click()
    expect(page.get_by_role("heading", name="Where does it go?")).to_be_visible()
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as phone:
        small = phone.new_page()
        small.goto(f"{server}/train")
        expect(small.get_by_role("heading", name="Train", exact=True)).to_be_visible()
        fits(small)
        small.locator(".st-key-phone-navigation").get_by_role("link", name="Classify").click()
        expect(small.get_by_role("heading", name="Where does it go?")).to_be_visible()
        fits(small)
