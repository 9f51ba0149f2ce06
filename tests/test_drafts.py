import os
import time
from pathlib import Path

import pytest

from recycler.drafts import DAYS, keep_draft, load_draft, new_identity

DRAFT = {"recipe": {"name": "a"}, "note": "é"}


def test_a_draft_is_found_again_by_its_name() -> None:
    identity = new_identity()
    keep_draft(identity, DRAFT)
    assert load_draft(identity) == DRAFT
    assert load_draft(new_identity()) is None


@pytest.mark.parametrize("identity", ["", "../../run", "A" * 16, "0" * 15, "0" * 17, "0" * 15 + "/"])
def test_names_that_were_not_given_are_not_looked_for(identity: str, own_home: Path) -> None:
    (own_home / "drafts").mkdir()
    (own_home / "drafts" / f"{identity.replace('/', '')}.json").write_text("{}")
    assert load_draft(identity) is None


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff"])
def test_a_damaged_draft_counts_as_none(content: bytes, own_home: Path) -> None:
    (own_home / "drafts").mkdir()
    (own_home / "drafts" / f"{'0' * 16}.json").write_bytes(content)
    assert load_draft("0" * 16) is None


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_stop(own_home: Path) -> None:
    (own_home / "drafts").write_text("in the way")
    keep_draft(new_identity(), DRAFT)


def test_old_drafts_go_when_a_new_one_comes(own_home: Path) -> None:
    old, young = new_identity(), new_identity()
    for identity in (old, young):
        keep_draft(identity, DRAFT)
    past = time.time() - (DAYS + 1) * 24 * 3600
    os.utime(own_home / "drafts" / f"{old}.json", (past, past))
    keep_draft(new_identity(), DRAFT)
    assert load_draft(old) is None
    assert load_draft(young) == DRAFT
