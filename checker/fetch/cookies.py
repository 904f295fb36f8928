"""The cookies of one chain of redirects, of a walked site, or of a file.

Many sites redirect in a circle without cookies, or with those they took back.

https://www.rfc-editor.org/rfc/rfc6265#section-5, with the limits of its section 6.1 as browsers have them. As browsers
do, and the draft that is to replace it, a cookie may have no name, and the prefix of a name says what must hold.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import NamedTuple

from checker.config.file import text_of
from checker.fetch import Response
from checker.model import ConfigError
from checker.web import urls

_COOKIES = 180  # of a domain
_LARGEST = 4_096  # bytes of a name and its value; a larger cookie is none
_SENT = 8_192  # bytes of cookies in a request; servers refuse longer header lines
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PREFIX = re.compile(r"__(?:Host|Secure)-", re.I)
_LONGEST = 200  # characters of a date
_BETWEEN = re.compile(r"[\t -/;-@\[-`{-~]+")  # the parts of a date
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_PARTS = (
    ("time", re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)")),
    ("day", re.compile(r"(\d{1,2})(?!\d)")),
    ("month", re.compile("|".join(_MONTHS[at : at + 3] for at in range(0, 36, 3)), re.I)),
    ("year", re.compile(r"(\d{2,4})(?!\d)")),
)
_SECONDS = re.compile(r"-?\d+")


class _Cookie(NamedTuple):
    value: str
    alone: bool  # for the host alone, and not for those below its domain
    secure: bool  # for https only
    ends: float = inf  # POSIX seconds


class Jar:
    """Cookies, each for the hosts, paths and schemes that it names."""

    def __init__(self) -> None:
        self._cookies: dict[str, dict[tuple[str, str], _Cookie]] = {}  # by domain, by (name, path): the oldest first

    def keep(self, response: Response) -> None:
        """Note what an answer sets, and takes back."""
        for header in response.cookies:
            self._keep(response.url, header)

    def _keep(self, url: str, header: str) -> None:
        pair, _, rest = header.partition(";")
        name, _, value = pair.partition("=") if "=" in pair else ("", "", pair)
        name, value = name.strip(" \t"), value.strip(" \t")
        nameless = not name and (not value or "=" in value)
        if nameless or len(name) + len(value) > _LARGEST or _CONTROLS.search(pair):
            return
        attributes = _attributes(rest)
        if _PREFIX.match(name) and not _is_worthy(name.lower(), attributes):
            return
        host, path = _place(url)
        domain = attributes.get("domain", "").lstrip(".").lower()
        if domain and not _is_within(host, domain):
            return
        secure = "secure" in attributes
        if secure and not url.startswith("https:"):
            return
        stated = attributes.get("path", "")
        key = name, stated if stated.startswith("/") else path[: path.rfind("/")] or "/"
        self._put(domain or host, key, _Cookie(value, alone=not domain, secure=secure, ends=_end(attributes)))

    def _put(self, domain: str, key: tuple[str, str], cookie: _Cookie) -> None:
        kept = self._cookies.setdefault(domain, {})
        if cookie.ends <= time.time():
            kept.pop(key, None)
            return
        kept[key] = cookie
        if len(kept) > _COOKIES:
            del kept[next(iter(kept))]

    def read(self, file: Path) -> None:
        """Add the cookies of a file in Netscape's format, as curl, wget and extensions of browsers write it.

        https://curl.se/docs/http-cookies.html. Raises ConfigError, which shows no cookie.
        """
        lines = text_of(file).removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        for number, line in enumerate(lines, 1):
            text = line.removeprefix("#HttpOnly_")
            if not text.strip() or text.startswith("#"):
                continue
            try:
                self._put(*_of_line(text))
            except ValueError as error:
                raise ConfigError(
                    f"{file}:{number}: no cookie in Netscape's format: seven fields with tabs between them "
                    "(domain, TRUE or FALSE, path, TRUE or FALSE, end, name, value)"
                ) from error

    def header(self, url: str) -> str:
        """The value of the `Cookie` header for a URL; "" where there is none."""
        if not self._cookies:
            return ""
        host, path = _place(url)
        now = time.time()
        fit = [
            (name, for_path, cookie.value)
            for domain, kept in ((name, self._cookies[name]) for name in _above(host) if name in self._cookies)
            if _is_within(host, domain)
            for (name, for_path), cookie in kept.items()
            if (host == domain or not cookie.alone)
            and _is_below(path, for_path)
            and (not cookie.secure or url.startswith("https:"))
            and cookie.ends > now
        ]
        sent: list[str] = []
        left = _SENT
        for name, _, value in sorted(fit, key=lambda cookie: -len(cookie[1])):  # the longest path first
            pair = f"{name}={value}" if name else value
            if len(pair) + 2 <= left:
                sent.append(pair)
                left -= len(pair) + 2
        return "; ".join(sent)


def _of_line(line: str) -> tuple[str, tuple[str, str], _Cookie]:
    """The domain, (name, path) and cookie of a line in Netscape's format. Raises ValueError."""
    fields = line.split("\t")
    if len(fields) == 6:  # some programs write no tab before an empty value
        fields.append("")
    domain, below, path, secure, end, name, value = fields
    if not (path.startswith("/") and name and {below, secure} <= {"TRUE", "FALSE"}) or _CONTROLS.search(name + value):
        raise ValueError(line)
    ends = float(end) if end else 0.0
    host = urls.hostname(urls.authority(urls.resolve("about:blank", f"https://{domain.lstrip('.')}/")))
    alone = below == "FALSE" and not domain.startswith(".")
    return host, (name, path), _Cookie(value, alone=alone, secure=secure == "TRUE", ends=ends or inf)


def together(given: str, chain: str) -> str:
    """The values of two `Cookie` headers as one. A cookie that the chain has set replaces the given one."""
    if not (given and chain):
        return given or chain
    names = {pair.partition("=")[0] for pair in chain.split("; ")}
    return "; ".join((*(pair for pair in given.split("; ") if pair.partition("=")[0] not in names), chain))


def _place(url: str) -> tuple[str, str]:
    """The host of a URL, whatever its port, and its path."""
    path = urls.host_and_path(url)[1].partition("?")[0]
    return urls.hostname(urls.authority(url)).lower(), path or "/"


def _attributes(text: str) -> dict[str, str]:
    """A cookie's attributes, the last of each."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _above(host: str) -> Iterator[str]:
    """A host, and the domains above it."""
    while host:
        yield host
        host = host.partition(".")[2]


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


def _end(attributes: dict[str, str]) -> float:
    """When a cookie ends, POSIX seconds: by its `Max-Age`, or without one its `Expires`."""
    if _SECONDS.fullmatch(age := attributes.get("max-age", "")):
        return time.time() + float(age[:12]) if not age.startswith("-") and age.strip("0") else 0.0
    return _moment(attributes.get("expires", ""))


def _moment(text: str) -> float:
    """POSIX seconds of a date by section 5.1.1, which takes its parts in any order; infinity if it is none."""
    found: dict[str, re.Match[str]] = {}
    for token in _BETWEEN.split(text[:_LONGEST]):
        for part, pattern in _PARTS:
            if part not in found and (match := pattern.match(token)):
                found[part] = match
                break
    if len(found) < len(_PARTS):
        return inf
    year = int(found["year"][1])
    year += 1900 if 70 <= year <= 99 else 2000 if year < 70 else 0
    month = _MONTHS.index(found["month"][0].lower()) // 3 + 1
    try:
        hour, minute, second = map(int, found["time"].groups())
        return datetime(year, month, int(found["day"][1]), hour, minute, second, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return inf


def _is_worthy(name: str, attributes: dict[str, str]) -> bool:
    """Whether a cookie keeps what the prefix of its name says.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes
    """
    bound = "domain" not in attributes and attributes.get("path") == "/"
    return "secure" in attributes and (bound or not name.startswith("__host-"))
