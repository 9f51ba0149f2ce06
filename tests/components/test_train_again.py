"""What can be chosen before the Train page opens; that it opens is in the journeys."""

from streamlit.testing.v1 import AppTest


def button() -> None:
    from components.train_again import train_again

    train_again("household", ["plastic", "teapot", "glass"])


def nothing() -> None:
    from components.train_again import train_again

    train_again("run:nowhere")


def test_a_parent_that_is_gone_offers_nothing() -> None:
    app = AppTest.from_function(nothing, default_timeout=60).run()
    assert not app.exception
    assert not app.button


def test_what_it_gets_wrong_is_offered_and_not_chosen() -> None:
    app = AppTest.from_function(button, default_timeout=60).run()
    assert not app.exception
    [pills] = app.button_group
    assert pills.options == ["Plastic", "Glass"]
    assert pills.value == []
