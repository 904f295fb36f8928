"""The program's nouns, as frozen records that all modules share. Logins are hidden in every record that is shown."""

from __future__ import annotations

from copy import copy
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import force_setattr

from checker import logins


class Named(Struct, frozen=True):
    """What a run reads of a mirror: some pages, and those of some folders."""

    pages: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()  # with a `/` at the end; "" is the whole mirror
    listed: bool = False  # by a program: of what a whole run leaves out, they are left out too

    def __call__(self, name: str) -> bool:
        """Whether a page is one of these, or in one of these folders."""
        return name in self.pages or (bool(self.folders) and name.startswith(self.folders))


Only = Named | None  # which pages a run reads; None: all


class CheckerError(Exception):
    """The job could not be done: the message names the thing, what was wrong and what to do. Exit code 2."""


class ConfigError(CheckerError):
    """The configuration or the command line cannot be used."""


class SourceError(CheckerError):
    """The source of a check cannot be read, or has no page."""


class NoPageError(SourceError):
    """There is no page among what is to be checked."""


class ReportError(CheckerError):
    """A report could not be written."""


class NetworkError(CheckerError):
    """There is no network: no remote host could be reached."""


class ClusterError(CheckerError):
    """The cluster cannot be reached, or its workers cannot do the work."""


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
    ENDPOINT = "endpoint"
    CITE = "cite"
    SITEMAP = "sitemap"
    FEED = "feed"
    BARE = "bare"
    MAP = "map"  # an image's, by name
    UNDEFINED = "undefined"  # a link of Markdown that is none: without its definition, or with blanks in its address


class Level(StrEnum):
    """How bad a finding is; `--fail-on` names one of these."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Verdict(StrEnum):
    """The conclusion on a target."""

    OK = "ok"
    REDIRECTED = "redirected"
    BROKEN = "broken"
    SUSPECT = "suspect"
    UNCHECKED = "unchecked"


class TargetKind(StrEnum):
    """What a reference leads to."""

    FILE = "file"  # a file or folder of the mirror, or of a sibling
    SELF = "self"  # the page itself
    MISSING = "missing"  # a path of the mirror without a file
    ELSEWHERE = "elsewhere"  # a file on another ref, which git may have
    UNKNOWN = "unknown"  # a part of the mirror that this clone cannot look up
    REMOTE = "remote"  # a URL that can be asked for
    OTHER = "other"  # a scheme that is not fetched
    OUTSIDE = "outside"  # above the mirror's root
    INVALID = "invalid"  # not a URL
    LOCAL_PATH = "local-path"  # a file of one person's computer


class Unchecked(StrEnum):
    """Why a target has no verdict, for reasons that do not depend on the target. Reports count targets by this text."""

    OFFLINE = "offline"
    NO_NETWORK = "no network here"
    TIME_LIMIT = "time limit"
    INTERRUPTED = "interrupted"
    TEMPLATE = "a template fills in a part of it"
    GENERATOR = "only the site's generator can tell"
    SCRIPT = "for a script of its page (#/…, #!…, #a=b)"
    BESIDE_THE_SITE = "outside the site, whose host is not known"
    BUDGET = "not this run's turn (--budget)"
    EXCLUDED = "excluded by the configuration"
    IGNORED = "ignored by [references] ignore"
    DISALLOWED = "not allowed by robots.txt"
    UNREAD = "a fragment beyond what was read of its page ([remote] max_body, timeout; [pages] max_bytes)"
    WORKER_LOST = "the workers of the cluster that asked for it died"
    ENDS_LOGIN = "it would end the login"
    GIT_SILENT = "beside what git recorded, which it does not tell"
    OTHER_SCHEME = "not a web address (mailto:, data: …)"


class Bound(Struct, frozen=True):
    """Why a target has no verdict, if the reason is a limit of the configuration. The text names the limit."""

    text: str

    def __str__(self) -> str:
        return self.text


Reason = str | Bound  # why a target has no verdict: `Unchecked`, a limit, or a text about this target

# With these reasons, another run with the same configuration may have a verdict.
PASSING = frozenset(
    {Unchecked.NO_NETWORK, Unchecked.TIME_LIMIT, Unchecked.INTERRUPTED, Unchecked.BUDGET, Unchecked.WORKER_LOST}
)

FOUND = frozenset({TargetKind.FILE, TargetKind.SELF})
IN_MOUNT = frozenset({TargetKind.FILE, TargetKind.MISSING, TargetKind.ELSEWHERE})  # named by a path in their mount


class Doubt(StrEnum):
    """Why a reference needs another look after the sweep, and so where its answer comes from."""

    BROKEN = "broken"  # it breaks a rule by itself; there is no question
    NAME = "name"  # no file has the name: why?
    FRAGMENT = "fragment"  # does the file have the id?
    ASSET = "asset"  # the file that it embeds has a flaw: which?
    INTEGRITY = "integrity"  # does the file or remote resource have the hash that the page states?
    REMOTE = "remote"  # what did the server answer?
    THIRD_PARTY = "third-party"  # it embeds something from another host: what follows from that?


class Grade(StrEnum):
    """How far a suggestion can be trusted: `fix` takes over those that are certain."""

    CERTAIN = "certain"  # it names the very thing that was meant: another spelling, the same bytes
    LIKELY = "likely"  # it names what is most like it


class State(StrEnum):
    """What a finding is in comparison with earlier runs or a baseline."""

    NEW = "new"
    KNOWN = "known"
    FIXED = "fixed"
    FLAPPING = "flapping"
    UNCHECKED = "unchecked"  # an earlier run found it, and this run did not look for it


class Kind(StrEnum):
    """What a page is, and so which extractor reads it."""

    HTML = "html"
    MARKDOWN = "markdown"
    CSS = "css"
    SVG = "svg"
    FEED = "feed"
    SITEMAP = "sitemap"
    MANIFEST = "manifest"
    BOOK = "book"
    TEXT = "text"
    RST = "rst"
    ASCIIDOC = "asciidoc"
    NOTEBOOK = "notebook"


class Hop(Struct, frozen=True):
    """One redirect: the status that was answered and the URL it led to."""

    status: int
    url: str

    def __post_init__(self) -> None:
        _hide(self, "url")


class Finding(Struct, frozen=True):
    """A rule that is broken by a reference, or by a page as a whole; then `reference` is empty.

    `page` and a local `target` are relative to the mirror's root, `/`-separated and decoded.
    `line` and `column` count from 1, a column in Unicode code points. Both are 1 if a finding concerns a whole file.
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
    state: State | None = None  # None: there is neither a history nor a baseline
    written: str = ""  # the reference as it stands in the source, if that differs
    grade: Grade | None = None  # of the suggestion; None: there is none, or no reference to write it in

    def __post_init__(self) -> None:
        _hide(self, "target", "suggestion", "page", "message", "written", "reference", beside=self.reference)

    @property
    def shown(self) -> str:
        """The reference as reports show it; what a finding is known by is `reference`."""
        return self.written or self.reference

    def judged(self, level: Level, fingerprint: str) -> Finding:
        """The same finding, as it counts. Its logins are hidden."""
        counted = copy(self)  # to make it anew, and to hide them again, takes twice as long
        force_setattr(counted, "level", level)
        force_setattr(counted, "fingerprint", fingerprint)
        return counted

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The sort key of all reports."""
        return (self.page, self.line, self.column, self.rule, self.reference)


class Replacement(Struct, frozen=True):
    """A span of a page's text, and what to write instead. Lines and columns are those of a finding; the end is behind
    the last character.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Checked(Struct, frozen=True):
    """One reference of the whole list that `--all` reports."""

    page: str
    role: Role
    reference: str
    target: str
    verdict: Verdict
    written: str = ""  # as in a finding

    def __post_init__(self) -> None:
        _hide(self, "target", "page", "written", "reference", beside=self.reference)

    @property
    def shown(self) -> str:
        """The reference as reports show it."""
        return self.written or self.reference


class Totals(Struct, frozen=True):
    """Counts of a run. `references` counts places on pages. `local`, `remote`, `other`, `verdicts` and `unchecked`
    count targets, each once, no matter how many references lead to it. A file with a fragment is a target of its own.
    """

    pages: int = 0
    references: int = 0
    local: int = 0
    remote: int = 0
    other: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=dict)
    levels: dict[Level, int] = field(default_factory=dict)
    unchecked: dict[str, int] = field(default_factory=dict)  # reason -> targets
    suppressed: int = 0

    @property
    def health(self) -> float | None:
        """The share of the checked targets that are ok or redirected, 0 to 1; None if nothing was checked."""
        good = self.verdicts.get(Verdict.OK, 0) + self.verdicts.get(Verdict.REDIRECTED, 0)
        checked = good + self.verdicts.get(Verdict.BROKEN, 0) + self.verdicts.get(Verdict.SUSPECT, 0)
        return good / checked if checked else None


class Scope(Struct, frozen=True):
    """What a run looks at. It cannot tell whether anything else is gone."""

    only: Only = None
    online: bool = False
    live: bool = False
    compared: bool = False  # with the live site


class Section(Struct, frozen=True):
    """A folder at the top of the mirror ("" for the pages that are in no folder), and how complete it is."""

    name: str
    pages: int
    references: int
    wanted: int = 0  # assets that its pages embed, each counted once
    present: int = 0  # of these, the ones that are in the mirror (or on the live site) and have no flaw


def section_of(page: str, prefix: str = "") -> str:
    """The folder at the top of the mirror that a page is in; "" if it is in none. `prefix`: the start of the names of
    all pages, which is the address of a live site.
    """
    if prefix:
        if not page.startswith(prefix):
            return ""
        page = page.removeprefix(prefix).partition("?")[0]
    top, slash, _ = page.partition("/")
    return top if slash else ""


class Gap(Struct, frozen=True):
    """Why a rule was not looked for: `everywhere`, or only at some targets."""

    reason: str
    everywhere: bool = True


class RunFigures(Struct, frozen=True):
    """The figures of one run."""

    run: int
    started: str
    finished: str
    complete: bool
    totals: Totals
    new: int = 0  # findings with this state; the same for the other states below
    fixed: int = 0
    requests: int = 0
    latency: float | None = None  # seconds, the median of the remote targets that answered
    known: int = 0
    flapping: int = 0
    unchecked: int = 0

    @property
    def states(self) -> dict[State, int]:
        """Findings by state; empty for the first run of a series, whose findings have none."""
        states = {state: getattr(self, state) for state in State}
        return states if any(states.values()) or not any(self.totals.levels.values()) else {}


class Seen(Struct, frozen=True):
    """The conclusion of one run on a remote target."""

    run: int
    verdict: Verdict
    status: int | None = None
    latency: float | None = None  # seconds


class Past(Struct, frozen=True):
    """The history of a remote target; `seen` from old to new."""

    target: str
    first_broken: str | None  # ISO 8601; the first of the failures that last until now
    last_good: str | None
    failures: int  # in a row, until now
    seen: tuple[Seen, ...] = ()


class Host(Struct, frozen=True):
    """A host that the mirror refers to, with the verdicts on its targets."""

    name: str
    targets: int
    verdicts: dict[Verdict, int]
    latency: float | None = None  # seconds, the median
    since: str | None = None  # ISO 8601: since when none of its targets has been ok


class Health(Struct, frozen=True):
    """The part of a report that comes from the history."""

    runs: tuple[RunFigures, ...]  # from old to new; the last is the report's own
    hosts: tuple[Host, ...] = ()
    past: tuple[Past, ...] = ()  # of the remote targets that findings name
    fixed: tuple[Finding, ...] = ()  # findings of the run before that are gone
    since: str | None = None  # ISO 8601: the start of the run that this one is compared with
    unchecked: tuple[Finding, ...] = ()  # earlier findings that this run did not look for
    before: Totals | None = None  # of the run that this one is compared with
    stood: dict[str, str] = field(default_factory=dict)  # fingerprint -> ISO 8601, since when the finding stands


class Report(Struct, frozen=True):
    """The results of a run. Findings are sorted by `Finding.order`."""

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
    bounded: bool = False  # a limit kept the run from reading some pages, or from checking some targets
    forbidden: int = 0  # pages of a live site that robots.txt keeps from being read
    logged_out: str = ""  # the sign that a login was lost during a walk; "": there is none
    cut_off: str = ""  # why there was no network, so that each remote target is unchecked; "": there was one
    hint: str = ""  # what most errors have in common, and the setting for it
    sections: tuple[Section, ...] = ()
    gaps: dict[str, Gap] = field(default_factory=dict)  # rule -> why it was not looked for
    health: Health | None = None  # only with a history
    no_copies: str = ""  # why the archive named no copies of some URLs; "": it answered, or was not asked
    lines: str = ""  # a URL where readers see {line} of {page} on a forge, or {page} on the site; "": unknown
    baselined: frozenset[str] = frozenset()  # fingerprints of findings in the baseline: they do not fail the run
    owners: dict[str, str] = field(default_factory=dict)  # fingerprint -> whose it is by the baseline

    def __post_init__(self) -> None:
        _hide(self, "source")
        force_setattr(self, "addresses", tuple(map(logins.hidden, self.addresses)))

    def section_of(self, page: str) -> str:
        """The name of the section that a page is in."""
        return section_of(page, "" if self.root else "".join(self.addresses[:1]))


def _hide(record: Struct, *names: str, beside: str = "") -> None:
    """Hide the logins in these fields of a record, also where they repeat a login of the reference `beside` them.

    The same text can be a login on one page and part of a path on another; a target may contain it in both cases.
    """
    texts = [getattr(record, name) for name in names]
    if not logins.may_be_in("\0".join(filter(None, texts))):
        return
    known = logins.of(beside)
    for name, text in zip(names, texts, strict=True):
        if text and (shown := (logins.hidden_in if name == "message" else logins.hidden)(text, known)) != text:
            force_setattr(record, name, shown)
