"""The report of a whole analysis."""

from dataclasses import replace

import numpy as np

from components.analysis.report import MOST_CLASSES, make_report
from recycler.predictions import predictions
from tests.tables import analysed, drawn

SECTIONS = ("Figures", "Can its", "How sure it is, by class", "What is taken for what", "Most confused")


def test_the_report_holds_every_part_of_the_analysis() -> None:
    analysis = replace(analysed("Small", drawn(300, foreign=9)), left_out=("3 photos could not be opened.",))
    page = make_report(analysis, None)
    for title in (*SECTIONS, "Class by class", "The surest mistakes", "3 photos could not be opened."):
        assert title in page
    assert page.count('class="chart"') == 3
    wrong = int((~analysis.table.right).sum())
    assert f"24 of {wrong} photos" in page
    assert "mixed rubbish" in page


def test_beside_another_model_it_gives_both_and_the_difference() -> None:
    page = make_report(analysed("Small", drawn(300)), analysed("Other", drawn(300, skill=3.0)))
    assert "<th>Other</th><th>Difference</th>" in page


def test_a_report_stays_small_whatever_is_in_the_table() -> None:
    rng = np.random.default_rng(0)
    classes = [f"kind <{i}>" for i in range(3 * MOST_CLASSES)]
    true = rng.choice(np.array(classes, object), 20_000)
    p = rng.dirichlet([0.1] * len(classes), len(true)).astype(np.float32)
    table = predictions(classes, [f"x/{i}" for i in range(len(true))], "test", true, p)
    small = analysed("Small", drawn(20))
    page = make_report(replace(small, table=table), None)
    assert len(page) < 4_000_000
    assert "kind <" not in page.replace("<script", "")
