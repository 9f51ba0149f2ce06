"""A figure as every view draws it: the chart, how to read it, and its downloads."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import state
from recycler.chart_files import AnyChart, to_png, to_svg
from recycler.spreadsheet import to_csv


def figure(
    chart: AnyChart, data: pd.DataFrame, reading: str, name: str, *, key: str, on_select: str | None = None
) -> list[dict[str, Any]]:
    """Draw a chart; return what is chosen in it, a dict of the selection's fields each.

    data: the rows that are drawn, for the CSV. reading: a sentence that says how to read it, in Markdown.
    name: of the files that it downloads as, without an ending. key: tells this figure on the page from others.
    on_select: the name of the chart's point selection; without it nothing can be chosen.
    """
    key = f"{state.ANALYSE_FIGURE}-{key}"
    chart = chart.configure_text(color=st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor"))
    chosen: list[dict[str, Any]] = []
    if on_select:
        drawn = st.altair_chart(chart, key=key, on_select="rerun", selection_mode=on_select, alt=reading)
        chosen = list(drawn["selection"].get(on_select, []))
    else:
        st.altair_chart(chart, key=key, alt=reading)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(reading, width="stretch")
        downloads(chart, data, name, key)
    return chosen


def downloads(chart: AnyChart, data: pd.DataFrame, name: str, key: str) -> None:
    """Draw the downloads of a chart behind a fold; each file is made when it is asked for."""
    files = (
        ("PNG", "image/png", partial(to_png, chart)),
        ("SVG", "image/svg+xml", partial(to_svg, chart)),
        ("CSV", "text/csv", partial(to_csv, data)),
    )
    with st.popover("Download", icon=":material/download:", type="tertiary", key=f"{key}-downloads"):
        for ending, kind, make in files:
            st.download_button(
                ending,
                make,
                f"{name}.{ending.lower()}",
                kind,
                key=f"{key}-{ending}",
                on_click="ignore",
                type="tertiary",
            )
