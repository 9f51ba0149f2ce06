import json
import re
from html.parser import HTMLParser

import altair as alt
import pandas as pd

from recycler.analysis.report import Drawing, Picture, Pictures, Rows, Words, report_html

HOSTILE = '</script><img src=x onerror="alert(1)"> & "quoted"'


def chart(name: str = "glass") -> alt.Chart:
    return alt.Chart(pd.DataFrame({"name": [name], "value": [1]})).mark_bar().encode(x="value:Q", y="name:N")


class Tags(HTMLParser):
    """All tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in ("script", "style"):
            self.text += data


def whole(words: str = "plain") -> str:
    return report_html(
        words,
        {words: words},
        [
            Words(words, [words]),
            Rows(words, words, [words], [[words]]),
            Drawing(words, words, chart(words)),
            Drawing("Again", "The same.", chart()),
            Pictures(words, words, [Picture(b"jpeg", [words]), Picture(None, [words])]),
        ],
    )


def test_the_report_asks_the_network_for_nothing() -> None:
    page = Tags(whole())
    links = [
        value or "" for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert links
    assert all(link.startswith("data:image/jpeg;base64,") for link in links)
    [policy] = [a["content"] or "" for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")


def test_vega_is_in_it_once_however_many_charts_there_are_and_not_at_all_without_one() -> None:
    one, two = (len(report_html("r", {}, [Drawing("d", "r", chart())] * count)) for count in (1, 2))
    none = len(report_html("r", {}, [Words("w", ["s"])]))
    assert two - one < 3_000
    assert one - none > 500_000
    assert one < 1_200_000


def test_whatever_names_hold_is_shown_as_text() -> None:
    page, plain = Tags(whole(HOSTILE)), Tags(whole())
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert page.text.count(HOSTILE) == plain.text.count("plain") > 8


def test_charts_hold_their_data_and_are_as_wide_as_the_page() -> None:
    found = re.findall(r'<script type="application/json">(.*?)</script>', whole(HOSTILE), re.DOTALL)
    specs = [json.loads(text) for text in found]
    assert [spec["width"] for spec in specs] == ["container", "container"]
    [rows] = specs[0]["datasets"].values()
    assert rows == [{"name": HOSTILE, "value": 1}]


def test_a_photo_that_is_gone_keeps_its_words() -> None:
    page = Tags(whole())
    assert [tag for tag, _ in page.tags].count("figure") == 2
    assert [tag for tag, _ in page.tags].count("img") == 1
