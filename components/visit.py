"""What one visitor has shown us since the page was opened: small copies of photos, predictions, refusals."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components import state
from recycler import monitoring
from recycler.classifier import Classifier
from recycler.datasets.collected import Collected
from recycler.errors import PhotoError
from recycler.photos import open_photo, to_jpeg
from recycler.rulebook import Rulebook
from recycler.teach import NOTHING_TAUGHT, Memory
from recycler.verdict import Prediction, Verdict, judge

MOST_PHOTOS = 50  # with copies of about 60 kB, a visit stays at a few megabytes
COPY_PIXELS = 640  # longer side of a copy: sharp on a phone's screen, enough for any model on the shelf


class Upload(NamedTuple):
    """A file as the visitor sent it, not to be trusted."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Seen:
    """One photo of this visit. `picture` is a JPEG copy without metadata; the file itself is not kept."""

    key: str
    name: str
    picture: bytes


class Judged(NamedTuple):
    """A photo, what the model says of it, and what the rulebook makes of that."""

    photo: Seen
    prediction: Prediction
    verdict: Verdict


@dataclass
class Visit:
    """The photos of one session, at most MOST_PHOTOS; the oldest go first.

    latest: keys of the photos that came in last, together.
    refused: file name and reason, for each of those that is no photo.
    taught: key of a photo that was corrected to what was kept of it.
    memory: what the chosen model has learned from collected photos, looked up at each run of the page.
    seconds: key of a photo whose first verdict is to come to how long the network took.
    """

    photos: dict[str, Seen] = field(default_factory=dict)
    latest: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    predictions: dict[tuple[str, str], Prediction] = field(default_factory=dict)
    occlusion: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)
    taught: dict[str, Collected] = field(default_factory=dict)
    memory: Memory = field(default=NOTHING_TAUGHT, compare=False)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, uploads: Sequence[Upload], classifier: Classifier) -> None:
        """Look at what came in. A photo that was here before is not computed again."""
        self.latest, self.refused = [], []
        for upload in uploads:
            key = hashlib.sha256(upload.data).hexdigest()
            try:
                self._add(key, upload, classifier)
            except PhotoError as problem:
                monitoring.REFUSED.inc()
                self.refused.append((upload.name, str(problem)))
            else:
                self.latest = [*(k for k in self.latest if k != key), key]
        self._drop_oldest()

    def prediction(self, photo: Seen, classifier: Classifier) -> Prediction:
        """What this model by itself says of a photo; computed from our copy when the model was changed since."""
        key = (classifier.card.checksums["model.tflite"], photo.key)
        if key not in self.predictions:
            self.predictions[key] = classifier.classify(photo.picture)
        return self.predictions[key]

    def judge(self, photo: Seen, classifier: Classifier, rulebook: Rulebook) -> Judged:
        """Judge a photo by these rules and what was taught, without asking the network again."""
        alone = self.prediction(photo, classifier)
        prediction = self.memory.blend(alone)
        verdict = judge(prediction, rulebook, classifier.card.thresholds)
        if photo.key in self.seconds:
            monitoring.answered(classifier.card, alone, verdict, self.seconds.pop(photo.key))
        return Judged(photo, prediction, verdict)

    def earlier(self) -> list[Seen]:
        """Photos before the latest ones, newest first."""
        return [photo for key, photo in reversed(self.photos.items()) if key not in self.latest]

    def _add(self, key: str, upload: Upload, classifier: Classifier) -> None:
        known = self.photos.pop(key, None)
        if known is None:
            begin = time.perf_counter()
            prediction = classifier.classify(upload.data)
            self.seconds[key] = time.perf_counter() - begin
            self.predictions[classifier.card.checksums["model.tflite"], key] = prediction
            known = Seen(key, upload.name, to_jpeg(open_photo(upload.data, at_least=COPY_PIXELS), COPY_PIXELS))
        self.photos[key] = known

    def _drop_oldest(self) -> None:
        most = max(MOST_PHOTOS, len(self.latest))
        for key in list(self.photos)[: max(0, len(self.photos) - most)]:
            del self.photos[key]
            self.taught.pop(key, None)
            self.seconds.pop(key, None)
        for kept in (self.predictions, self.occlusion):
            for pair in [pair for pair in kept if pair[1] not in self.photos]:
                del kept[pair]


def this_visit() -> Visit:
    """The visit of this session."""
    visit: Visit = st.session_state.setdefault(state.VISIT, Visit())
    return visit


def forget() -> None:
    """Drop everything that this session holds of its photos."""
    st.session_state[state.VISIT] = Visit()
