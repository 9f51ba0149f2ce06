import json
from pathlib import Path

import pytest

from recycler.again import collected_for, draft_again, recipe_again
from recycler.datasets.collected import forget_everything, keep
from recycler.drafts import load_draft
from recycler.errors import RecipeError
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import new_run
from recycler.settings import PROJECT, settings
from recycler.subjects import Subject, find_subject
from recycler.verdict import ALWAYS_ANSWER
from tests.datasets.pictures import photo

RECIPE = parse_recipe("{name: kitchen, title: Kitchen, data: {sources: [{name: home}]}, emphasis: {paper: 3}}")


def parent(recipe: Recipe = RECIPE) -> Subject:
    run = new_run(settings().runs, recipe, "cpu")
    return Subject(f"run:{run.record.run}", "Kitchen", ("glass", "paper"), ALWAYS_ANSWER, run=run)


def sources(recipe: Recipe) -> list[tuple[str, dict[str, str | None]]]:
    return [(source.name, source.labels) for source in recipe.data.sources]


def test_collected_photos_join_as_a_source_without_those_of_classes_that_the_parent_lacks() -> None:
    keep(photo(1), "glass")
    for seed in (2, 3):
        keep(photo(seed), "teapot")
    assert collected_for(parent()) == (1, {"teapot": 2})
    again = recipe_again(parent())
    assert sources(again) == [("home", {}), ("collected", {"teapot": None})]
    assert (again.name, again.title, again.emphasis) == ("kitchen-again", "Kitchen, again", {"paper": 3})


def test_without_a_photo_of_its_classes_the_recipe_keeps_its_sources() -> None:
    assert sources(recipe_again(parent())) == [("home", {})]
    keep(photo(2), "teapot")
    assert sources(recipe_again(parent())) == [("home", {})]


def test_training_again_and_again_names_collected_photos_once_and_as_they_are_now() -> None:
    keep(photo(1), "glass")
    keep(photo(2), "teapot")
    keep(photo(3), "jar")
    once = recipe_again(parent())
    rule = {"teapot": None, "jar": "glass", "gone": "glass"}
    changed = once.model_dump() | {"data": {"sources": [{"name": "home"}, {"name": "collected", "labels": rule}]}}
    twice = recipe_again(parent(Recipe.model_validate(changed)))
    assert sources(twice) == [("home", {}), ("collected", {"teapot": None, "jar": "glass"})]
    assert (twice.name, twice.title) == (once.name, once.title)
    forget_everything()
    assert sources(recipe_again(parent(twice))) == [("home", {})]


def test_classes_are_emphasised_beside_those_that_were_already() -> None:
    assert recipe_again(parent(), ["glass"]).emphasis == {"paper": 3, "glass": 2}
    with pytest.raises(RecipeError, match="emphasises teapot.* they have glass, paper"):
        recipe_again(parent(), ["teapot"])


def test_long_names_stay_within_what_a_recipe_may_be_called() -> None:
    long = RECIPE.model_copy(update={"name": "k" * 64, "title": "K" * 100})
    again = recipe_again(parent(long))
    assert (len(again.name), len(again.title)) == (64, 100)
    assert recipe_again(parent(again)) == again


def test_a_model_on_the_shelf_can_be_trained_again() -> None:
    keep(photo(1), "glass")
    household = parse_recipe((PROJECT / "recipes" / "household.yaml").read_text())
    again = recipe_again(find_subject("household"))
    assert again.data.sources[:-1] == household.data.sources
    assert (again.network, again.stages) == (household.network, household.stages)


def test_a_model_whose_recipe_is_of_another_version_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "household").mkdir()
    for file in (PROJECT / "models" / "household").iterdir():
        (tmp_path / "household" / file.name).write_bytes(file.read_bytes())
    card = json.loads((tmp_path / "household" / "card.json").read_text())
    card["recipe"]["magic"] = 1
    (tmp_path / "household" / "card.json").write_text(json.dumps(card))
    monkeypatch.setenv("RECYCLER_MODELS", str(tmp_path))
    settings.cache_clear()
    with pytest.raises(RecipeError, match="of “Household waste” is of another version"):
        recipe_again(find_subject("household"))


def test_the_draft_holds_the_recipe_and_where_it_comes_from() -> None:
    keep(photo(1), "glass")
    origin = parent()
    draft = load_draft(draft_again(origin, ["glass"]))
    assert draft is not None
    assert Recipe.model_validate(draft["recipe"]) == recipe_again(origin, ["glass"])
    assert draft["parent"] == origin.name
