"""Behind the fold of a verdict: the figures, and which part of the photo decided."""

import streamlit as st

from components import state
from components.visit import Judged, Seen, Visit
from components.words import percent, plain, readable
from recycler.classifier import Classifier
from recycler.explain import occlusion_map
from recycler.figures import occlusion_overlay, top_bars
from recycler.photos import open_photo
from recycler.rulebook import DESTINATIONS, Rulebook
from recycler.verdict import SURE_COUNTS, Prediction, Verdict


def show(judged: Judged, rulebook: Rulebook, classifier: Classifier, visit: Visit) -> None:
    """Top five answers, the learned recycling output, entropy, and on demand the occlusion map."""
    photo, prediction, verdict = judged
    rows = [
        (readable(name), probability, DESTINATIONS[rulebook.classes[name].destination])
        for name, probability in prediction.top(5)
    ]
    st.altair_chart(top_bars(rows), width="stretch", key=f"{state.WHY}_bars_{photo.key}")
    st.markdown(
        f"- All kinds for the recycling together: {percent(verdict.p_recycle)}\n"
        f"- The network's own guess for “recycling”: {percent(prediction.recycling)}\n"
        f"- Doubt (entropy): {verdict.entropy_bits:.2f} of at most {prediction.max_entropy_bits:.2f} bits"
        + _how_familiar(prediction, classifier.card.thresholds.familiarity)
    )
    own = visit.prediction(photo, classifier)
    if prediction is not own:
        name, probability = own.top(1)[0]
        st.markdown(f"- Without the photos that you taught me: {plain(readable(name))}, {percent(probability)}")
    _which_part(photo, verdict, classifier, visit)


def _how_familiar(prediction: Prediction, limit: float | None) -> str:
    """How like the photo is what the model learned from, another point of the list; "" where it does not matter."""
    if limit is None:
        return ""
    least = limit - SURE_COUNTS * float(prediction.probabilities.max())
    return f"\n- Likeness to photos that I learned from: {prediction.familiarity:.2f}; below {least:.2f} I am not sure"


def _which_part(photo: Seen, verdict: Verdict, classifier: Classifier, visit: Visit) -> None:
    key = (f"{classifier.card.checksums['model.tflite']} {verdict.advised_class}", photo.key)
    slot = st.empty()
    if key not in visit.occlusion and slot.button(
        "Show which part decided", key=f"{state.OCCLUSION}_{photo.key}", icon=":material/visibility:"
    ):
        with slot, st.spinner("Covering one part after another…"):
            pixels = classifier.read(photo.picture)
            visit.occlusion[key] = occlusion_map(classifier, pixels, verdict.advised_class)
        slot.empty()
    if key in visit.occlusion:
        st.image(occlusion_overlay(open_photo(photo.picture), visit.occlusion[key]), width="stretch", alt="")
        st.caption(
            f"Bright parts speak for {plain(readable(verdict.advised_class))}: with one of them covered, "
            "it looks less like it."
        )
