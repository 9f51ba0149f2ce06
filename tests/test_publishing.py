from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recycler.errors import ExportError, ModelError, RunError
from recycler.publishing import PUBLICATION_FILE, STEPS, Publication, publication, publishing, start
from recycler.recipe import parse_recipe
from recycler.runs import Run, new_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run(tmp_path, parse_recipe("{name: a, data: {sources: [{name: b}]}}"), "cpu")


def state(run: Run) -> str:
    found = publication(run)
    return found.state if found else "none"


def test_others_see_what_is_done_and_how_it_ended(run: Run) -> None:
    assert state(run) == "none"
    with publishing(run, "good") as tell:
        tell(STEPS[2])
        found = publication(run)
        assert found is not None
        assert (found.name, found.state, found.doing) == ("good", "publishing", STEPS[2])
    assert state(run) == "done"


def test_a_failure_is_kept_as_a_sentence(run: Run) -> None:
    with pytest.raises(ExportError), publishing(run, "good"):
        raise ExportError("The copy differs.")
    found = publication(run)
    assert found is not None
    assert (found.state, found.problem) == ("failed", "The copy differs.")


def test_a_process_that_is_gone_has_failed_once_it_had_time_to_start(run: Run) -> None:
    for age, wanted in ((0, "publishing"), (600, "failed")):
        begun = Publication(name="good", began=datetime.now(UTC) - timedelta(seconds=age))
        (run.folder / PUBLICATION_FILE).write_text(begun.model_dump_json())
        assert state(run) == wanted


def test_two_do_not_publish_the_same_run_at_once(run: Run) -> None:
    with publishing(run, "good"):
        with pytest.raises(RunError, match="already"):
            start(run, "better")
        with pytest.raises(RunError, match="already"), publishing(run, "better"):
            pass


def test_a_name_that_is_no_folder_is_refused_before_anything_begins(run: Run) -> None:
    with pytest.raises(ModelError, match="small letters"):
        start(run, "../outside")
    assert state(run) == "none"
