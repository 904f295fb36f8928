"""The network: one type, `Fetch`, and wrappers around it with one concern each.

    follow(redirects)( retrying( afresh( throttled( watched( client ) ) ) ) )

The client asks once and opens no connection that the guard refuses; the watch notes whether there is a network at all;
the throttle waits for the host's turn; what a connection lost that had been idle is asked afresh; the retry asks again
what may pass; redirects are followed hop by hop, each through all of it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import NamedTuple


class Request(NamedTuple):
    """One request: an http(s) URL as the WHATWG standard serialises it, without a fragment."""

    url: str
    method: str = "HEAD"
    body: int = 0  # decoded bytes of the body that are wanted
    cookies: str = ""  # a `Cookie` header's value: what this chain of redirects was given
    headers: tuple[tuple[str, str], ...] = ()
    media: frozenset[str] = frozenset()  # types whose body is wanted; empty: any
    proxy: str = ""  # instead of the configured way


class Response(NamedTuple):
    """What a server answered, whatever the status: RFC 9110."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in any case
    cookies: tuple[str, ...] = ()  # its `Set-Cookie` values
    body: bytes = b""  # decoded, as far as it was asked for
    whole: bool = False  # whether `body` is all of it
    fault: str = ""  # what broke the body off


BROKEN_OFF = "the body breaks off"  # what a `Response.fault` may be
GARBLED = "the body is not what its Content-Encoding says"
UNENDING = "the body does not end in time ([remote] timeout)"


class Fault(StrEnum):
    """Why there is no answer."""

    DNS = "dns"  # there is no such name
    RESOLVER = "resolver"  # which could not tell
    ROUTE = "route"  # this machine has none to the host
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    TLS = "tls"
    PROTOCOL = "protocol"
    PRIVATE = "private"
    PROXY = "proxy"  # which tells nothing of the host behind it
    LIMITED = "limited"  # not asked: the host wants to be left alone for longer than our patience


class FetchError(Exception):
    """No answer. `passing`: it may well work another time. `asked`: a request was made; else the host was spared it.

    `stale`: the connection had been idle, and ended as it was used again, which is nobody's fault.
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


def media_of(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """(media type in lower case, charset if it is stated) of a `Content-Type`, RFC 9110 section 8.3."""
    media, _, parameters = headers.get("Content-Type", "").partition(";")
    match = _CHARSET.search(parameters)
    return media.strip().lower(), match[1] if match else None


_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]+)""", re.I)

Fetch = Callable[[Request], Awaitable[Response]]
