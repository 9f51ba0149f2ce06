"""A short form of `python -m benchmarks.reliability --only load`."""

from pathlib import Path

from benchmarks.fire.load import Crowd, phone_photos, server


def test_visitors_at_once_each_get_the_verdict_of_their_own_photo(tmp_path: Path) -> None:
    photos = phone_photos(14, (400, 300))
    assert len({photo.headline for photo in photos}) > 7
    with server(tmp_path) as (address, process):
        seen = Crowd(address, process, photos, (0, 0.1)).visit(6, most=40)
    assert seen.faults == []
    assert len(seen.seconds) >= 40
    assert seen.visits >= 6
