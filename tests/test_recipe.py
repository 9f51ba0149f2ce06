from pathlib import Path

import pytest

from recycler.errors import RecipeError
from recycler.recipe import dump_recipe, load_recipe, parse_recipe
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
