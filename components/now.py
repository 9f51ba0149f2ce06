"""What runs now: how far it is, how fast, its curves; to be stopped or discarded. Else how the last training ended."""

import socket
from collections.abc import Sequence
from functools import partial

import streamlit as st

from components import queue, state
from components.attempt import attempt, attempt_on_click
from components.curve_view import choose_view, draw_curves, has_curves, known_metrics, points_of
from components.gpus import gpus_now
from components.run_actions import run_actions, throw_away
from components.run_words import facts, parent_title, result_facts, state_badge
from components.words import about, megabytes, plain
from recycler import jobs
from recycler.datasets import available_datasets
from recycler.gpu import Gpu
from recycler.progress import Standing, memory_megabytes, standing
from recycler.recipe import load_recipe
from recycler.runs import LIVE, Doing, Run, RunRecord, list_runs
from recycler.settings import PROJECT, settings

TICK_SECONDS = 1.0
ORDER = {"running": 0, "stopping": 0, "queued": 1}  # which run is looked at first


def what_runs(runs: Sequence[Run]) -> None:
    """Draw it, and again every second while something runs; whoever looks sees the same."""
    if not runs:
        _first_visit()
        return
    signature = _signature(runs)
    if any(run.record.state in LIVE for run in runs):
        st.fragment(_watch, run_every=TICK_SECONDS)(signature)
    else:
        run_card(runs[0], runs, "now")


def _watch(signature: object) -> None:
    """One look; when a run began, ended or was moved, the whole page is drawn anew."""
    runs = list_runs(settings().runs)
    if _signature(runs) != signature:
        st.rerun()
    live = sorted(
        (run for run in runs if run.record.state in LIVE), key=lambda run: (ORDER[run.record.state], run.place)
    )
    training = [run for run in live if run.record.state != "queued"] or live[:1]
    for run in training:
        run_card(run, runs, "now")
    queue.waiting([run for run in live if run.record.state == "queued"])


def run_card(run: Run, runs: Sequence[Run], place: str) -> None:
    """A run: what it is called, how it stands, its curves, and what can be done with it.

    place: where on the page the card is, for a run may be there twice.
    """
    record = run.record
    key = f"{place}-{record.run}"
    with st.container(border=True, key=f"run-{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(plain(run.label.title, 100), anchor=False, width="content")
            state_badge(run)
        if record.parent:
            st.caption(f":material/replay: Again, from {plain(parent_title(record.parent), 100)}")
        if run.label.note:
            st.caption(plain(run.label.note, 2000))
        if record.state in LIVE:
            _progress(run)
        elif record.state == "failed":
            hint = record.hint.replace(f"python -m recycler resume {record.run}", "press Resume")
            st.error(f"{plain(record.problem, 700)} {plain(hint, 400)}", icon=":material/error:")
        if rows := result_facts(record) if record.state not in LIVE else {}:
            facts(rows)
        if has_curves(run):
            others = [other for other in runs if other.record.run != record.run and other.record.stages]
            view = choose_view(key, known_metrics([run]), others)
            draw_curves(key, [run, *(other for other in others if other.record.run in view.beside)], view)
        if record.state in LIVE:
            _stop_or_discard(run, key)
        else:
            run_actions(run, key)


def _signature(runs: Sequence[Run]) -> list[tuple[str, str, float]]:
    return [(run.record.run, run.record.state, run.place if run.record.state == "queued" else 0.0) for run in runs]


def _progress(run: Run) -> None:
    """Stage, epoch, batch and the facts beside them; before the first stage, what is being prepared."""
    record = run.record
    if record.state == "queued":
        st.progress(0.0, _waits(record))
        return
    where = standing(record, run.recipe, points_of(run.folder).poll())
    doing = run.doing
    if where is None or (doing and _is_outside_epochs(doing, where)):
        st.progress(min(doing.done / max(doing.total, 1), 1.0) if doing else 0.0, _doing(doing))
        return
    if record.state == "stopping":
        st.progress(where.share, "Stopping: the best so far is kept and measured.")
    else:
        st.progress(where.share, _where(where))
    rows = {"Time left": f"{about(where.seconds_left)} at most" if where.seconds_left is not None else "…"}
    if where.stages > 1:
        rows = {"Left in this stage": rows["Time left"]}
    rows["Speed"] = f"{where.photos_per_second:,.0f} images a second" if where.photos_per_second else "…"
    rows["Device"] = record.device_name or record.device.upper()
    memory = memory_megabytes(record)
    if memory is not None:
        rows["Memory"] = megabytes(memory)
    if gpu := _gpu(record):
        rows["GPU memory"] = f"{megabytes(gpu.used_megabytes)} of {megabytes(gpu.memory_megabytes)}"
    facts(rows)


def _waits(record: RunRecord) -> str:
    if settings().executor == "ray":
        return "Waits for a free place in the cluster."
    return "Waits for its turn: one training at a time." if record.process else "Starting…"


def _gpu(record: RunRecord) -> Gpu | None:
    """The GPU that a run trains on, as far as this machine knows it."""
    if record.device != "gpu" or record.host != socket.gethostname():
        return None
    return next((gpu for gpu in gpus_now() if gpu.name == record.device_name), None)


def _is_outside_epochs(doing: Doing, where: Standing) -> bool:
    """Whether something else than an epoch is under way: the frozen part is computed, or the end is measured."""
    return where.step in (0, where.steps) and doing.done < doing.total and not doing.what.startswith(where.name)


def _doing(doing: Doing | None) -> str:
    if doing is None:
        return "Starting…"
    what = plain(doing.what.capitalize(), 100)
    return f"{what}, {doing.done:,} of {doing.total:,}" if doing.total > 1 else f"{what}…"


def _where(where: Standing) -> str:
    if where.step == 0:
        return f"{where.name.capitalize()} is about to begin"
    stage = f"Stage {where.stage} of {where.stages}: {where.name}" if where.stages > 1 else where.name.capitalize()
    return f"{stage}, epoch {where.epoch} of {where.epochs}, batch {where.step} of {where.steps}"


def _stop_or_discard(run: Run, key: str) -> None:
    name, stopping = run.record.run, run.record.state == "stopping"
    with st.container(horizontal=True):
        stop = "Cancel" if run.record.state == "queued" else "Stop"
        st.button(
            stop,
            key=f"{state.TRAIN_STOP}-{key}",
            icon=":material/stop:",
            disabled=stopping,
            help="Ends it within one batch. The best weights are kept, measured and can be published.",
            on_click=attempt_on_click,
            args=(partial(jobs.stop, name),),
        )
        with st.popover("Discard", type="tertiary", icon=":material/delete:", key=f"{state.TRAIN_DISCARD}-{key}"):
            st.markdown("**Throw this training away?** It ends at once. You can take it back for a week.")
            discard = partial(throw_away, run, jobs.discard)
            st.button(
                "Yes, discard it", key=f"{state.TRAIN_DISCARD}-yes-{key}", on_click=attempt_on_click, args=(discard,)
            )


def _first_visit() -> None:
    """Nothing has been trained yet: one click leads on, or the form does where the photos for that are missing."""
    quick, found = load_recipe(PROJECT / "recipes" / "quick.yaml"), available_datasets()
    with st.container(border=True, key="train-empty"):
        st.subheader("Nothing has been trained here yet", anchor=False)
        if not all(found.get(source.name) for source in quick.data.sources):
            st.markdown("Choose photos in the form, or add some of your own, then press **Start training**.")
            return
        st.markdown(
            "A first training takes about two minutes on this computer. You watch it learn 100 everyday things, "
            "and can put the result on the shelf."
        )
        if st.button("Start a quick training", key=state.TRAIN_QUICK, icon=":material/bolt:"):
            attempt(lambda: jobs.start(quick))
