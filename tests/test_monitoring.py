import numpy as np
import pytest
from prometheus_client import REGISTRY

from components.visit import Upload, Visit
from recycler import monitoring
from recycler.answers import counted
from recycler.classifier import load_classifier
from recycler.photos import to_jpeg
from recycler.recipe import parse_recipe
from recycler.rulebook import find_rulebook
from recycler.runs import new_run
from recycler.settings import settings
from recycler.shelf import LITERT_FILE

PHOTO = to_jpeg(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8).repeat(20, 0).repeat(20, 1), 160)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_photo_on_classify_is_counted_once_however_often_it_is_drawn() -> None:
    classifier, rules = load_classifier("household"), find_rulebook("default")
    visit = Visit()
    before = value("recycler_verdict_seconds_count"), value("recycler_photos_refused_total")
    for _ in range(2):
        visit.add([Upload("a.jpg", PHOTO), Upload("b.jpg", b"no photo")], classifier)
        for _ in range(3):
            verdict = visit.judge(visit.photos[visit.latest[0]], classifier, rules).verdict.verdict
    after = value("recycler_verdict_seconds_count"), value("recycler_photos_refused_total")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 2)
    assert counted(classifier.card.checksums[LITERT_FILE], 1)[1] == {verdict: 1}
    assert f'recycler_verdicts_total{{model="household",verdict="{verdict}"}}' in monitoring.metrics().decode()


def test_runs_and_the_queue_are_read_when_somebody_asks() -> None:
    recipe = parse_recipe("name: small\ndata:\n  sources:\n    - name: trashnet\n")
    assert value("recycler_runs", state="queued") == 0
    run, _ = (new_run(settings().runs, recipe, "cpu") for _ in range(2))
    assert value("recycler_runs", state="queued") == value("recycler_queue", device="cpu") == 2
    run.record.state = "done"
    run.save()
    assert (value("recycler_runs", state="done"), value("recycler_queue", device="cpu")) == (1, 1)


@pytest.mark.parametrize(
    ("variable", "there", "said"),
    [("RECYCLER_MODEL", "teapot", "no model called “teapot”"), ("RECYCLER_RULEBOOK", "teapot", "no rulebook “teapot”")],
)
def test_a_server_is_ready_when_it_can_answer(
    monkeypatch: pytest.MonkeyPatch, variable: str, there: str, said: str
) -> None:
    assert monitoring.problems() == []
    monkeypatch.setenv(variable, there)
    settings.cache_clear()
    [problem] = monitoring.problems()
    assert said in problem


def test_a_home_folder_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings().home / "file"
    file.touch()
    monkeypatch.setenv("RECYCLER_HOME", str(file / "home"))
    settings.cache_clear()
    assert ["home folder" in problem for problem in monitoring.problems()] == [True]
