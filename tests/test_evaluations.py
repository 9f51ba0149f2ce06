import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError, RunError
from recycler.evaluation import Evaluated
from recycler.evaluations import (
    LOCK_FILE,
    RECORD_FILE,
    Evaluation,
    Question,
    evaluating,
    find_evaluation,
    folder_of,
    keep_evaluation,
    key_of,
    load_embeddings,
    load_evaluation,
    photos_asked,
    stop_evaluation,
)
from recycler.settings import settings
from recycler.subjects import find_subject
from recycler.verdict import Thresholds
from tests.tables import drawn

QUESTION = Question("household", "home", "all")


def evaluated(photos: int = 4) -> Evaluated:
    return Evaluated(drawn(photos), np.ones((photos, 3), np.float16), ("home/1: cut off",))


def keep(key: str, photos: int = 4) -> None:
    with evaluating(key, QUESTION) as tell:
        assert tell is not None
        keep_evaluation(key, QUESTION, evaluated(photos), Thresholds(0.7), {"can": "metal"}, 1)


def state(key: str) -> str:
    found = find_evaluation(key)
    return found.state if found else "none"


def photos_named(splits: tuple[str, ...] = ("", "")) -> Dataset:
    return Dataset(
        name="kitchen",
        classes=("can", "glass"),
        photos=("kitchen/1", "kitchen/2"),
        labels=np.array([0, 1]),
        sources=("kitchen",),
        source=np.array([0, 0]),
        splits=splits,
        read_bytes=lambda _: b"",
    )


def test_what_is_kept_is_found_again_with_its_embeddings() -> None:
    keep("a")
    found, table = load_evaluation("a")
    assert (found.state, found.left_out, found.learned, found.mapping) == (
        "done",
        ("home/1: cut off",),
        1,
        {"can": "metal"},
    )
    np.testing.assert_array_equal(table.probabilities, drawn(4).probabilities)
    embeddings = load_embeddings("a")
    assert embeddings is not None
    assert embeddings.shape == (4, 3)
    with evaluating("a", QUESTION) as tell:
        assert tell is None, "a second ask is answered from what is kept"


def test_others_see_how_far_it_is_and_how_long_it_still_takes() -> None:
    with evaluating("a", QUESTION) as tell:
        assert tell is not None
        tell("photos", 0, 100)
        began = datetime.now(UTC)
        found = find_evaluation("a")
        assert found is not None
        assert (found.state, found.doing, found.total) == ("running", "photos", 100)
        assert found.seconds_left(began) is None
    half = Evaluation(question=QUESTION, began=began, since=began - timedelta(seconds=30), done=25, total=100)
    assert half.seconds_left(began) == pytest.approx(90)


def test_a_failure_is_kept_as_a_sentence_and_can_be_tried_again() -> None:
    with pytest.raises(RunError), evaluating("a", QUESTION):
        raise RunError("The run has gone.")
    found = find_evaluation("a")
    assert found is not None
    assert (found.state, found.problem) == ("failed", "The run has gone.")
    with pytest.raises(DatasetError, match="has gone"):
        load_evaluation("a")
    keep("a")
    assert state("a") == "done"


def test_a_request_to_stop_ends_it_at_the_next_word_and_the_next_attempt_is_free_of_it() -> None:
    def go_on() -> None:
        with evaluating("a", QUESTION) as tell:
            assert tell is not None
            stop_evaluation("a")
            tell("photos", 1, 100)

    with pytest.raises(DatasetError, match="stopped"):
        go_on()
    assert state("a") == "stopped"
    keep("a")
    stop_evaluation("of nobody")


def test_an_evaluation_whose_process_is_gone_has_failed_once_it_had_time_to_start() -> None:
    assert state("a") == "none"
    folder_of("a").mkdir(parents=True)
    for age, wanted in ((0, "running"), (600, "failed")):
        record = Evaluation(question=QUESTION, began=datetime.now(UTC) - timedelta(seconds=age))
        (folder_of("a") / RECORD_FILE).write_text(record.model_dump_json())
        assert state("a") == wanted


def test_who_asks_while_it_is_made_waits_and_gets_the_same() -> None:
    seen: list[bool] = []

    def second() -> None:
        with evaluating("a", QUESTION) as tell:
            seen.append(tell is None)

    with evaluating("a", QUESTION) as tell:
        assert tell is not None
        other = threading.Thread(target=second)
        other.start()
        keep_evaluation("a", QUESTION, evaluated(), Thresholds(0.7), {}, 0)
        assert not seen
    other.join(timeout=30)
    assert seen == [True]


def test_those_not_looked_at_for_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_EVALUATIONS_KEPT", "2")
    settings.cache_clear()
    for age, key in ((300, "old"), (200, "older but looked at")):
        keep(key)
        os.utime(folder_of(key), (time.time() - age,) * 2)
    os.utime(folder_of("older but looked at"), (time.time() - 400,) * 2)
    load_evaluation("older but looked at")
    keep("new")
    assert {path.name for path in settings().evaluations.iterdir()} == {"older but looked at", "new"}
    assert not (folder_of("old") / LOCK_FILE).exists()


def test_the_key_names_what_makes_a_difference_and_nothing_else() -> None:
    subject, data = find_subject("household"), photos_named()
    key = key_of(QUESTION, subject, data, "f")
    same = [
        replace(QUESTION, split="test"),  # of photos that have no splits
        replace(QUESTION, mapping=(("can", "metal"),)),  # is so anyway
    ]
    assert {key_of(question, subject, data, "f") for question in same} == {key}
    card = subject.card
    assert card is not None
    warmer = replace(subject, card=card.model_copy(update={"temperature": 2.0}))
    others = [
        key_of(QUESTION, subject, data, "g"),
        key_of(replace(QUESTION, data="own:household"), subject, data, "f"),
        key_of(replace(QUESTION, mapping=(("can", None),)), subject, data, "f"),
        key_of(replace(QUESTION, split="test"), subject, photos_named(("test", "train")), "f"),
        key_of(QUESTION, warmer, data, "f"),
    ]
    assert len({key, *others}) == 6
    with pytest.raises(DatasetError, match="teapot"):
        key_of(replace(QUESTION, mapping=(("teapot", "metal"),)), subject, data, "f")


def test_own_photos_are_those_of_the_recipe_and_others_are_named(tmp_path: Path) -> None:
    assert [s.name for s in photos_asked(Question("household", str(tmp_path))).sources] == [str(tmp_path)]
    assert {s.name for s in photos_asked(Question("household", "own:household")).sources} == {
        "garbage",
        "trashnet",
        "home",
    }
