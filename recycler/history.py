"""The curves of a training as files to keep: a page that needs no network, and a picture."""

import io

import altair as alt
import pandas as pd

from recycler.curves import NAMES, epochs_table, metrics
from recycler.figures import history_chart
from recycler.runs import Run

PIXELS_A_POINT = 2  # of a picture: sharp on a phone and in a report


def history_page(run: Run) -> str:
    """HTML with all that the curves need inside, to be opened offline."""
    page: str = _chart(run).to_html(inline=True)
    return page


def history_picture(run: Run) -> bytes:
    """PNG."""
    file = io.BytesIO()
    _chart(run).save(file, format="png", scale_factor=PIXELS_A_POINT)
    return file.getvalue()


def _chart(run: Run) -> alt.FacetChart:
    epochs = epochs_table(run.epochs())
    validated = [name for name in metrics(pd.DataFrame(), epochs) if f"val_{name}" in epochs]
    return history_chart(epochs, {name: NAMES.get(name, name) for name in validated})
