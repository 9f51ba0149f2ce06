import numpy as np
import pandas as pd
import pytest

from recycler.curves import MOST_POINTS, curves, epochs_table, marks, metrics, window
from recycler.runs import StageProgress

STAGES = (
    StageProgress(name="feature extraction", epochs=5, steps=2),
    StageProgress(name="fine tuning", epochs=4, steps=4),
)


def points(stage: int, epochs: int, steps: int) -> pd.DataFrame:
    rows = [(stage, epoch, step, 0.0, float(step)) for epoch in range(1, epochs + 1) for step in range(1, steps + 1)]
    return pd.DataFrame(rows, columns=["stage", "epoch", "step", "time", "loss"])


def epochs(*losses: tuple[int, int, float]) -> pd.DataFrame:
    return epochs_table(
        [{"stage": str(s), "epoch": str(e), "time": "0", "val_loss": str(loss)} for s, e, loss in losses]
    )


THREE_THEN_TWO = ((0, 1, 3.0), (0, 2, 1.0), (0, 3, 2.0), (1, 1, 0.9), (1, 2, 0.8))


def test_a_stage_goes_on_where_the_one_before_it_ended() -> None:
    table = epochs(*THREE_THEN_TWO)
    assert list(table["x"]) == [1, 2, 3, 4, 5]
    both = pd.concat([points(0, 3, 2), points(1, 2, 4)], ignore_index=True)
    training = curves("loss", both, table, STAGES).query("split == 'training'")
    assert list(training["x"][:6]) == [0.5, 1, 1.5, 2, 2.5, 3]
    assert list(training["x"][6:]) == [3.25, 3.5, 3.75, 4, 4.25, 4.5, 4.75, 5]


def test_validation_stands_at_the_end_of_each_epoch_and_nothing_is_drawn_of_what_is_not_known() -> None:
    table = curves("loss", points(0, 1, 2), epochs(*THREE_THEN_TWO), STAGES)
    assert list(table.query("split == 'validation'")["value"]) == [3, 1, 2, 0.9, 0.8]
    assert curves("other", points(0, 1, 2), epochs(), STAGES).empty


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    table = curves("loss", points(0, 1000, 2), epochs(), STAGES)
    assert len(table) <= MOST_POINTS
    assert table["x"].max() == 1000


def test_smoothing_draws_towards_the_mean_of_what_came_before() -> None:
    rough = curves("loss", points(0, 50, 2), epochs(), STAGES)["value"]
    smooth = curves("loss", points(0, 50, 2), epochs(), STAGES, smoothing=0.9)["value"]
    assert smooth.iloc[20:].std() < rough.std() / 3
    assert smooth.mean() == pytest.approx(rough.mean(), abs=0.1)


def test_marks_tell_stages_the_best_epoch_of_each_and_an_early_stop() -> None:
    table = epochs(*THREE_THEN_TWO)
    found = marks("loss", table, STAGES, ended=True)
    assert list(found.borders["text"]) == ["early stop, stage 2: fine tuning", "early stop"]
    assert list(found.borders["x"]) == [3, 5]
    assert list(found.borders["late"]) == [True, True]
    assert list(zip(found.best["x"], found.best["value"], strict=True)) == [(2, 1), (5, 0.8)]
    running = marks("loss", table, STAGES, ended=False)
    assert list(running.borders["x"]) == [3]


def test_a_window_shows_the_last_epochs() -> None:
    [table] = window([curves("loss", points(0, 20, 2), epochs(), STAGES)], 2)
    assert table["x"].min() == 18
    assert table["x"].max() == 20


def test_known_metrics_come_first_and_bookkeeping_is_none() -> None:
    table = epochs_table([{"stage": "0", "epoch": "1", "time": "0", "seconds": "1", "val_loss": "1", "odd": "2"}])
    assert metrics(points(0, 1, 1).assign(object_accuracy=np.nan), table) == ["loss", "object_accuracy", "odd"]
