"""The Train page on runs that were written by hand; real trainings are in the journeys."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from components.words import percent
from recycler.errors import RunError
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Label, find_run, list_runs, new_run
from recycler.settings import PROJECT, settings
from tests.finished import QUICK, ended

PAGE = "from pages import train\ntrain.page()"
LOADED = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_string({PAGE!r}, default_timeout=60).run()
assert not app.exception, app.exception
print(*sorted({{"keras", "tensorflow", "mlflow"}} & set(sys.modules)))
"""


@pytest.fixture
def queued() -> Iterator[list[str]]:
    """Names of three runs that wait; their locks are held, as the trainers that wait with them do."""
    with ExitStack() as trainers:
        runs = [new_run(settings().runs, QUICK, "cpu", Label(title=title)) for title in ("First", "Second", "Third")]
        for run in runs:
            trainers.enter_context(run.lock)
        yield [run.record.run for run in runs]


def waiting(app: AppTest) -> list[str]:
    assert not app.exception
    found = (text.value.replace("\\", "") for text in app.markdown)
    return [text for text in found if re.match(r"\d\. ", text)]


def compared(names: list[str]) -> None:
    from components.run_table import compare
    from recycler.runs import find_run
    from recycler.settings import settings

    compare([find_run(settings().runs, name) for name in names])


def train_page() -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def buttons(app: AppTest, key: str) -> Sequence[str]:
    return [str(button.key) for button in app.button if str(button.key).startswith(key)]


def test_the_page_needs_no_tensorflow() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_first_visitor_is_offered_a_quick_training(real_data: Path) -> None:
    app = train_page()
    assert app.button(key=state.TRAIN_QUICK).label == "Start a quick training"
    assert not app.dataframe


def test_a_first_visitor_without_photos_is_led_to_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_DATA", str(tmp_path))
    settings.cache_clear()
    app = train_page()
    assert any("add some of your own" in text.value for text in app.markdown)
    assert not buttons(app, state.TRAIN_QUICK)


def test_the_newest_run_is_shown_with_its_figures_and_all_are_in_the_table() -> None:
    ended("First try", 0.4)
    ended("Second try", 0.6, note="more photos")
    app = train_page()
    assert "Second try" in [heading.value for heading in app.subheader]
    assert any(percent(0.6) in html.proto.body for html in app.get("html"))
    assert list(app.dataframe[0].value["title"]) == ["Second try", "First try"]
    assert list(app.dataframe[0].value["top1"]) == [0.6, 0.4]
    app.text_input(key=state.TRAIN_FILTER).set_value("more").run()
    assert list(app.dataframe[0].value["title"]) == ["Second try"]
    app.text_input(key=state.TRAIN_FILTER).set_value("nothing like it").run()
    assert not app.dataframe


def test_a_failed_run_says_why_and_offers_to_resume() -> None:
    run = ended("Unlucky", 0.4)
    run.record.state, run.record.problem = "failed", "The disk is full."
    run.record.hint = f"Make room, then go on: python -m recycler resume {run.record.run}"
    run.save()
    app = train_page()
    assert app.error[0].value.replace("\\", "") == "The disk is full. Make room, then go on: press Resume"
    assert buttons(app, state.TRAIN_RESUME)


def test_a_deleted_run_is_gone_and_comes_back_by_undo() -> None:
    run = ended("Mistake", 0.4)
    app = train_page()
    app.button(key=f"{state.TRAIN_DELETE}-now-{run.record.run}").click().run()
    assert not app.exception
    with pytest.raises(RunError):
        find_run(settings().runs, run.record.run)
    app.button(key=state.TRAIN_UNDO).click().run()
    assert [found.label.title for found in list_runs(settings().runs)] == ["Mistake"]
    assert not buttons(app, state.TRAIN_UNDO)


def test_a_run_gets_another_name_and_a_note() -> None:
    run = ended("Untitled", 0.4)
    app = train_page()
    title = [box for box in app.text_input if box.label == "Name"][-1]  # the first ones belong to the form
    note = [box for box in app.text_area if box.label == "Note"][-1]
    title.set_value("Much better")
    note.set_value("with flips")
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert run.label == Label(title="Much better", note="with flips")


def test_the_queue_can_be_reordered_and_cancelled(queued: list[str]) -> None:
    first, second, third = queued
    app = train_page()
    assert waiting(app) == ["1. First", "2. Second", "3. Third"]
    app.button(key=f"{state.TRAIN_QUEUE}-up-{third}").click().run()
    assert waiting(app) == ["1. First", "2. Third", "3. Second"]
    app.button(key=f"{state.TRAIN_QUEUE}-up-{third}").click().run()
    assert waiting(app) == ["1. Third", "2. First", "3. Second"]
    app.button(key=f"{state.TRAIN_QUEUE}-cancel-{first}").click().run()
    assert waiting(app) == ["1. Third", "2. Second"]
    assert find_run(settings().runs, first).stop_requested()
    assert not find_run(settings().runs, second).stop_requested()


def test_runs_are_compared_by_their_curves_and_where_their_recipes_differ() -> None:
    stage = QUICK.stages[0].model_copy(update={"learning_rate": 0.01})
    fast = QUICK.model_copy(update={"seed": 7, "stages": (stage,)})
    runs = [ended("Slow", 0.4), ended("Fast", 0.5, recipe=fast)]
    app = AppTest.from_function(compared, args=([run.record.run for run in runs],), default_timeout=60).run()
    assert not app.exception
    [table] = [frame.value for frame in app.dataframe]
    assert list(table.columns) == ["Slow", "Fast"]
    assert list(table.loc["seed"]) == ["0", "7"]
    assert list(table.loc["stages 1 learning_rate"]) == ["0.003", "0.01"]
    assert list(table.loc["stages 2 epochs"]) == ["6", ""]
    assert "data seed" not in table.index
    charts = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    lines = [layer for chart in charts for layer in chart["layer"] if layer["mark"]["type"] == "line"]
    assert [line["encoding"]["color"]["scale"]["domain"] for line in lines] == 2 * [["Slow", "Fast"]]


def test_names_are_shown_as_text() -> None:
    ended("![x](https://example.org/x.png) :red[y]", 0.4)
    shown = [heading.value for heading in train_page().subheader if "example" in heading.value]
    assert len(shown) == 1
    assert "![" not in shown[0]


def test_a_run_says_what_it_was_trained_again_from() -> None:
    first = ended("First try", 0.4)
    for file in (NETWORK_FILE, PREDICTIONS_FILE):
        (first.folder / file).touch()
    again = ended("Second try", 0.6)
    again.record.parent = f"run:{first.record.run}"
    again.save()
    assert any("Again, from First try" in text.value.replace("\\", "") for text in train_page().caption)
