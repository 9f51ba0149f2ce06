"""A short form of `python -m benchmarks.reliability --only two`."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from benchmarks.fire.load import Crowd, phone_photos, server
from benchmarks.fire.proxy import Proxy, proxy
from benchmarks.fire.visitor import Browser, Visitor, visit


@contextmanager
def nginx(*addresses: str) -> Iterator[Proxy]:
    """A proxy, or a skip that says how to get one."""
    try:
        with proxy([address.removeprefix("http://") for address in addresses]) as front:
            yield front
    except FileNotFoundError as problem:
        pytest.skip(str(problem))


def test_visitors_stay_at_their_server_and_one_that_is_killed_costs_them_a_reload(tmp_path: Path) -> None:
    photos = phone_photos(14, (400, 300))
    with (
        server(tmp_path) as (one, process),
        server(tmp_path) as (other, doomed),
        nginx(one, other) as front,
        ExitStack() as visits,
    ):
        visitors = dict(at_each(front, visits))
        both = Crowd(front.address, process, photos, (0, 0.1), front.trust()).visit(4, most=30)
        assert both.faults == []
        assert {len(servers) for servers in front.asked().values()} == {1}

        os.kill(doomed, signal.SIGKILL)
        stays, (leaves, browser) = visitors[one][0], visitors[other]
        with pytest.raises((ConnectionClosed, RuntimeError)):
            leaves.classify(photos[0].name, photos[0].data)
        with visit(browser) as again:
            for visitor in (stays, again):
                assert visitor.classify(photos[1].name, photos[1].data)[1] == {photos[1].headline}


def at_each(front: Proxy, visits: ExitStack) -> Iterator[tuple[str, tuple[Visitor, Browser]]]:
    """Let visitors come until each of two servers has one."""
    found: set[str] = set()
    for _ in range(40):
        browser = Browser(front.address, front.trust())
        visitor = visits.enter_context(visit(browser))
        [server] = front.asked()[browser.cookies["recycler"]]
        if server not in found:
            yield f"http://{server}", (visitor, browser)
        found.add(server)
        if len(found) == 2:
            return
    pytest.fail("Forty visitors came to the same server.")
