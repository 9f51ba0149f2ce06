"""Near copies, looked for in the background while somebody looks at a data set: opening 10,000 photos takes seconds.

What is found out is kept in the cache, where the training that follows finds it.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from recycler.datasets.dataset import Dataset
from recycler.datasets.near_copies import near_copy_groups, photo_hashes

FORGOTTEN_SECONDS = 10.0  # a search that nobody looks at for so long is given up
KEPT = 16  # searches that are remembered


@dataclass(frozen=True)
class Copies:
    """groups: photos that are copies of each other, as indices, the largest groups first. unreadable: cannot be opened.

    mixed: how many of the groups have photos of different classes, so that one of their labels may be wrong.
    """

    groups: tuple[tuple[int, ...], ...]
    mixed: int
    unreadable: int

    @property
    def spare(self) -> int:
        """Photos beyond the first of each group."""
        return sum(len(group) - 1 for group in self.groups)


@dataclass
class Search:
    """How a search goes: photos done and in all; the answer, or what went wrong, when `answer` is done."""

    looked: float
    answer: Future[Copies]
    done: int = 0
    total: int = 0


@dataclass
class CopySearches:
    """All searches of a process, one after another."""

    forgotten_seconds: float = FORGOTTEN_SECONDS
    _searches: dict[str, Search] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "copies"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, key: str, load: Callable[[], Dataset]) -> Search:
        """How the search for copies in a data set goes; begins it at the first look, and anew when it was given up.

        key: the same, the same photos. Whoever wants the answer has to look every few seconds.
        """
        with self._lock:
            search = self._searches.pop(key, None)
            if search is None or (search.answer.done() and isinstance(search.answer.exception(), Forgotten)):
                search = Search(time.monotonic(), Future())
                self._pool.submit(self._find, search, load)
            search.looked = time.monotonic()
            self._searches[key] = search
            for old in [*self._searches][:-KEPT]:
                del self._searches[old]
        return search

    def _find(self, search: Search, load: Callable[[], Dataset]) -> None:
        def tell(_: str, done: int, total: int) -> None:
            search.done, search.total = done, total
            if time.monotonic() - search.looked > self.forgotten_seconds:
                raise Forgotten

        try:
            tell("", 0, 0)
            search.answer.set_result(find_copies(load(), tell))
        except BaseException as problem:  # whoever looks gets it
            search.answer.set_exception(problem)


class Forgotten(Exception):  # noqa: N818 - no error: nobody looks any longer
    """A search was given up."""


def find_copies(data: Dataset, progress: Callable[[str, int, int], None] | None = None) -> Copies:
    """The near copies in a data set. Opens every photo, unless that was done before."""
    hashes, readable = photo_hashes(data, progress)
    places = np.flatnonzero(readable)
    numbers = near_copy_groups(hashes[places])
    order = np.argsort(numbers, kind="stable")
    found = [
        tuple(int(i) for i in places[group])
        for group in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
        if len(group) > 1
    ]
    groups = tuple(sorted(found, key=len, reverse=True))
    mixed = sum(len({int(data.labels[i]) for i in group}) > 1 for group in groups)
    return Copies(groups, mixed, int((~readable).sum()))
