"""What a page costs the server with ten, a thousand and ten thousand runs: the first visit, a click, a second's look.

Without a browser and its network: Streamlit's AppTest runs the very pages. The runs are one run, copied.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks.report import table, write
from components import state
from recycler.classes import HOUSEHOLD
from recycler.evaluations import OWNED
from recycler.predictions import predictions, write_predictions
from recycler.recipe import load_recipe
from recycler.runs import PREDICTIONS_FILE, Label, Run, list_runs, new_run
from recycler.settings import PROJECT, settings

SIZES = (10, 1_000, 10_000)
ROUNDS = 5
PHOTOS = 500
RECORD_FILES = {"run.json", "label.json"}  # each run's own; the others are links to those of the first
PAGES = {
    "Classify": ("classify", {}),
    "Train": ("train", {}),
    "Analyse, Overview of a run": ("analyse", {"split": "test"}),
    "Analyse, History of a run": ("analyse", {"split": "test", "view": "History"}),
}


def first_run(root: Path) -> Run:
    """A run as a training leaves it."""
    run = new_run(root, load_recipe(PROJECT / "recipes" / "quick.yaml"), "cpu", Label(title="Quick", note="a note"))
    run.begin_stage(0, "feature extraction", 20, 40)
    for epoch in range(1, 21):
        for step in range(1, 41):
            run.log_batch(0, epoch, step, {"loss": 1 / (epoch + step / 40), "object_accuracy": 0.5})
        run.log_epoch(0, epoch, {"loss": 1 / epoch, "val_loss": 1.1 / epoch, "val_object_accuracy": 0.4})
    run.close()
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(len(HOUSEHOLD), 0.3), PHOTOS).astype(np.float32)
    names = [HOUSEHOLD[i] for i in rng.integers(len(HOUSEHOLD), size=PHOTOS)]
    said = predictions(HOUSEHOLD, [f"home/{i}" for i in range(PHOTOS)], "test", names, p)
    write_predictions(run.folder / PREDICTIONS_FILE, said)
    run.record.classes, run.record.state = HOUSEHOLD, "done"
    run.record.figures = {split: {"top1": 0.9, "photos": PHOTOS} for split in ("validation", "test")}
    run.save()
    return run


def fill(root: Path, runs: int) -> str:
    """So many runs, an hour apart; gives the name of the newest."""
    first = first_run(root)
    record = first.record.model_dump(mode="json")
    for number in range(1, runs):
        name = f"{first.record.run}-{number}"
        folder = root / name
        folder.mkdir()
        for file in first.folder.iterdir():
            if file.is_file() and file.name not in RECORD_FILES:
                os.link(file, folder / file.name)
        created = (first.record.created - timedelta(hours=number)).isoformat()
        (folder / "run.json").write_text(json.dumps(record | {"run": name, "created": created, "queued": created}))
        (folder / "label.json").write_text(Label(title=f"Quick {number}").model_dump_json())
    return first.record.run


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def visit(page: str, address: dict[str, str]) -> list[float]:
    """Seconds of the first visit, and of each click after it."""
    app = AppTest.from_string(f"from pages import {page}\n{page}.page()", default_timeout=600)
    for name, value in address.items():
        app.query_params[name] = value
    if "view" in address:
        app.session_state[state.ANALYSE_VIEW] = address["view"]
    taken = [seconds(app.run) for _ in range(1 + ROUNDS)]
    if problems := [element.value for element in (*app.exception, *app.error)]:
        raise RuntimeError(f"{page}: {problems}")
    return taken


def main() -> None:
    """Measure and write the table. `short` on the command line leaves out the largest store."""
    sizes = SIZES[:2] if "short" in sys.argv[1:] else SIZES
    rows: dict[str, list[str]] = {name: [] for name in (*PAGES, "a second's look while something runs")}
    visit("classify", {})  # imports
    for runs in sizes:
        with tempfile.TemporaryDirectory() as home:
            os.environ["RECYCLER_HOME"] = home
            settings.cache_clear()
            newest = fill(settings().runs, runs)
            for name, (page, address) in PAGES.items():
                if page == "analyse":
                    address = {**address, "subject": f"run:{newest}", "data": f"{OWNED}run:{newest}"}
                first, *clicks = visit(page, address)
                rows[name] += [
                    f"{1000 * statistics.median(clicks):,.0f}",
                    f"{1000 * max(clicks):,.0f}",
                    f"{1000 * first:,.0f}",
                ]
            looks = [seconds(lambda: list_runs(settings().runs)) for _ in range(ROUNDS)]
            rows["a second's look while something runs"] += [
                f"{1000 * statistics.median(looks):,.0f}",
                f"{1000 * max(looks):,.0f}",
                "",
            ]
    head = [
        "page",
        *(f"{runs:,} runs: {what}, ms" for runs in sizes for what in ("a click", "the slowest", "first visit")),
    ]
    text = f"Medians of {ROUNDS} clicks; the first visit reads what nobody has read before."
    write("pages", "Pages with many runs", [text, table(head, [[name, *cells] for name, cells in rows.items()])])


if __name__ == "__main__":
    main()
