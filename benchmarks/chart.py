"""The chart of the README: images a second in each step of a training, from benchmarks/training.md."""

from pathlib import Path

import altair as alt
import pandas as pd

from recycler.chart_files import INK, to_svg
from recycler.figures import RUNS
from recycler.settings import PROJECT

REPORT = PROJECT / "benchmarks" / "training.md"
CHART = PROJECT / "docs" / "training.svg"
ENGINES = {"ours": "Recycler", "bare": "the bare layers", "fit, Keras's layers": "Keras's fit"}
TICKS = alt.Axis(values=[100, 1000, 10_000], format=",", grid=False)
DARK = "#e6edf3"  # ink where the reader's theme is dark; its picture has no ground of its own


def rates(report: str) -> pd.DataFrame:
    """The table of a report, a row a cell with a number: stage, engine, images a second."""
    lines = [line.strip("|").split("|") for line in report.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line] for line in lines]
    rows = [
        (cells[0].replace(": ", "|"), ENGINES[name], float(cells[column].replace(",", "")))
        for cells in body
        for column, name in enumerate(head)
        if name in ENGINES and cells[column]
    ]
    return pd.DataFrame(rows, columns=["stage", "engine", "images"])


def chart(table: pd.DataFrame) -> alt.LayerChart:
    """Bars in groups, with their numbers. table: as `rates` gives it."""
    engines = list(ENGINES.values())
    place = alt.Chart(table).encode(
        y=alt.Y("stage:N", title=None, sort=None, axis=alt.Axis(labelExpr="split(datum.label, '|')", labelLimit=200)),
        yOffset=alt.YOffset("engine:N", sort=engines),
        x=alt.X(
            "images:Q", title="Images a second (logarithmic)", scale=alt.Scale(type="log", domainMin=50), axis=TICKS
        ),
    )
    colours = alt.Scale(domain=engines, range=[RUNS[0], RUNS[7], RUNS[1]])
    bars = place.mark_bar(height=13).encode(
        x2=alt.datum(50), color=alt.Color("engine:N", scale=colours, legend=alt.Legend(title=None, orient="top"))
    )
    numbers = place.mark_text(align="left", dx=4).encode(text=alt.Text("images:Q", format=",.0f"))
    found: alt.LayerChart = (
        alt.layer(bars, numbers).properties(width=560, height=alt.Step(17)).configure_view(stroke=None)
    )
    return found


def readable(svg: str) -> str:
    """The same picture without a ground, its text light where the reader's theme is dark."""
    bare = svg.replace('fill="#ffffff"', 'fill="none"', 1)
    ink = f"text {{ fill: {INK} }} @media (prefers-color-scheme: dark) {{ text {{ fill: {DARK} }} }}"
    end = bare.index(">") + 1
    return f"{bare[:end]}<style>{ink}</style>{bare[end:]}"


def draw(file: Path = CHART) -> None:
    """Draw it from the report that there is."""
    file.write_text(readable(to_svg(chart(rates(REPORT.read_text("utf-8"))))), "utf-8")


if __name__ == "__main__":
    draw()
