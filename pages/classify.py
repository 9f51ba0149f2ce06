"""Classify: from a photo to a verdict."""

import streamlit as st

from components import gallery, inputs, sidebar
from components.limit import within_limit
from components.visit import this_visit
from components.words import count_of
from recycler.access import may
from recycler.errors import RecyclerError

PRIVACY = ":material/lock: Photos stay on the computer that runs this page. Closing the page forgets them"


def page() -> None:
    """Photos in, verdicts out."""
    st.title("Where does it go?")
    st.markdown("Show me a thing that you want to throw away.")
    try:
        classifier, rulebook, memory = sidebar.choose()
    except RecyclerError as problem:
        st.error(str(problem))
        return

    visit = this_visit()
    visit.memory = memory
    uploads = inputs.new_photos()
    results = st.container()
    if not visit.photos:
        uploads += inputs.samples()
    if uploads:
        with results, st.spinner("Looking…" if len(uploads) == 1 else f"Looking at {len(uploads)} photos…"):
            few, sentence = within_limit(uploads)
            visit.add(few, classifier)
            if sentence:
                visit.refused.append((count_of(len(uploads) - len(few), "photo"), sentence))
        st.rerun()

    with results:
        gallery.show_latest(visit, classifier, rulebook)
    gallery.show_earlier(visit, classifier, rulebook)
    st.caption(f"{PRIVACY}, except those that you teach me with." if may("teach") else f"{PRIVACY}.")


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
