"""The network: one type, `Fetch`, and wrappers around it with one concern each.

    follow(redirects)( retrying( afresh( throttled( remembering( watched( client ) ) ) ) ) )

The client sends one request, and never connects to an address that the guard refuses. `watched` notes whether there is
a network at all. `remembering` keeps the cookies of a live site. `throttled` waits for the host's turn. `afresh` sends
a request again if an idle connection had ended. `retrying` repeats requests after temporary failures. Redirects are
followed hop by hop, each through all of these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from checker import kinds


class Request(NamedTuple):
    """One request: an http(s) URL as the WHATWG standard serialises it, without a fragment."""

    url: str
    method: str = "HEAD"
    body: int = 0  # decoded bytes of the body that are wanted
    cookies: str = ""  # the value of the `Cookie` header: cookies that this chain of redirects has set
    headers: tuple[tuple[str, str], ...] = ()
    media: frozenset[str] = frozenset()  # types whose body is wanted; empty: any
    proxy: str = ""  # instead of the configured proxy
    form: bytes = b""  # the body that is sent, of a POST: application/x-www-form-urlencoded
    common: bool = False  # its answer does for all who ask the same
    led: bool = False  # a redirect led there
    browses: bool = False  # send further headers as browsers do; some servers answer programs otherwise


class Response(NamedTuple):
    """A server's answer with any status: RFC 9110."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in any case
    cookies: tuple[str, ...] = ()  # its `Set-Cookie` values
    body: bytes = b""  # decoded, up to the wanted length
    whole: bool = False  # whether `body` is the whole body
    fault: str = ""  # why the body is incomplete


BROKEN_OFF = "the body breaks off"  # the values of `Response.fault`
GARBLED = "the body is not what its Content-Encoding says"
UNENDING = "the body does not end in time ([remote] timeout)"


class Fault(StrEnum):
    """Why there is no answer."""

    DNS = "dns"  # the name does not exist
    RESOLVER = "resolver"  # the resolver failed
    ROUTE = "route"  # this machine has no route to the host
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    TLS = "tls"
    PROTOCOL = "protocol"
    PRIVATE = "private"
    PROXY = "proxy"  # the proxy failed, which says nothing about the host
    LIMITED = "limited"  # not asked: the host asks for a longer pause than our patience allows


class FetchError(Exception):
    """There is no answer. `passing`: the failure may be temporary. `asked`: whether a request was sent at all.

    `stale`: the connection had been idle, and ended as it was used again. That is normal.
    """

    def __init__(
        self, fault: Fault, message: str, *, passing: bool = False, asked: bool = True, stale: bool = False
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.passing = passing
        self.asked = asked
        self.stale = stale

    def __reduce__(self) -> tuple[Callable[..., FetchError], tuple[Fault, str]]:
        told = partial(FetchError, passing=self.passing, asked=self.asked, stale=self.stale)
        return told, (self.fault, self.message)


class NotAskedError(Exception):
    """A redirect leads to a URL that is not to be asked for. `reason`: why, as for a target without a verdict."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def media_of(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """(media type in lower case, charset if it is stated) of a `Content-Type`, RFC 9110 section 8.3."""
    return kinds.type_of(headers.get("Content-Type", ""))


Fetch = Callable[[Request], Awaitable[Response]]
