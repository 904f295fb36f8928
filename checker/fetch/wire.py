"""One request on one connection: aiohttp's pool, TLS, proxies and parser, without what its sessions do beside that.

A session makes half a dozen objects and two passes over the headers for each request, and asks again by itself when a
connection breaks; here a request is the bytes it is, and the throttle knows of every one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import cached_property
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import ClientRequest, hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from multidict import CIMultiDict
from yarl import URL

_HEADER = 65_536  # bytes of a header line; browsers take more than most servers send
_HEADERS = 256
_KEPT = 4096  # origins whose address and fixed headers are remembered
_UNTIMED = aiohttp.ClientTimeout(total=None, sock_connect=None)
_UNFIT = re.compile(r"[\0\r\n]")

Headers = Iterable[tuple[str, str]]


class StaleConnection(aiohttp.ServerDisconnectedError):
    """A connection that had been idle ended before it brought an answer: RFC 9112 section 9.3.1."""


class Answer:
    """The head of an answer, and the connection that its body comes on, until one of `release` and `close`."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(self, message: RawResponseMessage, content: StreamReader, connection: Connection) -> None:
        self.status = message.code
        self.headers = message.headers
        self.content = content
        self._connection = connection

    def release(self) -> None:
        """Let the connection be used again, if all of the body has come."""
        self._connection.release()

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()


class _Reader(asyncio.Protocol):
    """Reads a connection for aiohttp's protocol, which takes an answer back when what follows its head is at fault.

    A body that is longer than it says, or where there is none to be, is no fault of the page for browsers either.
    """

    def __init__(self, handler: ResponseHandler) -> None:
        self._handler = handler
        self.content: StreamReader | None = None  # of the answer whose body comes

    def data_received(self, data: bytes) -> None:
        if self.content is None:
            body = data.find(b"\r\n\r\n") + 4
            if 3 < body < len(data):
                self._handler.data_received(data[:body])
                data = data[body:]
        if self._handler.exception() is None:
            self._handler.data_received(data)
        self.fail(self.content)

    def fail(self, content: StreamReader | None) -> None:
        """Tell who reads a body that it is at fault, which aiohttp does not."""
        error = self._handler.exception()
        if error is not None and content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError(str(error)))

    def eof_received(self) -> None:
        self._handler.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._handler.connection_lost(error)

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()


class _Origin(ClientRequest):
    """What a connector needs to know to connect to an origin."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # which aiohttp makes anew each time
        return super().connection_key


class Wire:
    """Sends requests over the connections of one connector."""

    def __init__(self, connector: aiohttp.BaseConnector, headers: Headers) -> None:
        """`headers` are sent with each request, but where it has its own."""
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._connector = connector
        self._headers = CIMultiDict(headers)
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in self._headers.items())
        self._origins: dict[tuple[str, str], _Origin] = {}
        self._readers: WeakKeyDictionary[ResponseHandler, _Reader] = WeakKeyDictionary()  # of connections in use

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def ask(self, method: str, url: str, headers: Headers = (), *, proxy: str = "") -> Answer:
        """Ask for a serialised http(s) URL. Raises what aiohttp raises, ValueError for a header that cannot be sent."""
        end = url.find("/", 8)
        origin = self._origin(url[:end], proxy)
        connection = await self._connector.connect(origin, [], _UNTIMED)
        protocol = connection.protocol
        reader = None if protocol is None else self._readers.get(protocol)
        used = reader is not None
        try:
            if protocol is None or protocol.transport is None:
                raise aiohttp.ServerDisconnectedError
            if reader is None:
                reader = self._readers[protocol] = _Reader(protocol)
                protocol.transport.set_protocol(reader)
            reader.content = None
            protocol.set_response_params(
                skip_payload=method == hdrs.METH_HEAD,
                read_until_eof=True,
                auto_decompress=False,
                max_line_size=_HEADER,
                max_field_size=_HEADER,
                max_headers=_HEADERS,
            )
            protocol.transport.write(self._head(method, url, end, origin, headers))
            while True:
                message, content = await protocol.read()
                if message.code >= 200 or message.code == 101:
                    reader.content = content
                    reader.fail(content)
                    return Answer(message, content, connection)
        except BaseException as error:
            connection.close()
            if used and isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
                raise StaleConnection from error
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
