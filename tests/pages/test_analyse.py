"""The choices of the Analyse page, on the shipped model and photos drawn here."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from components.analysis.choose import NOTHING
from recycler.evaluations import Question, sorted_mapping
from recycler.learning.answer import answer
from recycler.predictions import write_predictions
from recycler.settings import PROJECT, settings
from tests.datasets.pictures import photo, write_tree
from tests.finished import ended
from tests.tables import drawn

PAGE = "from pages import analyse\nanalyse.page()"
LOADED = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_string({PAGE!r}, default_timeout=60).run()
assert not app.exception, app.exception
print(*sorted({{"keras", "tensorflow", "mlflow"}} & set(sys.modules)))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = [f"{kind}/{i}.jpg" for kind in ("glass", "can", "teapot") for i in range(3)]
    return write_tree(tmp_path / "kitchen", {name: photo(seed) for seed, name in enumerate(names)})


def analyse(**address: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def box(app: AppTest, name: str) -> str:
    return str(app.selectbox(key=f"_analyse_{name}").value)


def start_buttons(app: AppTest) -> list[str]:
    return [str(button.key) for button in app.button if str(button.key).startswith(state.ANALYSE_START)]


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.warning, *app.error, *app.info))


def test_the_page_needs_no_tensorflow() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_a_link_chooses_and_offers_what_has_not_been_asked_yet(tree: Path) -> None:
    app = analyse(subject="household", data=str(tree), split="all")
    assert (box(app, "subject"), box(app, "data"), box(app, "split")) == ("household", str(tree), "all")
    assert len(start_buttons(app)) == 1
    assert "not been asked" in texts(app)


def test_what_is_kept_is_shown_at_once_with_what_its_figures_cannot_say(tree: Path) -> None:
    answer(Question("household", str(tree), "all"), lambda *_: None)
    app = analyse(subject="household", data=str(tree))
    assert not start_buttons(app)
    assert "3 photos of classes that neither the model" in texts(app)


def test_a_mapping_in_the_address_asks_another_question(tree: Path) -> None:
    wishes = sorted_mapping({"teapot": "metal"})
    answer(Question("household", str(tree), "all", wishes), lambda *_: None)
    assert not start_buttons(analyse(subject="household", data=str(tree), map="teapot=metal"))
    other = analyse(subject="household", data=str(tree), map="teapot=glass;nonsense=metal;can=nonsense")
    assert len(start_buttons(other)) == 1
    assert other.query_params[state.ANALYSE_WISHES] == "teapot=glass"


def test_a_run_is_shown_from_its_own_table_at_once_though_its_photos_have_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECYCLER_DATA", raising=False)
    settings.cache_clear()
    run = ended("First try", 0.4)
    run.record.classes = drawn(4).classes
    run.save()
    (run.folder / "network.keras").write_bytes(b"weights")
    write_predictions(run.folder / "predictions.parquet", drawn(40))
    name = f"run:{run.record.run}"
    app = analyse(subject=name)
    assert not start_buttons(app)
    assert box(app, "split") == "test"
    assert box(app, "beside") == NOTHING
    assert state.ANALYSE_BESIDE not in app.query_params


def test_a_run_stands_beside_itself_before_its_last_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECYCLER_DATA", raising=False)
    settings.cache_clear()
    run = ended("Two stages", 0.4)
    run.begin_stage(1, "fine tuning", 3, 2)
    run.record.classes = drawn(4).classes
    run.save()
    (run.folder / "network.keras").write_bytes(b"weights")
    write_predictions(run.folder / "predictions.parquet", drawn(40, skill=4))
    name = f"run:{run.record.run}"
    assert run.record.run not in "".join(analyse(subject=name).selectbox(key="_analyse_beside").options)
    write_predictions(run.predictions_before(1), drawn(40))
    app = analyse(subject=name, beside=f"{name}@1")
    assert box(app, "beside") == f"{name}@1"
    app.session_state[state.ANALYSE_VIEW] = "Changes"
    app.run()
    assert not app.exception
    assert "From Two stages, before fine tuning to Two stages" in " ".join(one.value for one in app.caption)
    app.session_state[state.ANALYSE_VIEW] = "Entropy"
    app.run()
    app.selectbox(key=state.ANALYSE_COLOUR).set_value("Before and after").run()
    assert not app.exception
    [drawn_boxes] = app.get("vega_lite_chart")
    assert "Two stages, before fine tuning" in drawn_boxes.proto.spec


def test_a_table_from_a_file_is_opened_and_another_file_refused(tmp_path: Path) -> None:
    write_predictions(tmp_path / "table.parquet", drawn(40, foreign=3))
    app = analyse()
    app.file_uploader(key=state.ANALYSE_FILE).upload("table.parquet", (tmp_path / "table.parquet").read_bytes()).run()
    assert not app.exception
    assert not app.error
    assert "3 photos of classes that the model does not know" in texts(app)
    app.file_uploader(key=state.ANALYSE_FILE).upload("other.parquet", b"PAR1 nothing PAR1").run()
    assert not app.exception
    assert "no predictions table" in app.error[0].value


def test_with_no_model_and_no_run_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path / "empty"))
    settings.cache_clear()
    assert "Train one" in texts(analyse())


def test_with_no_photos_it_says_how_to_bring_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_DATA", str(tmp_path))
    settings.cache_clear()
    app = analyse()
    assert not app.error
    assert "no photos here to ask this model about" in texts(app)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    app = analyse(subject="household", data=str(tmp_path / "gone"))
    assert "gone" in app.error[0].value


def test_from_an_analysis_one_trains_again_and_then_sees_what_changed(tree: Path, real_data: Path) -> None:
    answer(Question("household", str(tree), "all"), lambda *_: None)
    assert [key for key in keys(analyse(subject="household", data=str(tree))) if key.startswith(state.AGAIN_OPEN)]
    first, again = (ended(title, 0.4, parent=parent) for title, parent in (("First", ""), ("Again", "household")))
    for run in (first, again):
        run.record.classes = drawn(4).classes
        run.save()
        (run.folder / "network.keras").write_bytes(b"weights")
        write_predictions(run.folder / "predictions.parquet", drawn(40))
    assert state.ANALYSE_SINCE not in keys(analyse(subject=f"run:{first.record.run}"))
    app = analyse(subject=f"run:{again.record.run}")
    app.button(key=state.ANALYSE_SINCE).click().run()
    assert not app.exception
    assert box(app, "beside") == "household"
    assert app.button_group(key=state.ANALYSE_VIEW).value == "Changes"


def keys(app: AppTest) -> list[str]:
    return [str(button.key) for button in app.button]
