"""Whatever strangers send, it gives an object or a `RecyclerError`; and what we write, we can read."""

import ast
import copy
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recycler.datasets.collected import CLASS_NAME, forget_everything, keep, list_collected
from recycler.datasets.collected_zip import pack, take_in
from recycler.errors import DatasetError, ModelError, PredictionsError, RecipeError, RulebookError
from recycler.predictions import predictions, read_predictions, write_predictions
from recycler.recipe import dump_recipe, load_recipe, parse_recipe
from recycler.rulebook import load_rulebook
from recycler.settings import PROJECT
from recycler.shelf import CARD_FILE, card_text, list_models, load_model
from tests.datasets.pictures import photo

settings.register_profile("short", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=5000, deadline=None, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4),
    max_leaves=8,
)

RECIPE = load_recipe(PROJECT / "recipes" / "household.yaml").model_dump(mode="json")
RULEBOOK = yaml.safe_load((PROJECT / "rulebooks" / "default.yaml").read_text("utf-8"))
CARD = json.loads((PROJECT / "models" / "household" / CARD_FILE).read_text("utf-8"))


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all parts of a nested value."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*place, key))


@st.composite
def changed(draw: st.DrawFn, good: Any) -> Any:
    """A good value with anything in the place of one to three of its parts, or with a part more."""
    value = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from([*places(value)][1:]))
        part = value
        for step in place[:-1]:
            part = part[step]
        if isinstance(part, dict) and draw(st.booleans()):
            part[draw(st.text(max_size=8) | st.sampled_from([*part]))] = draw(ANYTHING)
        else:
            part[place[-1]] = draw(ANYTHING)
    return value


@given(changed(RECIPE) | ANYTHING)
def test_any_recipe_gives_a_recipe_that_survives_being_written_or_a_sentence(content: Any) -> None:
    text = yaml.safe_dump(content, allow_unicode=True)
    with suppress(RecipeError):
        recipe = parse_recipe(text)
        assert parse_recipe(dump_recipe(recipe)) == recipe


@given(st.text() | st.text(alphabet="{}[]:,-&*!|>?'\"%@# \n\tab0"))
def test_any_text_as_a_recipe_or_rulebook_gives_a_sentence(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_recipe(text)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ours.yaml"
        file.write_text(text, "utf-8", newline="")
        with pytest.raises(RulebookError):
            load_rulebook(file)


LAUGHS = "".join(f"{a}: &{a} [{', '.join([f'*{b}'] * 9)}]\n" for a, b in zip("bcdefghijkl", "abcdefghijk", strict=True))


@pytest.mark.parametrize(
    "text", ["a: &a [x]\n" + LAUGHS + "name: *l\ntitle: *l\n", "name: " + "[" * 5000, "name: 2026-13-45", "a: &a [*a]"]
)
def test_yaml_that_would_fill_the_memory_or_the_stack_is_a_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError):
        parse_recipe(text)
    (tmp_path / "ours.yaml").write_text(text)
    with pytest.raises(RulebookError):
        load_rulebook(tmp_path / "ours.yaml")


@given(changed(RULEBOOK) | ANYTHING)
def test_any_rulebook_gives_rules_or_a_sentence(content: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(RulebookError):
        file = Path(folder) / "ours.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        assert load_rulebook(file).classes


@given(changed(CARD) | ANYTHING)
def test_any_card_gives_a_card_or_a_sentence(content: Any) -> None:
    with tempfile.TemporaryDirectory() as shelf:
        folder = Path(shelf) / "household"
        folder.mkdir()
        (folder / CARD_FILE).write_text(json.dumps(content, default=str), "utf-8")
        for card in list_models(Path(shelf)):
            assert card_text(card).encode()
        with pytest.raises(ModelError):  # its files are not there
            load_model(Path(shelf), "household")


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(st.lists(NAMES, min_size=2, max_size=6, unique=True), st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=9))
def test_a_predictions_table_is_read_as_it_was_written_whatever_things_are_called(
    classes: list[str], rows: list[tuple[str, str]]
) -> None:
    probabilities = np.random.default_rng(len(rows)).dirichlet(np.ones(len(classes)), len(rows)).astype(np.float32)
    written = predictions(classes, [name for name, _ in rows], "test", [true for _, true in rows], probabilities)
    with tempfile.TemporaryDirectory() as folder:
        write_predictions(Path(folder) / "p.parquet", written)
        read = read_predictions(Path(folder) / "p.parquet")
    assert read.classes == tuple(classes)
    assert read.photos.tolist() == [name for name, _ in rows]
    assert [read.names[i] for i in read.true] == [true for _, true in rows]
    np.testing.assert_array_equal(read.probabilities, probabilities)


def good_table() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "p.parquet"
        said = np.array([[0.7, 0.3], [0.2, 0.8]] * 20, np.float32)
        write_predictions(file, predictions(["glass", "paper"], [*"ab"] * 20, "test", ["glass"] * 40, said))
        return file.read_bytes()


TABLE = good_table()


@given(st.lists(st.tuples(st.integers(0, len(TABLE) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 40))
def test_a_predictions_table_with_changed_bytes_gives_a_table_or_a_sentence(
    changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(TABLE)
    for place, value in changes:
        data[place] = value
    with suppress(PredictionsError):
        assert len(read_predictions(bytes(data[: len(data) - cut * (cut > 30)]))) > 0


@given(st.dictionaries(NAMES | st.from_regex(CLASS_NAME, fullmatch=True), st.integers(0, 3), min_size=1, max_size=4))
@settings(max_examples=10)
def test_whatever_a_class_is_called_what_was_taught_is_taken_along_and_in_again(taught: dict[str, int]) -> None:
    forget_everything()
    for name, seed in taught.items():
        with suppress(DatasetError):
            keep(photo(seed), name)
    kept = list_collected()
    content = pack(kept)
    forget_everything()
    if kept:
        assert take_in("mine.zip", BytesIO(content)).taken == len(kept)
    assert [one.class_name for one in list_collected()] == [one.class_name for one in kept]


UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
ALLOWED = {"recycler/learning/backbones/checkpoint.py"}  # weights of an installed package, tensors alone: its docstring


@pytest.mark.parametrize("room", ["app.py", "pages", "components", "recycler"])
def test_nothing_is_ever_unpickled(room: str) -> None:
    files = [PROJECT / room] if room.endswith(".py") else (PROJECT / room).rglob("*.py")
    for file in files:
        text = file.read_text("utf-8")
        imported = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        }
        if file.relative_to(PROJECT).as_posix() not in ALLOWED:
            assert not imported & UNSAFE, file
        for words in ("allow_pickle=True", "read_pickle", "safe_mode=False", "unsafe_load", "full_load"):
            assert words not in text, f"{words} in {file}"
