"""Connections through a SOCKS proxy. They need the extra `mirrorcheck[socks]`; only such a proxy imports this module.

aiohttp documents no way to make them, so a private method of its connector is overridden. If a release has changed that
method, no connection is made, neither through the proxy nor without it.

With `socks4` and `socks5`, this program looks up the address, which the guard checks, and sends it to the proxy. With
`socks4a` and `socks5h`, it sends the name, as to an HTTP proxy. RFC 1928 and 1929;
https://www.openssh.org/txt/socks4.protocol, socks4a.protocol
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from socket import AF_INET, AF_UNSPEC, AddressFamily
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from python_socks import ProxyConnectionError, ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy

from checker.fetch.session import NoSocksError, takes

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

_PORT = 1080  # RFC 1928, section 3
_DAY = 86_400.0  # seconds; the request's own timeout is shorter
_NAMING = frozenset({"socks4a", "socks5h"})
# The method that is overridden, and the one that it calls: parameters of both.
_NEEDED = {
    "_wrap_create_connection": ("args", "addr_infos", "req", "timeout", "client_error", "kwargs"),
    "_wrap_existing_connection": ("args", "req", "timeout", "client_error", "kwargs"),
}
# Replies of SOCKS 5 about the host, not about the proxy: RFC 1928, section 6.
_REPLIES = {3: errno.EHOSTUNREACH, 4: errno.EHOSTUNREACH, 5: errno.ECONNREFUSED, 6: errno.EHOSTUNREACH}


class SocksConnector(aiohttp.TCPConnector):
    """Makes connections through one proxy."""

    def __init__(
        self, proxy: str, resolver: AbstractResolver, tls: ssl.SSLContext | bool, *, force_close: bool = False
    ) -> None:
        """`resolver` looks up names that are not sent to the proxy. Raises NoSocksError."""
        if not all(takes(getattr(aiohttp.TCPConnector, name, None), *needed) for name, needed in _NEEDED.items()):
            raise NoSocksError
        parts = urlsplit(proxy)
        super().__init__(
            limit=0,
            force_close=force_close,
            resolver=_Unresolved() if parts.scheme in _NAMING else resolver,
            family=AF_INET if parts.scheme == "socks4" else AF_UNSPEC,
            use_dns_cache=parts.scheme not in _NAMING,
            ssl=tls,
            socket_factory=_direct,
        )
        self._proxy = Proxy(
            ProxyType.SOCKS4 if parts.scheme.startswith("socks4") else ProxyType.SOCKS5,
            parts.hostname or "",
            parts.port or _PORT,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            rdns=True,  # the proxy looks up the names that it gets
        )

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[aiohttp.AddrInfoType],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        host, port = addr_infos[0][4][:2]
        try:
            sock = await self._proxy.connect(str(host), int(port), timeout=_DAY)
        except ProxyConnectionError as error:
            raise aiohttp.ClientProxyConnectionError(req.connection_key, error) from error
        except ProxyError as error:
            number = _REPLIES.get(error.error_code or 0)
            said = OSError(number, str(error))
            if number is None:
                raise aiohttp.ClientProxyConnectionError(req.connection_key, said) from error
            raise client_error(req.connection_key, said) from error
        return await self._wrap_existing_connection(
            *args, req=req, timeout=timeout, client_error=client_error, sock=sock, **kwargs
        )


def _direct(_address: tuple[Any, ...]) -> socket.socket:
    """Refuse a connection that aiohttp would make without the proxy: it would show our address to the host."""
    raise NoSocksError


class _Unresolved(AbstractResolver):
    """Leaves names as they are."""

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to release."""
