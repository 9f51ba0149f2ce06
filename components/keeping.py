"""What the app holds, as a page tells it: the list, all of it as a zip, and who did what."""

import io
from functools import partial

import streamlit as st

from components import state
from components.words import plain
from recycler import audit, holdings
from recycler.access import Actor, acting, actor, may
from recycler.settings import settings


def list_all() -> None:
    """What is kept, and how long; for admins also where and how many."""
    lines = []
    for holding in holdings.HOLDINGS:
        line = f"- **{holding.what}**: {holding.how_long}"
        if may("administer"):
            line += f" :gray[(now {sum(1 for _ in holding.things()):,}, in {holding.where.partition('/')[0]})]"
        lines.append(line)
    st.markdown("\n".join(lines))
    if may("administer"):
        st.caption(f"All of it lies in RECYCLER_HOME, {plain(str(settings().home), 200)}")


def export() -> None:
    """All that the app holds, for whoever asks for it or for another machine."""
    st.subheader("Take it along", anchor=False)
    st.markdown("Taught photos, corrected labels, rules, the records of all trainings, and who did what.")
    st.download_button(
        "Download all as a zip",
        partial(_packed, actor()),
        "recycler.zip",
        "application/zip",
        key=state.EXPORT,
        icon=":material/download:",
        on_click="ignore",
    )


def audit_log() -> None:
    """The last deeds, the newest first."""
    st.subheader("Who did what", anchor=False)
    deeds = audit.deeds()
    if not deeds:
        st.caption("Nothing was taught, relabelled, published or deleted yet.")
        return
    st.dataframe(
        [deed.model_dump() for deed in deeds],
        hide_index=True,
        column_config={
            "when": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm", width=150),
            "who": "Who",
            "role": st.column_config.TextColumn("Role", width="small"),
            "deed": st.column_config.TextColumn("Did", width="small"),
            "what": st.column_config.TextColumn("What", width="large"),
        },
        alt="Who did what, the newest first",
    )


def _packed(asker: Actor) -> bytes:
    """A zip, made when it is asked for by a thread that serves no page."""
    file = io.BytesIO()
    with acting(asker):
        holdings.export(file)
    return file.getvalue()
