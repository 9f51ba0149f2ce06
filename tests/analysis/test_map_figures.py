import pandas as pd

from recycler.analysis.map_figures import MOST_GROUPS, feature_map_chart


def drawn(count: int) -> dict:
    groups = [f"class {i}" for i in range(count)]
    points = pd.DataFrame({"row": range(count), "x": 0.0, "y": 0.0, "group": groups})
    return feature_map_chart(points.assign(photo="a", true="b", said="c"), groups).to_dict()


def test_no_two_groups_look_alike() -> None:
    encoding = drawn(MOST_GROUPS)["encoding"]
    colours, shapes = encoding["color"]["scale"]["range"], encoding["shape"]["scale"]["range"]
    assert len(set(zip(colours, shapes, strict=True))) == MOST_GROUPS == len(encoding["color"]["scale"]["domain"])


def test_a_few_groups_differ_by_colour_alone() -> None:
    encoding = drawn(8)["encoding"]
    assert len(set(encoding["color"]["scale"]["range"])) == 8
    assert set(encoding["shape"]["scale"]["range"]) == {"circle"}


def test_a_press_names_the_row_of_the_photo() -> None:
    photo = next(param for param in drawn(2)["params"] if param["name"] == "photo")
    assert photo["select"]["type"] == "point"
    assert photo["select"]["fields"] == ["row"]
