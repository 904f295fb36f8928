"""The nouns, as frozen records, which no login enters: what is shown is made of them. Every room knows these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from checker import logins

Only = Callable[[str], bool] | None  # which pages a run reads; None: all


class CheckerError(Exception):
    """The job could not be done: the message names the thing, what was wrong and what to do. Exit code 2."""


class ConfigError(CheckerError):
    """The configuration or the command line cannot be used."""


class SourceError(CheckerError):
    """What was to be checked cannot be read, or holds no page."""


class ReportError(CheckerError):
    """A report could not be written."""


class NetworkError(CheckerError):
    """Nothing outside could be reached, so that nothing was learnt of it."""


class Role(StrEnum):
    """What a reference is for on its page."""

    LINK = "link"
    IMAGE = "image"
    STYLESHEET = "stylesheet"
    SCRIPT = "script"
    MEDIA = "media"
    FRAME = "frame"
    OBJECT = "object"
    FONT = "font"
    ICON = "icon"
    META = "meta"
    CANONICAL = "canonical"
    ALTERNATE = "alternate"
    MANIFEST = "manifest"
    PRELOAD = "preload"
    FORM = "form"
    CITE = "cite"
    SITEMAP = "sitemap"
    FEED = "feed"
    BARE = "bare"


class Level(StrEnum):
    """How bad a finding is; `--fail-on` names one of these."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Verdict(StrEnum):
    """What was concluded on a target."""

    OK = "ok"
    REDIRECTED = "redirected"
    BROKEN = "broken"
    SUSPECT = "suspect"
    UNCHECKED = "unchecked"


class TargetKind(StrEnum):
    """What a reference leads to."""

    FILE = "file"  # a file or folder of the mirror, or of a sibling
    SELF = "self"  # the page itself
    MISSING = "missing"  # an address of the mirror at which it has nothing
    ELSEWHERE = "elsewhere"  # on another ref: git may know
    UNKNOWN = "unknown"  # part of the mirror of which the clone cannot tell
    REMOTE = "remote"  # a URL that can be asked for
    OTHER = "other"  # a scheme that is not fetched
    OUTSIDE = "outside"  # above the mirror's root
    INVALID = "invalid"  # no URL
    LOCAL_PATH = "local-path"  # a file of one person's computer


class Unchecked(StrEnum):
    """Why a target has no verdict, as far as that does not depend on the target. Reports count targets by this text."""

    OFFLINE = "offline"
    NO_NETWORK = "no network here"
    TIME_LIMIT = "time limit"
    INTERRUPTED = "interrupted"
    BUDGET = "not this run's turn (--budget)"
    EXCLUDED = "excluded by the configuration"
    DISALLOWED = "not allowed by robots.txt"
    GIT_SILENT = "beside what git recorded, which it does not tell"
    OTHER_SCHEME = "not a web address (mailto:, data: …)"


@dataclass(frozen=True, slots=True)
class Bound:
    """Why a target has no verdict, where that is a limit of the configuration, which the text names."""

    text: str

    def __str__(self) -> str:
        return self.text


Reason = str | Bound  # why a target has no verdict: `Unchecked`, a limit, or what depends on the target

# Another run with the same configuration may well have a verdict.
PASSING = frozenset({Unchecked.NO_NETWORK, Unchecked.TIME_LIMIT, Unchecked.INTERRUPTED, Unchecked.BUDGET})

FOUND = frozenset({TargetKind.FILE, TargetKind.SELF})
IN_MOUNT = frozenset({TargetKind.FILE, TargetKind.MISSING, TargetKind.ELSEWHERE})  # named by a path in their mount


class Doubt(StrEnum):
    """What is doubtful about a reference, and so where its answer comes from."""

    BROKEN = "broken"  # nothing: it breaks a rule by itself
    NAME = "name"  # why no file has the name
    FRAGMENT = "fragment"  # whether a file has the id
    ASSET = "asset"  # what is wrong with a file that it embeds
    INTEGRITY = "integrity"  # whether a file or a remote resource has the digest that the page states
    REMOTE = "remote"  # what asking for the URL brought
    THIRD_PARTY = "third-party"  # what follows from the host that it embeds from


class State(StrEnum):
    """What a finding is beside the runs before, or a baseline."""

    NEW = "new"
    KNOWN = "known"
    FIXED = "fixed"
    FLAPPING = "flapping"
    UNCHECKED = "unchecked"  # it stood before, and this run did not look whether it still does


class Kind(StrEnum):
    """What a page is, and so which extractor reads it."""

    HTML = "html"
    MARKDOWN = "markdown"
    CSS = "css"
    SVG = "svg"
    FEED = "feed"
    SITEMAP = "sitemap"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect: the status that was answered and the URL it led to."""

    status: int
    url: str

    def __post_init__(self) -> None:
        _hide(self, "url")


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken by a reference (or by a page as a whole: then `reference` is empty).

    `page` and a local `target` are relative to the mirror's root, `/`-separated and decoded.
    `line` and `column` count from 1; a column is a Unicode code point of its line. Both are 1 where a finding concerns
    a whole file.
    """

    rule: str
    level: Level
    page: str
    line: int
    column: int
    message: str
    role: Role | None = None
    reference: str = ""
    target: str = ""
    verdict: Verdict = Verdict.BROKEN
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    suggestion: str | None = None
    fingerprint: str = ""
    state: State | None = None  # None: there is nothing to compare with

    def __post_init__(self) -> None:
        _hide(self, "target", "suggestion", "page", "message", "reference", beside=self.reference)

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The sort key every report keeps to."""
        return (self.page, self.line, self.column, self.rule, self.reference)


@dataclass(frozen=True, slots=True)
class Checked:
    """One reference of the whole list that `--all` reports."""

    page: str
    role: Role
    reference: str
    target: str
    verdict: Verdict

    def __post_init__(self) -> None:
        _hide(self, "target", "page", "reference", beside=self.reference)


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of a run. `references` are places on pages; `local`, `remote`, `other`, `verdicts`, `unchecked` count
    targets, each once however many references lead to it (a file with a fragment is a target of its own).
    """

    pages: int = 0
    references: int = 0
    local: int = 0
    remote: int = 0
    other: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=dict)
    levels: dict[Level, int] = field(default_factory=dict)
    unchecked: dict[str, int] = field(default_factory=dict)  # reason -> targets, as loud as what broke
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run looks at; of all else, it cannot say that it is gone."""

    only: Only = None
    online: bool = False
    live: bool = False
    compared: bool = False  # with the live site


@dataclass(frozen=True, slots=True)
class Section:
    """A folder at the top of the mirror ("" for the pages beside them), and how whole it is."""

    name: str
    pages: int
    references: int
    wanted: int = 0  # assets that its pages embed, each once
    present: int = 0  # of these, the ones that are in the mirror (or on the live site) and what they claim to be


def section_of(page: str, prefix: str = "") -> str:
    """The folder at the top of the mirror that a page is in; "" for one that is beside them. `prefix`: how the names of
    pages begin; at a live site, with its address.
    """
    if prefix:
        if not page.startswith(prefix):
            return ""
        page = page.removeprefix(prefix).partition("?")[0]
    top, slash, _ = page.partition("/")
    return top if slash else ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a rule was not looked for: `everywhere`, or of some targets only."""

    reason: str
    everywhere: bool = True


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run of the past, in figures."""

    run: int
    started: str
    finished: str
    complete: bool
    totals: Totals
    new: int = 0  # findings, by their state
    fixed: int = 0
    requests: int = 0
    latency: float | None = None  # seconds, the median of the remote targets that answered
    known: int = 0
    flapping: int = 0
    unchecked: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run concluded on a remote target."""

    run: int
    verdict: Verdict
    status: int | None = None
    latency: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Past:
    """The history of a remote target; `seen` from old to new."""

    target: str
    first_broken: str | None  # ISO 8601; of the failures that last until now
    last_good: str | None
    failures: int  # in a row, until now
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of a host that the mirror refers to."""

    name: str
    targets: int
    verdicts: dict[Verdict, int]
    latency: float | None = None  # seconds, the median
    since: str | None = None  # ISO 8601: since when nothing of it answers well


@dataclass(frozen=True, slots=True)
class Health:
    """What the history adds to a report."""

    runs: tuple[RunFigures, ...]  # from old to new; the last is the report's own
    hosts: tuple[Host, ...] = ()
    past: tuple[Past, ...] = ()  # of the remote targets that findings name
    fixed: tuple[Finding, ...] = ()  # findings of the run before that are gone
    since: str | None = None  # ISO 8601: when the run began that this one is compared with
    unchecked: tuple[Finding, ...] = ()  # findings from before, of which this run cannot say whether they are gone
    before: Totals | None = None  # of the run that this one is compared with


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run learnt; findings are sorted by `Finding.order`."""

    version: str
    started: str  # ISO 8601, UTC, whole seconds
    finished: str
    source: str  # as named by the user
    root: str  # absolute folder of the mirror, for links in a terminal
    addresses: tuple[str, ...]
    totals: Totals
    findings: tuple[Finding, ...]
    references: tuple[Checked, ...] | None = None  # only with --all
    complete: bool = True
    bounded: bool = False  # a limit kept the run from pages, or from what they refer to
    cut_off: str = ""  # why there was no network: no remote target was reached, and each is unchecked; "": there was
    sections: tuple[Section, ...] = ()
    gaps: dict[str, Gap] = field(default_factory=dict)  # rule -> why it was not looked for
    health: Health | None = None  # only with a history
    baselined: frozenset[str] = frozenset()  # fingerprints of findings that a baseline holds: they do not fail

    def __post_init__(self) -> None:
        _hide(self, "source")
        object.__setattr__(self, "addresses", tuple(map(logins.hidden, self.addresses)))

    def section_of(self, page: str) -> str:
        """The name of the section that a page is in."""
        return section_of(page, "" if self.root else "".join(self.addresses[:1]))


def _hide(record: object, *names: str, beside: str = "") -> None:
    """Hide the logins in these fields of a record, and wherever they repeat those of a reference `beside` them: what a
    browser takes for a path on one page and for a login on another is in the target of both.
    """
    known = logins.of(beside)
    for name in names:
        text = getattr(record, name)
        if text and (shown := (logins.hidden_in if name == "message" else logins.hidden)(text, known)) != text:
            object.__setattr__(record, name, shown)
