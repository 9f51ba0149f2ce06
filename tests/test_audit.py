import json
import stat
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from recycler import jobs
from recycler.access import Actor, Role, acting
from recycler.audit import MOST_LETTERS, deeds, note
from recycler.cli import cli
from recycler.datasets.collected import forget, keep
from recycler.labels import change_label, undo
from recycler.publishing import publishing
from recycler.settings import settings
from tests.datasets.pictures import photo
from tests.finished import ended

TESS = Actor("tess@school.example", Role.TRAINER)


def said() -> list[tuple[str, str]]:
    """What was done, the oldest first."""
    return [(deed.deed, deed.what) for deed in reversed(deeds())]


def test_each_deed_that_others_see_is_written_down() -> None:
    with acting(TESS):
        kept = keep(photo(1), "glass")
        change = change_label("collected", f"{kept}.jpg", "metal")
        undo("collected", change)
        forget([kept])
        run = ended("One", 0.5)
        with publishing(run, "mine"):
            pass
        jobs.delete(run.record.run)
        jobs.restore(run.record.run)
    name = run.record.run
    assert said() == [
        ("teach", str(kept)),
        ("relabel", f"collected: {kept}.jpg is metal, was glass"),
        ("undo", f"collected: {kept}.jpg is glass again"),
        ("forget", str(kept)),
        ("publish", f"run {name} as mine"),
        ("delete", f"run {name}"),
        ("restore", f"run {name}"),
    ]
    assert {(deed.who, deed.role) for deed in deeds()} == {("tess@school.example", "trainer")}


def test_what_failed_was_not_done() -> None:
    run = ended("One", 0.5)
    with pytest.raises(OSError, match="full"), publishing(run, "mine"):
        raise OSError(28, "full")
    assert deeds() == []


def test_lines_of_many_writers_stay_whole(own_home: Path) -> None:
    def write(writer: int) -> None:
        for number in range(50):
            note("teach", f"{writer} {number} {'x' * MOST_LETTERS}")

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    lines = settings().audit.read_text("utf-8").splitlines()
    assert len({json.loads(line)["what"].split("x")[0] for line in lines}) == 400
    assert stat.S_IMODE(settings().audit.stat().st_mode) == 0o600


def test_a_damaged_line_hides_no_other() -> None:
    note("teach", "glass/1")
    with settings().audit.open("ab") as file:
        file.write(b'{"when": "yesterday"}\n\xff\xfe\n')
    note("teach", "glass/2")
    assert said() == [("teach", "glass/1"), ("teach", "glass/2")]
    assert [deed.what for deed in deeds(1)] == ["glass/2"]


def test_a_log_that_cannot_be_written_costs_the_line_not_the_deed(caplog: pytest.LogCaptureFixture) -> None:
    settings().audit.mkdir()
    assert keep(photo(1), "glass").path.exists()
    assert "audit log cannot be written" in caplog.text


def test_the_command_line_shows_the_log() -> None:
    with acting(TESS):
        keep(photo(1), "glass")
    lines = CliRunner().invoke(cli, ["audit", "--json"]).output.splitlines()
    assert [json.loads(line)["who"] for line in lines] == ["tess@school.example"]
    assert "tess@school.example (trainer)  teach  glass/" in CliRunner().invoke(cli, ["audit"]).output
