"""Eight photos of the chosen data before and after augmentation, as training may see them."""

import streamlit as st

from components import data_sets, state
from components.pictures import Picture, picture_grid
from components.recipe_form import photos
from components.recipe_form.draft import Draft
from components.words import plain
from recycler.errors import RecyclerError
from recycler.photos import to_jpeg
from recycler.plan import LARGEST_WHITENED
from recycler.preview import Previewer
from recycler.recipe import Augmentation, Data

PHOTOS = 8
FITTED_ON = 200  # photos that whitening is fitted on here; training takes more
SHOWN = 160  # pixels a side of a picture
COLUMNS = 4
COLD = "Warming up the preview: about 10 seconds, this once…"


def preview(draft: Draft, size: int) -> None:
    """Draw the fold; nothing is computed while it is closed. size: pixels a side in which training augments."""
    with st.expander(
        "See it on your photos", key=state.TRAIN_PREVIEW, on_change="rerun", icon=":material/visibility:"
    ) as fold:
        if fold.open:
            _looks(draft, size)


@st.cache_resource(show_spinner=False)
def previewer() -> Previewer:
    """The one worker of this server, kept warm for all visitors."""
    return Previewer()


def _looks(draft: Draft, size: int) -> None:
    look = st.session_state.setdefault(state.TRAIN_LOOK, 1)
    try:
        data = Data.model_validate(draft.get("data"))
        change = Augmentation.model_validate(draft.get("augmentation"))
        asked = (data.model_dump_json(), data_sets.stamps(data), size)
        with st.spinner("Looking…" if previewer().warm else COLD):
            pairs = _pairs(*asked, change.model_copy(update={"copies": 0}).model_dump_json(), draft.get("seed"), look)
    except RecyclerError as problem:
        st.error(plain(str(problem), 400))
        return
    except ValueError:
        st.caption("To be seen when the mistakes are mended.")
        return
    picture_grid([Picture(pair) for pair in pairs], COLUMNS)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Above: the photo as it is. Below: as training may see it.", width="content")
        st.button("Another look", key=state.TRAIN_REDRAW, icon=":material/refresh:", on_click=_another, type="tertiary")


def _another() -> None:
    st.session_state[state.TRAIN_LOOK] += 1


@st.cache_data(max_entries=64, show_spinner=False)
def _pairs(
    data: str, changed: tuple[int, ...], size: int, change: str, seed: int, look: int
) -> list[tuple[bytes, bytes]]:
    """JPEGs of each photo before and after. Raises RecyclerError."""
    before = photos.to_preview(data, changed, size, PHOTOS)
    wanted = Augmentation.model_validate_json(change)
    whitened = wanted.zca_fraction and size <= LARGEST_WHITENED
    training = photos.to_preview(data, changed, size, FITTED_ON) if whitened else None
    after = previewer().look(wanted, before, seed, look, training)
    return [(to_jpeg(a, SHOWN), to_jpeg(b, SHOWN)) for a, b in zip(before, after, strict=True)]
