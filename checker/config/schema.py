"""The tables of the configuration, with the types and defaults of their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

HISTORY = Path(".mirrorcheck/history.sqlite")


def is_server(history: str) -> bool:
    """Whether a history is in a database on a server, and not in a file."""
    return history.lower().startswith(("postgresql:", "postgres:"))


# The rows of mirror/layouts.py and mirror/forges.py; a test compares them.
LAYOUTS = (
    *("auto", "plain", "clean", "forge", "wiki", "cloudflare-pages", "netlify", "vercel-clean", "vercel", "render"),
    *("github-pages", "gitlab-pages", "wget", "saved", "httrack"),
)
FORGES = ("github", "gitlab", "gitea", "gitee", "bitbucket", "sourcehut", "azure", "gitweb")

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]  # a year: neither `inf` nor `nan`
Timeout = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Status = Annotated[int, msgspec.Meta(ge=100, le=599)]
FailOn = Literal["error", "warning", "note", "never"]
LevelName = Literal["error", "warning", "note"]
GroupBy = Literal["target", "page"]


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
    generator: str = "auto"
    ref: str = ""
    forges: dict[str, str] = {}
    address: tuple[AddressTable, ...] = ()


class PagesTable(_Table, frozen=True):
    """`[pages]`: which files are read, by patterns of gitignore."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ("node_modules/**", ".venv/**")
    gitignore: bool = True
    entry: tuple[str, ...] = ("/index.*", "/README.*", "/404.html")
    max_bytes: Positive = 64_000_000


class ReferencesTable(_Table, frozen=True):
    """`[references]`: what on a page is a reference."""

    lazy: tuple[str, ...] = ("data-src", "data-srcset", "data-original")
    bare: bool = True
    ignore: tuple[str, ...] = ()
    slugs: Literal["auto", "github", "gitlab", "gitea"] = "auto"


class LoginTable(_Table, frozen=True):
    """`[site.login]`: a form that is filled in before a walk."""

    url: str = ""
    check: str = ""
    allow_http: bool = False
    fields: dict[str, str] = {}


class SiteTable(_Table, frozen=True):
    """`[site]`: how a live address is crawled."""

    depth: Annotated[int, msgspec.Meta(ge=-1)] = -1
    max_pages: Count = 20_000
    max_bytes: Count = 10_000_000_000
    endless: Count = 500
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sitemaps: bool = True
    robots: bool = True
    login: LoginTable = LoginTable()


class HostTable(_Table, frozen=True):
    """`[[remote.host]]`: settings for some hosts, or for some of their paths."""

    host: str
    path: str = ""
    per_host: Positive | None = None
    interval: Seconds | None = None
    timeout: Timeout | None = None
    accept: tuple[Status, ...] = ()
    ignore: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    auth: str = ""
    allow_http: bool = False


class RedirectTable(_Table, frozen=True):
    """`[[remote.redirect]]`: redirects that are intended."""

    source: str = msgspec.field(name="from")
    to: str


class ForgeTable(_Table, frozen=True):
    """`[[remote.forge]]`: a forge whose API tells, with a token, what strangers do not see there."""

    host: str
    token: str
    forge: Literal["", "github", "gitlab", "gitea"] = ""
    api: str = ""
    allow_http: bool = False


class VantageTable(_Table, frozen=True):
    """`[[remote.vantage]]`: a proxy through which targets are tried that fail from here."""

    name: str
    proxy: str


class RemoteTable(_Table, frozen=True):
    """`[remote]`: how remote references are verified."""

    concurrency: Positive = 128
    per_host: Positive = 8
    interval: Seconds = 0.05
    timeout: Timeout = 20.0
    retries: Count = 2
    second_pass: bool = True
    patience: Seconds = 60.0
    max_redirects: Count = 20
    max_body: Positive = 5_000_000
    accept: tuple[Status, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_private: bool | tuple[str, ...] = False
    soft_404: bool = True
    robots: bool = False
    user_agent: str = ""
    proxy: str = "environment"
    verify_tls: bool = True
    ca_file: str = ""
    client_certificate: str = ""
    cookies: str = ""
    archive: str = "https://archive.org/wayback/available"
    time_limit: Seconds = 0.0
    redirect: tuple[RedirectTable, ...] = ()
    host: tuple[HostTable, ...] = ()
    forge: tuple[ForgeTable, ...] = ()
    vantage: tuple[VantageTable, ...] = ()


class AssetsTable(_Table, frozen=True):
    """`[assets]`: how the assets of pages are examined."""

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
    level: dict[str, LevelName] = {}
    baseline: str = ""
    path: tuple[PathRules, ...] = ()


class ReportsTable(_Table, frozen=True):
    """`[reports]`: what is written, and what fails."""

    format: tuple[str, ...] = ("terminal",)
    fail_on: FailOn = "error"
    by: GroupBy = "target"


class FreshTable(_Table, frozen=True):
    """`[history.fresh]`: how long an answer counts before the target is asked again."""

    ok: str = "0"
    redirected: str = "0"


class HistoryTable(_Table, frozen=True):
    """`[history]`: what is remembered from run to run."""

    file: str = HISTORY.as_posix()
    budget: Count = 0
    confirm: str = "1"
    fresh: FreshTable = FreshTable()


class EngineTable(_Table, frozen=True):
    """`[engine]`: where the sweep runs, and where remote URLs are asked for."""

    jobs: Count = 0
    cluster: str = ""


class Config(_Table, frozen=True):
    """The whole configuration."""

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
