"""The cookies of one chain of redirects: many sites redirect in a circle without them, or with those they took back.

https://www.rfc-editor.org/rfc/rfc6265#section-5, with the limits of its section 6.1 as browsers have them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import NamedTuple

from checker.fetch import Response
from checker.web import urls

_COOKIES = 180  # of a domain
_LARGEST = 4_096  # bytes of a name and its value; a larger cookie is none
_SENT = 8_192  # bytes of cookies in a request; servers refuse longer header lines
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(r"-?\d+")


class _Cookie(NamedTuple):
    value: str
    alone: bool  # for the host alone, and not for those below its domain
    secure: bool  # for https only


class Jar:
    """The cookies that the hosts of a chain set."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[tuple[str, str], _Cookie]] = {}  # by domain, by (name, path): the oldest first

    def keep(self, response: Response) -> None:
        """Note what an answer sets, and takes back."""
        for header in response.cookies:
            self._keep(response.url, header)

    def _keep(self, url: str, header: str) -> None:
        pair, _, rest = header.partition(";")
        name, equals, value = pair.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if not (equals and name) or len(name) + len(value) > _LARGEST or _CONTROLS.search(pair):
            return
        attributes = _attributes(rest)
        host, path = _place(url)
        domain = attributes.get("domain", "").lstrip(".").lower()
        if domain and not _is_within(host, domain):
            return
        secure = "secure" in attributes
        if secure and not url.startswith("https:"):
            return
        stated = attributes.get("path", "")
        key = name, stated if stated.startswith("/") else path[: path.rfind("/")] or "/"
        kept = self._cookies.setdefault(domain or host, {})
        if _is_over(attributes):
            kept.pop(key, None)
            return
        kept[key] = _Cookie(value, alone=not domain, secure=secure)
        if len(kept) > _COOKIES:
            del kept[next(iter(kept))]

    def header(self, url: str) -> str:
        """The value of the `Cookie` header for a URL; "" where there is none."""
        if not self._cookies:
            return ""
        host, path = _place(url)
        fit = [
            (name, for_path, cookie.value)
            for domain, kept in self._cookies.items()
            if _is_within(host, domain)
            for (name, for_path), cookie in kept.items()
            if (host == domain or not cookie.alone)
            and _is_below(path, for_path)
            and (not cookie.secure or url.startswith("https:"))
        ]
        sent: list[str] = []
        left = _SENT
        for name, _, value in sorted(fit, key=lambda cookie: -len(cookie[1])):  # the longest path first
            pair = f"{name}={value}"
            if len(pair) + 2 <= left:
                sent.append(pair)
                left -= len(pair) + 2
        return "; ".join(sent)


def _place(url: str) -> tuple[str, str]:
    """The host of a URL, whatever its port, and its path."""
    path = urls.host_and_path(url)[1].partition("?")[0]
    return urls.hostname(urls.authority(url)).lower(), path or "/"


def _attributes(text: str) -> dict[str, str]:
    """A cookie's attributes, the last of each."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_within(host: str, domain: str) -> bool:
    """Section 5.1.3. A domain without a dot is the world's, not a site's."""
    if host == domain:
        return True
    return host.endswith(f".{domain}") and "." in domain and not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_below(path: str, folder: str) -> bool:
    """Section 5.1.4."""
    return path == folder or (path.startswith(folder) and (folder.endswith("/") or path[len(folder)] == "/"))


def _is_over(attributes: dict[str, str]) -> bool:
    """Whether a cookie is taken back: its `Max-Age`, or without one its `Expires`, is over."""
    if _SECONDS.fullmatch(age := attributes.get("max-age", "")):
        return age.startswith("-") or not age.strip("0")
    try:
        over = parsedate_to_datetime(attributes["expires"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return (over if over.tzinfo else over.replace(tzinfo=UTC)) <= datetime.now(UTC)
