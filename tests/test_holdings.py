import asyncio
import io
import os
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from recycler.audit import deeds
from recycler.cli import cli
from recycler.datasets.collected import keep, list_collected
from recycler.drafts import keep_draft
from recycler.holdings import DAY, HOLDINGS, export, keep_tidy, tidy
from recycler.settings import settings
from tests.datasets.pictures import photo
from tests.finished import ended


def retention(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setenv("RECYCLER_RETENTION_DAYS", str(days))
    settings.cache_clear()


def laid(path: str, age_days: float = 0) -> Path:
    """A file in the home folder, last changed so long ago."""
    file = settings().home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x\n")
    old(file, age_days)
    return file


def old(path: Path, age_days: float) -> None:
    moment = time.time() - age_days * DAY
    os.utime(path, (moment, moment))


def test_what_is_older_than_it_may_be_goes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    retention(monkeypatch, 10)
    stays, goes = keep(photo(1), "glass"), keep(photo(2), "glass")
    old(goes.path, 11)
    old(stays.path, 9)
    drafts = [laid(f"drafts/{'0' * 15}{number}.json", age) for number, age in enumerate((9, 11))]
    zips = [laid(f"data/uploads/{age}.zip", age) for age in (9, 11)]
    evaluations = [laid(f"evaluations/{age}/evaluation.json").parent for age in (9, 11)]
    for folder in evaluations:
        old(folder, int(folder.name))
    never = [laid("labels/home.jsonl", 99), laid("rulebooks/mine.yaml", 99), laid("audit.jsonl", 99)]
    run = ended("One", 0.5).folder
    old(run, 99)
    assert tidy() == 4
    assert list_collected() == [stays]
    assert [path.exists() for path in (*drafts, *zips, *evaluations)] == [True, False] * 3
    assert all(path.exists() for path in (*never, run))
    assert [(deed.deed, deed.what) for deed in deeds()][:1] == [("forget", str(goes))]


def test_without_a_limit_only_what_waits_to_be_taken_back_goes() -> None:
    kept = keep(photo(1), "glass")
    old(kept.path, 9999)
    zipped = laid("data/uploads/a.zip", 9999)
    draft, trash, discarded = laid("drafts/a.json", 31), laid("trash/run/run.json"), laid("discarded/glass/1.jpg", 8)
    old(trash.parent, 8)
    tidy()
    assert kept.path.exists()
    assert zipped.exists()
    assert not any(path.exists() for path in (draft, trash, discarded))


def test_a_server_keeps_tidy_by_itself_and_says_so_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    retention(monkeypatch, 1)
    kept = keep(photo(1), "glass")
    old(kept.path, 2)

    async def serve() -> None:
        tidying = asyncio.create_task(keep_tidy(0.0))
        while kept.path.exists():
            await asyncio.sleep(0.01)
        tidying.cancel()

    asyncio.run(asyncio.wait_for(serve(), 60))
    assert list_collected() == []
    assert {deed.who for deed in deeds() if deed.deed == "forget"} == {"retention"}


def test_an_evaluation_that_is_being_made_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    retention(monkeypatch, 1)
    record = laid("evaluations/busy/evaluation.json")
    with FileLock(record.with_name("evaluation.lock")):
        old(record.parent, 5)
        tidy()
        assert record.exists()
    old(record.parent, 5)
    tidy()
    assert not record.exists()


def test_the_page_says_the_shorter_time(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {holding.what: holding.how_long for holding in HOLDINGS}
    assert not any("at most" in how_long for how_long in said.values())
    retention(monkeypatch, 10)
    limited = {holding.what for holding in HOLDINGS if "at most 10 days" in holding.how_long}
    assert any("Taught photos, as copies" in what for what in limited)
    assert any("being written" in what for what in limited)
    assert "Taught photos that were deleted" not in limited  # gone after 7 days as it is


def test_an_export_holds_all_but_weights_and_what_can_be_computed_again() -> None:
    kept = keep(photo(1), "glass")
    run = ended("One", 0.5)
    (run.folder / "network.keras").write_bytes(b"weights")
    (run.folder / "log.txt").write_text("chatter")
    for path in ("labels/home.jsonl", "rulebooks/mine.yaml", "cache/hashes.npz", "data/uploads/a.zip"):
        laid(path)
    keep_draft("0" * 16, {})
    old(settings().home / "labels/home.jsonl", 365 * 60)  # a zip knows no year before 1980
    (settings().home / "rulebooks" / "away.yaml").symlink_to("/etc/hostname")
    file = io.BytesIO()
    count = export(file)
    names = zipfile.ZipFile(file).namelist()
    assert count == len(names)
    records = {f"runs/{run.folder.name}/{name}" for name in ("run.json", "label.json", "recipe.yaml", "epochs.csv")}
    assert set(names) == {
        f"collected/{kept}.jpg", "labels/home.jsonl", "rulebooks/mine.yaml", "audit.jsonl", *records
    }  # fmt: skip


def test_the_command_line_exports_tidies_and_overwrites_nothing(tmp_path: Path) -> None:
    keep(photo(1), "glass")
    file = tmp_path / "all.zip"
    assert "2 files" in CliRunner().invoke(cli, ["takeout", str(file)]).output  # the photo, and who taught it
    again = CliRunner().invoke(cli, ["takeout", str(file)])
    assert again.exit_code == 2
    assert "is there already" in again.output
    laid("drafts/a.json", 31)
    assert CliRunner().invoke(cli, ["tidy"]).output == "Deleted: 1\n"
