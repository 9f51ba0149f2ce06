from threading import Thread

from recycler import allowance
from recycler.allowance import Allowances


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_used_up_comes_back_evenly_within_a_minute() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    assert allowances.take(80, {"ada": 60}) == 60
    assert allowances.take(1, {"ada": 60}) == 0
    clock.now += 0.9
    assert allowances.take(1, {"ada": 60}) == 0
    clock.now += 0.1
    assert allowances.take(5, {"ada": 60}) == 1
    clock.now += 10
    assert allowances.take(50, {"ada": 60}) == 10
    clock.now += 1000
    assert allowances.take(100, {"ada": 60}) == 60


def test_one_who_is_busy_costs_nobody_else() -> None:
    allowances = Allowances(Clock())
    allowances.take(60, {"ada": 60})
    assert allowances.take(60, {"bob": 60}) == 60


def test_a_new_session_does_not_help_behind_one_address() -> None:
    allowances = Allowances(Clock())
    taken = [allowances.take(60, {f"session {number}": 60, "address": 100}) for number in range(4)]
    assert taken == [60, 40, 0, 0]


def test_what_the_address_refuses_is_not_charged_to_the_session() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    allowances.take(100, {"address": 100})
    assert allowances.take(60, {"session": 60, "address": 100}) == 0
    assert allowances.take(60, {"session": 60}) == 60


def test_many_at_once_never_get_more_than_there_is() -> None:
    allowances = Allowances(Clock())
    taken: list[int] = []
    threads = [Thread(target=lambda: taken.append(allowances.take(7, {"ada": 60}))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 60


def test_visitors_who_have_gone_are_forgotten() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    for number in range(allowance.MOST_KEYS):
        allowances.take(1, {f"session {number}": 60})
    clock.now += 61
    allowances.take(1, {"ada": 60})
    assert len(allowances._used) == 1
