import numpy as np

from recycler.analysis.label_errors import likely_label_errors
from recycler.predictions import predictions

CLASSES = ("glass", "paper", "trash")


def suspects(rows: list[tuple[str, tuple[float, float, float]]]) -> list[int]:
    true, said = zip(*rows, strict=True)
    table = predictions(CLASSES, [f"a/{i}" for i in range(len(rows))], "test", true, np.array(said, np.float32))
    return np.flatnonzero(likely_label_errors(table)).tolist()


def test_a_photo_that_reaches_what_is_usual_for_another_class_is_suspect() -> None:
    # The usual probability of glass is (0.9 + 0.7 + 0.05) / 3 = 0.55, that of paper (0.8 + 0.6 + 0.4) / 3 = 0.6.
    rows = [
        ("glass", (0.90, 0.05, 0.05)),
        ("glass", (0.70, 0.20, 0.10)),
        ("glass", (0.05, 0.90, 0.05)),  # paper, as clearly as paper itself
        ("paper", (0.10, 0.80, 0.10)),
        ("paper", (0.20, 0.60, 0.20)),
        ("paper", (0.50, 0.40, 0.10)),  # called glass, but less clearly than glass usually is
    ]
    assert suspects(rows) == [2]


def test_among_several_classes_that_are_reached_the_likeliest_counts() -> None:
    rows = [
        ("glass", (0.30, 0.00, 0.70)),
        ("glass", (0.30, 0.70, 0.00)),
        ("paper", (0.50, 0.50, 0.00)),  # usual: glass 0.3, paper 0.5; glass and paper are reached, and equal
        ("trash", (0.00, 0.00, 1.00)),
    ]
    assert suspects(rows) == [1]


def test_a_class_without_photos_makes_nothing_suspect() -> None:
    assert suspects([("glass", (0.0, 1.0, 0.0)), ("glass", (0.6, 0.4, 0.0))]) == []


def test_a_class_that_the_model_does_not_know_is_never_suspect() -> None:
    assert suspects([("apple", (1.0, 0.0, 0.0)), ("glass", (0.6, 0.4, 0.0))]) == []
