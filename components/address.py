"""A choice that stands in the page's address, so that a link or a bookmark keeps it."""

from collections.abc import Mapping

import streamlit as st

from components.words import distinct


def choose_in_address(label: str, titles: Mapping[str, str], parameter: str, help_text: str | None = None) -> str:
    """Draw a select box of titles; gives the name that was chosen, which is what the address holds.

    Streamlit's own binding holds the title there, which two may share. An address with a title is understood all the
    same. titles: name to title, the first one chosen until somebody chooses. parameter: its name in the address, and
    the key of the widget.
    """
    kept = f"classify_{parameter}"  # outlives a visit to another page, which the widget does not

    def changed() -> None:
        st.session_state[kept] = st.session_state[parameter]

    by_title = {title: name for name, title in reversed([*titles.items()])}
    asked = st.session_state.get(kept) or st.query_params.get(parameter, "")
    asked = asked if asked in titles else by_title.get(asked)
    now = asked or next(iter(titles))
    if st.session_state.get(parameter) != now:
        st.session_state[parameter] = now
    st.selectbox(
        label, [*titles], format_func=distinct(titles).__getitem__, key=parameter, on_change=changed, help=help_text
    )
    if asked and st.query_params.get(parameter) != asked:
        st.query_params[parameter] = asked
    return now
