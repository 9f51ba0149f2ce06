"""The little style that Streamlit's theme cannot say."""

from pathlib import Path

import streamlit as st

STYLE = Path(__file__).with_name("style.css")


def apply_style() -> None:
    """Add our style to the page; colours come from the theme and from destinations."""
    st.html(STYLE)
