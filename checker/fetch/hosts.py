"""The configuration of each host: limits, timeouts, headers. A secret is sent only to the host that it is for."""

from __future__ import annotations

import base64
import os
import re
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

from checker.config.file import VARIABLE, usable_proxy
from checker.config.schema import HostTable, RemoteTable
from checker.logins import Login
from checker.model import ConfigError
from checker.web import urls
from checker.web.globs import wildcard


class Host(NamedTuple):
    """Settings for a URL."""

    timeout: float  # seconds, for the whole request
    per_host: int
    interval: float  # seconds between the beginnings of two requests
    headers: tuple[tuple[str, str], ...] = ()
    accept: frozenset[int] = frozenset()


class Hosts:
    """Settings by URL: those of `[remote]`, overridden in order by the rows of `[[remote.host]]` that match."""

    def __init__(self, config: RemoteTable) -> None:
        """Raises ConfigError if the environment lacks a variable of a header, or its proxy cannot be used."""
        self._agent = config.user_agent
        self._default = Host(config.timeout, config.per_host, config.interval, (), frozenset(config.accept))
        self._bypass = config.proxy == "environment"
        if self._bypass:
            self._proxies = _of_environment()
        else:
            self._proxies = dict.fromkeys(("http", "https"), config.proxy) if config.proxy else {}
        self._rows = [_Row(row) for row in config.host]
        self.login = Login()  # of a live mirror

    def of(self, url: str) -> Host:
        """The settings for a URL."""
        if not self._rows:
            return self._default
        settings = self._default
        host, path = urls.host_and_path(url)
        for row in self._rows:
            if row.fits(host, path):
                settings = row.over(settings, secure=url.startswith("https:"))
        return settings

    def agent(self, url: str) -> str:
        """The `User-Agent` that is configured for a URL; "" for the program's own name."""
        return next((value for name, value in self.of(url).headers if name.lower() == "user-agent"), self._agent)

    def proxy(self, url: str) -> str | None:
        """The proxy for a URL: the configured one, or the environment's, which obeys `no_proxy`; None: no proxy."""
        if not self._proxies:
            return None
        if self._bypass and proxy_bypass(urls.authority(url)):
            return None
        return self._proxies.get(url.partition(":")[0])

    def ignored(self, url: str) -> list[tuple[str, ...]]:
        """Rules and families that do not count for a URL."""
        host, path = urls.host_and_path(url)
        return [row.ignore for row in self._rows if row.ignore and row.fits(host, path)]


class _Row:
    def __init__(self, row: HostTable) -> None:
        self._row = row
        self._host = wildcard(row.host, re.I)
        self._path = wildcard(row.path, re.I) if row.path else None
        where = f"[[remote.host]] {row.host}"
        self._headers = tuple((name, expanded(value, where)) for name, value in row.headers.items())
        if row.auth:
            secret = expanded(row.auth, where).encode()
            self._headers += (("Authorization", "Basic " + base64.b64encode(secret).decode()),)

        self.ignore = row.ignore

    def fits(self, host: str, path: str) -> bool:
        return self._host.fullmatch(host) is not None and (self._path is None or self._path.fullmatch(path) is not None)

    def over(self, settings: Host, *, secure: bool) -> Host:
        row = self._row
        headers = self._headers if secure or row.allow_http else ()  # http: would show them to anyone on the way
        return settings._replace(
            timeout=settings.timeout if row.timeout is None else row.timeout,
            per_host=settings.per_host if row.per_host is None else row.per_host,
            interval=settings.interval if row.interval is None else row.interval,
            headers=settings.headers + headers,
            accept=settings.accept | frozenset(row.accept),
        )


def _of_environment() -> dict[str, str]:
    """The environment's proxies by the scheme of the URLs that they are for. `HOST:PORT` alone is an HTTP proxy."""
    found = getproxies()
    proxies = {}
    for scheme in ("http", "https"):
        name = scheme if found.get(scheme) else "all"
        if proxy := found.get(name):
            proxies[scheme] = proxy if "://" in proxy else f"http://{proxy}"
            usable_proxy(proxies[scheme], f"{name.upper()}_PROXY")
    return proxies


def expanded(value: str, where: str) -> str:
    """A value with `${NAME}` replaced from the environment, so that the file need not contain secrets.

    Raises ConfigError, which begins with `where`, if the environment lacks it.
    """

    def variable(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ConfigError(f"{where}: the environment has no {match[1]}")
        return found

    return VARIABLE.sub(variable, value)
