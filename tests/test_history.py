import io
import re

import pytest
from PIL import Image

from recycler.history import history_page, history_picture
from recycler.recipe import parse_recipe
from recycler.runs import Run, new_run
from recycler.settings import settings


@pytest.fixture
def run() -> Run:
    made = new_run(settings().runs, parse_recipe("{name: small, data: {sources: [{name: home}]}}"), "cpu")
    for epoch in (1, 2, 3):
        values = {"loss": 1 / epoch, "val_loss": 1.2 / epoch, "object_accuracy": 0.5, "val_object_accuracy": 0.4}
        made.log_epoch(0, epoch, values | {"seconds": 1.0})
    return made


def test_the_page_holds_all_that_it_needs(run: Run) -> None:
    page = history_page(run)
    assert "Class accuracy" in page
    assert not re.search(r"<(script|link)[^>]* (src|href)=", page), "nothing is fetched"


def test_the_picture_shows_both_metrics_beside_each_other(run: Run) -> None:
    with Image.open(io.BytesIO(history_picture(run))) as picture:
        assert picture.format == "PNG"
        assert picture.width > 2 * picture.height
