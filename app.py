"""The web app: its pages, and nothing else. `make app`, or `streamlit run app.py`."""

import streamlit as st

from components import gate
from components.look import apply_style
from pages import account, classify
from recycler.access import may
from recycler.settings import settings

CAMERA = ":material/photo_camera:"
CURVE = ":material/monitoring:"
PHOTOS = ":material/photo_library:"
LENS = ":material/troubleshoot:"
PERSON = ":material/account_circle:"
LOCK = ":material/lock:"


def main() -> None:
    """Draw the frame and run the page that the address asks for, if whoever asks may see it.

    The default page answers at / only, whatever its url_path; its hidden twin lets /classify answer too.
    """
    st.set_page_config(page_title="Recycler", page_icon="♻️")  # a Material icon would be fetched from outside
    apply_style()
    gate.begin()
    pages = [
        st.Page(classify.page, title="Classify", icon=CAMERA, url_path="home", default=True),
        gate.page("train", train, "Train", CURVE),
        gate.page("analyse", analyse, "Analyse", LENS),
        gate.page("teach", collected, "My photos", PHOTOS),
    ]
    if settings().auth == "oidc":
        pages.append(
            st.Page(
                account.page, title="Account" if gate.is_signed_in() else "Sign in", icon=PERSON, url_path="account"
            )
        )
    twin = st.Page(classify.page, title="Classify", icon=CAMERA, url_path="classify", visibility="hidden")
    is_guest = not may("teach")  # who has room for it up there, and more reason to ask
    kept = st.Page(privacy, title="Privacy", icon=LOCK, visibility="visible" if is_guest else "hidden")
    pages.append(kept)
    chosen = st.navigation([*pages, twin], position="top")
    with st.container(horizontal=True, key="phone-navigation"):  # where Streamlit folds its own away
        for page in pages:
            if page.visibility == "visible":
                st.page_link(page)
    chosen.run()
    if chosen is not kept and not is_guest:
        st.page_link(kept, label="What is kept here, and for how long")


def train() -> None:
    """The Train page, with pandas and Altair, for which a first verdict need not wait."""
    from pages import train

    train.page()


def analyse() -> None:
    """The Analyse page, likewise."""
    from pages import analyse

    analyse.page()


def collected() -> None:
    """My photos: what was taught."""
    from pages import collected

    collected.page()


def privacy() -> None:
    """What is kept, and for how long; for admins all of it, and who did what."""
    from pages import privacy

    privacy.page()


if __name__ == "__main__":
    main()
