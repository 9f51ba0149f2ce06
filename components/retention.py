"""What is older than it may be goes, once a day, when a page has been drawn: nobody waits for it."""

import time

from recycler.access import Actor, Role, acting

DAY = 24 * 3600.0  # seconds
RETENTION = Actor("retention", Role.ADMIN)

_last = float("-inf")


def once_a_day() -> None:
    """Do it if nobody has since yesterday; where nobody comes, `python -m recycler tidy` does the same."""
    global _last
    if time.monotonic() - _last < DAY:
        return
    _last = time.monotonic()
    from recycler import holdings  # not on the way to a first verdict

    with acting(RETENTION):
        holdings.tidy()
