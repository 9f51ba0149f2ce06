from recycler.markdown import report, table


def test_a_table_has_a_heading_a_rule_and_a_line_a_row() -> None:
    assert table(["a", "b"], [["1", "2"], ["3", ""]]).splitlines() == [
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "| 3 |  |",
    ]


def test_a_report_says_how_and_where_it_was_made() -> None:
    text = report("Title", "python -m x", ["one", "two"]).decode()
    title, head, *parts = text.split("\n\n")
    assert title == "# Title"
    assert "`python -m x`" in head
    assert "CPU cores" in head
    assert parts == ["one", "two\n"]
