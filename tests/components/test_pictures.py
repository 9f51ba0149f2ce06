from streamlit.testing.v1 import AppTest

PAGE = """
import streamlit as st
from components.pictures import Picture, picture_buttons

pictures = [Picture((b"jpeg",), "glass", "said <b>paper</b>, 70 %"), Picture((), "paper", "*said* glass")]
st.session_state["pressed"] = picture_buttons(pictures, "test")
"""


def test_each_picture_is_a_button_that_says_what_it_opens() -> None:
    app = AppTest.from_string(PAGE).run()
    assert [button.key for button in app.button] == ["test-0", "test-1"]
    assert app.button[0].label == r"Open glass, said \<b\>paper\</b\>, 70 %"
    assert app.session_state["pressed"] is None
    app.button(key="test-1").click().run()
    assert app.session_state["pressed"] == 1


def test_what_others_wrote_is_shown_as_text() -> None:
    first, second = (html.proto.body for html in AppTest.from_string(PAGE).run().get("html"))
    assert "said &lt;b&gt;paper" in first
    assert "<img" in first
    assert "<img" not in second
