"""Verdicts: what the household's rules and the model's doubts make of a prediction."""

import math
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from recycler.errors import RulebookError
from recycler.rulebook import Entry, Rulebook
from recycler.verdict import Prediction, Thresholds, judge

CLASSES = ("glass", "paper", "trash", "clothes")
ALWAYS = Thresholds(confidence=0.5)


def book(**destinations: str) -> Rulebook:
    places = {"glass": "recycling", "paper": "recycling", "trash": "bin", "clothes": "textile bank"} | destinations
    classes = {name: Entry(destination=place, advice=f"About {name}.") for name, place in places.items()}
    return Rulebook(name="test", title="", region="", source="", classes=classes)


def prediction(*probabilities: float) -> Prediction:
    return Prediction(CLASSES, np.array(probabilities, np.float32), 0.5, np.zeros(2, np.float32))


def test_p_recycle_sums_the_classes_of_the_recycling() -> None:
    verdict = judge(prediction(0.4, 0.3, 0.2, 0.1), book(), ALWAYS)
    assert verdict.verdict == "recycle"
    assert verdict.p_recycle == pytest.approx(0.7)
    assert verdict.class_name == verdict.advised_class == "glass"
    assert verdict.probability == pytest.approx(0.4)
    assert verdict.destination.name == "recycling"
    assert verdict.advice == "About glass."


def test_a_better_place_than_the_bin_still_counts_as_bin() -> None:
    verdict = judge(prediction(0, 0.1, 0.1, 0.8), book(), ALWAYS)
    assert (verdict.verdict, verdict.destination.name) == ("bin", "textile bank")


def test_the_household_decides_without_training() -> None:
    asked = prediction(0.9, 0, 0.1, 0)
    assert judge(asked, book(), ALWAYS).verdict == "recycle"
    assert judge(asked, book(glass="bin"), ALWAYS).verdict == "bin"


@pytest.mark.parametrize(("confidence", "expected"), [(0.69, "recycle"), (0.71, "unsure")])
def test_below_the_threshold_the_answer_is_unsure(confidence: float, expected: str) -> None:
    assert judge(prediction(0.4, 0.3, 0.2, 0.1), book(), Thresholds(confidence)).verdict == expected


@pytest.mark.parametrize(("confidence", "expected"), [(0.69, "bin"), (0.71, "unsure")])
def test_the_threshold_holds_for_the_bin_alike(confidence: float, expected: str) -> None:
    assert judge(prediction(0.2, 0.1, 0.4, 0.3), book(), Thresholds(confidence)).verdict == expected


def test_one_half_counts_as_recycle() -> None:
    assert judge(prediction(0.5, 0, 0.5, 0), book(), ALWAYS).verdict == "recycle"


def test_spread_out_probabilities_are_unsure_when_the_model_says_so() -> None:
    spread = prediction(0.5, 0.5, 0, 0)
    assert judge(spread, book(), Thresholds(0.9)).verdict == "recycle"
    assert judge(spread, book(), Thresholds(0.9, entropy_bits=0.9)).verdict == "unsure"
    assert judge(spread, book(), Thresholds(0.9, entropy_bits=1.1)).verdict == "recycle"


@pytest.mark.parametrize(
    ("probabilities", "verdict", "advised"),
    [((0.4, 0, 0.35, 0.25), "bin", "trash"), ((0.3, 0.25, 0.45, 0), "recycle", "glass")],
)
def test_advice_never_contradicts_the_verdict(probabilities: tuple[float, ...], verdict: str, advised: str) -> None:
    said = judge(prediction(*probabilities), book(), ALWAYS)
    assert (said.verdict, said.advised_class, said.advice) == (verdict, advised, f"About {advised}.")
    assert said.destination.counts_as == verdict
    assert said.class_name == CLASSES[int(np.argmax(probabilities))], "the likeliest class is still told"


def test_class_and_p_recycle_are_given_when_unsure_too() -> None:
    said = judge(prediction(0.4, 0.1, 0.3, 0.2), book(), Thresholds(0.9))
    assert (said.verdict, said.class_name, said.advised_class) == ("unsure", "glass", "glass")
    assert said.p_recycle == pytest.approx(0.5)


def test_a_model_that_gives_no_numbers_is_unsure() -> None:
    assert judge(prediction(math.nan, math.nan, math.nan, math.nan), book(), ALWAYS).verdict == "unsure"


def test_every_random_prediction_agrees_with_itself() -> None:
    random = np.random.default_rng(0)
    for probabilities in random.dirichlet([0.3] * 4, 200):
        said = judge(prediction(*probabilities), book(), Thresholds(0.7))
        assert 0 <= said.p_recycle <= 1
        assert (said.verdict == "unsure") == (max(said.p_recycle, 1 - said.p_recycle) < 0.7)
        if said.verdict != "unsure":
            assert said.destination.counts_as == said.verdict


def test_a_rulebook_without_one_of_the_classes_is_refused() -> None:
    short = Rulebook(name="short", title="", region="", source="", classes={"glass": book().classes["glass"]})
    with pytest.raises(RulebookError, match="paper"):
        judge(prediction(1, 0, 0, 0), short, ALWAYS)


def test_entropy_is_zero_for_a_certain_prediction() -> None:
    assert prediction(1, 0, 0, 0).entropy_bits == 0


def test_entropy_of_equal_probabilities_is_its_maximum() -> None:
    equal = prediction(0.25, 0.25, 0.25, 0.25)
    assert equal.entropy_bits == pytest.approx(2)
    assert equal.max_entropy_bits == 2


def test_entropy_is_in_bits() -> None:
    assert prediction(0.5, 0.25, 0.25, 0).entropy_bits == pytest.approx(1.5)


def test_top_is_ordered_and_bounded() -> None:
    asked = prediction(0.1, 0.6, 0.2, 0.1)
    assert [name for name, _ in asked.top(3)] == ["paper", "trash", "glass"]
    assert len(asked.top(10)) == 4
    assert all(type(probability) is float for _, probability in asked.top(4))


def test_a_strange_photo_is_unsure_however_sure_the_network_is() -> None:
    thresholds = Thresholds(0.5, familiarity=0.5)
    strange, familiar = (replace(prediction(1, 0, 0, 0), familiarity=likeness) for likeness in (0.39, 0.41))
    assert judge(strange, book(), thresholds).verdict == "unsure"
    assert judge(strange, book(), thresholds).strange
    assert judge(strange, book(), ALWAYS).verdict == "recycle", "a model that sets no such limit"
    assert judge(familiar, book(), thresholds).verdict == "recycle", "a certain network makes up for a tenth"
    torn = replace(familiar, probabilities=np.array([0.25, 0.25, 0.5, 0], np.float32))
    assert judge(torn, book(), thresholds).strange, "one that is torn does not"
    assert not judge(torn, book(), Thresholds(0.9, familiarity=0.4)).strange, "unsure for another reason"


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": -0.1},
        {"confidence": 1.1},
        {"confidence": 0.9, "entropy_bits": -1},
        {"confidence": 0.9, "familiarity": 2},
        {},
    ],
)
def test_a_card_with_impossible_thresholds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Thresholds).validate_python(wrong)


def test_thresholds_survive_a_card() -> None:
    card = TypeAdapter(Thresholds)
    for thresholds in (Thresholds(0.9), Thresholds(0.9, 2.5), Thresholds(0.9, familiarity=0.4)):
        assert card.validate_json(card.dump_json(thresholds)) == thresholds
