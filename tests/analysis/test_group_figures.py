import pandas as pd

from recycler.analysis.group_figures import change_chart, group_chart

GROUPS = pd.DataFrame(
    {
        "group": ["a", "b"],
        "subject": "One",
        "photos": [10, 0],
        "share": [0.5, float("nan")],
        "low": [0.4, float("nan")],
        "high": [0.6, float("nan")],
    }
)


def test_a_group_is_a_dot_that_can_be_clicked_in_the_order_given() -> None:
    spec = group_chart(GROUPS, "Right").to_dict()
    assert spec["params"][0]["select"]["fields"] == ["group"]
    _, dots = spec["layer"]
    assert dots["encoding"]["y"]["sort"] is None
    assert dots["encoding"]["x"]["field"] == "share"
    assert dots["encoding"]["color"]["legend"] is None


def test_two_subjects_have_colours_shapes_and_a_legend() -> None:
    spec = group_chart(pd.concat([GROUPS, GROUPS.assign(subject="Two")]), "Right").to_dict()
    _, dots = spec["layer"]
    assert dots["encoding"]["color"]["scale"]["domain"] == ["One", "Two"]
    assert dots["encoding"]["shape"]["field"] == "subject"
    assert "yOffset" in dots["encoding"]


def test_better_is_drawn_to_the_right_and_worse_to_the_left() -> None:
    classes = pd.DataFrame({"class": ["glass", "paper"], "fixed": [3, 0], "broken": [1, 2]})
    spec = change_chart(classes).to_dict()
    [rows] = spec["datasets"].values()
    assert {(row["class"], row["change"]): row["signed"] for row in rows} == {
        ("glass", "fixed"): 3,
        ("glass", "broken"): -1,
        ("paper", "broken"): -2,
    }
    assert spec["params"][0]["select"]["fields"] == ["class", "change"]
