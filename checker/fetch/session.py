"""`Session` sends a request and returns the answer. It uses `checker.fetch.wire`, or aiohttp's public session.

`wire` depends on private parts of aiohttp, which any release may change, and checks whether they are as it needs them.
If they are not, `PublicSession` does the same with documented parts only, more slowly and with fewer bounds:
docs/network.md, "Without aiohttp's private parts".
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
from aiohttp import StreamReader, hdrs
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

Headers = Iterable[tuple[str, str]]

# Limits of an answer's head, by aiohttp's names. Browsers accept more than most servers send.
HEAD: Mapping[str, Any] = {"max_line_size": 65_536, "max_field_size": 65_536, "max_headers": 256}  # bytes, lines
UNTIMED = aiohttp.ClientTimeout(total=None, sock_connect=None)  # the caller limits the time of the whole request


def _parser_error() -> type[Exception]:
    """The exception of aiohttp's parser, which it also raises while a body is read; it is not documented."""
    try:
        from aiohttp.http_exceptions import HttpProcessingError
    except ImportError:
        return aiohttp.ClientError
    return HttpProcessingError


ParserError = _parser_error()


class StaleConnection(aiohttp.ServerDisconnectedError):
    """An idle connection ended before the answer to its next request: RFC 9112 section 9.3.1."""


class TooMuchError(aiohttp.ClientError):
    """The server sent too much before the answer, or around its body."""


class NotHTTPError(aiohttp.ClientError):
    """The answer is not HTTP. The text is the parser's reason."""


class NoSocksError(OSError):
    """This release of aiohttp makes its connections in a way that `checker.fetch.socks` does not know."""

    def __init__(self) -> None:
        super().__init__(f"SOCKS proxies do not work with aiohttp {aiohttp.__version__}: use an older one")


class Connector(Protocol):
    """Makes a connector. With `force_close`, it keeps no connection for a second request."""

    def __call__(self, *, force_close: bool) -> aiohttp.BaseConnector: ...


class Answer(Protocol):
    """The head of an answer, and the connection that its body comes on, until one of `release` and `close`."""

    @property
    def status(self) -> int:
        """RFC 9110 section 15."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The header fields as the server sent them."""

    @property
    def content(self) -> StreamReader:
        """The body, still compressed. Reading raises ClientError, OSError and `ParserError` if it breaks off."""

    def release(self) -> object:
        """Let the connection be used again, if the whole body was received and there are not too many connections."""

    def close(self) -> object:
        """Drop the connection."""


class Session(Protocol):
    """Sends requests over the connections of one connector. It follows no redirects, and keeps no cookies."""

    async def ask(self, method: str, url: str, headers: Headers = (), *, proxy: str = "", body: bytes = b"") -> Answer:
        """Ask for a serialised http(s) URL, directly or through an HTTP proxy. `headers` state the length of a `body`.

        Raises StaleConnection, TooMuchError, NotHTTPError, another aiohttp.ClientError or OSError if there is no
        answer, and ValueError for a request that cannot be sent.
        """

    async def close(self) -> None:
        """Close all connections."""


def opened(connector: Connector, headers: Headers) -> Session:
    """A session with its own connector. `headers` are sent with each request, unless the request has its own."""
    try:
        from checker.fetch import wire
    except (ImportError, TypeError):  # a name is missing, or is not a class any more
        return PublicSession(connector, headers)
    return PublicSession(connector, headers) if wire.lacking() else wire.Wire(connector, headers)


class PublicSession:
    """A `Session` that uses only documented parts of aiohttp."""

    def __init__(self, connector: Connector, headers: Headers) -> None:
        """`headers` are sent with each request, unless the request has its own."""
        self._headers = CIMultiDict(headers)
        self._trace = aiohttp.TraceConfig()
        self._trace.on_connection_create_start.append(self._count)
        self._trace.on_connection_reuseconn.append(_note)
        self._keeping = self._made(connector(force_close=False))
        self._closing = self._made(connector(force_close=True))
        self._left = files() // 2  # connections that may still be made to be kept; those that ended are not known

    def _made(self, connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=UNTIMED,
            auto_decompress=False,
            middlewares=(_once,),
            trace_configs=[self._trace],
            **HEAD,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._keeping.close()
        await self._closing.close()

    async def ask(self, method: str, url: str, headers: Headers = (), *, proxy: str = "", body: bytes = b"") -> Answer:
        """Ask for a serialised http(s) URL; see `Session.ask`."""
        own = CIMultiDict(headers)
        target = URL(url, encoded=True)
        if hdrs.AUTHORIZATION in own:  # it replaces the URL's login
            target = target.with_user(None)
        session = self._keeping if self._left > 0 else self._closing
        way = _Way()
        try:
            return await session.request(
                method,
                target,
                headers=own,
                data=body or None,
                proxy=proxy or None,
                allow_redirects=False,
                trace_request_ctx=way,
            )
        except _BrokenError as error:
            if way.used:
                raise StaleConnection from error.error
            raise error.error from error.error.__cause__
        except aiohttp.ClientResponseError as error:
            if error.request_info.method != method:  # a proxy's answer to CONNECT
                raise
            raise NotHTTPError(error.message) from error

    async def _count(self, *_: object) -> None:
        self._left -= 1


class _Way:
    """A note about a request."""

    used = False  # whether its connection was used for an earlier request


async def _note(_session: aiohttp.ClientSession, context: SimpleNamespace, _details: object) -> None:
    context.trace_request_ctx.used = True


class _BrokenError(aiohttp.ClientError):
    """A connection broke. aiohttp repeats a request after its own errors, but not after this one. The throttle has to
    know of every request.
    """

    def __init__(self, error: aiohttp.ClientError) -> None:
        super().__init__()
        self.error = error


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenError(error) from error


def takes(function: object, *parameters: str) -> bool:
    """Whether a private function of aiohttp exists and has these parameters."""
    if not callable(function):
        return False
    try:
        return set(parameters) <= inspect.signature(function).parameters.keys()
    except ValueError:  # it is compiled, so its parameters are not known
        return False


def files() -> int:
    """How many files this process may have open, including connections."""
    try:
        import resource
    except ImportError:  # on Windows, where sockets do not count as files
        return sys.maxsize
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if most == resource.RLIM_INFINITY else most
