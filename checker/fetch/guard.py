"""The guard: it refuses connections to private addresses, so that pages cannot make this program send requests there.

It checks the address to which a socket is about to connect, after DNS and on every redirect. So neither an unusual
spelling of a host nor a name that changes its address can get around it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from checker.web import urls

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Private networks that some versions of the standard library count as global:
# https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
_NEIGHBOURS = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments, including a cloud's metadata
            "64:ff9b:1::/48",  # local NAT64, RFC 8215
            "100::/64",  # discarded, RFC 6666
            "5f00::/16",  # segment routing, RFC 9602
            "168.63.129.16/32",  # a cloud's metadata server
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "fec0::/10",  # site-local, RFC 3879
            "::/96",  # IPv4-compatible, RFC 4291
        ),
    )
)
_EMBEDDING = (  # IPv6 networks whose addresses contain an IPv4 address, and the number of bits after it
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 2765
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
)
_TEREDO = ipaddress.IPv6Network("2001::/32")  # RFC 4380: the last 32 bits are the client's address, inverted


class PrivateAddress(OSError):  # noqa: N818 - says what it is, as the standard library's do
    """A connection that was refused before it was made."""


def refusal(host: str) -> str:
    """Why a host or an address is not asked, and how to allow it."""
    return f"{host} is not a public address ([remote] allow_private allows it)"


class Guard:
    """Refuses addresses that are not on the public internet, except those that are allowed."""

    def __init__(self, allowed: bool | Iterable[str] = False) -> None:
        """`allowed`: all (True), nothing (False), or hosts and networks. Raises ValueError for an unusable network."""
        self._all = allowed is True
        rows = () if isinstance(allowed, bool) else tuple(allowed)
        self._networks: tuple[Network, ...] = ()
        hosts = set()
        for row in rows:
            try:
                self._networks += (ipaddress.ip_network(row.strip("[]")),)
            except ValueError:
                if "/" in row or not row:
                    raise
                hosts.add(row.lower().rstrip("."))
        self._hosts = frozenset(hosts)

    def trusts(self, authority: str) -> bool:
        """Whether the host of a URL (with its port) is allowed by name, whatever its address is."""
        if not self._hosts:
            return self._all
        return urls.hostname(authority).rstrip(".").lower() in self._hosts

    def allow(self, addresses: Iterable[str]) -> None:
        """Allow these IP addresses too."""
        self._networks += tuple(ipaddress.ip_network(address.partition("%")[0]) for address in addresses)

    def refuses(self, address: str) -> bool:
        """Whether an IP address must not be connected to."""
        if self._all:
            return False
        parsed = ipaddress.ip_address(address.partition("%")[0])
        return _is_near(parsed) and not any(parsed in network for network in self._networks)

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for an address as `getaddrinfo` gives it. Raises PrivateAddress."""
        family, kind, protocol, _, address = info
        if self.refuses(address[0]):
            raise PrivateAddress(refusal(address[0]))
        return socket.socket(family, kind, protocol)


@lru_cache(4096)
def _is_near(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return _is_near(inner)
    return not address.is_global or address.is_multicast or any(address in network for network in _NEIGHBOURS)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    for network, after in _EMBEDDING:
        if address in network:
            return ipaddress.IPv4Address((int(address) >> after) & 0xFFFFFFFF)
    if address in _TEREDO:
        return ipaddress.IPv4Address(~int(address) & 0xFFFFFFFF)
    return None


class GuardedResolver(AbstractResolver):
    """A resolver that leaves out the addresses that a guard refuses."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host. Raises PrivateAddress if the guard refuses all of them, OSError as the resolver does."""
        found = await self._inner.resolve(host, port, family)
        allowed = [result for result in found if not self._guard.refuses(result["host"])]
        if found and not allowed:
            raise PrivateAddress(refusal(found[0]["host"]))
        return allowed

    async def close(self) -> None:
        """Release the resolver."""
        await self._inner.close()


class FirstAnswer(AbstractResolver):
    """A resolver of one host. A guard then allows the addresses of its first answer; it judges those of later ones."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard
        self._came = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of the host. Raises OSError as the resolver does."""
        found = await self._inner.resolve(host, port, family)
        if found and not self._came:
            self._came = True
            self._guard.allow(result["host"] for result in found)
        return found

    async def close(self) -> None:
        """Release the resolver."""
        await self._inner.close()
