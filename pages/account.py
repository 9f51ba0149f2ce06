"""Account: signing in; who one is here, and what that allows; signing out."""

import streamlit as st

from components import gate, state
from components.words import plain
from recycler.access import RIGHTS, Role, actor


def page() -> None:
    """The way in, or who is in and the way out."""
    who = actor()
    if not gate.is_signed_in():
        st.title("Sign in")
        st.markdown("Everybody may ask where things go. To teach, analyse or train, sign in.")
        gate.sign_in()
        return
    st.title("Your account")
    st.markdown(
        f"You are signed in as **{plain(who.name, 100)}** and are a **{who.role}** here. That means that you may:"
    )
    st.markdown("\n".join(f"- {deed}" for right, (_, deed) in RIGHTS.items() if who.may(right)))
    if who.role < Role.ADMIN:
        st.caption(who.more)
    st.button("Sign out", key=state.SIGN_OUT, icon=":material/logout:", on_click=st.logout)


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
