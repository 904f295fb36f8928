"""`config.toml` to frozen values. An unknown key is an error with its name, its line and the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from checker.model import ConfigError
from checker.rules import FAMILIES, RULES

HISTORY = Path(".mirrorcheck/history.sqlite")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class AddressTable(_Table, frozen=True):
    """`[[mirror.address]]`: a URL prefix and the folder that holds what is published there."""

    url: str
    folder: str
    layout: str = "auto"


class MirrorTable(_Table, frozen=True):
    """`[mirror]`: the folder, where it is published, where it came from."""

    root: str = "."
    published: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    layout: str = "auto"
    ref: str = ""
    forges: dict[str, str] = {}
    address: tuple[AddressTable, ...] = ()


class PagesTable(_Table, frozen=True):
    """`[pages]`: which files are read."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ("node_modules/**", ".venv/**")
    entry: tuple[str, ...] = ("index.*", "README.*", "404.html")
    max_bytes: int = 64_000_000


class ReferencesTable(_Table, frozen=True):
    """`[references]`: what on a page is a reference."""

    lazy: tuple[str, ...] = ("data-src", "data-srcset", "data-original")
    bare: bool = True
    slugs: Literal["auto", "github", "gitlab", "gitea"] = "auto"


class SiteTable(_Table, frozen=True):
    """`[site]`: how a live address is walked."""

    depth: int = -1
    max_pages: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sitemaps: bool = True


class HostTable(_Table, frozen=True):
    """`[[remote.host]]`: what holds for some hosts, or some paths of them, only."""

    host: str
    path: str = ""
    per_host: int | None = None
    interval: float | None = None
    timeout: float | None = None
    accept: tuple[int, ...] = ()
    ignore: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    auth: str = ""


class RedirectTable(_Table, frozen=True):
    """`[[remote.redirect]]`: redirects that are as they should be."""

    source: str = msgspec.field(name="from")
    to: str


class VantageTable(_Table, frozen=True):
    """`[[remote.vantage]]`: a proxy through which what fails from here is tried."""

    name: str
    proxy: str


class RemoteTable(_Table, frozen=True):
    """`[remote]`: how remote references are verified."""

    concurrency: int = 128
    per_host: int = 8
    interval: float = 0.05
    timeout: float = 20.0
    retries: int = 2
    second_pass: bool = True
    patience: float = 60.0
    max_redirects: int = 10
    max_body: int = 5_000_000
    accept: tuple[int, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_private: bool | tuple[str, ...] = False
    soft_404: bool = True
    robots: bool = False
    user_agent: str = ""
    proxy: str = "environment"
    verify_tls: bool = True
    ca_file: str = ""
    client_certificate: str = ""
    time_limit: float = 0.0
    redirect: tuple[RedirectTable, ...] = ()
    host: tuple[HostTable, ...] = ()
    vantage: tuple[VantageTable, ...] = ()


class AssetsTable(_Table, frozen=True):
    """`[assets]`: how what pages embed is looked at."""

    deep: bool = False
    manifest: str = "auto"
    git: Literal["embedded", "all", "off"] = "embedded"
    duplicates: bool = False


class PathRules(_Table, frozen=True):
    """`[[rules.path]]`: rules that do not count on some pages."""

    path: str
    ignore: tuple[str, ...]
    reason: str = ""


class RulesTable(_Table, frozen=True):
    """`[rules]`: which rules count."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: str = ""
    path: tuple[PathRules, ...] = ()


class ReportsTable(_Table, frozen=True):
    """`[reports]`: what is written, and what fails."""

    format: tuple[str, ...] = ("terminal",)
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    by: Literal["target", "page"] = "target"


class FreshTable(_Table, frozen=True):
    """`[history.fresh]`: for how long an answer is not asked for again."""

    ok: str = "0"
    redirected: str = "0"


class HistoryTable(_Table, frozen=True):
    """`[history]`: what is remembered from run to run."""

    file: str = HISTORY.as_posix()
    budget: int = 0
    confirm: str = "1"
    fresh: FreshTable = FreshTable()


class EngineTable(_Table, frozen=True):
    """`[engine]`: where the sweep runs."""

    jobs: int = 0


class Config(_Table, frozen=True):
    """All that can be configured, with its defaults."""

    mirror: MirrorTable = MirrorTable()
    pages: PagesTable = PagesTable()
    references: ReferencesTable = ReferencesTable()
    remote: RemoteTable = RemoteTable()
    site: SiteTable = SiteTable()
    assets: AssetsTable = AssetsTable()
    rules: RulesTable = RulesTable()
    reports: ReportsTable = ReportsTable()
    history: HistoryTable = HistoryTable()
    engine: EngineTable = EngineTable()


def read(path: Path) -> Config:
    """Read a configuration file. Raises ConfigError, which names the file, the line and what to write instead."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Config:
    """Like `read`, from a text; `name` stands in messages."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error
    _known(data, Config, (), text, name)
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        keys = tuple(re.sub(r"\[[^]]*\]", "", where.rstrip("`")).split("."))
        raise ConfigError(f"{name}:{_line(text, keys)}: {'.'.join(keys)}: {message}") from error
    check(config, lambda keys: f"{name}:{_line(text, keys)}")
    return config


def check(config: Config, where: Callable[[tuple[str, ...]], str]) -> None:
    """What types cannot say: names of rules, layouts and formats. `where(keys)` words the place in a message."""
    rules = config.rules
    for table, names in (("select", rules.select), ("ignore", rules.ignore)):
        for name in names:
            _rule(name, where(("rules", table)))
    for row in rules.path:
        for name in row.ignore:
            _rule(name, where(("rules", "path", "ignore")))
    from checker.mirror.forges import FORGES
    from checker.mirror.layouts import LAYOUTS

    mirror = config.mirror
    choices: list[tuple[tuple[str, ...], str, str, tuple[str, ...]]] = [
        (("mirror", "layout"), "layout", mirror.layout, ("auto", *LAYOUTS))
    ]
    choices += [(("mirror", "address", "layout"), "layout", row.layout, ("auto", *LAYOUTS)) for row in mirror.address]
    choices += [(("mirror", "forges", host), "forge", kind, tuple(FORGES)) for host, kind in mirror.forges.items()]
    for key, what, name, known in choices:
        if name not in known:
            raise ConfigError(f"{where(key)}: no {what} is called {name!r}{nearest(name, known)}")


def _rule(name: str, where: str) -> None:
    if name not in RULES and name not in FAMILIES:
        raise ConfigError(f"{where}: no rule or family is called {name!r}{nearest(name, (*RULES, *FAMILIES))}")


def selected(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a rule is named by itself or by its family."""
    return name in patterns or name.partition("/")[0] in patterns


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test of paths relative to the root: `*` and `?` stay inside a name, `**` crosses folders."""
    expressions = [_glob(pattern.strip("/")) for pattern in patterns]
    if not expressions:
        return lambda _path: False
    matches = re.compile("|".join(expressions), re.S).fullmatch
    return lambda path: matches(path) is not None


def _glob(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in parts)


def _known(data: dict[str, Any], table: type[Any], above: tuple[str, ...], text: str, name: str) -> None:
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
                    _known(row, inner, (*above, key), text, name)


def nearest(word: str, known: Any) -> str:
    import difflib

    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


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
