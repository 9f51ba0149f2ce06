"""The GPUs of this machine, as pages show them."""

import streamlit as st

from components.words import megabytes
from recycler.gpu import Gpu, list_gpus


@st.cache_data(ttl=5, show_spinner=False)
def gpus_now() -> list[Gpu]:
    """Asked every few seconds, for all visitors: the driver takes a tenth of a second to answer."""
    return list_gpus()


def gpus_in_words() -> str:
    """Names and memory: "NVIDIA H100 (85.5 GB)"; "" without any."""
    return ", ".join(f"{gpu.name} ({megabytes(gpu.memory_megabytes)})" for gpu in gpus_now())
