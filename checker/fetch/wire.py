"""Sends one request on one connection, with aiohttp's pool, TLS, proxies and parser, but without its sessions.

A session makes half a dozen objects and two passes over the headers for each request. It limits neither the bytes
before an answer nor those around its body. Here, a request is only its bytes, and both are limited.

It sends 46,900 requests for each second of processor time, aiohttp's public session 14,800: medians of seven runs by
turns, aiohttp 3.14.5, Python 3.11.7, `python -m benchmarks.sessions`. A check of 20,000 URLs takes 2.1 s of the
processor, and 3.5 s by the public session.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

import aiohttp
from aiohttp import ClientRequest, hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from multidict import CIMultiDict
from yarl import URL

from checker.fetch import heads
from checker.fetch.session import (
    HEAD,
    UNTIMED,
    Connector,
    Headers,
    NotHTTPError,
    StaleConnection,
    TooMuchError,
    files,
    takes,
)

_HEAD = 262_144  # bytes before the body, those of interim answers too: as many as Chromium takes
# A head has no other limit.
_LIMITS: Mapping[str, Any] = dict.fromkeys(HEAD, _HEAD)
_INTERIM = 20  # interim answers, RFC 9110 section 15.2
_PIECE = 16_384  # bytes that are parsed at a time, before the answer
_BESIDE = 1_048_576  # bytes that are not content: sizes of chunks, their extensions, trailers
_AROUND = 16  # so many more for each byte of content
_KEPT = 4096  # origins whose address and fixed headers are remembered
_UNFIT = re.compile(r"[\0\r\n]")

# The private parts of aiohttp that this module builds on: methods with parameters that it passes or takes.
_NEEDED: dict[tuple[type, str], tuple[str, ...]] = {
    (aiohttp.BaseConnector, "connect"): ("req", "traces", "timeout"),
    (ClientRequest, "__init__"): ("method", "url", "loop", "session", "proxy"),
    (ResponseHandler, "__init__"): ("loop",),
    (ResponseHandler, "set_response_params"): ("skip_payload", "read_until_eof", "auto_decompress", *HEAD),
    (ResponseHandler, "connection_made"): ("transport",),
    (ResponseHandler, "connection_lost"): ("exc",),
    (ResponseHandler, "data_received"): ("data",),
    (ResponseHandler, "feed_data"): ("data", "size"),
    (ResponseHandler, "set_exception"): ("exc",),
    (ResponseHandler, "exception"): (),
    (ResponseHandler, "read"): (),
    (Connection, "release"): (),
    (Connection, "close"): (),
}
_ATTRIBUTES = ((ClientRequest, "connection_key"), (ResponseHandler, "transport"), (Connection, "protocol"))


def lacking() -> str:
    """The name of a private part of aiohttp that is not as this module needs it; "" if all are as needed."""
    for (owner, name), parameters in _NEEDED.items():
        if not takes(getattr(owner, name, None), *parameters):
            return f"{owner.__name__}.{name}"
    for owner, name in _ATTRIBUTES:
        if not hasattr(owner, name):
            return f"{owner.__name__}.{name}"
    code = getattr(aiohttp.BaseConnector.__init__, "__code__", None)  # an attribute of instances, not of the class
    return "" if code is not None and "_factory" in code.co_names else "BaseConnector._factory"


class Answer:
    """The head of an answer, and the connection that its body comes on, until one of `release` and `close`."""

    __slots__ = ("_connection", "_wire", "content", "headers", "status")

    def __init__(self, message: RawResponseMessage, content: StreamReader, connection: Connection, wire: Wire) -> None:
        self.status = message.code
        self.headers = message.headers
        self.content = content
        self._connection = connection
        self._wire = wire

    def release(self) -> None:
        """Let the connection be used again, if the whole body was received and there are not too many connections."""
        if self._wire.crowded:
            self._connection.close()
        else:
            self._connection.release()

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()


class _Reader(ResponseHandler):
    """aiohttp's reader of a connection, with limits for all that a server may send.

    aiohttp discards an answer if the bytes after its head are faulty. Browsers show a page even if its body is longer
    than stated, or should be empty. So this class passes heads to aiohttp one by one.
    """

    def __init__(self, wire: Wire, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._wire = wire
        self.used = False  # whether it was used for an earlier request
        self._content: StreamReader | None = None  # of the answer whose body is being received
        self._interim = 0
        self._raw = 0  # bytes since the request
        self._head = bytearray()  # as far as it has come

    def begin(self, method: str) -> None:
        """Expect the answer to a request."""
        self._content = None
        self._interim = self._raw = 0
        self._head.clear()
        self.set_response_params(
            skip_payload=method == hdrs.METH_HEAD,
            read_until_eof=True,
            auto_decompress=False,
            **_LIMITS,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire.open += 1
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wire.open -= 1
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        at = 0
        while self._content is None and at < len(data) and self.exception() is None:
            at = self._take_head(data, at)
        if self.exception() is None and (at < len(data) or not data):
            self._take(data[at:], len(data) - at)
        error = self.exception()  # aiohttp does not pass it to the reader of the body
        content = self._content
        if error is not None and content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError(str(error)))

    def _take_head(self, data: bytes, at: int) -> int:
        """Take what there is of a head, from `at` on; where it ends, or the data."""
        held, behind = len(self._head), min(at + _PIECE, len(data))
        self._head += data[at:behind]
        end = heads.END.search(self._head, max(held - 3, 0))
        if end is None and heads.is_begun(self._head) and len(self._head) + self._raw <= _HEAD:
            return behind
        whole = len(self._head) if end is None else end.end()
        head = bytes(self._head[:whole])
        self._head.clear()
        self._take(heads.forgiven(head) if end else head, whole)
        return at + whole - held

    def _take(self, data: bytes, came: int) -> None:
        super().data_received(data)
        self._raw += came
        if self._content is None:
            if self._raw > _HEAD:
                self._refuse(f"more than {_HEAD:,} bytes come before the answer")
        elif self._raw > _BESIDE + _AROUND * self._content.total_bytes:
            self._refuse("more comes beside the body than of it")

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        message, content = data
        if 100 <= message.code < 200 and message.code != 101:  # RFC 9110 section 15.2: the answer follows
            self._interim += 1
            if self._interim > _INTERIM:
                self._refuse(f"more than {_INTERIM} interim answers come before the answer")
            return
        if self._content is None:
            self._content = content
        super().feed_data(data, size)

    def _refuse(self, message: str) -> None:
        if self.exception() is None:
            self.set_exception(TooMuchError(message))
        if self.transport is not None:
            self.transport.abort()


class _Origin(ClientRequest):
    """The request that a connector needs to connect to an origin."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # cached, since aiohttp makes it again each time
        return super().connection_key


class Wire:
    """A `Session` that uses private parts of aiohttp."""

    def __init__(self, connector: Connector, headers: Headers) -> None:
        """`headers` are sent with each request, unless the request has its own."""
        self._connector = connector(force_close=False)
        self._session = aiohttp.ClientSession(connector=self._connector, cookie_jar=aiohttp.DummyCookieJar())
        self._headers = CIMultiDict(headers)
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in self._headers.items())
        self._origins: dict[tuple[str, str], _Origin] = {}
        self._connector._factory = partial(self._reader, asyncio.get_running_loop())
        self._most = files() // 2
        self.open = 0  # connections

    @property
    def crowded(self) -> bool:
        """Whether too many connections are open to keep one for later: the system limits open files."""
        return self.open > self._most

    def _reader(self, loop: asyncio.AbstractEventLoop) -> ResponseHandler:
        return _Reader(self, loop)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def ask(self, method: str, url: str, headers: Headers = (), *, proxy: str = "", body: bytes = b"") -> Answer:
        """Ask for a serialised http(s) URL; see `Session.ask`."""
        end = url.find("/", 8)
        origin = self._origin(url[:end], proxy)
        connection = await self._connector.connect(origin, [], UNTIMED)
        reader = connection.protocol
        used = False
        try:
            if not isinstance(reader, _Reader) or reader.transport is None:
                raise aiohttp.ServerDisconnectedError
            used, reader.used = reader.used, True
            reader.begin(method)
            reader.transport.write(self._head(method, url, end, origin, headers) + body)
            message, content = await reader.read()
            return Answer(message, content, connection, self)
        except BaseException as error:
            connection.close()
            if used and isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
                raise StaleConnection from error
            if isinstance(error, HttpProcessingError):
                raise NotHTTPError(error.message) from error
            raise

    def _origin(self, root: str, proxy: str) -> _Origin:
        known = self._origins.get((root, proxy))
        if known is None:
            if len(self._origins) >= _KEPT:
                self._origins.clear()
            known = self._origins[root, proxy] = _Origin(
                hdrs.METH_GET,
                URL(root + "/", encoded=True),
                loop=asyncio.get_running_loop(),
                session=self._session,
                proxy=URL(proxy) if proxy else None,
            )
        return known

    def _head(self, method: str, url: str, end: int, origin: _Origin, own: Headers) -> bytes:
        """A request's head, RFC 9112 section 3."""
        fixed = self._fixed
        sent = CIMultiDict(own)
        for name in (hdrs.AUTHORIZATION, hdrs.PROXY_AUTHORIZATION):  # from the URL's and the proxy's credentials
            if name in origin.headers:
                sent.setdefault(name, origin.headers[name])
        target = url[end:]
        if origin.proxy is not None and not origin.is_ssl():
            target = f"{url[: url.find('/') + 2]}{origin.headers[hdrs.HOST]}{target}"
        if sent:
            if any(_UNFIT.search(name + value) for name, value in sent.items()):
                raise ValueError("a header holds a line break")
            sent.extend((name, value) for name, value in self._headers.items() if name not in sent)
            fixed = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        head = f"{method} {target} HTTP/1.1\r\nHost: {origin.headers[hdrs.HOST]}\r\n{fixed}\r\n"
        return head.encode("utf-8", "surrogateescape")
