"""From a configuration's text to frozen values. An unknown key is an error with its line and the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from checker import logins
from checker.config.schema import FORGES, LAYOUTS, Config, ForgeTable, LoginTable
from checker.model import ConfigError
from checker.rules import FAMILIES, RULES
from checker.web import durations, globs

VARIABLE = re.compile(
    r"\$\{(\w+)\}"
)  # in a header or a login: from the environment, so that no secret stands in the file

_SOCKS = frozenset({"socks4", "socks4a", "socks5", "socks5h"})
_PROXIES = frozenset({"http", "https"}) | _SOCKS


def read(path: Path, below: tuple[str, ...] = ()) -> Config:
    """Read a configuration file, or the table `below` in it (`("tool", "mirrorcheck")`).

    Raises ConfigError, which names the file, the line and what to write instead.
    """
    return parse(text_of(path), str(path), below)


def text_of(path: Path) -> str:
    """The text of a configuration file. Raises ConfigError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error


def parse(text: str, name: str, below: tuple[str, ...] = ()) -> Config:
    """Read a configuration from a text, like `read`; messages call it `name`."""
    config = converted(text, name, Config, below)
    check(config, lambda keys: f"{name}:{_line(text, (*below, *keys))}: {'.'.join(keys)}")
    return config


S = TypeVar("S", bound=msgspec.Struct)


def converted(text: str, name: str, kind: type[S], below: tuple[str, ...] = ()) -> S:
    """A text in TOML as a record; messages call it `name`. Raises ConfigError as `read` does."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error
    for key in below:
        data = data[key]
    _refuse_unknown(data, kind, below, text, name)
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        keys = tuple(re.sub(r"\[[^]]*\]", "", where.rstrip("`")).split("."))
        if message.startswith("Invalid enum value"):
            message = f"{message.removeprefix('Invalid enum value ')} is not one of {', '.join(_choices(kind, keys))}"
        raise ConfigError(f"{name}:{_line(text, (*below, *keys))}: {'.'.join(keys)}: {message}") from error


def _choices(kind: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The values that a key may have, if they are a closed choice."""
    for key in keys:
        kind = next(field.type for field in msgspec.structs.fields(kind) if field.encode_name == key)
        if getattr(kind, "__origin__", None) is tuple:
            kind = get_args(kind)[0]
    return get_args(kind)


def check(config: Config, where: Callable[[tuple[str, ...]], str]) -> None:
    """Raise ConfigError for mistakes that types cannot rule out: in names, patterns, durations, proxies, networks.

    `where(keys)` is the place of a key for messages.
    """
    _check_names(config, where)
    remote, site, history = config.remote, config.site, config.history
    patterns = {("remote", "exclude"): remote.exclude, ("references", "ignore"): config.references.ignore}
    for key, rows in (patterns | {("site", "include"): site.include, ("site", "exclude"): site.exclude}).items():
        for row in rows:
            _pattern(row, where(key))
    pages, paths = config.pages, tuple(row.path for row in config.rules.path)
    for table, names in (("include", pages.include), ("exclude", pages.exclude), ("entry", pages.entry)):
        _globs(names, where(("pages", table)))
    _globs(paths, where(("rules", "path", "path")))
    durations.confirmation(history.confirm, where(("history", "confirm")))
    for name in ("ok", "redirected"):
        durations.seconds(getattr(history.fresh, name), where(("history", "fresh", name)))
    if remote.proxy != "environment":
        usable_proxy(remote.proxy, where(("remote", "proxy")))
    for vantage in remote.vantage:
        usable_proxy(vantage.proxy, where(("remote", "vantage", "proxy")))
    for row in () if isinstance(remote.allow_private, bool) else remote.allow_private:
        _network(row, where(("remote", "allow_private")))
    for host in remote.host:
        for name, value in host.headers.items():
            if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
                raise ConfigError(f"{where(('remote', 'host', 'headers'))}: {name!r} is not a valid HTTP header")
    _login(site.login, lambda key: where(("site", "login", key)))
    for forge in remote.forge:
        _forge(forge, lambda key: where(("remote", "forge", key)))
    if not _API.fullmatch(remote.archive.partition("?")[0]):
        raise ConfigError(f"{where(('remote', 'archive'))}: not the URL of an availability interface (http: or https:)")
    if not _FIELD_VALUE.fullmatch(remote.user_agent):
        raise ConfigError(f"{where(('remote', 'user_agent'))}: it holds characters that an HTTP header cannot hold")


_HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?|\[[0-9a-f:.]+\](?::[0-9]+)?")
_API = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#@]*)?")
# RFC 9110, section 5: a field's name is a token; its value has no control characters.
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


def _check_names(config: Config, where: Callable[[tuple[str, ...]], str]) -> None:
    rules = config.rules
    for table, names in (("select", rules.select), ("ignore", rules.ignore)):
        for name in names:
            _rule(name, where(("rules", table)))
    for name in rules.level:
        _rule(name, where(("rules", "level")))
    for row in rules.path:
        for name in row.ignore:
            _rule(name, where(("rules", "path", "ignore")))
    mirror = config.mirror
    choices: list[tuple[tuple[str, ...], str, str, tuple[str, ...]]] = [
        (("mirror", "layout"), "layout", mirror.layout, LAYOUTS)
    ]
    choices += [(("mirror", "address", "layout"), "layout", row.layout, LAYOUTS) for row in mirror.address]
    choices += [(("mirror", "forges", host), "forge", kind, FORGES) for host, kind in mirror.forges.items()]
    for key, what, name, known in choices:
        if name not in known:
            raise ConfigError(f"{where(key)}: no {what} is called {name!r}{one_of(name, known)}")


def _login(table: LoginTable, where: Callable[[str], str]) -> None:
    """Raise ConfigError for a login that cannot be sent, or not safely."""
    _pattern(table.check, where("check"))
    if not table.url and not table.fields:
        return
    if not _API.fullmatch(table.url.partition("?")[0]):
        raise ConfigError(f"{where('url')}: not the URL of a page with a form: {logins.hidden(table.url)!r}")
    if not table.fields:
        raise ConfigError(f"{where('fields')}: name the fields of the form, and their values")
    if table.url.startswith("http:") and not table.allow_http:
        raise ConfigError(f"{where('url')}: http: would show the login to anyone on the way (allow_http)")


def _forge(row: ForgeTable, where: Callable[[str], str]) -> None:
    """Raise ConfigError for a forge that cannot be asked, or not safely; no token is shown."""
    if not VARIABLE.fullmatch(row.token):
        raise ConfigError(f"{where('token')}: name the variable of the environment that holds it: '${{NAME}}'")
    if not _HOST.fullmatch(row.host):
        raise ConfigError(f"{where('host')}: {row.host!r} is not a host; write it as in a URL: git.example.org")
    if row.api and not _API.fullmatch(row.api):
        raise ConfigError(f"{where('api')}: not the URL of an API; write it like https://git.example.org/api/v4")
    if row.api.startswith("http:") and not row.allow_http:
        raise ConfigError(f"{where('api')}: http: would show the token to anyone on the way (allow_http)")


def _pattern(text: str, where: str) -> None:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{where}: {text!r} is not a regular expression: {error}") from error


def _globs(patterns: Iterable[str], where: str) -> None:
    for pattern in patterns:
        try:
            globs.matcher([pattern])
        except ValueError as error:
            raise ConfigError(f"{where}: {pattern!r} is not a pattern of gitignore: {error}") from error


def _network(text: str, where: str) -> None:
    """Raise ConfigError if a text is neither a host nor a network."""
    import ipaddress

    if text and "/" not in text:
        return
    try:
        ipaddress.ip_network(text.strip("[]"))
    except ValueError as error:
        raise ConfigError(f"{where}: {text!r} is neither a host nor a network: {error}") from error


def usable_proxy(proxy: str, where: str) -> None:
    """Raise ConfigError, without showing the login, for a proxy that cannot be used; "" means no proxy."""
    if not proxy:
        return
    from importlib.util import find_spec
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(proxy)
        scheme, whole = parts.scheme, bool(parts.hostname) and parts.port != 0
    except ValueError:
        scheme, whole = "", False
    if scheme not in _PROXIES or not whole:
        raise ConfigError(
            f"{where}: not a proxy's URL; write SCHEME://HOST:PORT, with the scheme {' or '.join(sorted(_PROXIES))}"
        )
    if scheme in _SOCKS and find_spec("python_socks") is None:
        raise ConfigError(f"{where}: a SOCKS proxy needs an extra: pip install 'mirrorcheck[socks]'")


def variables(config: Config) -> Iterator[tuple[str, str]]:
    """(where a value goes, name) of each `${NAME}` that is replaced by a value of the environment."""
    for row in config.remote.host:
        for value in (*row.headers.values(), row.auth):
            for name in VARIABLE.findall(value):
                yield f"[[remote.host]] {row.host}", name
    for value in config.site.login.fields.values():
        for name in VARIABLE.findall(value):
            yield f"[site.login] {logins.hidden(config.site.login.url)}", name
    for forge in config.remote.forge:
        for name in VARIABLE.findall(forge.token):
            yield f"[[remote.forge]] {forge.api or forge.host}", name


def _rule(name: str, where: str) -> None:
    if name not in RULES and name not in FAMILIES:
        raise ConfigError(f"{where}: no rule or family is called {name!r}{nearest(name, (*RULES, *FAMILIES))}")


def _refuse_unknown(data: dict[str, Any], table: type[Any], above: tuple[str, ...], text: str, name: str) -> None:
    """Raise ConfigError for a key that a table, or one inside it, does not have."""
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(table)}
    for key, value in data.items():
        if key not in fields:
            place = f"[{'.'.join(above)}] " if above else ""
            raise ConfigError(
                f"{name}:{_line(text, (*above, key))}: {place}no key is called {key!r}{nearest(key, fields)}"
            )
        inner = fields[key]
        rows = [value]
        if getattr(inner, "__origin__", None) is tuple:
            inner, rows = inner.__args__[0], value if isinstance(value, list) else []
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            for row in rows:
                if isinstance(row, dict):
                    _refuse_unknown(row, inner, (*above, key), text, name)


def nearest(word: str, known: Any) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them."""
    import difflib

    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {str(close[0])!r}?" if close else f"; known: {', '.join(sorted(known))}"


def one_of(word: str, known: tuple[str, ...]) -> str:
    """The same for a few names, which are all listed in any case."""
    hint = nearest(word, known)
    return f"{hint} Known: {', '.join(known)}" if hint.endswith("?") else hint


def _line(text: str, keys: tuple[str, ...]) -> int:
    """The line on which a key stands, for messages: its table's header first, then the key below it."""
    table, current, header = ".".join(keys[:-1]), "", 1
    key = re.compile(rf"""\s*["']?{re.escape(keys[-1])}["']?\s*(?:=|\.)""")
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if match and "=" not in line.partition("[")[0]:
            current = match[1]
            if current in {table, ".".join(keys)}:
                header = number
                if current == ".".join(keys):
                    return number
        elif current == table and key.match(line):
            return number
    return header
