from typing import Any

import pytest

from recycler.plan import check_recipe, learning_parameters
from recycler.presets import METHODS
from recycler.recipe import Network, Recipe, Stage, load_recipe
from recycler.settings import PROJECT

THESIS = load_recipe(PROJECT / "recipes" / "thesis" / "fine_tuning.yaml")


def fields(**changes: Any) -> dict[str, Any]:
    """A sound recipe's fields, every one written out, with some of them changed, as "stages.0.epochs"."""
    whole: dict[str, Any] = THESIS.model_dump(mode="json")
    for place, value in changes.items():
        *path, last = [int(step) if step.isdigit() else step for step in place.split(".")]
        part: Any = whole
        for step in path:
            part = part[step]
        part[last] = value
    return whole


def test_the_thesis_trains_as_many_parameters_as_it_says() -> None:
    counts = [learning_parameters(THESIS.network, stage, 100) for stage in THESIS.stages]
    assert counts == [578_148, 2_704_996]


def test_blocks_by_name_are_counted_with_the_head() -> None:
    network = Network(backbone="mobilenet")
    frozen = learning_parameters(network, Stage(), 10)
    stage = Stage(method="fine_tuning", unfreeze_blocks=("conv_pw_13",))
    assert learning_parameters(network, stage, 10) == frozen + 1024 * 1024 + 2 * 1024


def test_a_sound_recipe_has_no_problems() -> None:
    assert check_recipe(fields()) == (THESIS, {})


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("stages.1.unfreeze_layers", 0, "needs unfreeze_layers"),
        ("stages.1.unfreeze_layers", 87, "MobileNet has 86 in all"),
        ("stages.0.epochs", 0, "greater than or equal to 1"),
        ("network.backbone", "mobilenot", "no backbone “mobilenot”"),
        ("stages.1", {"method": "fine_tuning", "unfreeze_blocks": ["conv_pw_14"]}, "begins with “conv_pw_14”"),
        ("augmentation.zca_fraction", 1.0, "at most 32 pixels"),
    ],
)
def test_a_mistake_is_told_at_its_field(place: str, value: Any, said: str) -> None:
    recipe, problems = check_recipe(fields(**{place: value}))
    assert recipe is None
    assert len(problems) == 1
    [(where, problem)] = problems.items()
    assert where.startswith(place)
    assert said in problem


def test_only_classes_that_the_photos_have_can_be_emphasised() -> None:
    asked = fields(emphasis={"glass": 2.0, "tin": 3.0})
    recipe, problems = check_recipe(asked, classes=("glass", "paper"))
    assert recipe is None
    assert problems == {
        "emphasis": "The recipe emphasises tin, and its photos have no such class; they have glass, paper."
    }
    assert check_recipe(asked, classes=("glass", "tin"))[1] == {}
    assert check_recipe(asked)[1] == {}  # nobody knows the photos
    many = check_recipe(asked, classes=[f"class{i}" for i in range(100)])[1]
    assert many["emphasis"].endswith("class11 and 88 more.")


@pytest.mark.parametrize("factor", [0.9, 10.1, "much"])
def test_an_emphasis_out_of_range_is_told_at_its_class(factor: Any) -> None:
    _, problems = check_recipe(fields(emphasis={"glass": factor}))
    assert [*problems] == ["emphasis.glass"]


def test_looks_of_photos_that_nothing_changes_are_a_mistake() -> None:
    nothing = Recipe.model_validate(METHODS["feature_extraction"].apply(fields())).model_dump(mode="json")
    nothing["augmentation"]["copies"] = 3
    _, problems = check_recipe(nothing)
    assert [*problems] == ["augmentation.copies"]


def test_an_input_smaller_than_the_backbone_takes_is_a_mistake() -> None:
    _, problems = check_recipe(fields(**{"network.backbone": "inception_v3", "network.input_size": 64}))
    assert problems["network.input_size"] == "InceptionV3 needs at least 75 pixels a side."


def test_small_photos_can_be_whitened_whatever_the_backbone_sees() -> None:
    recipe, problems = check_recipe(fields(**{"augmentation.zca_fraction": 1.0}), native_size=32)
    assert recipe is not None
    assert problems == {}
