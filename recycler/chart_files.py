"""Charts as files: PNG and SVG as the browser would draw them, made without a browser and without a network."""

from typing import Any

import altair as alt
import vl_convert

AnyChart = (
    alt.Chart
    | alt.LayerChart
    | alt.FacetChart
    | alt.ConcatChart
    | alt.HConcatChart
    | alt.VConcatChart
    | alt.RepeatChart
)

PIXELS = 2.0  # of the picture, one of the chart: sharp in print and on fine screens
WIDTH = 860  # pixels of a chart that would take the width of the page
INK = "#1d2624"
ALONE = {"background": "#ffffff", "font": "Liberation Sans, Arial, sans-serif", "padding": 12, "text": {"color": INK}}

# The limit of 5,000 rows keeps whole tables out of notebooks; only summaries are drawn here, and a confusion matrix of
# 100 classes has up to 10,000 cells.
alt.data_transformers.disable_max_rows()


def to_spec(chart: AnyChart) -> dict[str, Any]:
    """A chart as Vega-Lite with its data inside, of a size of its own, dark on white."""
    spec: dict[str, Any] = chart.to_dict()
    if spec.get("width", "container") == "container" and not _is_composed(spec):
        spec |= {"width": WIDTH, "autosize": {"type": "fit", "contains": "padding"}}  # as the page sizes it
    return spec | {"config": spec.get("config", {}) | ALONE}


def to_png(chart: AnyChart) -> bytes:
    """A chart as PNG."""
    png: bytes = vl_convert.vegalite_to_png(to_spec(chart), scale=PIXELS, allowed_base_urls=[])
    return png


def to_svg(chart: AnyChart) -> str:
    """A chart as SVG, its text as text."""
    svg: str = vl_convert.vegalite_to_svg(to_spec(chart), allowed_base_urls=[])
    return svg


def _is_composed(spec: dict[str, Any]) -> bool:
    """Whether its parts have sizes of their own: a width above them is none of theirs."""
    return any(key in spec for key in ("hconcat", "vconcat", "concat", "facet", "repeat"))
