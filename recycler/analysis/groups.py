"""Photos by what they have in common, so that one good figure does not hide a bad one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recycler.analysis.intervals import wilson
from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import IMAGENET_SHARED
from recycler.metrics import Flags, Floats, should_recycle
from recycler.predictions import Index, Predictions
from recycler.rulebook import Rulebook

SIZES = ("a third of the classes, those with the fewest photos", "the third between", "those with the most photos")


@dataclass(frozen=True, eq=False)
class Grouping:
    """names: of the groups. codes: int64 (N,), the group of each photo, -1 for those in none."""

    names: tuple[str, ...]
    codes: Index

    def rows(self, name: str) -> Index:
        """The photos of a group: indices, int64 (n,)."""
        return np.flatnonzero(self.codes == self.names.index(name))


def groupings(table: Predictions, coarse: Mapping[str, str]) -> dict[str, Grouping]:
    """The ways to group these photos that give at least two groups, by title.

    coarse: class to superclass, where the data have superclasses.
    """
    found = {
        "source": _by_source(table),
        "superclass": _by_class(table, {name: coarse[name] for name in table.names if name in coarse}),
        "known to ImageNet": _by_class(table, _imagenet(table, coarse)),
        "class size": _by_class(table, _sizes(table)),
    }
    return {title: grouping for title, grouping in found.items() if len(grouping.names) > 1}


def group_table(table: Predictions, rulebook: Rulebook, grouping: Grouping) -> pd.DataFrame:
    """A row a group: group, photos, entropy_bits (mean), and shares with 95 % intervals (Wilson).

    top1, top1_low, top1_high: over photos of classes that the model knows; recycling_accuracy, with _low and _high, of
    p_recycle at 0.5: over photos of classes that the rulebook knows. NaN where a group has no such photos.
    """
    inside = grouping.codes >= 0
    count = len(grouping.names)
    photos = np.bincount(grouping.codes[inside], minlength=count)
    entropy = np.bincount(grouping.codes[inside], weights=table.entropy_bits[inside], minlength=count)
    judged, should = should_recycle(table, rulebook)
    rows = {"group": grouping.names, "photos": photos, "entropy_bits": entropy / np.maximum(photos, 1)}
    rows |= _share("top1", grouping, inside & table.known, table.right)
    rows |= _share("recycling_accuracy", grouping, inside & judged, (table.p_recycle >= 0.5) == should)
    return pd.DataFrame(rows)


def _share(name: str, grouping: Grouping, which: Flags, right: Flags) -> dict[str, Floats]:
    codes, count = grouping.codes[which], len(grouping.names)
    photos = np.bincount(codes, minlength=count)
    hits = np.bincount(codes, weights=right[which], minlength=count)
    shares = (np.divide(hits, photos, where=photos > 0, out=np.full(count, np.nan)), *wilson(hits, photos))
    return {
        f"{name}{end}": np.where(photos > 0, values, np.nan)
        for end, values in zip(("", "_low", "_high"), shares, strict=True)
    }


def _by_source(table: Predictions) -> Grouping:
    codes, names = pd.factorize(np.array([photo.partition("/")[0] for photo in table.photos], object), sort=True)
    return Grouping(tuple(names), codes.astype(np.int64))


def _by_class(table: Predictions, group_of: Mapping[str, str]) -> Grouping:
    """Groups in the order in which `group_of` first names them; only those that have photos."""
    there = set(np.unique(table.true).tolist())
    of_name = [group_of.get(name) if i in there else None for i, name in enumerate(table.names)]
    names = [name for name in dict.fromkeys(group_of.values()) if name in of_name]
    number = {name: i for i, name in enumerate(names)}
    return Grouping(tuple(names), np.array([number.get(name or "", -1) for name in of_name], np.int64)[table.true])


def _imagenet(table: Predictions, coarse: Mapping[str, str]) -> dict[str, str]:
    """Which classes of CIFAR-100 ImageNet has, too; nothing is known of other data."""
    if not coarse:
        return {}
    shared = {True: "classes that ImageNet has, too", False: "classes that ImageNet lacks"}
    return {name: shared[name in IMAGENET_SHARED] for name in sorted(table.names, key=_unshared) if name in CIFAR100}


def _unshared(name: str) -> bool:
    return name not in IMAGENET_SHARED


def _sizes(table: Predictions) -> dict[str, str]:
    """Thirds of the classes by their number of photos; nothing where all are of one size."""
    photos = np.bincount(table.true, minlength=len(table.names))
    there = np.flatnonzero(photos)
    if len(there) < len(SIZES) or photos[there].max() < 1.5 * photos[there].min():
        return {}
    order = there[np.argsort(photos[there], kind="stable")]
    parts = np.array_split(order, len(SIZES))
    return {table.names[i]: size for size, part in zip(SIZES, parts, strict=True) for i in part}
