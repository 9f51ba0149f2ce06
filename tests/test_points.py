from pathlib import Path

from recycler.points import PointsWriter


def test_a_row_has_its_place_and_its_values_under_a_header(tmp_path: Path) -> None:
    writer = PointsWriter(tmp_path / "points.csv")
    writer.add(0, 1, 1, {"loss": 0.123456789, "object_accuracy": 0.5})
    writer.close()
    header, row = (tmp_path / "points.csv").read_text().splitlines()
    assert header == "stage,epoch,step,time,loss,object_accuracy"
    assert row.startswith("0,1,1,")
    assert row.endswith(",0.1234568,0.5")


def test_readers_see_the_rows_within_a_moment_and_all_after_a_flush(tmp_path: Path) -> None:
    writer = PointsWriter(tmp_path / "points.csv")
    writer.add(0, 1, 1, {"loss": 1.0})
    writer.flush()
    assert (tmp_path / "points.csv").read_text().endswith(",1\n")
    writer.close()


def test_what_a_kill_left_half_written_is_cut_off_before_more_is_added(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    for text in ("stage,epoch,step,time,loss\n0,1,1,5.000,1\n0,1,2,5.0", ""):
        file.write_text(text)
        writer = PointsWriter(file)
        writer.add(0, 1, 2, {"loss": 2.0})
        writer.close()
        assert [line.split(",")[2] for line in file.read_text().splitlines()][-2:] == ["step", "2"]
        assert "5.0stage" not in file.read_text()
