"""The Calibration view, and a threshold on its way to a card."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from recycler.settings import settings
from recycler.shelf import list_models, load_model, new_model, write_card
from tests.tables import analysed, drawn

SHOW = """
from components.analysis import calibration
from recycler.settings import settings
from recycler.shelf import list_models
from dataclasses import replace
from tests.tables import analysed, drawn
found = analysed("Small", drawn(400, skill=2.5), {data!r}, {split!r})
[card] = list_models(settings().models)
found.table.splits[:] = {split!r}
found = replace(found, subject=replace(found.subject, card=card, thresholds=card.thresholds))
calibration.show(found, None)
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf with the model that is analysed."""
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    card = analysed("Small", drawn(10)).subject.card
    assert card is not None
    with new_model(tmp_path / "models", "small") as folder:
        (folder / "model.tflite").write_bytes(b"weights")
        write_card(folder, card)
    return tmp_path / "models"


def view(data: str = "own", split: str = "validation") -> AppTest:
    app = AppTest.from_string(SHOW.format(data=data, split=split), default_timeout=60).run()
    assert not app.exception
    return app


def left_unsure(app: AppTest) -> int:
    option = app.segmented_control(key=state.ANALYSE_EXAMPLES).options[0]
    return int(option.removeprefix("left unsure (").removesuffix(")"))


@pytest.mark.usefixtures("shelf")
def test_fewer_accepted_errors_leave_more_unsure() -> None:
    app = view()
    strict = app.slider(key=state.ANALYSE_ERROR).set_value(0.02).run()
    few = left_unsure(strict)
    generous = app.slider(key=state.ANALYSE_ERROR).set_value(0.15).run()
    assert not generous.exception
    assert few > left_unsure(generous)


def test_what_was_accepted_goes_to_the_card_after_a_confirmation(shelf: Path) -> None:
    app = view()
    app.slider(key=state.ANALYSE_ERROR).set_value(0.02).run()
    assert list_models(shelf)[0].thresholds.confidence == 0.7
    app.button(key=f"{state.ANALYSE_SAVE}-yes").click().run()
    assert not app.exception
    card = load_model(shelf, "small").card
    assert card.thresholds.confidence != 0.7
    assert "2 % of its answers are wrong" in card.thresholds_from
    assert card.metrics["validation"]["accuracy_when_sure"] >= 0.98
    assert json.loads((shelf / "small" / "card.json").read_text())["thresholds"]["confidence"] in (
        card.thresholds.confidence,
    )
    assert "This is what the card says" in " ".join(caption.value for caption in app.caption)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(("data", "split"), [("own", "train"), ("home", "all")])
def test_photos_that_it_learned_from_offer_no_button(data: str, split: str) -> None:
    app = view(data, split)
    assert not [button for button in app.button if str(button.key).startswith(state.ANALYSE_SAVE)]
    assert "It has learned from 200 of these photos" in " ".join(caption.value for caption in app.caption)
