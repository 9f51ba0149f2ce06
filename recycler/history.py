"""The curves of a training as files to keep: a page that needs no network, and a picture."""

import altair as alt
import pandas as pd

from recycler.chart_files import to_png
from recycler.curves import NAMES, epochs_table, metrics
from recycler.figures import history_chart
from recycler.runs import Run


def history_page(run: Run) -> str:
    """HTML with all that the curves need inside, to be opened offline."""
    page: str = history_charts(run).to_html(inline=True)
    return page


def history_picture(run: Run) -> bytes:
    """PNG."""
    return to_png(history_charts(run))


def history_charts(run: Run) -> alt.FacetChart:
    """A chart a metric; only of metrics that were measured on validation photos, too."""
    epochs = epochs_table(run.epochs())
    validated = [name for name in metrics(pd.DataFrame(), epochs) if f"val_{name}" in epochs]
    return history_chart(epochs, {name: NAMES.get(name, name) for name in validated})
