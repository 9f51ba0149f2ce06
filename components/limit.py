"""How many photos a visitor may show in a minute."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.visit import Upload
from recycler.access import may
from recycler.allowance import Allowances
from recycler.settings import settings

BEHIND_ONE_ADDRESS = 10  # visitors who may be busy at once behind one address: a school has a single one

_allowances = Allowances()  # not in Streamlit's cache, which any visitor may ask to be cleared


def within_limit(uploads: Sequence[Upload]) -> tuple[Sequence[Upload], str]:
    """Those that this visitor may show now, and a sentence on the others, "" where there are none.

    A new session is easily had, so the address counts, too.
    """
    if may("administer"):
        return uploads, ""
    most = settings().photos_a_minute
    context = get_script_run_ctx()
    keys = {f"session {context.session_id if context else ''}": most}
    keys[f"address {st.context.ip_address}"] = BEHIND_ONE_ADDRESS * most
    few = uploads[: _allowances.take(len(uploads), keys)]
    if len(few) == len(uploads):
        return uploads, ""
    return few, f"More than {most} a minute are too many for me. Wait a minute, then show me the rest."
