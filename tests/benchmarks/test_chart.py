from pathlib import Path

from benchmarks.chart import REPORT, draw, rates

TABLE = """
| stage | ours | bare | fit, Keras's layers | fit, image generator |
|---|---|---|---|---|
| fine tuning: frozen layers | 483 | 577 |  |  |
| fine tuning: what learns | 1,269 | 285 | 116 | 61 |
"""


def test_each_number_of_the_report_is_a_bar() -> None:
    found = rates(TABLE)
    assert [tuple(row) for row in found.to_numpy()] == [
        ("fine tuning|frozen layers", "Recycler", 483),
        ("fine tuning|frozen layers", "the bare layers", 577),
        ("fine tuning|what learns", "Recycler", 1269),
        ("fine tuning|what learns", "the bare layers", 285),
        ("fine tuning|what learns", "Keras's fit", 116),
    ]


def test_the_picture_has_the_numbers_and_is_readable_on_dark_ground_too(tmp_path: Path) -> None:
    draw(tmp_path / "chart.svg")
    svg = (tmp_path / "chart.svg").read_text("utf-8")
    for images in rates(REPORT.read_text("utf-8"))["images"]:
        assert f">{images:,.0f}</text>" in svg
    assert "prefers-color-scheme: dark" in svg
    assert "#ffffff" not in svg
