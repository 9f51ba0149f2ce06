"""Where photos come from: the camera, files (chosen, dropped or pasted), or our own samples."""

import base64
import binascii
from pathlib import Path

import streamlit as st

from components import state
from components.visit import Upload
from recycler.settings import settings

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
CAMERA, UPLOAD = "Camera", "Upload"
ICONS = {CAMERA: ":material/photo_camera:", UPLOAD: ":material/upload:"}

_camera = st.components.v2.component(
    "recycler_camera",
    html=(HERE / "camera.html").read_text("utf-8"),
    css=(HERE / "camera.css").read_text("utf-8"),
    js=(HERE / "camera.js").read_text("utf-8"),
)
_paste = st.components.v2.component("recycler_paste", js=(HERE / "paste.js").read_text("utf-8"))


def new_photos() -> list[Upload]:
    """Draw the inputs; return what came in through them at this very run, mostly nothing."""
    source = st.segmented_control(
        "Where is your photo?",
        [CAMERA, UPLOAD],
        default=CAMERA,
        required=True,
        format_func=lambda name: f"{ICONS[name]} {name}",
        key=state.SOURCE,
        label_visibility="collapsed",
        width="stretch",
    )
    return _from_camera() if source == CAMERA else _from_files()


def samples() -> list[Upload]:
    """Draw our own photos to click on; return the one that was clicked at this run."""
    paths = sorted(SAMPLES.glob("*.jpg"))
    if not paths:
        return []
    st.markdown("No photo at hand? Try one of ours.")
    clicked = []
    with st.container(horizontal=True, gap="small", key="samples"):
        for path in paths:
            name = path.stem.replace("-", " ").capitalize()
            with st.container(key=f"sample-{path.stem}", width=104, gap=None):
                st.image(path, width=104, alt="")
                if st.button(name, key=f"{state.SAMPLE}_{path.stem}", type="tertiary"):
                    clicked.append(Upload(path.name, path.read_bytes()))
    return clicked


def _from_camera() -> list[Upload]:
    """The photo that the camera has just taken, sent as a data address: data:image/jpeg;base64,..."""
    taken = _camera(key=state.CAMERA, on_photo_change=lambda: None).photo
    if not taken:
        return []
    try:
        return [Upload("camera.jpg", base64.b64decode(str(taken).partition(",")[2]))]
    except binascii.Error:
        return [Upload("camera.jpg", b"")]


def _from_files() -> list[Upload]:
    """Files that have just been chosen. A fresh uploader then takes the place of this one, which lets go of them.

    It takes files of any kind: a refusal is one of our sentences, the same for all.
    """
    turn = st.session_state.setdefault(state.UPLOADS, 0)
    files = st.file_uploader(
        "Choose photos, drop them here, or paste one",
        accept_multiple_files=True,
        key=f"{state.UPLOAD}_{turn}",
    )
    st.caption(f"JPEG, PNG, WebP, HEIC or GIF, up to {settings().photo_megabytes} MB each")
    _paste(key=f"{state.PASTE}_{turn}", height=1)
    if files:
        st.session_state[state.UPLOADS] = turn + 1
    return [Upload(file.name, file.getvalue()) for file in files]
