import io

import altair as alt
import pandas as pd
from PIL import Image

from recycler.chart_files import WIDTH, to_png, to_spec, to_svg


def bars(rows: int = 3) -> alt.Chart:
    table = pd.DataFrame({"name": [f"a<{i}>" for i in range(rows)], "value": range(rows)})
    return alt.Chart(table).mark_bar().encode(x="value:Q", y="name:N").properties(height=100)


def test_a_chart_becomes_a_picture_of_twice_its_size_on_white() -> None:
    with Image.open(io.BytesIO(to_png(bars()))) as picture:
        assert picture.format == "PNG"
        assert (picture.width, picture.height) == (2 * WIDTH, 200)
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 2  # bars and words were drawn


def test_a_chart_becomes_text_that_can_be_searched_and_marked() -> None:
    svg = to_svg(bars())
    assert svg.startswith("<svg")
    assert "a&lt;2&gt;" in svg


def test_parts_of_a_composed_chart_keep_their_sizes() -> None:
    assert to_spec(bars())["width"] == WIDTH
    assert "width" not in to_spec(bars() | bars())


def test_a_matrix_of_a_hundred_classes_can_be_drawn() -> None:
    [rows] = to_spec(bars(10_000))["datasets"].values()
    assert len(rows) == 10_000
