from pathlib import Path

from recycler.comparison import differences, measured, runs_table
from recycler.recipe import Recipe, parse_recipe
from recycler.runs import Label, list_runs, new_run


def recipe(stages: str, seed: int = 0) -> Recipe:
    return parse_recipe(
        f"{{name: a, title: t{seed}, data: {{sources: [{{name: b}}]}}, seed: {seed}, stages: [{stages}]}}"
    )


def test_only_fields_that_differ_are_told_and_a_missing_stage_is_empty() -> None:
    table = differences({"one": recipe("{epochs: 3}"), "two": recipe("{epochs: 4}, {epochs: 3}", seed=1)})
    assert list(table.loc["stages 1 epochs"]) == ["3", "4"]
    assert list(table.loc["stages 2 epochs"]) == ["", "3"]
    assert list(table.loc["seed"]) == ["0", "1"]
    assert not {"title", "stages 1 batch_size"} & set(table.index)
    assert differences({"one": recipe("{}"), "two": recipe("{}")}).empty


def test_the_table_is_filtered_by_all_words_in_whatever_order(tmp_path: Path) -> None:
    for title, note in (("Flips", "more photos"), ("Crops", "")):
        new_run(tmp_path, recipe("{}"), "cpu", Label(title=title, note=note))
    runs = list_runs(tmp_path)
    assert list(runs_table(runs, "PHOTOS flips")["title"]) == ["Flips"]
    assert len(runs_table(runs)) == 2
    assert runs_table([]).empty


def test_figures_come_from_the_most_foreign_photos() -> None:
    figures = {"validation": {"top1": 0.9}, "test": {"top1": 0.8}}
    assert measured(figures) == ("test", {"top1": 0.8})
    assert measured({}) == ("", {})
