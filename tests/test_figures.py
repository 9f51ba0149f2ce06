import numpy as np
import pandas as pd

from recycler.figures import history_chart, occlusion_overlay, top_bars
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
    chart = history_chart(epochs).to_dict()
    [table] = chart["datasets"].values()
    assert [(row["epoch"], row["metric"], row["split"], row["value"]) for row in table] == [
        (1, "loss", "training", 2.0),
        (2, "loss", "training", 1.0),
        (1, "loss", "validation", 3.0),
        (2, "loss", "validation", 2.5),
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
