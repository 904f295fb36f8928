"""The HTTP client: sends one request, and turns the exceptions of aiohttp and the system into FetchError."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from checker import __version__, logins
from checker.config.schema import RemoteTable
from checker.fetch import BROKEN_OFF, GARBLED, UNENDING, Fault, FetchError, Request, Response, codings, media_of
from checker.fetch.guard import FirstAnswer, Guard, GuardedResolver, PrivateAddress, refusal
from checker.fetch.hosts import Hosts
from checker.fetch.redirects import REDIRECTS
from checker.fetch.session import (
    Answer,
    Connector,
    Headers,
    NoSocksError,
    NotHTTPError,
    ParserError,
    Session,
    StaleConnection,
    TooMuchError,
    opened,
)
from checker.model import ConfigError
from checker.web import urls

# https://fetch.spec.whatwg.org/#fetching: the field Accept of a browser's navigation, which servers negotiate by.
_NAVIGATION = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
_FORM = "application/x-www-form-urlencoded"
_DRAINED = 65_536  # bytes; a shorter body that is not wanted is read anyway, so that its connection can be used again
_BLOCK = 65_536
_DNS_KEPT = 300  # seconds

# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "a certificate of the chain is self-signed and not trusted",
    20: "the certificate's issuer is not known, or the server does not send its chain",
    21: "the certificate's issuer is not known, or the server does not send its chain",
    23: "the certificate was revoked",
    62: "the certificate is for another host",
    64: "the certificate is for another address",
}


class Client:
    """An HTTP client whose connections a guard checks. Use as an async context manager."""

    def __init__(
        self,
        config: RemoteTable,
        hosts: Hosts,
        *,
        named: str = "",
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        """`named`: a URL whose origin is allowed, with the addresses that its host has at first. `resolver` makes the
        resolver; without it, the system's is used. Raises ConfigError for unusable networks and TLS files.
        """
        self.requests = 0  # how many were sent
        self._config = config
        self._hosts = hosts
        try:
            self._guard, self._own = Guard(config.allow_private), Guard(config.allow_private)
        except ValueError as error:
            raise ConfigError(f"[remote] allow_private: {error}") from error
        self._open = Guard(True)
        self._named = _origin(named) if named else None
        self._resolver = resolver or aiohttp.ThreadedResolver
        self._sessions: dict[tuple[Guard, str], Session] = {}  # by the SOCKS proxy too
        self._tls = _tls(config)
        self._name = config.user_agent or f"mirrorcheck/{__version__}"
        self._browses = _browser(self._name)
        with suppress(ValueError):  # the host is a name
            self._own.allow([urls.hostname(urls.authority(named))])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, guard: Guard, socks: str = "") -> Session:
        """The connections that a guard checks."""
        session = self._sessions.get((guard, socks))
        if session is not None:
            return session
        resolver = self._resolver()
        if guard is self._own:
            resolver = FirstAnswer(resolver, guard)
        resolver = GuardedResolver(resolver, guard)
        if socks:
            from checker.fetch.socks import SocksConnector

            connector: Connector = partial(SocksConnector, socks, resolver, self._tls)
        else:
            connector = partial(
                aiohttp.TCPConnector,
                limit=0,  # the throttle limits connections
                resolver=resolver,
                socket_factory=guard.socket,
                ttl_dns_cache=_DNS_KEPT,
                dns_cache_max_size=10_000,
                ssl=self._tls,
            )
        session = self._sessions[guard, socks] = opened(connector, self._headers())
        return session

    def _guard_of(self, url: str) -> Guard:
        """The guard that checks connections for a URL."""
        if self._guard.trusts(urls.authority(url)):
            return self._open
        return self._own if self._named and _origin(url) == self._named else self._guard

    def _headers(self) -> Headers:
        return (
            ("User-Agent", self._name),
            ("Accept", _NAVIGATION),
            ("Accept-Encoding", "gzip, deflate"),
        )

    async def fetch(self, request: Request) -> Response:
        """Send a request once. Raises FetchError if there is no answer."""
        self.requests += 1
        url = request.url
        host = self._hosts.of(url)
        headers = (*host.headers, *request.headers)
        if request.browses:
            named = {name.lower() for name, _ in headers}
            headers += tuple(row for row in self._browses if row[0].lower() not in named)
        if request.form:
            headers += (("Content-Type", _FORM), ("Content-Length", str(len(request.form))))
        if request.cookies:
            headers = _with_cookies(headers, request.cookies)
        proxy = request.proxy or self._hosts.proxy(url)
        guard = self._guard_of(url)
        if proxy:  # the guard does not see the addresses that a proxy looks up
            _refuse(url, guard)
        try:
            if proxy and proxy[:5].lower() == "socks":
                session, proxy = self._session(guard, proxy), None
            else:
                session = self._session(self._open if proxy else guard)
            async with asyncio.timeout(host.timeout) as clock:
                answer = await session.ask(
                    request.method, self._hosts.login.given(url), headers, proxy=proxy or "", body=request.form
                )
        except TimeoutError as error:
            raise FetchError(Fault.TIMEOUT, f"no answer within {host.timeout:g} s", passing=True) from error
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            found = _translated(error)
            spoken = found.asked and url.startswith("http:") and found.fault is Fault.PROTOCOL
            if proxy and (spoken or found.fault is Fault.CONNECTION):  # the connection that failed is the proxy's
                found = FetchError(Fault.PROXY, f"the proxy fails: {found.message}", passing=True, stale=found.stale)
            raise found from error
        headers_ = answer.headers
        if request.method == "HEAD":
            answer.release()
            body, whole, fault = b"", False, ""
        else:
            wanted = not request.media or media_of(headers_)[0] in request.media
            body, whole, fault = await _body(answer, request.body if wanted else 0, clock.when())
        if answer.status in REDIRECTS and len(set(headers_.getall("Location", ()))) > 1:
            raise FetchError(Fault.PROTOCOL, "the redirect names more than one URL")
        cookies = tuple(headers_.getall("Set-Cookie")) if "Set-Cookie" in headers_ else ()
        return Response(url, answer.status, headers_, cookies, body, whole, fault)


def _with_cookies(headers: tuple[tuple[str, str], ...], cookies: str) -> tuple[tuple[str, str], ...]:
    """Header fields with cookies: in one field, beside those that the configuration gives. RFC 6265, section 5.4"""
    own = [value for name, value in headers if name.lower() == "cookie"]
    others = tuple(field for field in headers if field[0].lower() != "cookie")
    return (*others, ("Cookie", "; ".join((*own, cookies))))


def _browser(name: str) -> tuple[tuple[str, str], ...]:
    """Further headers of a browser. The name of the program stands among them, as search engines do it."""
    if not name.startswith("Mozilla/"):
        name = f"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {name}) Chrome/140.0.0.0 Safari/537.36"
    return (("User-Agent", name), ("Accept-Language", "en-US,en;q=0.9"), ("Upgrade-Insecure-Requests", "1"))


def _origin(url: str) -> tuple[str, str]:
    """Scheme, host and port of a serialised URL."""
    return url.partition(":")[0], urls.authority(url)


def _refuse(url: str, guard: Guard) -> None:
    """Refuse a private address that is written in a URL. Raises FetchError."""
    host = urls.hostname(urls.authority(url))
    try:
        refused = guard.refuses(host)
    except ValueError:
        return  # the host is a name
    if refused:
        raise FetchError(Fault.PRIVATE, refusal(host))


_NAMELESS = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
# Errors about this machine's own side of a connection: connect(2).
_NO_ROUTE = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM}
)


# What Chromium and Firefox offer beside what Python does, for old servers: RSA key exchange, CBC with SHA-1.
_OLD_CIPHERS = (
    "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA",
    "AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-SHA", "AES128-SHA",
)  # fmt: skip
# Of servers that do not know RFC 5746; Python has a name for it since 3.12. Nothing is renegotiated with them.
_OLD_HANDSHAKES = getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
_OLDEST = ssl.TLSVersion.TLSv1_2  # the oldest version that browsers use: RFC 8996


def _tls(config: RemoteTable) -> ssl.SSLContext:
    """The TLS context of connections."""
    context = ssl.create_default_context()
    if not config.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with suppress(ssl.SSLError):  # a system that forbids all of them
        context.set_ciphers(":".join((*(cipher["name"] for cipher in context.get_ciphers()), *_OLD_CIPHERS)))
    context.options |= _OLD_HANDSHAKES
    context.set_alpn_protocols(["http/1.1"])
    context.minimum_version = max(context.minimum_version, _OLDEST)
    for file, use in (
        (config.ca_file, context.load_verify_locations),
        (config.client_certificate, context.load_cert_chain),
    ):
        if file:
            try:
                use(file)
            except OSError as error:
                raise ConfigError(f"{file}: cannot be used for TLS: {error.strerror or error}") from error
    return context


async def _body(answer: Answer, wanted: int, until: float | None) -> tuple[bytes, bool, str]:
    """Read the body, as far as it is wanted, `until` a moment of the loop's clock, and release the connection.

    Returns (body, whether it is whole, why it is incomplete).
    """
    if not wanted:
        await _drain(answer)
        return b"", False, ""
    coding = codings.Decoder(answer.headers.getall("Content-Encoding", ()))
    parts: list[bytes] = []
    left, raw = wanted, 2 * wanted + _BLOCK  # a compressed body may be long and unpack to nothing
    fault = ""
    try:
        async with asyncio.timeout_at(until):
            while left >= 0 and raw >= 0 and (block := await answer.content.read(_BLOCK)):
                raw -= len(block)
                block = coding.decode(block, left + 1)
                parts.append(block[:left])
                left -= len(block)
    except TimeoutError:
        fault = UNENDING
    except zlib.error:
        fault = GARBLED
    except (aiohttp.ClientError, ParserError, OSError):
        fault = BROKEN_OFF
    except BaseException:
        answer.close()
        raise
    if fault or left < 0 or raw < 0:
        answer.close()
        return b"".join(parts), False, fault
    answer.release()
    if any(parts) and not coding.ended:
        return b"".join(parts), False, BROKEN_OFF
    if coding.unasked:
        return b"".join(parts), False, f"the body is in a coding that was not asked for: {coding.unasked}"
    return b"".join(parts), True, ""


async def _drain(answer: Answer) -> None:
    """Release the connection for another request if the rest of the body is short, else close it."""
    length = answer.headers.get("Content-Length", "")
    digits = length.isascii() and length.isdigit() and len(length) < 9
    if answer.content.is_eof() or (digits and int(length) <= _DRAINED):
        try:
            async with asyncio.timeout(1):
                await answer.content.read()
            answer.release()
        except (TimeoutError, aiohttp.ClientError, ParserError):
            answer.close()
    else:
        answer.close()


def _translated(error: Exception) -> FetchError:
    """An exception of aiohttp or of the system, as a FetchError."""
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, PrivateAddress) or isinstance(error.__cause__, PrivateAddress):
        return FetchError(Fault.PRIVATE, str(cause))
    if isinstance(cause, NoSocksError):
        return FetchError(Fault.PROXY, str(cause))
    match error:
        case aiohttp.ClientConnectorCertificateError():
            code = getattr(error.certificate_error, "verify_code", 0)
            said = getattr(error.certificate_error, "verify_message", "the certificate is not accepted")
            return FetchError(Fault.TLS, _CERTIFICATE.get(code, str(said)))
        case aiohttp.ClientSSLError():
            said = getattr(error.os_error, "reason", None) or "the handshake fails"
            return FetchError(Fault.TLS, f"no TLS connection: {str(said).replace('_', ' ').lower()}")
        case aiohttp.ClientConnectorDNSError():
            if getattr(cause, "errno", None) in _NAMELESS:
                return FetchError(Fault.DNS, f"the host's name does not resolve: {_said(cause)}")
            return FetchError(Fault.RESOLVER, f"the host's name could not be looked up: {_said(cause)}", passing=True)
        case aiohttp.ClientHttpProxyError() | aiohttp.ClientProxyConnectionError():
            said = f": {_said(cause)}" if isinstance(cause, OSError) and cause.strerror else ""
            return FetchError(Fault.PROXY, f"the proxy does not connect{said}", passing=True)
        case aiohttp.ServerDisconnectedError():
            said = "the server closes the connection before its answer ends"
            return FetchError(Fault.CONNECTION, said, passing=True, stale=isinstance(error, StaleConnection))
        case TooMuchError():
            return FetchError(Fault.PROTOCOL, str(error))
        case NotHTTPError():
            return FetchError(Fault.PROTOCOL, f"the answer is not HTTP: {_first_line(str(error))}")
        case UnicodeError():
            return FetchError(Fault.DNS, "the host's name is not possible in DNS")
        case aiohttp.InvalidURL() | ValueError():
            return FetchError(Fault.PROTOCOL, "the URL cannot be asked for", asked=False)
    number = getattr(cause, "errno", None)
    if number == errno.ECONNREFUSED:
        return FetchError(Fault.CONNECTION, "the connection is refused", passing=True)
    if number in _NO_ROUTE:
        return FetchError(Fault.ROUTE, f"this machine has no route to the host: {_said(cause)}", passing=True)
    if number == errno.EHOSTUNREACH:
        return FetchError(Fault.CONNECTION, "the host cannot be reached", passing=True)
    if number in {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}:
        return FetchError(Fault.CONNECTION, "the server resets the connection", passing=True)
    return FetchError(Fault.CONNECTION, f"no connection: {_said(cause)}", passing=True)


def _said(error: BaseException) -> str:
    return _first_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _first_line(text: str) -> str:
    return logins.hidden_in(text.strip().partition("\n")[0])[:200]
