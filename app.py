"""The web app: its pages, and nothing else. `make app`, or `streamlit run app.py`."""

import streamlit as st

from pages import classify, train

CAMERA = ":material/photo_camera:"


def main() -> None:
    """Draw the frame and run the page that the address asks for.

    The default page answers at / only, whatever its url_path; its hidden twin lets /classify answer too.
    """
    st.set_page_config(
        page_title="Recycler", page_icon="♻️", layout="wide"
    )  # a Material icon would be fetched from outside
    st.navigation(
        [
            st.Page(classify.page, title="Classify", icon=CAMERA, url_path="home", default=True),
            st.Page(classify.page, title="Classify", icon=CAMERA, url_path="classify", visibility="hidden"),
            st.Page(train.page, title="Train", icon=":material/school:", url_path="train"),
        ]
    ).run()


if __name__ == "__main__":
    main()
