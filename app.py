"""The web app: its pages, and nothing else. `make app`, or `streamlit run app.py`."""

import streamlit as st

from components.look import apply_style
from pages import classify

CAMERA = ":material/photo_camera:"
CURVE = ":material/monitoring:"
PHOTOS = ":material/photo_library:"
LENS = ":material/troubleshoot:"


def main() -> None:
    """Draw the frame and run the page that the address asks for.

    The default page answers at / only, whatever its url_path; its hidden twin lets /classify answer too.
    """
    st.set_page_config(page_title="Recycler", page_icon="♻️")  # a Material icon would be fetched from outside
    apply_style()
    pages = [
        st.Page(classify.page, title="Classify", icon=CAMERA, url_path="home", default=True),
        st.Page(train, title="Train", icon=CURVE, url_path="train"),
        st.Page(analyse, title="Analyse", icon=LENS, url_path="analyse"),
        st.Page(collected, title="My photos", icon=PHOTOS, url_path="collected"),
    ]
    twin = st.Page(classify.page, title="Classify", icon=CAMERA, url_path="classify", visibility="hidden")
    chosen = st.navigation([*pages, twin], position="top")
    with st.container(horizontal=True, key="phone-navigation"):  # where Streamlit folds its own away
        for page in pages:
            st.page_link(page)
    chosen.run()


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


if __name__ == "__main__":
    main()
