"""What can be done with ticked photos: another class, or away with them; and the way back."""

from collections.abc import Sequence

import streamlit as st

from components import state
from components.words import count_of, plain, readable
from recycler.datasets.collected import Collected, list_collected
from recycler.errors import RecyclerError
from recycler.labels import change_label, history, undo
from recycler.settings import settings
from recycler.shelf import list_models


def actions(chosen: Sequence[Collected]) -> None:
    """Draw what can be done with the photos that are ticked; without one, what was done last, and the way back."""
    if not chosen:
        if not done_last():
            st.caption("Tick photos to give them another class or to delete them.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count_of(len(chosen), 'photo').capitalize()}**", width="content")
        st.selectbox(
            "What they show",
            _classes(),
            index=None,
            format_func=lambda name: readable(name).capitalize(),
            key=state.COLLECTED_CLASS,
            placeholder="It is really…",
            label_visibility="collapsed",
            on_change=_rename,
            args=(chosen,),
            accept_new_options=True,
            width=150,
        )
        st.button("Delete", key=state.COLLECTED_DELETE, icon=":material/delete:", on_click=_change, args=(chosen, None))


def done_last() -> bool:
    """Draw what was done last, and the way back; False when there is nothing to undo."""
    done = st.session_state.get(state.COLLECTED_DONE)
    if not done:
        return False
    words, _ = done
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {plain(words, 200)}", width="content")
        st.button("Undo", key=state.COLLECTED_UNDO, icon=":material/undo:", type="tertiary", on_click=_take_back)
    return True


def _classes() -> list[str]:
    """Those of the photos and of the model that answers by default first, then those of all others on the shelf."""
    by_model = {card.name: card.classes for card in list_models(settings().models)}
    near = {photo.class_name for photo in list_collected()} | {*by_model.get(settings().model, ())}
    far = {name for classes in by_model.values() for name in classes} - near
    return [*sorted(near, key=readable), *sorted(far, key=readable)]


def _rename(photos: Sequence[Collected]) -> None:
    class_name = st.session_state[state.COLLECTED_CLASS]
    st.session_state[state.COLLECTED_CLASS] = None
    if class_name is not None:
        _change(photos, class_name)


def _change(photos: Sequence[Collected], class_name: str | None) -> None:
    """Give photos another class, or throw them away for None; one that has that class already stays."""
    changes: list[str] = []
    problem = ""
    for photo in photos:
        if photo.class_name != class_name:
            try:
                changes.append(change_label("collected", f"{photo}.jpg", class_name).id)
            except RecyclerError as complaint:
                problem = str(complaint)
    if problem:
        st.toast(plain(problem, 400), icon=":material/error:")
    if changes:
        what = "deleted" if class_name is None else f"now {readable(class_name)}"
        st.session_state[state.COLLECTED_CHOSEN].clear()
        st.session_state[state.COLLECTED_DONE] = (f"{count_of(len(changes), 'photo').capitalize()}: {what}.", changes)


def _take_back() -> None:
    _, changes = st.session_state.pop(state.COLLECTED_DONE)
    try:
        for change in history("collected"):
            if change.id in changes:
                undo("collected", change)
    except RecyclerError as problem:
        st.toast(plain(str(problem), 400), icon=":material/error:")
