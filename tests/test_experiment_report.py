from dataclasses import replace

import numpy as np
import pytest

from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import IMAGENET_SHARED
from recycler.experiment_report import Standing, document, figures_of, recycling_output, spread
from recycler.experiments import Experiment
from recycler.predictions import Predictions, predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds

RULEBOOK = find_rulebook("thesis")
ROWS = [
    Experiment("first", "One", "The first", "a.yaml", {"stages.1": None}, thesis={"top1": 0.5, "minutes": 63.0}),
    Experiment("second", "One", "The second", "a.yaml", {"network.input_size": 96}, differs="Never measured."),
    Experiment("third", "Two", "The third", "b.yaml"),
]


def said(recycling: list[float] | None, right: int = 100) -> Predictions:
    """A photo of each class of CIFAR-100, the first `right` of them named rightly with 0.6, the others as worm."""
    probabilities = np.full((100, 100), 0.4 / 99, np.float32)
    probabilities[np.arange(100), [i if i < right else 99 for i in range(100)]] = 0.6
    own = None if recycling is None else np.array(recycling, np.float32)
    made = predictions(CIFAR100, [f"c/{i}" for i in range(100)], "test", CIFAR100, probabilities, own)
    return made.judged(RULEBOOK, Thresholds(0.0))


def test_the_loss_comes_from_validation_photos_and_accuracy_from_test_photos() -> None:
    figures = figures_of(said(None, right=50), said(None), RULEBOOK)
    assert figures["top1"] == pytest.approx(0.51), "the worm is right, too"
    assert figures["validation_loss"] == pytest.approx(-np.log(0.6), abs=1e-4)
    shared = [name in IMAGENET_SHARED for name in (*CIFAR100[:50], "worm")]
    assert figures["top1_shared"] == pytest.approx(sum(shared) / 54)
    assert figures["top1_unshared"] == pytest.approx((51 - sum(shared)) / 46)


def test_the_own_recycling_output_counts_where_there_is_one_and_else_the_summed_classes() -> None:
    recycles = RULEBOOK.mask(CIFAR100)
    wrong = said([0.2 if yes else 0.8 for yes in recycles])
    assert figures_of(wrong, wrong, RULEBOOK)["learned_recycling_accuracy"] == 0
    assert figures_of(wrong, wrong, RULEBOOK)["learned_recycling_auroc"] == 0
    assert figures_of(wrong, wrong, RULEBOOK)["recycling_auroc"] == 1
    assert recycling_output(said(None)) == pytest.approx(said(None).p_recycle)
    assert figures_of(said(None), said(None), RULEBOOK)["learned_recycling_accuracy"] == 1


def test_the_threshold_for_recycling_is_chosen_on_validation_photos() -> None:
    low = said([0.2 if yes else 0.1 for yes in RULEBOOK.mask(CIFAR100)])
    figures = figures_of(low, low, RULEBOOK)
    assert figures["learned_recycling_accuracy"] == pytest.approx(0.9), "at 0.5 nothing is recycling"
    assert figures["recycling_balanced"] == figures["summed_recycling_balanced"] == 1
    high = figures_of(said([0.9 if yes else 0.3 for yes in RULEBOOK.mask(CIFAR100)]), low, RULEBOOK)
    assert high["recycling_balanced"] == pytest.approx(0.5), "all are above 0.2"
    assert high["summed_recycling_balanced"] == 1, "the classes are as before"


def test_one_odd_photo_moves_the_best_threshold_and_not_the_share_of_recycling() -> None:
    recycles = RULEBOOK.mask(CIFAR100)
    odd = np.where(recycles, 0.2, 0.02).astype(np.float32)
    odd[np.flatnonzero(~recycles)[0]] = 0.19
    test = replace(said(None), p_recycle=np.where(recycles, 0.15, 0.03).astype(np.float32))
    figures = figures_of(test, replace(said(None), p_recycle=odd), RULEBOOK)
    assert figures["summed_recycling_balanced"] == 0.5, "the best threshold is 0.2"
    assert figures["prior_recycling_balanced"] == 1, "one photo in ten is recycling, and 0.03 < 0.1 < 0.15"


def test_without_validation_photos_there_is_no_loss_and_no_threshold() -> None:
    nothing = said(None).pick(np.zeros(100, bool))
    assert {"validation_loss", "recycling_balanced", "prior_recycling_balanced"}.isdisjoint(
        figures_of(said(None), nothing, RULEBOOK)
    )


def test_a_figure_is_the_mean_over_seeds_and_their_deviation() -> None:
    seeds = [{"top1": 0.5}, {"top1": 0.6}, {"top1": 0.7, "top5": 0.9}]
    assert spread(seeds, "top1") == "0.600 ± 0.100"
    assert spread(seeds, "top5") == "0.900"
    assert spread(seeds, "top10") == ""
    assert spread([{"minutes": 1.26}], "minutes") == "1.3"


def test_rows_without_a_result_stay_and_say_why() -> None:
    standings = {
        "first": Standing({0: {"top1": 0.55, "ece": 0.1}, 1: {"top1": 0.57}}, origin="2026-11-30 on CPU, 2 cores"),
        "second": Standing(problem="The weights are not here. Put them into /somewhere/else."),
        "third": Standing(),
    }
    text = document(ROWS, standings, {"first": "first", "third": "first"}).decode()
    lines = text.splitlines()
    assert "| **first** | 2 | 0.560 ± 0.014 |  |  |  |  |  |" in lines
    assert lines[lines.index("| **first** | 2 | 0.560 ± 0.014 |  |  |  |  |  |") + 1].startswith(
        "| thesis |  | 0.500 |"
    )
    assert "| **second** | no result yet |  |  |  |  |  |  |" in lines
    assert "No result yet: The weights are not here." in text
    assert "/somewhere" not in text, "no folder of this machine in a file that is handed on"
    assert "`python -m recycler bench thesis --only third` makes one." in text
    assert "with no stage 2." in text
    assert "`network input_size: 96`" in text
    assert "Never measured." in text
    assert text.count("Trained 2026-11-30 on CPU, 2 cores.") == 1
    assert text.count("../docs/thesis/first.svg") == 2
    assert text.index("## One") < text.index("## Two") < text.index("## Beyond accuracy")
    assert "| first |  |  | 0.100 |" in text
