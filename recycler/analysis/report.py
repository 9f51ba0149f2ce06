"""An analysis as one HTML file that opens anywhere, without a network: Vega and all pictures are inside it."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any, NamedTuple

import vl_convert

from recycler.chart_files import AnyChart, to_spec

# What the page may do, should something in it ever be taken for code: nothing but its own script, no network.
# Vega turns its expressions into functions, hence unsafe-eval.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'"
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: #fff; color: #1d2624;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; } h2 { margin: 2.5rem 0 0.5rem; font-size: 1.3rem; }
p, li { max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.9rem 0.3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #d9dedb; }
.chart { width: 100%; overflow-x: auto; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1rem 0.75rem; }
figure { margin: 0; } img { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 0.4rem; background: #eee; }
figcaption { display: grid; font-size: 0.85rem; line-height: 1.35; overflow-wrap: anywhere; }
"""
DRAW = """
for (const chart of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(chart.previousElementSibling.textContent);
  vegaEmbed(chart, spec, {renderer: "svg", actions: {export: true, source: false, compiled: false, editor: false}});
}
"""


class Words(NamedTuple):
    """Sentences, one a paragraph."""

    title: str
    sentences: Sequence[str]


class Rows(NamedTuple):
    """A table, every cell as it is to be read."""

    title: str
    reading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class Drawing(NamedTuple):
    """A chart and how to read it."""

    title: str
    reading: str
    chart: AnyChart


class Picture(NamedTuple):
    """A small photo, JPEG bytes or None where it can no longer be had, and the lines under it."""

    jpeg: bytes | None
    lines: Sequence[str]


class Pictures(NamedTuple):
    """Photos side by side."""

    title: str
    reading: str
    pictures: Sequence[Picture]


Part = Words | Rows | Drawing | Pictures


def report_html(title: str, facts: Mapping[str, str], parts: Sequence[Part]) -> str:
    """The report; whatever its words hold is shown as text. Some 900 kB of Vega, and what its parts hold.

    facts: what was looked at, name to value.
    """
    lines = [f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts.items()]
    body = "".join(f"<section><h2>{escape(part.title)}</h2>{_inside(part)}</section>" for part in parts)
    drawn = any(isinstance(part, Drawing) for part in parts)
    script = f"<script>{_vega()}</script><script>{DRAW}</script>" if drawn else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1><table>{''.join(lines)}</table>{body}{script}</body></html>"
    )


def _inside(part: Part) -> str:
    if isinstance(part, Words):
        return "".join(f"<p>{escape(sentence)}</p>" for sentence in part.sentences)
    return f"<p>{escape(part.reading)}</p>{_shown(part)}"


def _shown(part: Rows | Drawing | Pictures) -> str:
    if isinstance(part, Drawing):
        return f'<script type="application/json">{_json(_fluid(part.chart))}</script><div class="chart"></div>'
    if isinstance(part, Pictures):
        return f'<div class="pictures">{"".join(map(_picture, part.pictures))}</div>'
    head = "".join(f"<th>{escape(name)}</th>" for name in part.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in part.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode() if picture.jpeg else ""
    name = escape(", ".join(picture.lines))
    image = f'<img src="data:image/jpeg;base64,{data}" alt="{name}">' if data else ""
    lines = "".join(f"<span>{escape(line)}</span>" for line in picture.lines)
    return f"<figure>{image}<figcaption>{lines}</figcaption></figure>"


def _fluid(chart: AnyChart) -> dict[str, Any]:
    """As wide as the page, unless it is composed of parts that have sizes of their own."""
    spec = to_spec(chart)
    return spec | {"width": "container"} if "width" in spec else spec


def _json(value: Any) -> str:
    """JSON that nothing in it can end early."""
    return json.dumps(value).replace("<", "\\u003c")


@cache
def _vega() -> str:
    """Vega, Vega-Lite and the embedding, as one script that needs no other."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return re.sub("</(?=script)", r"<\\/", bundle, flags=re.IGNORECASE)  # the page must not take it for its end
