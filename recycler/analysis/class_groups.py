"""Classes, or superclasses in their place: by what a figure counts photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recycler.predictions import Index, Predictions

ALL = "all photos"


@dataclass(frozen=True, eq=False)
class ClassGroups:
    """K groups of classes. of: int64 (len(table.names),), the group of each class of the table."""

    names: tuple[str, ...]
    of: Index

    def true(self, table: Predictions) -> Index:
        """The group that each photo is of, int64 (N,)."""
        return self.of[table.true]

    def said(self, table: Predictions) -> Index:
        """The group of the class that was said of each photo, int64 (N,)."""
        return self.of[table.predicted]


def each_class(table: Predictions) -> ClassGroups:
    """Each class a group of its own."""
    return ClassGroups(table.names, np.arange(len(table.names)))


def superclasses(table: Predictions, coarse: Mapping[str, str]) -> ClassGroups:
    """Classes by their superclass; a class without one stands for itself. coarse: class to superclass."""
    return _by_name([coarse.get(name, name) for name in table.names])


def everything(table: Predictions) -> ClassGroups:
    """All classes in one group."""
    return _by_name([ALL] * len(table.names))


def _by_name(group_of: Sequence[str]) -> ClassGroups:
    names = tuple(dict.fromkeys(group_of))
    number = {name: i for i, name in enumerate(names)}
    return ClassGroups(names, np.array([number[name] for name in group_of], np.int64))
