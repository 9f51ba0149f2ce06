"""So much a minute for each visitor, so that nobody keeps the others waiting."""

import time
from collections.abc import Callable, Mapping
from threading import Lock

MINUTE = 60.0
MOST_KEYS = 10_000  # beyond which those that have their full allowance again are forgotten


class Allowances:
    """How much each key has left; it fills again evenly within a minute. For any number of threads.

    Kept in memory only, for one process. clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._used: dict[str, tuple[float, float]] = {}  # how much, and when that was so
        self._lock = Lock()

    def take(self, wanted: int, a_minute: Mapping[str, int]) -> int:
        """Take as much of what is wanted as all keys have left. a_minute: the allowance of each key."""
        with self._lock:
            now = self._clock()
            used = {key: self._used_now(key, most, now) for key, most in a_minute.items()}
            given = max(0, min(wanted, *(int(most - used[key] + 1e-9) for key, most in a_minute.items())))
            self._used |= {key: (amount + given, now) for key, amount in used.items()}
            if len(self._used) > MOST_KEYS:
                self._used = {key: kept for key, kept in self._used.items() if now - kept[1] < MINUTE}
        return given

    def _used_now(self, key: str, most: int, now: float) -> float:
        amount, when = self._used.get(key, (0.0, now))
        return max(0.0, amount - (now - when) * most / MINUTE)
