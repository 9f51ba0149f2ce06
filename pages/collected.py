"""My photos: what was taught, to be looked through, put right, taken along, and trained with."""

import streamlit as st

from components.collected import actions, choice, exchange
from components.train_again import train_again
from components.words import count_of
from recycler.datasets.collected import DISCARDED_DAYS, list_collected, sweep
from recycler.settings import settings

PRIVACY = (
    ":material/lock: They lie on the computer that runs this page, and all who use it here learn from them. "
    f"Deleted ones can be taken back for {DISCARDED_DAYS} days."
)


def page() -> None:
    """Photos by class, with what can be done to them."""
    st.title("My photos")
    sweep()
    photos = list_collected()
    if not photos:
        actions.done_last()
        _none_yet()
        return
    st.markdown(f"{count_of(len(photos), 'photo').capitalize()} that you taught me with.")
    bar = st.container(key="collected-bar")
    chosen = choice.choose(photos)
    with bar:
        actions.actions(chosen)
    with st.container(horizontal=True):
        train_again(settings().model)
        exchange.download(photos, chosen)
    exchange.upload()
    st.caption(PRIVACY)


def _none_yet() -> None:
    """The way to the first photo."""
    with st.container(border=True, key="collected-empty"):
        st.subheader("Nothing here yet", anchor=False)
        st.markdown(
            "When a verdict is wrong, tell me what the thing really is: the photo is then kept here, and the next "
            "answer has learned from it."
        )
        st.html('<a href="./" target="_self">Show me a photo</a>')
    exchange.upload()


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
