"""The web app: its pages, and nothing else. `make app`, or `streamlit run app.py`."""

import streamlit as st

from pages import classify


def main() -> None:
    """Draw the frame and run the page that the address asks for.

    The default page answers at / only, whatever its url_path; its hidden twin lets /classify answer too.
    """
    st.set_page_config(page_title="Recycler", page_icon="♻️")
    look = {"title": "Classify", "icon": ":material/photo_camera:"}
    st.navigation(
        [
            st.Page(classify.page, url_path="home", default=True, **look),
            st.Page(classify.page, url_path="classify", visibility="hidden", **look),
        ]
    ).run()


if __name__ == "__main__":
    main()
