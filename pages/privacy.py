"""Privacy: what is kept here, where, and for how long; for admins all of it to take along, and who did what."""

import streamlit as st

from components import keeping
from recycler.access import may


def page() -> None:
    """A list for everybody; below it what only admins may see."""
    st.title("What is kept here")
    st.markdown(
        "A photo that you show on Classify stays in the memory of the computer that runs this page, and is gone when "
        "you close the page. What stays longer:"
    )
    keeping.list_all()
    st.markdown(
        "Nothing is sent elsewhere, but for the records of trainings where a server for them is set. Places, times and "
        "other data inside photos are never stored. The page keeps cookies against forged requests, and while you are "
        "signed in, who you are."
    )
    if may("administer"):
        keeping.export()
        keeping.audit_log()


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
