"""Train: a stand-in until the page is merged."""

import streamlit as st

from components.look import apply_style
from components.recipe_form import recipe_form


def page() -> None:
    """The form alone."""
    apply_style()
    st.title("Train")
    left, right = st.columns(2, gap="large")
    with left:
        wanted = recipe_form()
    if wanted:
        right.code(wanted.recipe.model_dump_json(indent=1))


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
