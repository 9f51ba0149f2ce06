"""A tap on what it really is corrects an answer; the photo is kept, and all of it can be taken back."""

from collections import Counter

import streamlit as st

from components import state
from components.visit import Judged, Seen, Visit
from components.words import count_of, plain, readable
from recycler.access import may
from recycler.classifier import Classifier
from recycler.datasets.collected import forget, forget_everything, list_collected
from recycler.errors import RecyclerError
from recycler.teach import Memory, teach

LIKELIEST = 3
CONSENT = "The photo is then kept on the computer that runs this page, without place or time, and I learn from it."


def ask(judged: Judged, classifier: Classifier, visit: Visit) -> None:
    """Behind a fold the likeliest classes as buttons, and all the others; once taught, *undo* in its place.

    Nothing for those who may not teach.
    """
    photo, prediction, verdict = judged
    if not may("teach"):
        return
    if visit.taught.get(photo.key) in visit.memory.photos:
        _taught(photo, visit)
        return
    with st.expander("Wrong? Tell me what it is", key=f"{state.WRONG}_{photo.key}", on_change="rerun") as fold:
        if not fold.open:
            return
        st.caption(CONSENT)
        said = set() if verdict.verdict == "unsure" else {verdict.advised_class}
        ranked = [name for name, _ in prediction.top(len(prediction.classes)) if name not in said]
        with st.container(horizontal=True, gap="small"):
            for name in ranked[:LIKELIEST]:
                key = f"{state.CORRECT}_{photo.key}_{name}"
                st.button(readable(name).capitalize(), key=key, on_click=_teach, args=(photo, name, classifier, visit))
        others = f"{state.OTHERS}_{photo.key}"
        st.selectbox(
            "None of these",
            sorted([*ranked[LIKELIEST:], *said], key=readable),
            index=None,
            format_func=lambda name: readable(name).capitalize(),
            placeholder="None of these…",
            key=others,
            label_visibility="collapsed",
            on_change=lambda: _teach(photo, st.session_state[others], classifier, visit),
        )


def learned(memory: Memory) -> None:
    """How many photos the model has learned from, and for admins *forget*; nothing before the first one."""
    if not memory.photos:
        return
    classes = Counter(photo.class_name for photo in memory.photos)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/school: Learned from {count_of(classes.total(), 'photo')} of yours")
        if not may("administer"):
            return
        with st.popover("Forget", type="tertiary"):
            st.markdown("They are deleted from this computer.")
            for name, count in classes.items():
                label = f"{readable(name).capitalize()}: {count_of(count, 'photo')}"
                st.button(label, key=f"{state.UNLEARN}_{name}", on_click=_forget, args=(name,), width="stretch")
            st.button("Everything", key=state.UNLEARN, on_click=_forget, width="stretch", icon=":material/delete:")


def _taught(photo: Seen, visit: Visit) -> None:
    kept = visit.taught[photo.key]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/school: Thank you: **{plain(readable(kept.class_name))}**. I will remember it.")
        st.button("Undo", key=f"{state.UNDO}_{photo.key}", type="tertiary", on_click=_undo, args=(photo, visit))


def _teach(photo: Seen, class_name: str | None, classifier: Classifier, visit: Visit) -> None:
    if class_name is None:
        return
    try:
        visit.taught[photo.key] = teach(classifier, photo.picture, class_name)
    except (RecyclerError, OSError) as problem:
        st.toast(plain(str(problem), 400), icon=":material/error:")


def _undo(photo: Seen, visit: Visit) -> None:
    forget([visit.taught.pop(photo.key)])


def _forget(class_name: str | None = None) -> None:
    """Forget a class, or everything that was ever collected, for models with other classes too."""
    if class_name is None:
        forget_everything()
    else:
        forget(photo for photo in list_collected() if photo.class_name == class_name)
