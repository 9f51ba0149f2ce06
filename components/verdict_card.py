"""The verdict on one photo, as every page shows it: colour, icon and word; what it is; where to put it."""

import streamlit as st

from components import correction, state
from components.visit import Judged, Visit
from components.words import how_sure, percent, plain, readable, safe
from recycler.classifier import Classifier
from recycler.rulebook import DESTINATIONS, Destination, Rulebook
from recycler.verdict import Prediction, Verdict

NOT_SURE = Destination(name="unsure", title="Not sure", colour="#6f6a86", ink="#ffffff", icon=":material/help:")
WHAT_HELPS = ":material/tips_and_updates: Try again: closer, one thing only, on a plain ground."


def verdict_card(
    judged: Judged, rulebook: Rulebook, classifier: Classifier, visit: Visit, *, wide: bool = False
) -> None:
    """Draw one photo with its verdict, and behind a fold why. `wide`: the words stand beside the photo."""
    photo, prediction, verdict = judged
    with st.container(border=True, key=f"card-{'wide' if wide else 'narrow'}-{photo.key[:12]}"):
        st.html(headline(prediction, verdict))
        picture, words = st.columns(2) if wide else (st.container(), st.container())
        picture.image(photo.picture, width="stretch", alt=photo.name)
        with words:
            if verdict.strange:
                _strange(prediction)
            elif verdict.verdict == "unsure":
                _likeliest(prediction, rulebook)
            else:
                st.markdown(f":material/arrow_forward: **{plain(verdict.advice, 300)}**")
                st.markdown(_how_sure(verdict))
        correction.ask(judged, classifier, visit)
        with st.expander("Why?", key=f"{state.WHY}_{photo.key}", on_change="rerun") as fold:
            if fold.open:
                from components import why  # with pandas and Altair, for which the first verdict need not wait

                why.show(judged, rulebook, classifier, visit)


def headline(prediction: Prediction, verdict: Verdict) -> str:
    """Icon, destination and what it is, as HTML; everything that comes from files is escaped."""
    goal = goal_of(verdict)
    if verdict.strange:
        what = "Looks like nothing that I know"
    elif verdict.verdict == "unsure":
        what = "Could be " + " or ".join(readable(name) for name, _ in prediction.top(2))
    else:
        probability = dict(prediction.top(len(prediction.classes)))[verdict.advised_class]
        what = f"Looks like {readable(verdict.advised_class)}, {percent(probability)}"
    return (
        f'<div class="verdict">{tile(goal)}'
        f'<div><h2 class="verdict-word">{safe(goal.title)}</h2><p class="verdict-what">{safe(what)}</p></div></div>'
    )


def goal_of(verdict: Verdict) -> Destination:
    """What the headline names: the destination, or *Not sure*."""
    return NOT_SURE if verdict.verdict == "unsure" else verdict.destination


def tile(goal: Destination) -> str:
    """The coloured tile with a destination's icon, as HTML."""
    glyph = goal.icon.removeprefix(":material/").removesuffix(":")  # Material symbols are ligatures of a font
    return (
        f'<span class="tile" style="background: {safe(goal.colour)}; color: {safe(goal.ink)}" aria-hidden="true">'
        f"{safe(glyph)}</span>"
    )


def _how_sure(verdict: Verdict) -> str:
    probability = max(verdict.p_recycle, 1 - verdict.p_recycle)
    side = "it can be recycled" if verdict.verdict == "recycle" else "it is not for the recycling"
    return f"I am **{how_sure(probability)}** that {side}: {percent(probability)}"


def _strange(prediction: Prediction) -> None:
    """That the photo is unlike what the model learned from, and what would help."""
    [(class_name, probability)] = prediction.top(1)
    st.markdown(
        f"It is unlike the photos that I learned from. My guess would be {plain(readable(class_name))} "
        f"({percent(probability)}), but that says little here."
    )
    st.markdown(WHAT_HELPS)


def _likeliest(prediction: Prediction, rulebook: Rulebook) -> None:
    """The two likeliest answers with their destinations, and what would help."""
    for class_name, probability in prediction.top(2):
        destination = DESTINATIONS[rulebook.classes[class_name].destination]
        st.markdown(
            f"{destination.icon} If it is **{plain(readable(class_name))}** ({percent(probability)}): "
            f"{plain(destination.title)}"
        )
    st.markdown(WHAT_HELPS)
