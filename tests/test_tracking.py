"""Runs as MLflow has them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as StoredRun
from mlflow.entities import ViewType

from recycler import jobs
from recycler.errors import StoreError
from recycler.recipe import parse_recipe
from recycler.runs import NETWORK_FILE, PREDICTIONS_FILE, Label, Run, list_runs, new_run
from recycler.settings import settings
from recycler.tracking import EXPERIMENT, hand_over, parameters_of

RECIPE = parse_recipe("name: small\ntitle: Small\ndata:\n  sources:\n    - name: trashnet\n      per_class: 7\n")


def finished_run() -> Run:
    """A run as a trainer leaves it."""
    run = new_run(settings().runs, RECIPE, "cpu")
    run.begin_stage(0, "feature extraction", 3, 2)
    for epoch in (1, 2, 3):
        for step in (1, 2):
            run.log_batch(0, epoch, step, {"loss": 1 / epoch})
        run.log_epoch(0, epoch, {"loss": 1 / epoch, "val_loss": 2 / epoch})
    run.close()
    (run.folder / NETWORK_FILE).write_bytes(b"weights")
    pd.DataFrame({"photo": ["a.jpg"]}).to_parquet(run.folder / PREDICTIONS_FILE)
    run.record.state = "done"
    run.record.finished = run.record.queued
    run.record.figures = {"left out: home": {"top1": 0.5}}
    run.record.revision = "abc"
    run.save()
    return run


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database before the first run: creating it takes seconds."""
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    assert MlflowClient(f"sqlite:///{file}").get_experiment_by_name(EXPERIMENT) is None
    return file


@pytest.fixture
def store_at_hand(empty_store: Path, own_home: Path) -> None:
    """The home has a database already."""
    shutil.copy(empty_store, own_home)


at_hand = pytest.mark.usefixtures("store_at_hand")


def stored(uri: str = "", view: int = ViewType.ACTIVE_ONLY) -> list[StoredRun]:
    client = MlflowClient(uri or f"sqlite:///{settings().home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], run_view_type=view))


def check_complete(run: Run, uri: str = "") -> None:
    """One run is there, with everything that MLflow's page shows."""
    [found] = stored(uri)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "Small"
    assert found.data.params["data.sources.0.per_class"] == "7"
    assert found.data.params["network.backbone"] == "efficientnet_lite0"
    assert found.data.metrics["left out- home/top1"] == 0.5
    assert found.data.tags["run"] == run.record.run
    assert found.data.tags["state"] == "done"
    assert found.data.tags["mlflow.source.git.commit"] == "abc"
    client = MlflowClient(uri or f"sqlite:///{settings().home / 'mlflow.db'}")
    history = client.get_metric_history(found.info.run_id, "val_loss")
    assert [(point.step, round(point.value, 3)) for point in history] == [(1, 2), (2, 1), (3, 0.667)]
    names = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert names >= {"recipe.yaml", "network.keras", "epochs.csv", "points.csv", "predictions.parquet", "plots"}
    plots = {file.path for file in client.list_artifacts(found.info.run_id, "plots")}
    assert plots == {"plots/curves.html", "plots/curves.png"}


def test_a_finished_run_is_handed_over_whole_and_once() -> None:
    run = finished_run()
    assert hand_over([run]) == 1
    check_complete(run)
    assert hand_over(list_runs(settings().runs)) == 0


@at_hand
def test_epochs_are_handed_over_as_they_come_and_none_twice() -> None:
    run = new_run(settings().runs, RECIPE, "cpu")
    with run.lock:
        run.log_epoch(0, 1, {"loss": 3.0})
        hand_over(list_runs(settings().runs))
        hand_over(list_runs(settings().runs))
        run.log_epoch(0, 2, {"loss": 2.0})
        hand_over(list_runs(settings().runs))
    [found] = stored()
    assert found.info.status == "SCHEDULED"
    history = MlflowClient(f"sqlite:///{settings().home / 'mlflow.db'}").get_metric_history(found.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(1, 3.0), (2, 2.0)]


@at_hand
def test_a_new_title_or_note_reaches_the_store() -> None:
    run = finished_run()
    hand_over([run])
    run.label = Label(title="Better", note="with glass")
    assert hand_over([run]) == 1
    [found] = stored()
    assert (found.info.run_name, found.data.tags["mlflow.note.content"]) == ("Better", "with glass")


@at_hand
def test_a_deleted_run_is_deleted_there_and_comes_back_with_it() -> None:
    run = finished_run()
    hand_over([run])
    jobs.delete(run.record.run)
    assert hand_over([]) == 1
    assert stored() == []
    assert len(stored(view=ViewType.DELETED_ONLY)) == 1
    jobs.restore(run.record.run)
    hand_over(list_runs(settings().runs))
    assert len(stored()) == 1


@at_hand
def test_a_store_that_does_not_answer_is_a_sentence_and_the_next_one_makes_up_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = finished_run()
    uri = "http://ada:h%75nter2@127.0.0.1:9"  # the discard port: nobody listens
    monkeypatch.setenv("RECYCLER_TRACKING_URI", uri)
    settings.cache_clear()
    with pytest.raises(StoreError, match="Nothing is lost") as refused:
        hand_over([run])
    assert "ada:***@" in str(refused.value)
    assert "nter2" not in str(refused.value)
    monkeypatch.delenv("RECYCLER_TRACKING_URI")
    settings.cache_clear()
    hand_over([run])
    check_complete(run)


def test_two_processes_that_write_at_once_never_meet_a_locked_database() -> None:
    for _ in range(3):
        finished_run()
    command = [sys.executable, "-m", "recycler", "store"]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [writer.communicate(timeout=120) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    client = MlflowClient(f"sqlite:///{settings().home / 'mlflow.db'}")
    written = [len(client.get_metric_history(run.info.run_id, "wall_seconds")) for run in stored()]
    assert written == [1] * 3  # each run once, by one of the two


def test_a_recipe_is_flat_parameters() -> None:
    parameters = dict(parameters_of(RECIPE))
    assert parameters["stages.0.epochs"] == "60"
    assert parameters["network.hidden"] == "[]"
    assert parameters["data.sources.0.labels"] == "{}"
