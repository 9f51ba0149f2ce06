"""Who is looking, and which pages they may see: the one place where Streamlit's visitors become actors of the library.

Asked anew at each question, so it holds in callbacks and fragments, too, which run before or without `app.main`.
"""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st
from streamlit import runtime
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import state
from components.words import plain
from recycler import access
from recycler.access import NOBODY, Actor, Right, Role
from recycler.errors import AccessError
from recycler.settings import settings

EXPOSED = (
    "Others can reach this server, and nobody signs in: so it only tells where things go. Whoever runs it sets "
    "RECYCLER_AUTH=oidc, or RECYCLER_OPEN=1 to let everybody do everything (README, *Who may do what*)."
)
NOT_SET_UP = (
    "Sign-in is not set up: RECYCLER_AUTH is oidc, but .streamlit/secrets.toml has no provider under [auth] "
    "(README, *Who may do what*)."
)


def begin() -> None:
    """Let the library ask us who acts; say it in red when this server is open to others without sign-in."""
    access.ask(visitor)
    if settings().auth == "none" and not access.may("administer"):
        st.error(EXPOSED, icon=":material/lock_open:")


def visitor() -> Actor:
    """Whoever this run of a page is for. A thread of the server that runs no page serves nobody."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return NOBODY if runtime.exists() else access.owner()
    if settings().auth == "oidc":
        if not is_signed_in():
            return Actor("not signed in", Role.GUEST, "Sign in first.")
        return access.person(st.user, settings())
    peer = st.context.ip_address
    here = access.is_this_machine(st.get_option("server.address"), peer, st.context.headers.get("Host"))
    if here or settings().open:
        return Actor("this computer" if here else f"visitor at {peer}", Role.ADMIN)
    return Actor(f"visitor at {peer}", Role.GUEST)


def page(right: Right, draw: Callable[[], None], title: str, icon: str) -> StreamlitPage:
    """A page for those who have a right. All others do not find it in the navigation, and at its address a sentence."""
    allowed = access.may(right)
    return st.Page(
        draw if allowed else partial(_refuse, right, title),
        title=title,
        icon=icon,
        url_path=draw.__name__,
        visibility="visible" if allowed else "hidden",
    )


def is_signed_in() -> bool:
    """Whether this visitor has signed in, however long ago."""
    return bool(st.user.get("is_logged_in"))


def sign_in() -> None:
    """A button for each provider that .streamlit/secrets.toml knows."""
    providers = _providers()
    if not providers:
        st.error(NOT_SET_UP, icon=":material/error:")
    for name in providers:
        label = f"Sign in with {name.replace('-', ' ').title()}" if name else "Sign in"
        key = f"{state.SIGN_IN}_{name}"
        st.button(label, key=key, type="primary", icon=":material/login:", on_click=st.login, args=(name or None,))


def _refuse(right: Right, title: str) -> None:
    st.title(title)
    try:
        access.require(right)
    except AccessError as problem:
        st.info(plain(str(problem), 400), icon=":material/lock:")
    if settings().auth == "oidc" and not is_signed_in():
        sign_in()


def _providers() -> list[str]:
    """Names of the providers, "" for the one that needs none."""
    auth = st.secrets.get("auth", {}) if st.secrets.load_if_toml_exists() else {}
    named = [name for name, section in auth.items() if isinstance(section, Mapping) and "client_id" in section]
    return named or [""] * ("client_id" in auth)
