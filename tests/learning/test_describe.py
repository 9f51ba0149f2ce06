from pathlib import Path

import pytest

from recycler.datasets.sources import load_sources
from recycler.learning.describe import describe, in_words
from recycler.plan import learning_parameters
from recycler.recipe import Network, Recipe, Stage, load_recipe
from recycler.settings import PROJECT

THESIS = PROJECT / "recipes" / "thesis"


def tuned(recipe: Recipe, **stage: object) -> list[int]:
    stages = (Stage(), Stage.model_validate({"method": "fine_tuning", **stage}))
    return [s["trainable_parameters"] for s in describe(recipe.model_copy(update={"stages": stages}))["stages"]]


@pytest.mark.usefixtures("real_data")
def test_the_thesis_recipe_trains_as_many_parameters_as_the_thesis_did() -> None:
    found = describe(load_recipe(THESIS / "fine_tuning.yaml"))
    assert [stage["trainable_parameters"] for stage in found["stages"]] == [578_148, 2_704_996]
    assert (found["classes"], found["photos"]) == (100, 6_000)
    assert found["parameters"] == 3_228_864 + 578_148 + 2_048  # batch norm's mean and deviation do not learn
    assert "2,704,996 parameters learn" in in_words(found)


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize(("layers", "parameters"), [(24, 2_126_848), (12, 1_593_856), (25, 2_131_456)])
def test_the_last_layers_are_counted_as_keras_counts_them(layers: int, parameters: int) -> None:
    recipe = load_recipe(THESIS / "fine_tuning.yaml")
    assert tuned(recipe, unfreeze_layers=layers) == [578_148, 578_148 + parameters]


@pytest.mark.parametrize("shape", ["shared", "separate", "multi_hot", "single"])
@pytest.mark.parametrize("outputs", [(), ("coarse",)])
@pytest.mark.usefixtures("real_data")
def test_the_page_counts_without_keras_what_keras_counts(shape: str, outputs: tuple[str, ...]) -> None:
    network = {"backbone": "mobilenet", "input_size": 96, "shape": shape, "outputs": outputs, "hidden": (32,)}
    recipe = load_recipe(THESIS / "fine_tuning.yaml").model_copy(update={"network": Network.model_validate(network)})
    counted = [learning_parameters(recipe.network, stage, 100, 20) for stage in recipe.stages]
    assert counted == [stage["trainable_parameters"] for stage in describe(recipe)["stages"]]


def test_blocks_by_name_are_the_same_as_the_layers_they_hold(tmp_path: Path, real_data: Path) -> None:
    recipe = load_recipe(THESIS / "home_photos.yaml")
    by_name = tuned(recipe, unfreeze_blocks=["conv_dw_13", "conv_pw_13"])
    assert by_name == tuned(recipe, unfreeze_layers=6)


@pytest.mark.usefixtures("real_data")
def test_the_thesis_recipe_tests_on_ten_public_photos_a_class() -> None:
    data = load_sources(load_recipe(THESIS / "fine_tuning.yaml").data)
    test = data.pick([i for i, split in enumerate(data.splits) if split == "test"])
    assert set(test.counts().values()) == {10}
