import csv
import io

import numpy as np

from components.gallery import to_csv
from components.visit import Judged, Seen
from recycler.rulebook import find_rulebook
from recycler.verdict import Prediction, Thresholds, judge


def judged(name: str, probability: float) -> Judged:
    prediction = Prediction(
        ("glass", "trash"), np.array([probability, 1 - probability], np.float32), 0.5, np.zeros(2, np.float32)
    )
    verdict = judge(prediction, find_rulebook("default"), Thresholds(confidence=0.8))
    return Judged(Seen("0", name, b""), prediction, verdict)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_a_row_a_photo_in_the_words_of_the_command_line() -> None:
    glass, unknown = rows(to_csv([judged("a.jpg", 0.95), judged("b.jpg", 0.5)], "household"))
    assert (glass["photo"], glass["verdict"], glass["class"], glass["destination"]) == (
        "a.jpg",
        "recycle",
        "glass",
        "recycling",
    )
    assert (glass["probability"], glass["p_recycle"], glass["model"]) == ("0.9500", "0.9500", "household")
    assert (unknown["verdict"], unknown["entropy_bits"]) == ("unsure", "1.0000")


def test_a_file_name_never_becomes_a_formula() -> None:
    [row] = rows(to_csv([judged('=HYPERLINK("x"),\n.jpg', 0.95)], "household"))
    assert row["photo"].startswith("'=")
