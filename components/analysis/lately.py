"""What a model answered on Classify in the last weeks, beside what it answered on its test photos."""

import streamlit as st

from components import state
from components.analysis.figure import figure
from components.words import count_of, readable, share
from recycler.analysis.drift_figures import class_shares, drift_chart, entropy_shares
from recycler.answers import Counts, counted
from recycler.drift import drift, in_words
from recycler.shelf import LITERT_FILE
from recycler.subjects import Subject

DAYS = 28
OLDER = (
    "The card of this model does not say what it answered on its test photos, so there is nothing to compare with. "
    "Publish its run again to have that."
)


def show(subject: Subject) -> None:
    """A line that says whether the model has drifted, and behind it the two tables; nothing where nobody asked it."""
    if subject.card is None:
        return
    lately, verdicts = counted(subject.card.checksums.get(LITERT_FILE, ""), DAYS)
    if not lately.photos:
        return
    test = subject.card.test_answers
    found = drift(lately, test) if test else None
    drifted = found is not None and found.sureness.size == "much" and not found.surer
    title = f"In the last four weeks: {count_of(lately.photos, 'photo')}"
    title += ", and it has drifted" if drifted else ""
    icon = ":material/trending_down:" if drifted else ":material/update:"
    with st.expander(title, icon=icon, key=state.ANALYSE_LATELY, on_change="rerun") as fold:
        if fold.open:
            st.markdown(in_words(found, lately) if test else OLDER)
            st.markdown(f"Unsure: {share(verdicts.get('unsure', 0) / lately.photos)} of the photos.")
            if test and found:
                st.caption(
                    f"Population stability index: {found.sureness.index:.2f} of entropy, {found.things.index:.2f} of "
                    f"classes (chance: up to {found.sureness.chance:.2f} and {found.things.chance:.2f}; "
                    "0.1 is a little, 0.25 much)."
                )
                _charts(lately, test)


def _charts(lately: Counts, test: Counts) -> None:
    left, right = st.columns(2)
    with left:
        sure = entropy_shares(lately, test)
        reading = "How sure: further down is less sure. Where what is lately sinks, photos have become strange to it."
        figure(drift_chart(sure, "Entropy, bits"), sure, reading, "drift-entropy", key="drift-entropy")
    with right:
        things = class_shares(lately, test)
        things["what"] = things["what"].map(readable)
        reading = "What it names: the classes whose share has changed most."
        figure(drift_chart(things, "Class"), things, reading, "drift-classes", key="drift-classes")
