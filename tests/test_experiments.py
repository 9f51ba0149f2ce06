import pytest

from recycler.backbone_facts import backbone_facts
from recycler.comparison import differences
from recycler.errors import RecipeError
from recycler.experiments import EXPERIMENTS, RECIPES, Experiment, find_experiments, trained_first
from recycler.plan import learning_parameters
from recycler.recipe import load_recipe

HEAD = 578_148
RECYCLING_HEAD = HEAD - 100 * 513 + 513  # one unit on 512 instead of 100

# Numbers that learn in each stage; where THESIS gives them, its own.
LEARNS = {
    "feature-extraction": [HEAD],
    "fine-tuning-before": [HEAD],
    "fine-tuning": [HEAD, HEAD + 2_126_848],
    "layers-12": [HEAD, HEAD + 1_593_856],
    "two-outputs-before": [HEAD + RECYCLING_HEAD],
    "two-outputs": [HEAD + RECYCLING_HEAD, HEAD + RECYCLING_HEAD + 2 * 2_131_456],
    "shape-shared": [HEAD + RECYCLING_HEAD, HEAD + RECYCLING_HEAD + 2_131_456],
    "shape-multi-hot": [HEAD + 513, HEAD + 513 + 2_131_456],
    "dropout-off": [HEAD, HEAD + 2_126_848],
    "batch-norm-training": [HEAD, HEAD + 2_126_848],
    "input-224": [HEAD],
    "augmentation-heavy": [HEAD, HEAD + 2_126_848],
}


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_every_row_is_a_recipe_that_can_be_trained_and_its_seed_changes_nothing_else(experiment: Experiment) -> None:
    first, second = experiment.recipe_of(0), experiment.recipe_of(1)
    assert (first.name, first.title) == (f"thesis-{experiment.name}", experiment.title)
    assert list(differences({"first": first, "second": second}).index) == ["seed"]
    facts = backbone_facts()[first.network.backbone]
    assert facts.minimum_size <= first.network.input_size
    assert all(stage.unfreeze_layers <= facts.layers for stage in first.stages)


@pytest.mark.parametrize("name", [name for name, experiment in EXPERIMENTS.items() if experiment.changes])
def test_a_row_differs_from_its_base_only_in_what_it_says(name: str) -> None:
    experiment = EXPERIMENTS[name]
    found = differences({"base": load_recipe(RECIPES / experiment.recipe), "row": experiment.recipe_of(0)})
    said = {place.replace(".", " ").replace("stages 1", "stages 2") for place in experiment.changes}
    said = {place.replace("augmentation preset", "augmentation") for place in said}  # which sets other fields
    assert [field for field in found.index if not any(field.startswith(place) for place in said)] == []
    if experiment.name != "input-160":  # the base's own size, set beside the others
        assert all(any(field.startswith(place) for field in found.index) for place in said)


@pytest.mark.parametrize("name", LEARNS)
def test_as_many_numbers_learn_as_in_the_thesis(name: str) -> None:
    recipe = EXPERIMENTS[name].recipe_of(0)
    assert [learning_parameters(recipe.network, stage, classes=100) for stage in recipe.stages] == LEARNS[name]


def test_the_heavy_row_has_all_that_the_preset_sets() -> None:
    heavy = EXPERIMENTS["augmentation-heavy"].recipe_of(0).augmentation
    assert {"zca_fraction", "vertical_flip_share", "rescale_factor"} <= heavy.changes.keys()
    assert heavy.copies == 8
    assert not EXPERIMENTS["augmentation-none"].recipe_of(0).augmentation.changes


def test_every_recipe_is_a_row_and_says_what_the_thesis_got_and_what_differs() -> None:
    files = {path.name: path.read_text() for path in RECIPES.glob("*.yaml")}
    assert files.keys() == {e.recipe for e in EXPERIMENTS.values() if e.section != "Beaten"}
    for name, text in files.items():
        head = [line for line in text.splitlines() if line.startswith("#")]
        assert text.startswith("# "), name
        assert any(line.startswith("# Thesis") for line in head), name
        assert any(line.startswith("# Differs") for line in head), name


def test_rows_with_one_training_and_one_test_say_so() -> None:
    seen: dict[tuple[str, str], Experiment] = {}
    for experiment in EXPERIMENTS.values():
        recipe = experiment.recipe_of(0).model_dump_json(exclude={"name", "title"})
        again = seen.setdefault((recipe, experiment.tested_on), experiment)
        if again is not experiment:
            assert experiment.name in ("input-160", "augmentation-relevant")


def test_what_is_tested_elsewhere_has_the_training_of_the_row_before_it() -> None:
    known = [*EXPERIMENTS.values()]
    assert trained_first(EXPERIMENTS["cifar-on-home"], known).name == "feature-extraction"
    assert trained_first(EXPERIMENTS["home-on-cifar"], known).name == "home-photos"
    assert trained_first(EXPERIMENTS["scaled-twice"], known).name == "fine-tuning"


def test_rows_are_found_by_name_and_a_name_that_is_none_is_told() -> None:
    assert [experiment.name for experiment in find_experiments(["layers-12"])] == ["layers-12"]
    assert len(find_experiments([])) == len(EXPERIMENTS)
    with pytest.raises(RecipeError, match="layers-13.*layers-12"):
        find_experiments(["layers-13"])
