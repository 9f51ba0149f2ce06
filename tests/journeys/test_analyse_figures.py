"""From a figure to the very photos behind it, and the whole analysis as a file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from recycler.datasets import load_dataset
from recycler.datasets.sources import load_sources
from recycler.predictions import predictions, write_predictions
from recycler.recipe import Recipe
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE
from tests.datasets.pictures import photo, write_tree
from tests.finished import ended
from tests.journeys.conftest import fits, new_server
from tests.journeys.test_train import recipe_of

pytestmark = pytest.mark.journey

CLASSES = ("battery", "glass", "metal")
# What the model said of the photos of each class, in the order of CLASSES.
SAID = {"battery": "battery battery metal", "glass": "glass metal metal metal", "metal": "metal metal"}


@pytest.fixture
def analyse(tmp_path: Path, own_home: Path) -> Iterator[str]:
    """The address of the Analyse page on a run that ended, with its photos."""
    names = [(kind, f"{kind}/{i}.jpg", word) for kind, words in SAID.items() for i, word in enumerate(words.split())]
    tree = write_tree(tmp_path / "photos", {name: photo(seed) for seed, (_, name, _) in enumerate(names)})
    recipe = Recipe.model_validate(yaml.safe_load(recipe_of(tree, "{epochs: 1}")["buffer"]))
    data = load_sources(recipe.data, load_dataset)
    said = {name: word for _, name, word in names}
    place = [CLASSES.index(next(word for name, word in said.items() if id_.endswith(name))) for id_ in data.photos]
    p = np.full((len(place), 3), 0.1, np.float32) + 0.7 * np.eye(3, dtype=np.float32)[place]
    true = [data.classes[label] for label in data.labels]
    run = ended("Kitchen", 0.5, recipe=recipe)
    run.record.classes = CLASSES
    run.save()
    (run.folder / NETWORK_FILE).write_bytes(b"no weights are needed to look at what was said")
    write_predictions(run.folder / PREDICTIONS_FILE, predictions(CLASSES, data.photos, "test", true, p))
    with new_server(tmp_path, RECYCLER_HOME=str(own_home), RECYCLER_MODELS=str(tmp_path / "none")) as address:
        yield f"{address}/analyse?subject=run:{run.record.run}&split=test"


def view(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()
    expect(page.locator("[data-testid=stVegaLiteChart] svg.marks")).to_have_count(1)


def click_mark(page: Page, *words: str) -> None:
    """Click the mark of the chart that is described by all these words."""
    described = "".join(f'[aria-label*="{word}"]' for word in words)
    page.locator(f"[data-testid=stVegaLiteChart] path{described}").last.click(force=True)


def test_a_cell_and_a_box_open_exactly_their_photos(analyse: str, page: Page) -> None:
    page.goto(analyse)
    view(page, "Confusion")
    click_mark(page, "true: glass", "said: metal")
    expect(page.get_by_text("glass said to be metal: 3 photos")).to_be_visible()
    expect(page.get_by_role("button", name="Open glass, said metal")).to_have_count(3)
    view(page, "Entropy")
    click_mark(page, "group: battery", "series: wrong")
    expect(page.get_by_text("battery, wrong, the least sure first: 1 photo")).to_be_visible()
    expect(page.get_by_role("button", name="Open battery, said metal")).to_have_count(1)


def test_figures_fit_a_phone(analyse: str, phone: Page) -> None:
    phone.goto(analyse)
    for name in ("Confusion", "Entropy"):
        view(phone, name)
        fits(phone)


def test_the_report_opens_without_a_network(analyse: str, page: Page, browser: Browser, tmp_path: Path) -> None:
    page.goto(analyse)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Report").click()
    download.value.save_as(tmp_path / "report.html")
    with browser.new_context(offline=True) as context:
        report, problems = context.new_page(), []
        report.on("pageerror", lambda problem: problems.append(str(problem)))
        report.on("request", lambda request: problems.append(request.url))
        report.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        report.goto((tmp_path / "report.html").as_uri())
        expect(report.locator(".chart svg.marks")).to_have_count(4)
        expect(report.locator("figure img")).to_have_count(4)
        assert report.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        fits(report)
        assert [text for text in problems if not text.startswith(("file:", "data:"))] == []
