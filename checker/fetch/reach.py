"""Whether there is a network here. A run that reached no host at all has learnt nothing about any host.

One answer of any host proves that there is a network. Until then, failures are sorted by their cause: our own side (a
failing resolver, no route, a failing proxy), or a host; only a working network can show a host's failure.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import NamedTuple

from checker.fetch import Fault, Fetch, FetchError, Request, Response
from checker.web import urls

# If hosts of so many domains fail and no host answers, a firewall or a resolver blocks everything. With fewer domains,
# all of them may really be dead.
MANY = 8
_OURS = frozenset({Fault.RESOLVER, Fault.PROXY})
_BEHIND_A_PROXY = frozenset({Fault.CONNECTION, Fault.TIMEOUT})
_ANSWERED = frozenset({Fault.TLS, Fault.PROTOCOL})
# Statuses that may come from a proxy itself, and the one of a network that asks for a login first: RFC 9110, 6585.
_GATEWAY = frozenset({403, 407, 502, 503, 504})
_LOGIN = 511
# Top-level names that are not looked up on the network: RFC 6761, 6762, 7686, 9476.
_SPECIAL = frozenset({"alt", "invalid", "local", "localhost", "onion", "test"})
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


class Noted(NamedTuple):
    """What requests show about the network. Of each kind of failure, the first message."""

    reached: bool = False  # whether any host answered
    ours: str = ""  # our own side fails
    stray: str = ""  # there is no route to this host
    nameless: str = ""  # the name does not exist; without a route, a machine may say so of all names
    theirs: str = ""  # a host whose name resolves does not answer
    domains: frozenset[str] = frozenset()  # of public hosts that failed


class Reach:
    """What the requests of a run show about the network."""

    def __init__(self, proxied: Callable[[Request], bool], *, routed: Callable[[], bool]) -> None:
        """`proxied`: whether a request goes through a proxy. `routed`: whether there is a route to any address."""
        self.noted = Noted()
        self._proxied = proxied
        self._routed = routed

    @property
    def reached(self) -> bool:
        """Whether any host answered."""
        return self.noted.reached

    def watched(self, fetch: Fetch) -> Fetch:
        """`fetch`, with a note of each answer and failure."""

        async def asked(request: Request) -> Response:
            if self.noted.reached:
                return await fetch(request)
            try:
                response = await fetch(request)
            except FetchError as error:
                self._missed(request, error)
                raise
            self._heard(request, response)
            return response

        return asked

    def note(self, found: Noted) -> None:
        """Add what other requests show."""
        noted = self.noted
        if noted.reached or found.reached:
            self.noted = Noted(reached=True)
            return
        self.noted = Noted(
            ours=noted.ours or found.ours,
            stray=noted.stray or found.stray,
            nameless=noted.nameless or found.nameless,
            theirs=noted.theirs or found.theirs,
            domains=noted.domains if len(noted.domains) >= MANY else noted.domains | found.domains,
        )

    def lack(self) -> str:
        """Why there is no network; "" if a host was reached, or if there may be one. Call it after the last request."""
        noted = self.noted
        if noted.reached:
            return ""
        if len(noted.domains) >= MANY:
            return noted.ours or noted.stray or noted.nameless or noted.theirs
        if noted.theirs:
            return ""
        if noted.nameless or not noted.ours:
            return "" if self._routed() else noted.ours or noted.stray or noted.nameless
        return noted.ours

    def _heard(self, request: Request, response: Response) -> None:
        if response.status == _LOGIN:
            self.note(Noted(ours=f"the network asks for a login (status {_LOGIN})"))
        elif response.status in _GATEWAY and self._proxied(request):
            self.note(Noted(ours=f"the proxy does not connect (status {response.status})"))
        else:
            self.note(Noted(reached=True))

    def _missed(self, request: Request, error: FetchError) -> None:
        fault, host = error.fault, urls.hostname(urls.authority(request.url))
        if not error.asked or fault is Fault.PRIVATE:
            return
        if fault in _ANSWERED:
            self.note(Noted(reached=True))
            return
        named, outside = _kind(host)
        said = error.message
        if outside:
            domain = ".".join(host.split(".")[-2:]) if named else host
            self.note(Noted(domains=frozenset({domain})))
        if fault in _OURS or (fault in _BEHIND_A_PROXY and self._proxied(request)):
            self.note(Noted(ours=said))
        elif fault is Fault.ROUTE:
            self.note(Noted(stray=said))
        elif named and outside:  # a failing IP address does not show whose fault it is
            self.note(Noted(nameless=said) if fault is Fault.DNS else Noted(theirs=said))


def routed() -> bool:
    """Whether this machine has a route to any public address. A datagram socket looks it up, and sends nothing."""
    for family, address in _ANYWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
        except OSError:
            continue
        return True
    return False


def _kind(host: str) -> tuple[bool, bool]:
    """(whether a host is a name, whether it is public: neither this machine nor a name of the local network)."""
    try:
        return False, not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        first, _, last = host.rstrip(".").rpartition(".")
        return True, bool(first) and last not in _SPECIAL
