"""Whose turn it is, to the second: on a loop whose clock leaps to the next thing that happens, and never waits."""

from __future__ import annotations

import asyncio
import selectors
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from checker.config.schema import RemoteTable
from checker.fetch import Fault, FetchError, Request, Response
from checker.fetch.hosts import Hosts
from checker.fetch.throttle import Throttle, retry_after

A, B, C = "http://a.test/", "http://b.test/", "http://c.test/"
LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"


class _Leaps(selectors.DefaultSelector):
    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("all wait for each other")
        self.now += timeout
        return []


class Loop(asyncio.SelectorEventLoop):
    """Time passes only where all wait for it, and then at once."""

    def __init__(self) -> None:
        self.clock = _Leaps()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


class Asked(NamedTuple):
    """A request that was let through; seconds since the first could be."""

    at: float
    url: str
    together: int  # in flight, with it
    of_host: int


Answer = Callable[[str, int], Awaitable[Response]]  # of a URL that is asked for the n-th time of its host


def answers(seconds: float = 0.0, status: int = 200, **headers: str) -> Answer:
    async def answer(url: str, _number: int) -> Response:
        await asyncio.sleep(seconds)
        return Response(url, status, {name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def first(special: Answer, then: Answer, times: int = 1) -> Answer:
    async def answer(url: str, number: int) -> Response:
        return await (special if number <= times else then)(url, number)

    return answer


async def silence(_url: str, _number: int) -> Response:
    await asyncio.sleep(10)
    raise FetchError(Fault.TIMEOUT, "no answer", passing=True)


def asked(
    jobs: Iterable[str],
    by: Mapping[str, Answer],
    *,
    paced: str = "",
    delay: float = 0.0,
    rested: str = "",
    **settings: Any,
) -> list[Asked]:
    """What is asked, when, if each job is a URL that is asked for once and hosts answer so. `paced`: a host that is
    asked as fast as it answers, and wishes for a `delay`. `rested`: a host that is left alone for 3 s at first.
    """
    config = RemoteTable(**{"interval": 0.05, "proxy": "", **settings})
    log: list[Asked] = []
    active: Counter[str] = Counter()
    numbers: Counter[str] = Counter()

    async def fetch(request: Request) -> Response:
        host = request.url[: request.url.index("/", 8) + 1]
        active[host] += 1
        numbers[host] += 1
        log.append(Asked(loop.time() - 1000, request.url, active.total(), active[host]))
        try:
            return await by[host](request.url, numbers[host])
        finally:
            active[host] -= 1

    async def run() -> None:
        async def job(url: str) -> None:
            try:
                await throttled(Request(url))
            except FetchError:
                return

        throttle = Throttle(job, Hosts(config), concurrency=config.concurrency, patience=config.patience)
        throttled = throttle.throttled(fetch)
        if delay:
            throttle.space(paced, delay)
        if paced:
            throttle.pace(paced)
        if rested:
            throttle.rest(rested, 3.0)
        for url in jobs:
            throttle.add(url, url)
        await throttle.join()
        await throttle.stop()

    loop = Loop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return log


def urls(*hosts: str, times: int) -> list[str]:
    return [f"{host}{number}" for host in hosts for number in range(times)]


def times(log: list[Asked], host: str = "") -> list[float]:
    return [asked.at for asked in log if asked.url.startswith(host)]


def spaced(count: int) -> list[float]:
    """When a host is asked at an interval of 0.05 s; for the first, it could have been a little earlier."""
    return [0.0, *(0.0475 + 0.05 * number for number in range(count - 1))]


def gaps(log: list[Asked], host: str = "") -> list[float]:
    return [later - earlier for earlier, later in pairwise(times(log, host))]


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.3])
def test_requests_to_a_host_are_as_far_apart_as_the_interval_and_no_farther(seconds: float) -> None:
    log = asked(urls(A, B, C, times=20), dict.fromkeys((A, B, C), answers(seconds)), interval=0.05, per_host=8)

    for host in (A, B, C):
        assert times(log, host) == pytest.approx(spaced(20))


def test_a_late_start_is_made_good_by_a_twentieth_of_the_interval() -> None:
    async def busy(url: str, number: int) -> Response:
        if number == 3:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, Loop)
            loop.clock.now += 0.07  # as when something else has the processor
        return Response(url, 200, {})

    log = asked(urls(A, times=30), {A: busy}, interval=0.05)

    assert times(log)[2:4] == pytest.approx([0.0975, 0.1675])
    assert gaps(log)[3:] == pytest.approx([0.0475, *[0.05] * 25])


@pytest.mark.parametrize(("per_host", "concurrency", "together"), [(3, 128, 9), (8, 7, 7), (1, 2, 2), (1, 128, 3)])
def test_never_more_are_in_flight_than_may_be_and_never_fewer_than_could(
    per_host: int, concurrency: int, together: int
) -> None:
    log = asked(
        urls(A, B, C, times=20),
        dict.fromkeys((A, B, C), answers(1.0)),
        interval=0.0,
        per_host=per_host,
        concurrency=concurrency,
    )

    assert max(asked.of_host for asked in log) == min(per_host, concurrency)
    assert max(asked.together for asked in log) == together
    assert times(log)[-1] == -(-60 // together) - 1  # full all the time


def test_hosts_take_turns() -> None:
    log = asked(urls(A, B, C, times=5), dict.fromkeys((A, B, C), answers(1.0)), interval=0.0, concurrency=1)

    assert [asked.url[7] for asked in log] == ["a", *"abc" * 4, *"bc"]  # the first begins when nobody else is there


def test_a_slow_host_holds_up_nobody() -> None:
    log = asked(urls(A, B, C, times=50), {A: silence, B: answers(), C: answers()}, interval=0.05, per_host=4)

    for host in (B, C):
        assert times(log, host) == pytest.approx(spaced(50))
    assert len(times(log, A)) == 4  # none of which had an answer: it is asked no more


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", [0, 3, 59])
def test_a_host_that_asks_for_silence_has_it_while_the_others_go_on(status: int, seconds: int) -> None:
    busy = first(answers(0.01, status, Retry_After=str(seconds)), answers(0.01))

    log = asked(urls(A, B, times=10), {A: busy, B: answers(0.01)}, interval=0.05, per_host=1)

    assert times(log, A)[1] == pytest.approx(max(0.01 + seconds, 0.0475))
    assert times(log, B) == pytest.approx(spaced(10))


@pytest.mark.parametrize(
    ("after", "pauses"),
    [
        pytest.param({}, [1, 2, 4, 8, 16], id="without-saying-how-long"),
        pytest.param({"Retry_After": "soon"}, [1, 2, 4, 8, 16], id="for-who-knows-how-long"),
        pytest.param({"Retry_After": "2"}, [2, 2, 2, 2, 2], id="for-two-seconds"),
        pytest.param({"Retry_After": LONG_AGO}, [0.0, 0.1, 0.2, 0.4, 0.8], id="until-long-ago"),
    ],
)
def test_each_time_that_a_host_asks_for_silence_it_has_more(after: dict[str, str], pauses: list[float]) -> None:
    log = asked(urls(A, times=6), {A: answers(0.0, 429, **after)}, interval=0.0, per_host=1)

    assert gaps(log) == pytest.approx(pauses)


def test_a_host_that_was_overburdened_is_asked_more_slowly_and_faster_again_while_it_answers() -> None:
    log = asked(
        urls(A, times=120), {A: first(answers(0.0, 429, Retry_After="0"), answers())}, interval=0.05, per_host=1
    )

    assert gaps(log)[1:16] == pytest.approx([0.1] * 15)
    assert gaps(log)[-80:] == pytest.approx([0.05] * 80)


def test_a_host_that_wants_more_patience_than_there_is_is_not_asked_again() -> None:
    log = asked(
        urls(A, B, times=10), {A: answers(0.0, 429, Retry_After="86400"), B: answers()}, interval=0.05, patience=60.0
    )

    by: defaultdict[str, int] = defaultdict(int)
    for each in log:
        by[each.url[:14]] += 1
    assert by == {A: 1, B: 10}


@pytest.mark.parametrize("seconds", [0, 7, 30, 60])
def test_a_host_that_only_ever_asks_for_silence_is_given_up(seconds: int) -> None:
    log = asked(urls(A, times=2000), {A: answers(0.0, 429, Retry_After=str(seconds))}, patience=60.0, per_host=2)

    assert 2 <= len(log) < 400
    assert times(log)[-1] <= 5 * 60 + 10  # it is asked every ten seconds at the slowest


def test_a_host_that_asks_for_silence_between_its_answers_is_asked_to_the_end() -> None:
    async def every_third(url: str, number: int) -> Response:
        return await (answers(0.0, 429, Retry_After="50") if number % 3 == 0 else answers())(url, number)

    log = asked(urls(A, times=60), {A: every_third}, patience=60.0)

    assert len(log) == 60


def test_a_host_that_wants_to_be_asked_slowly_is_asked_no_faster_when_it_is_overburdened() -> None:
    log = asked(urls(A, times=6), {A: first(answers(0.0, 429, Retry_After="0"), answers())}, interval=30.0)

    assert min(gaps(log)) > 28


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2030 99999999999999999999:00:00 GMT",
        "Mon, 01 Jan 2030 00:00:00 +99999999999999999",
        "soon",
        "-1",
        "x " * 30_000,
        "",
    ],
)
def test_a_wish_that_cannot_be_read_is_none(value: str) -> None:
    assert retry_after(Response(A, 429, {"Retry-After": value})) is None


# --- the host that was named


def test_a_host_that_is_left_alone_is_asked_later_and_then_as_ever() -> None:
    log = asked(urls(A, B, times=20), dict.fromkeys((A, B), answers(0.02)), rested=A)

    assert times(log, A) == pytest.approx([3.0 + each for each in spaced(20)], abs=0.003)
    assert times(log, B) == pytest.approx(spaced(20))


def test_the_host_that_was_named_is_asked_as_fast_as_it_answers_and_others_as_ever() -> None:
    log = asked(urls(A, B, times=100), dict.fromkeys((A, B), answers(0.02)), paced=A, per_host=8)

    assert gaps(log, A)[50:] == pytest.approx([0.005] * 49, rel=0.1)
    assert times(log, B) == pytest.approx(spaced(100))
    assert max(each.of_host for each in log if each.url.startswith(A)) <= 8


def test_a_named_host_that_grows_slow_is_asked_more_slowly_at_once() -> None:
    log = asked(urls(A, times=60), {A: first(answers(0.01), answers(2.0), 30)}, paced=A, per_host=8)

    assert gaps(log)[20:28] == pytest.approx([0.0025] * 8, rel=0.1)
    assert min(gaps(log)[40:]) >= 0.95 * 2.0 / 4


@pytest.mark.parametrize(
    ("burdened", "least"), [(answers(0.01, 429, Retry_After="0"), 0.1), (answers(0.01, 503), 0.1), (silence, 0.1)]
)
def test_a_named_host_that_is_overburdened_is_asked_more_slowly_and_faster_again(
    burdened: Answer, least: float
) -> None:
    log = asked(
        urls(A, times=300), {A: first(answers(0.01), first(burdened, answers(0.01), 31), 30)}, paced=A, per_host=1
    )

    assert min(gaps(log)[31:40]) >= 0.95 * least
    assert gaps(log)[-1] < 0.02


def test_errors_which_are_made_quickly_let_nobody_ask_a_named_host_faster() -> None:
    log = asked(urls(A, times=80), {A: first(answers(0.2), answers(0.001, 404), 40)}, paced=A, per_host=4)

    assert min(gaps(log)[45:]) >= 0.95 * 0.1


@pytest.mark.parametrize(("interval", "delay"), [(0.3, 0.0), (0.05, 0.3)], ids=["configured", "robots.txt"])
def test_a_pace_that_is_wished_for_is_kept_however_fast_the_named_host_answers(interval: float, delay: float) -> None:
    log = asked(urls(A, times=20), {A: answers(0.001)}, paced=A, interval=interval, delay=delay)

    assert min(gaps(log)) == pytest.approx(0.95 * 0.3)
