"""Repeats requests after temporary failures: no answer, 408, 425, 429, 5xx. The throttle decides when."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt
from tenacity.wait import wait_base, wait_random_exponential

from checker.fetch import Fault, Fetch, FetchError, Request, Response

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 530})
_Outcome = Response | FetchError
_IDLE = 8  # connections in a row that may turn out to have ended while they were idle


def may_pass(outcome: _Outcome) -> bool:
    """Whether the same request may get another answer later."""
    return outcome.passing if isinstance(outcome, FetchError) else outcome.status in PASSING


def afresh(fetch: Fetch) -> Fetch:
    """`fetch`, repeated if an idle connection had ended, since that says nothing about the URL."""

    async def asked(request: Request) -> Response:
        for _ in range(_IDLE):
            try:
                return await fetch(request)
            except FetchError as error:
                if not error.stale:
                    raise
        return await fetch(request)

    return asked


def retrying(fetch: Fetch, *, attempts: int, held: Callable[[str], bool], wait: wait_base | None = None) -> Fetch:
    """`fetch`, up to `attempts` times. `held(url)`: its host asks for a longer pause than our patience allows."""
    waiting = wait or wait_random_exponential(multiplier=0.5, max=8)

    async def outcome(request: Request) -> _Outcome:
        try:
            return await fetch(request)
        except FetchError as error:
            return error

    async def retried(request: Request) -> Response:
        first = await outcome(request)
        if attempts > 1 and _worth(first) and not held(request.url):
            outcomes = [first]

            async def attempt() -> _Outcome:  # the first attempt was made above: most requests need no other
                return outcomes.pop() if outcomes else await outcome(request)

            retries = AsyncRetrying(
                stop=stop_after_attempt(attempts),
                wait=waiting,
                retry=retry_if_result(lambda found: _worth(found) and not held(request.url)),
                retry_error_callback=_last,
            )
            first = await retries(attempt)
        if isinstance(first, FetchError):
            raise first
        return first

    return retried


def _worth(outcome: _Outcome) -> bool:
    """Whether to ask again soon. Not after a timeout, which would cost the same wait; the second pass tries it."""
    if isinstance(outcome, FetchError):
        return outcome.passing and outcome.asked and outcome.fault is not Fault.TIMEOUT
    return may_pass(outcome)


def _last(state: RetryCallState) -> _Outcome:
    assert state.outcome is not None  # noqa: S101 - for the type checker
    result: _Outcome = state.outcome.result()
    return result
