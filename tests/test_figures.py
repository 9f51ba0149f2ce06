from typing import Any

import numpy as np
import pandas as pd

from recycler.figures import RUNS, SPLITS, history_chart, learning_curves, occlusion_overlay, top_bars
from recycler.rulebook import DESTINATIONS


def test_bars_keep_their_order_and_carry_colour_and_name_of_their_destination() -> None:
    recycling, bin_ = DESTINATIONS["recycling"], DESTINATIONS["bin"]
    chart = top_bars([("glass", 0.8, recycling), ("trash", 0.15, bin_), ("paper", 0.05, recycling)]).to_dict()
    [table] = chart["datasets"].values()
    assert [row["label"] for row in table] == ["glass|80%, Recycling", "trash|15%, Bin", "paper|5%, Recycling"]
    assert [row["colour"] for row in table] == [recycling.colour, bin_.colour, recycling.colour]
    assert chart["encoding"]["y"]["sort"] is None


def test_a_training_is_drawn_a_metric_a_chart_with_training_and_validation_as_lines() -> None:
    epochs = pd.DataFrame({"stage": [0, 0], "epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [3.0, 2.5], "seconds": 1})
    chart = history_chart(epochs, {"loss": "Loss (nats)"}).to_dict()
    [table] = chart["datasets"].values()
    assert [(row["epoch"], row["metric"], row["split"], row["value"]) for row in table] == [
        (1, "Loss (nats)", "training", 2.0),
        (2, "Loss (nats)", "training", 1.0),
        (1, "Loss (nats)", "validation", 3.0),
        (2, "Loss (nats)", "validation", 2.5),
    ]


def test_the_part_that_decided_keeps_its_light_and_the_rest_is_dimmed() -> None:
    drops = np.zeros((7, 7), np.float32)
    drops[0, 6] = 0.5
    drops[6, 0] = -0.5
    lit = occlusion_overlay(np.full((140, 210, 3), 200, np.uint8), drops)
    assert lit.shape == (140, 210, 3)
    assert lit[5, 200, 0] > 180
    assert lit[135, 5, 0] < 70


def test_where_nothing_mattered_nothing_is_lit() -> None:
    lit = occlusion_overlay(np.full((70, 70, 3), 200, np.uint8), np.full((7, 7), -0.1, np.float32))
    assert lit.max() < 70


def lines(chart: dict[str, Any]) -> dict[str, Any]:
    """The layer that draws the curves."""
    [layer] = [layer for layer in chart["layer"] if layer["mark"]["type"] == "line"]
    found: dict[str, Any] = layer["encoding"]
    return found


def test_of_one_run_training_and_validation_have_the_colours() -> None:
    chart = learning_curves("Loss (nats)", ["First"]).to_dict()
    assert lines(chart)["color"]["field"] == "split"
    assert lines(chart)["color"]["scale"] == {"domain": list(SPLITS), "range": list(SPLITS.values())}
    assert "strokeDash" not in lines(chart)
    assert lines(chart)["y"]["title"] == "Loss (nats)"


def test_of_several_runs_each_has_a_colour_and_validation_is_dashed() -> None:
    encoding = lines(learning_curves("Loss (nats)", ["First", "Second"]).to_dict())
    assert encoding["color"]["field"] == "run"
    assert encoding["color"]["scale"]["domain"] == ["First", "Second"]
    assert encoding["color"]["scale"]["range"][:2] == list(RUNS[:2])
    assert encoding["strokeDash"]["scale"] == {"domain": ["training", "validation"], "range": [[1, 0], [5, 3]]}


def test_the_axis_is_logarithmic_when_asked_for() -> None:
    assert lines(learning_curves("Loss", ["First"]).to_dict())["y"]["scale"]["type"] == "linear"
    assert lines(learning_curves("Loss", ["First"], log=True).to_dict())["y"]["scale"]["type"] == "log"


def test_curves_take_their_data_by_name_so_that_the_chart_stays_while_they_grow() -> None:
    chart = learning_curves("Loss", ["First"]).to_dict()
    assert "datasets" not in chart
    assert [layer["data"]["name"] for layer in chart["layer"]] == [*3 * ["borders"], "curves", "best"]
