"""The Train page on runs that were written by hand; real trainings are in the journeys."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from components.words import percent
from recycler.errors import RunError
from recycler.recipe import load_recipe
from recycler.runs import Label, Run, find_run, list_runs, new_run
from recycler.settings import PROJECT, settings

PAGE = "from pages import train\ntrain.page()"
LOADED = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_string({PAGE!r}, default_timeout=60).run()
assert not app.exception, app.exception
print(*sorted({{"keras", "tensorflow", "mlflow"}} & set(sys.modules)))
"""


def ended(title: str, top1: float, note: str = "") -> Run:
    run = new_run(
        settings().runs, load_recipe(PROJECT / "recipes" / "quick.yaml"), "cpu", Label(title=title, note=note)
    )
    run.begin_stage(0, "feature extraction", 3, 2)
    for epoch in (1, 2, 3):
        for step in (1, 2):
            run.log_batch(0, epoch, step, {"loss": 1 / epoch, "object_accuracy": 0.5})
        run.log_epoch(
            0, epoch, {"loss": 1 / epoch, "val_loss": 1.1 / epoch, "object_accuracy": 0.5, "val_object_accuracy": 0.4}
        )
    run.close()
    run.record.figures = {"test": {"top1": top1, "recycling_balanced_accuracy": 0.8, "photos": 50}}
    run.record.state = "done"
    run.save()
    return run


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


def test_the_first_visitor_is_offered_a_quick_training() -> None:
    app = train_page()
    assert app.button(key=state.TRAIN_QUICK).label == "Start a quick training"
    assert not app.dataframe


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
    run.record.state, run.record.problem, run.record.hint = "failed", "The disk is full.", "Make room."
    run.save()
    app = train_page()
    assert "disk is full" in app.error[0].value
    assert "Make room" in app.error[0].value
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


def test_names_are_shown_as_text() -> None:
    ended("![x](https://example.org/x.png) :red[y]", 0.4)
    shown = [heading.value for heading in train_page().subheader if "example" in heading.value]
    assert len(shown) == 1
    assert "![" not in shown[0]


def test_a_run_says_what_it_was_trained_again_from() -> None:
    first = ended("First try", 0.4)
    again = ended("Second try", 0.6)
    again.record.parent = f"run:{first.record.run}"
    again.save()
    assert any("Again, from First try" in text.value.replace("\\", "") for text in train_page().caption)
