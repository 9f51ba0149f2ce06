import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from recycler.errors import DatasetError, ModelError
from recycler.evaluation import Evaluated
from recycler.evaluations import (
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
    sorted_mapping,
    start_evaluation,
)
from recycler.runs import is_held, write_atomically
from recycler.settings import settings
from recycler.subjects import find_subject
from recycler.verdict import Thresholds
from tests.datasets.pictures import dataset
from tests.tables import drawn

QUESTION = Question("household", "home", "all")


def keep(key: str) -> None:
    keep_evaluation(key, QUESTION, Evaluated(drawn(5), np.ones((5, 4), np.float16), ("one",)), Thresholds(0.8), 2)


def test_what_is_kept_is_found_again() -> None:
    assert find_evaluation("ab") is None
    with evaluating("ab", QUESTION) as tell:
        assert tell is not None
        keep("ab")
    found, table = load_evaluation("ab")
    assert (found.state, found.question, found.learned, found.left_out) == ("done", QUESTION, 2, ("one",))
    assert found.thresholds.confidence == 0.8
    assert len(table) == 5
    embeddings = load_embeddings("ab")
    assert embeddings is not None
    assert embeddings.shape == (5, 4)
    with evaluating("ab", QUESTION) as tell:
        assert tell is None, "it is done already"


def test_how_far_it_is_can_be_seen_while_its_process_lives_and_that_it_failed_when_that_is_gone() -> None:
    with evaluating("ab", QUESTION) as tell:
        assert tell is not None
        tell("photos of home", 3, 3)
        standing = find_evaluation("ab")
        assert standing is not None
        assert (standing.state, standing.doing, standing.done, standing.total) == ("running", "photos of home", 3, 3)
    gone = find_evaluation("ab")  # it left without an answer, as a killed process does
    assert gone is not None
    assert (gone.state, gone.problem) == ("failed", "Its process is gone: ask again.")


def test_one_that_was_asked_for_and_never_began_fails_after_a_while(own_home: Path) -> None:
    folder_of("ab").mkdir(parents=True)
    asked = Evaluation(question=QUESTION, began=datetime.now(UTC))
    write_atomically(folder_of("ab") / "evaluation.json", asked.model_dump_json().encode())
    assert find_evaluation("ab") == asked
    early = asked.model_copy(update={"began": datetime.now(UTC) - timedelta(hours=1)})
    write_atomically(folder_of("ab") / "evaluation.json", early.model_dump_json().encode())
    found = find_evaluation("ab")
    assert found is not None
    assert found.state == "failed"


def test_a_problem_is_kept_as_a_sentence_and_the_next_try_begins_anew() -> None:
    with pytest.raises(DatasetError), evaluating("ab", QUESTION):
        raise DatasetError("The disk with the photos has gone.")
    found = find_evaluation("ab")
    assert found is not None
    assert (found.state, found.problem) == ("failed", "The disk with the photos has gone.")
    assert not is_held(folder_of("ab") / "lock")
    with pytest.raises(DatasetError, match="has gone"):
        load_evaluation("ab")
    with evaluating("ab", QUESTION) as tell:
        assert tell is not None


def test_the_key_follows_all_that_the_answer_depends_on_but_not_corrected_labels() -> None:
    subject, data = find_subject("household"), dataset([b"a", b"b"], [0, 1])
    key = key_of(QUESTION, subject, data)
    assert key == key_of(QUESTION, subject, data)
    others = [
        key_of(replace(QUESTION, split="test"), subject, data),
        key_of(replace(QUESTION, mapping=(("can", None),)), subject, data),
        key_of(QUESTION, subject, data.pick([0])),
    ]
    assert len({key, *others}) == 4


def test_what_was_not_looked_at_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_EVALUATIONS_KEPT", "2")
    settings.cache_clear()
    for age, key in ((30, "aa"), (20, "bb")):
        folder_of(key).mkdir(parents=True)
        keep(key)
        os.utime(folder_of(key), (1e9 - age, 1e9 - age))
    load_evaluation("aa")  # looked at just now
    folder_of("cc").mkdir()
    keep("cc")
    assert sorted(path.name for path in settings().evaluations.iterdir()) == ["aa", "cc"]


def test_own_photos_are_those_of_the_recipe() -> None:
    asked = photos_asked(Question("household", "own:household"))
    assert [source.name for source in asked.sources] == ["garbage", "trashnet", "home"]
    assert [source.name for source in photos_asked(QUESTION).sources] == ["home"]
    with pytest.raises(ModelError, match="no model called “teapot”"):
        photos_asked(Question("household", "own:teapot"))


def test_the_same_wishes_are_the_same_question() -> None:
    assert sorted_mapping({"b": None, "a": "x"}) == sorted_mapping({"a": "x", "b": None}) == (("a", "x"), ("b", None))


def test_a_home_that_cannot_be_written_to_is_told(own_home: Path) -> None:
    shutil.rmtree(own_home, ignore_errors=True)
    own_home.write_text("a file")
    with pytest.raises(DatasetError, match="Nothing can be written to"):
        start_evaluation("ab", QUESTION)
    own_home.unlink()
