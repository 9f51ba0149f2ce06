"""Where a recipe comes from and goes to: our own recipes, earlier runs, and the YAML file of the command line."""

from typing import Any

import streamlit as st

from components import state
from components.attempt import attempt_on_click
from components.recipe_form.draft import Draft
from components.words import plain
from recycler.datasets import available_datasets
from recycler.errors import RecipeError, RecyclerError
from recycler.recipe import Recipe, dump_recipe, load_recipe
from recycler.runs import find_run, list_runs
from recycler.settings import PROJECT, settings
from recycler.sweep import Variant, load_sweep, queue

FIRST = "quick"  # finishes in about two minutes, so it is what the first visit offers
RUNS = 20  # newest runs that are offered
MOST_BYTES = 1_000_000  # of a recipe


def first_recipe() -> dict[str, Any]:
    """The fields that the form holds at the first visit; without photos where those of the recipe are not found."""
    fields = load_recipe(PROJECT / "recipes" / f"{FIRST}.yaml").model_dump(mode="json")
    found = available_datasets()
    fields["data"]["sources"] = [source for source in fields["data"]["sources"] if found.get(source["name"])]
    return fields


def file_menu(draft: Draft, recipe: Recipe | None) -> None:
    """Draw the menu of recipes. recipe: what the form holds, if it can be trained."""
    problems = st.session_state.setdefault(state.TRAIN_PROBLEMS, {})
    with st.popover("Recipes", icon=":material/menu_book:"):
        _begin_from(draft, problems)
        turn = st.session_state.setdefault(state.TRAIN_TURN, 0)
        key = f"{state.TRAIN_YAML}_{turn}"
        st.file_uploader(
            "Load a recipe (YAML)", ["yaml", "yml"], key=key, on_change=_loaded, args=(draft, key, problems)
        )
        if "yaml" in problems:
            st.markdown(f":red[:material/error: {plain(problems['yaml'], 600)}]")
        _sweep()
        if recipe is not None:
            st.download_button(
                "Download this recipe",
                dump_recipe(recipe),
                f"{recipe.name}.yaml",
                "application/yaml",
                key=state.TRAIN_DOWNLOAD,
                icon=":material/download:",
                on_click="ignore",
                help="The same file trains from the command line: python -m recycler train RECIPE",
            )


def _begin_from(draft: Draft, problems: dict[str, str]) -> None:
    recipes = {str(path.relative_to(PROJECT)): path for path in sorted((PROJECT / "recipes").rglob("*.yaml"))}
    runs = {run.record.run: run.label.title for run in list_runs(settings().runs)[:RUNS]}

    def chosen() -> None:
        name = st.session_state[state.TRAIN_FROM]
        problems.pop("yaml", None)
        try:
            if name in recipes:
                use(draft, load_recipe(recipes[name]))
            elif name is not None:
                use(draft, find_run(settings().runs, name).recipe)
        except RecyclerError as problem:
            problems["yaml"] = str(problem)

    st.selectbox(
        "Begin from a recipe or an earlier run",
        [*recipes, *runs],
        index=None,
        format_func=lambda name: _title(name) if name in recipes else f"Run: {runs.get(name, name)}, {name[-15:]}",
        key=state.TRAIN_FROM,
        on_change=chosen,
        placeholder="Choose one",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _title(name: str) -> str:
    try:
        return load_recipe(PROJECT / name).title or name
    except RecipeError:
        return name


def _loaded(draft: Draft, key: str, problems: dict[str, str]) -> None:
    file = st.session_state[key]
    problems.pop("yaml", None)
    if file is None:
        return
    st.session_state[state.TRAIN_TURN] += 1
    try:
        if file.size > MOST_BYTES:
            raise RecipeError(f"{file.name} has {file.size / 1e6:.1f} MB, and a recipe is a small text file.")
        variants = load_sweep(file.getvalue().decode("utf-8"), file.name)
        st.session_state.pop(state.TRAIN_SWEEP, None)
        if len(variants) > 1:
            st.session_state[state.TRAIN_SWEEP] = variants
        else:
            use(draft, variants[0].recipe)
    except UnicodeDecodeError:
        problems["yaml"] = f"{file.name} is no text; a recipe is a YAML file such as recipes/quick.yaml."
    except RecipeError as problem:
        problems["yaml"] = str(problem)


def _sweep() -> None:
    """What a file with lists stands for, and a button that queues all of it."""
    variants: list[Variant] = st.session_state.get(state.TRAIN_SWEEP, [])
    if not variants:
        return

    def start() -> None:
        st.session_state.pop(state.TRAIN_SWEEP)
        attempt_on_click(lambda: list(queue(variants)))

    st.markdown(f"That file holds lists of values, so it is **{len(variants)} trainings**, one after another:")
    st.markdown("\n".join(f"1. {plain(variant.title, 100)}" for variant in variants))
    st.button(f"Queue all {len(variants)}", key=state.TRAIN_QUEUE_ALL, type="primary", on_click=start)


def use(draft: Draft, recipe: Recipe) -> None:
    """Put a recipe into the form."""
    draft.replace(recipe.model_dump(mode="json"))
