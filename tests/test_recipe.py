from pathlib import Path

import pytest

from recycler.errors import RecipeError
from recycler.presets import AUGMENTATIONS, METHODS
from recycler.recipe import Augmentation, Part, Recipe, Stage, dump_recipe, load_recipe, parse_recipe
from recycler.settings import PROJECT

SMALL = "name: small\ndata:\n  sources:\n    - name: trashnet\n"


@pytest.mark.parametrize("path", sorted(PROJECT.glob("recipes/**/*.yaml")), ids=lambda path: path.stem)
def test_every_committed_recipe_is_valid(path: Path) -> None:
    assert load_recipe(path).name


def test_a_recipe_survives_being_written_and_read() -> None:
    recipe = parse_recipe(SMALL)
    assert parse_recipe(dump_recipe(recipe)) == recipe


@pytest.mark.parametrize(
    ("line", "wrong", "right"),
    [
        ("backbonne: mobilenet", "backbonne", "known keys are name"),
        ("network: {backbonne: mobilenet}", "network.backbonne", "did you mean “backbone”"),
        ("stages: [{epoch: 3}]", "stages.0.epoch", "did you mean “epochs”"),
        ("augmentation: {copy: 1}", "augmentation.copy", "did you mean “copies”"),
    ],
)
def test_a_mistyped_key_is_named_with_the_nearest_right_one(line: str, wrong: str, right: str) -> None:
    with pytest.raises(RecipeError) as problem:
        parse_recipe(SMALL + line)
    assert wrong in str(problem.value)
    assert right in str(problem.value)


@pytest.mark.parametrize(
    "line", ["network: {input_size: 9}", "stages: []", "augmentation: {copies: 2}", "seed: -1", "name: ../x"]
)
def test_a_value_out_of_range_names_its_field(line: str) -> None:
    with pytest.raises(RecipeError, match=line.split(":")[0]):
        parse_recipe(f"{SMALL.split(chr(10), 1)[1]}{line}" if line.startswith("name") else SMALL + line)


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: [", "!!python/object/apply:os.system [ls]"])
def test_what_is_no_recipe_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_recipe(text)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.yaml")


def test_a_preset_fills_in_what_a_recipe_leaves_open_and_nothing_else() -> None:
    change = Augmentation.model_validate({"preset": "relevant", "rotation_degrees": 5})
    assert change.rotation_degrees == 5
    assert change.zoom_fraction == AUGMENTATIONS["relevant"]["zoom_fraction"]
    assert change.vertical_flip_share == 0
    assert Augmentation().changes == {}
    assert set(Augmentation(preset="heavy").changes) == {*AUGMENTATIONS["heavy"]} - {"fill_mode"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_makes_a_valid_recipe_and_keeps_what_it_does_not_set(method: str) -> None:
    recipe = parse_recipe(SMALL + "network: {flip: true}\nseed: 7")
    trained = Recipe.model_validate(METHODS[method].apply(recipe.model_dump()))
    assert (trained.seed, trained.network.flip, trained.name) == (7, True, "small")
    assert len(trained.stages) == (1 if method == "feature_extraction" else 2)


@pytest.mark.parametrize(
    ("method", "epochs", "layers"), [("thesis", (70, 50), 24), ("thesis_home_photos", (120, 100), 12)]
)
def test_the_thesis_presets_are_those_of_the_thesis(method: str, epochs: tuple[int, int], layers: int) -> None:
    head, tuning = Recipe.model_validate(METHODS[method].apply(parse_recipe(SMALL).model_dump())).stages
    assert (head.epochs, tuning.epochs) == epochs
    assert (tuning.unfreeze_layers, tuning.learning_rate) == (layers, 1e-5)


@pytest.mark.parametrize(
    "stage",
    [{"method": "fine_tuning"}, {"unfreeze_layers": 3}, {"unfreeze_layers": 3, "unfreeze_blocks": ["conv_pw_13"]}],
)
def test_a_stage_unfreezes_what_its_method_says(stage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unfreeze"):
        Stage.model_validate(stage)


def test_boxes_are_pasted_only_where_there_is_a_place_to_cut() -> None:
    assert Stage(method="fine_tuning", unfreeze_layers=3, cutmix=1.0).cutmix == 1
    with pytest.raises(ValueError, match="cutmix needs fine_tuning"):
        Stage(cutmix=1.0)


def test_only_a_later_stage_has_weights_from_before() -> None:
    later = Stage(method="fine_tuning", unfreeze_layers=3, start_share=0.3)
    two = parse_recipe(SMALL).model_copy(update={"stages": (Stage(), later)})
    assert parse_recipe(dump_recipe(two)) == two
    with pytest.raises(RecipeError, match="start_share needs a stage before"):
        parse_recipe(dump_recipe(two.model_copy(update={"stages": (later,)})))


@pytest.mark.parametrize("part", [Stage, Augmentation], ids=lambda part: part.__name__)
def test_every_field_of_the_form_has_a_default_a_meaning_and_limits(part: type[Part]) -> None:
    for name, field in part.model_json_schema()["properties"].items():
        assert field["description"], name
        assert "default" in field, name
        for kind in field.get("anyOf", [field]):
            if kind.get("type") in ("number", "integer"):
                assert {"maximum", "exclusiveMaximum"} & {*kind}, name
                assert {"minimum", "exclusiveMinimum"} & {*kind}, name
