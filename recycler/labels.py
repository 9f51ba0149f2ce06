"""Putting labels right: a photo of a data set gets another class, or is left out; with undo and history.

The data itself is never touched. What is changed here is an overlay beside it (`recycler.datasets.overlay`), which
every training and evaluation uses. Collected photos are ours, so they move to their new class, or are thrown away.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from recycler import audit
from recycler.access import require
from recycler.datasets import load_dataset, source_name
from recycler.datasets.collected import list_collected, list_discarded, move
from recycler.datasets.dataset import Dataset
from recycler.datasets.named import require_offered
from recycler.datasets.overlay import Change, add_change, add_undo, overlaid_datasets, overlay
from recycler.datasets.overlay import history as _history
from recycler.errors import DatasetError

__all__ = ["Change", "change_label", "history", "locate", "overlaid_datasets", "overlay", "undo"]


def change_label(dataset: str, photo: str, now: str | None, load: Callable[[str], Dataset] = load_dataset) -> Change:
    """Let a photo count as another class from now on; None leaves it out.

    dataset: as in a recipe. photo: its id in that data set, without the source (`glass/glass_12.jpg`).
    load: name to the whole data set; another one may keep what it has loaded.
    Raises DatasetError for a photo or class that the data set does not have, for a class that the photo has already,
    when whoever asks may not open the data set, or when the change cannot be written down; AccessError.
    """
    require("relabel")
    require_offered([dataset])
    if dataset == "collected":
        before: str | None = _class_of(photo)
        _refuse_same(photo, before, now)
        move(_identity(photo), now)
    else:
        data = load(dataset)
        before = _label(data, dataset, photo)
        _refuse_same(photo, before, now)
        if now is not None and now not in data.classes:
            raise DatasetError(
                f"{data.name} has no class “{now}”; it has {', '.join(data.classes)}. If none of them fits, leave the "
                "photo out."
            )
    change = add_change(dataset, photo, before, now)
    audit.note("relabel", f"{dataset}: {photo} is {now or 'left out'}, was {before or 'left out'}")
    return change


def history(dataset: str) -> list[Change]:
    """The changes that are in force, the oldest first; of collected photos those that can still be undone.

    Raises DatasetError when what was written down is damaged.
    """
    changes = _history(dataset)
    if dataset != "collected":
        return changes
    there = {photo.id for photo in (*list_collected(), *list_discarded())}
    return [change for change in changes if _identity(change.photo) in there]


def undo(dataset: str, change: Change | None = None) -> Change:
    """Take back a change, by default the last one that is in force.

    Raises DatasetError when there is none, AccessError.
    """
    require("relabel")
    changes = history(dataset)
    if not changes or change not in (None, *changes):
        raise DatasetError(f"There is nothing to undo: no label of {dataset} was changed, or that was undone already.")
    taken = change or changes[-1]
    same = [other for other in changes if _identity(other.photo) == _identity(taken.photo)]
    if dataset == "collected" and same[-1] == taken:  # else what was said of the photo since then holds
        move(_identity(taken.photo), taken.before)
    add_undo(dataset, taken)
    audit.note("undo", f"{dataset}: {taken.photo} is {taken.before or 'left out'} again")
    return taken


def locate(photo: str, datasets: Iterable[str]) -> tuple[str, str]:
    """The data set that a photo of a predictions table is from, and its id there: what `change_label` takes.

    photo: its id with its source (`garbage/glass/glass_12.jpg`). datasets: those that it may be from, as in a recipe.
    Raises DatasetError when it is from none of them.
    """
    source, _, identity = photo.partition("/")
    for dataset in datasets:
        if source_name(dataset) == source:
            return dataset, identity
    raise DatasetError(f"The photo {photo} is of a data set that is not named here, so its label cannot be changed.")


def _label(data: Dataset, dataset: str, photo: str) -> str | None:
    """The class that a photo counts as now. Raises DatasetError for a photo that is not there."""
    if photo in data.photos:
        return data.classes[int(data.labels[data.photos.index(photo)])]
    if photo in overlay(dataset):
        return None
    raise DatasetError(f"{data.name} has no photo “{photo}”; its photos are called as {data.photos[0]}.")


def _class_of(photo: str) -> str:
    found = [known.class_name for known in list_collected() if known.id == _identity(photo)]
    if not found:
        raise DatasetError(f"No collected photo is called “{photo}”. See them all: python -m recycler forget")
    return found[0]


def _identity(photo: str) -> str:
    """Of a collected photo, whatever class it was of: `glass/1f0c.jpg` to `1f0c`."""
    return PurePosixPath(photo).stem


def _refuse_same(photo: str, before: str | None, now: str | None) -> None:
    if before == now:
        raise DatasetError(f"{photo} is {'left out' if now is None else now} already.")
