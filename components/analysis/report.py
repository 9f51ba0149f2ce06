"""The report: the whole analysis as one file to take away."""

from datetime import UTC, datetime
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from components import state
from components.analysis import measured
from components.analysis.entropy import END
from components.analysis.names import titles
from components.analysis.overview import figure_rows
from components.analysis.pixels import thumbnail
from components.words import percent, readable, share
from recycler.access import Actor, acting, actor
from recycler.analysis import OWN, Analysis
from recycler.analysis.calibration import reliability
from recycler.analysis.calibration_figures import reliability_chart
from recycler.analysis.class_axes import ANSWERS
from recycler.analysis.class_groups import each_class
from recycler.analysis.confusion import cell_counts, confused_order, confused_pairs, matrix_cells, most_confused
from recycler.analysis.confusion_figures import BY_SHARE, confusion_chart
from recycler.analysis.confusion_figures import READING as READ_CONFUSION
from recycler.analysis.entropy import by_median, ends, entropy_boxes
from recycler.analysis.entropy_figures import READING as READ_ENTROPY
from recycler.analysis.entropy_figures import entropy_chart
from recycler.analysis.report import Drawing, Part, Picture, Pictures, Rows, Words, report_html
from recycler.history import history_charts
from recycler.runs import list_runs
from recycler.settings import settings
from recycler.subjects import origin

PHOTOS = 24  # of the surest mistakes, 6 kB each
MOST_CLASSES = 100  # in the matrix: 10,000 cells are 1 MB
PAIRS = 20


def download(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw the button; the report is made when it is asked for."""
    st.download_button(
        "Report",
        partial(_made_for, actor(), analysis, beside),
        f"analysis-{analysis.subject.name.replace(':', '-')}-{analysis.split}.html",
        "text/html",
        key=state.ANALYSE_REPORT,
        help="The whole analysis as one file that opens in any browser, also without a network.",
        icon=":material/description:",
        type="tertiary",
        on_click="ignore",
    )


def _made_for(asker: Actor, analysis: Analysis, beside: Analysis | None) -> str:
    """The report on behalf of whoever asked: it is made by a thread that serves no visitor."""
    with acting(asker):
        return make_report(analysis, beside)


def make_report(analysis: Analysis, beside: Analysis | None) -> str:
    """The analysis as HTML."""
    ours, theirs = titles(analysis, beside)
    facts = {
        "Model": f"{ours} ({analysis.subject.name})",
        **({"Beside": theirs} if beside else {}),
        "Photos": f"{len(analysis.table):,}, {_data(analysis)}, {analysis.split}",
        "Rules": analysis.rulebook.title,
        "Made": f"{datetime.now(UTC):%-d %B %Y}",
    }
    figures = figure_rows(analysis, beside)
    parts: list[Part] = [Words("What was left out", analysis.left_out)] if analysis.left_out else []
    parts.append(_rows("Figures", "What chance leaves open stands beside each: 95 % intervals.", figures))
    parts += [
        *_reliability(analysis),
        _entropy(analysis),
        *_confusion(analysis),
        _classes(analysis),
        _worst(analysis),
        *_history(analysis),
    ]
    return report_html(f"Analysis of {ours}", facts, parts)


def _data(analysis: Analysis) -> str:
    owner = analysis.data.removeprefix(f"{OWN}:")
    return "its own data" if owner == OWN else f"those of {owner}" if owner != analysis.data else owner


def _rows(title: str, reading: str, table: pd.DataFrame) -> Rows:
    cells = [[str(cell) for cell in row] for row in table.itertuples(index=False)]
    return Rows(title, reading, [str(name) for name in table.columns], cells)


def _reliability(analysis: Analysis) -> list[Part]:
    table = analysis.table
    if not table.known.any():
        return []
    bins = reliability(table.confidence[table.known], table.right[table.known])
    reading = (
        "Each dot gathers answers of one sureness. On the dashed line the model is right as often as it claims; below "
        "it is too sure of itself, above too modest."
    )
    return [Drawing("Can its “how sure” be trusted?", reading, reliability_chart(bins))]


def _entropy(analysis: Analysis) -> Drawing:
    table = analysis.table
    found = entropy_boxes(table.entropy_bits, table.true, table.names, (~table.right).astype(np.int64), list(ANSWERS))
    order = by_median(found.boxes)
    shown = {name: readable(name) for name in ends(order, END)}
    part = f" Of {len(order)} classes, the {END} least sure and the {END} surest." if len(shown) < len(order) else ""
    chart = entropy_chart(found, shown, len(table.classes), ANSWERS)
    return Drawing("How sure it is, by class", READ_ENTROPY + part, chart)


def _confusion(analysis: Analysis) -> list[Part]:
    groups = each_class(analysis.table)
    counts = cell_counts(analysis.table, groups)
    worst = most_confused(counts, MOST_CLASSES)
    order = [i for i in confused_order(counts).tolist() if i in set(worst.tolist()) and counts[i].sum()]
    cells = matrix_cells(counts, groups, np.array(order, np.int64), diagonal=False)
    labels = {groups.names[i]: readable(groups.names[i]) for i in order}
    chart = confusion_chart(cells, labels, shares=True)
    pairs = confused_pairs(counts, groups, PAIRS)
    table = pd.DataFrame(
        {
            "True": pairs["true"].map(readable),
            "Said": pairs["said"].map(readable),
            "Photos": pairs["photos"],
            "Of its kind": pairs["share"].map(share),
            "The other way": pairs["back"],
        }
    )
    reading = "The largest cells of the matrix."
    drawing = Drawing("What is taken for what", READ_CONFUSION.format(more=BY_SHARE), chart)
    return [drawing, _rows("Most confused", reading, table)]


def _classes(analysis: Analysis) -> Rows:
    table = measured.classes(analysis)
    shown = pd.DataFrame(
        {
            "Class": table["class"].map(readable),
            "Goes to": table["goes_to"],
            "Photos": table["photos"],
            **{
                title: table[name].map(_share)
                for title, name in (("Recall", "recall"), ("Precision", "precision"), ("F1", "f1"))
            },
            "Taken for": table["taken_for"].map(readable),
            "Entropy, bits": table["entropy_bits"].map("{:.2f}".format),
        }
    )
    return _rows("Class by class", "Recall: of its photos, how many it finds. Precision: when it says so.", shown)


def _history(analysis: Analysis) -> list[Part]:
    run = origin(analysis.subject, list_runs(settings().runs))
    reading = "A line of training, one of validation; where the second rises again, it has begun to learn by heart."
    return [Drawing("How it learned", reading, history_charts(run))] if run and run.epochs() else []


def _share(value: float) -> str:
    return "" if np.isnan(value) else share(value)


def _worst(analysis: Analysis) -> Pictures:
    table = analysis.table
    wrong = np.flatnonzero(~table.right)
    rows = wrong[np.argsort(-table.confidence[wrong], kind="stable")][:PHOTOS]
    pictures = [
        Picture(
            thumbnail(analysis, str(table.photos[row])),
            (
                readable(table.names[table.true[row]]),
                f"said {readable(table.classes[table.predicted[row]])}, {percent(float(table.confidence[row]))}",
                str(table.photos[row]),
            ),
        )
        for row in rows.tolist()
    ]
    return Pictures("The surest mistakes", f"{len(rows)} of {len(wrong):,} photos that were called wrongly.", pictures)
