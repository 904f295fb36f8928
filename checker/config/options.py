"""The options of a run on the command line: one row for each, with the key of the configuration that it overrides."""

# Annotations are values here: `Option` is read from them.
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec

from checker.config.schema import Config, FailOn, ForgeTable, GroupBy, HostTable, Seconds, Status
from checker.model import ConfigError
from checker.web import durations


class About(StrEnum):
    """The subject of an option. A command takes all options of some subjects."""

    CONFIGURATION = "configuration"  # which one is used
    SOURCE = "source"  # what is checked
    FINDINGS = "findings"  # what is read and asked for, and which rules count
    REPORT = "report"  # where it goes, what it shows, what fails
    RUN = "run"  # how the work is done
    HISTORY = "history"
    COMPARISON = "comparison"  # with another state of the mirror


class _Reads(Protocol):
    def __call__(self, said: Any, where: str, /) -> Any: ...


def header_rows(said: Sequence[str], where: str) -> tuple[HostTable, ...]:
    """`HOST NAME: VALUE` as rows of `[[remote.host]]`. Raises ConfigError."""
    rows = []
    for text in said:
        host, _, field = text.strip().partition(" ")
        name, colon, value = field.partition(":")
        clear = host.startswith("http://")
        host = host.removeprefix("http://").removeprefix("https://").rstrip("/")
        if not (host and colon and name.strip()) or host.endswith(":"):
            raise ConfigError(f"{where}: write 'HOST NAME: VALUE', as in 'www.example.org Accept-Language: en'")
        rows.append(HostTable(host=host, headers={name.strip(): value.strip()}, allow_http=clear))
    return tuple(rows)


def forge_rows(said: Sequence[str], where: str) -> tuple[ForgeTable, ...]:
    """`HOST=NAME` as rows of `[[remote.forge]]`. Raises ConfigError."""
    rows = []
    for text in said:
        host, equals, name = text.strip().partition("=")
        if not (host and equals and re.fullmatch(r"\w+", name, re.ASCII)):
            raise ConfigError(f"{where}: write 'HOST=NAME', as in 'github.com=GITHUB_TOKEN': NAME, and not its value")
        rows.append(ForgeTable(host=host, token=f"${{{name}}}"))
    return tuple(rows)


class Option(msgspec.Struct, frozen=True):
    """How an option is written and explained, and what its value does. Its field's type says which values it takes."""

    flags: str  # "-q --quiet": the long one stands last, and in messages
    about: About
    help: str
    metavar: str | None = None
    over: tuple[str, str] | None = None  # (table, key) of the configuration that it overrides
    adds: bool = False  # whether it adds to the key's value instead of replacing it
    reads: _Reads | None = None  # from text to the key's value; raises ConfigError, which begins with `where`
    series: int = 0  # its place in the name of a series: only runs of one series are compared with each other
    envvar: str | None = None

    @property
    def name(self) -> str:
        """The option as messages name it."""
        return self.flags.split()[-1].partition("/")[0]


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a command line; one that was not given has its default. The order is that of `--help`."""

    config_file: Annotated[
        Path | None,
        Option(
            "--config",
            About.CONFIGURATION,
            "The configuration, which is trusted because you name it. Without this option, the working folder's is "
            "used: mirrorcheck.toml, .mirrorcheck.toml, [tool.mirrorcheck] of pyproject.toml, or config.toml.",
            metavar="FILE",
        ),
    ] = None
    trust_config: Annotated[
        bool,
        Option(
            "--trust-config",
            About.CONFIGURATION,
            "Trust the working folder's configuration like one named with --config (private addresses, proxies, TLS, "
            "the environment, files outside its folder).",
            envvar="MIRRORCHECK_TRUST_CONFIG",
        ),
    ] = False
    environment: Annotated[
        tuple[str, ...],
        Option(
            "--env",
            About.CONFIGURATION,
            "Let the working folder's configuration read NAME from the environment. Repeatable.",
            metavar="NAME",
        ),
    ] = ()
    files_from: Annotated[
        Path | None,
        Option(
            "--files-from",
            About.SOURCE,
            "Check the pages that a file names too, one a line (or with a NUL behind each); - is standard input.",
            metavar="FILE",
        ),
    ] = None
    offline: Annotated[
        bool,
        Option(
            "--offline",
            About.FINDINGS,
            "Do not use the network: remote references are reported as unchecked.",
            series=1,
        ),
    ] = False
    exclude: Annotated[
        tuple[str, ...],
        Option(
            "--exclude",
            About.FINDINGS,
            "Do not ask for remote URLs that match this pattern anywhere. Repeatable.",
            metavar="REGEX",
            over=("remote", "exclude"),
            adds=True,
            series=5,
        ),
    ] = ()
    accepted: Annotated[
        tuple[Status, ...],
        Option(
            "--accept",
            About.FINDINGS,
            "A status that is as good as 200. Repeatable.",
            metavar="STATUS",
            over=("remote", "accept"),
            adds=True,
            series=6,
        ),
    ] = ()
    header: Annotated[
        tuple[str, ...],
        Option(
            "--header",
            About.FINDINGS,
            "Send a header to a host (`*`: any characters), by https only unless it is http://HOST; ${NAME} stands for "
            "the environment. Repeatable.",
            metavar="'HOST NAME: VALUE'",
            over=("remote", "host"),
            adds=True,
            reads=header_rows,
        ),
    ] = ()
    cookies: Annotated[
        str,
        Option(
            "--cookies",
            About.FINDINGS,
            "Send the cookies of a file (Netscape's cookies.txt) to the hosts that they name.",
            metavar="FILE",
            over=("remote", "cookies"),
        ),
    ] = ""
    forge_token: Annotated[
        tuple[str, ...],
        Option(
            "--forge-token",
            About.FINDINGS,
            "Ask the API of a forge for what strangers do not see there, with the token that the environment has under "
            "this name: github.com=GITHUB_TOKEN. Repeatable.",
            metavar="HOST=NAME",
            over=("remote", "forge"),
            adds=True,
            reads=forge_rows,
        ),
    ] = ()
    interval: Annotated[
        Seconds | None,
        Option(
            "--interval",
            About.FINDINGS,
            "Seconds between the beginnings of two requests to one host.  [default: 0.05]",
            metavar="SECONDS",
            over=("remote", "interval"),
        ),
    ] = None
    time_limit: Annotated[
        str,
        Option(
            "--time-limit",
            About.FINDINGS,
            "Stop after this time (90, 90s, 10m, 1h); the rest is unchecked.",
            metavar="DURATION",
            over=("remote", "time_limit"),
            reads=durations.seconds,
        ),
    ] = ""
    archive: Annotated[
        bool,
        Option(
            "--archive",
            About.FINDINGS,
            "Suggest a copy at the Wayback Machine for what is gone; it is asked for each such URL.",
        ),
    ] = False
    deep: Annotated[
        bool,
        Option(
            "--deep",
            About.FINDINGS,
            "Decode pictures to the last row; remote assets are downloaded for this. Needs mirrorcheck[deep].",
            over=("assets", "deep"),
            series=2,
        ),
    ] = False
    published: Annotated[
        tuple[str, ...],
        Option(
            "--published",
            About.FINDINGS,
            "An address of the mirror. References resolve against the first one. Repeatable.",
            metavar="URL",
            over=("mirror", "published"),
        ),
    ] = ()
    select: Annotated[
        tuple[str, ...],
        Option(
            "--select",
            About.FINDINGS,
            "Report only this rule or family. Repeatable.",
            metavar="RULE",
            over=("rules", "select"),
            series=3,
        ),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        Option(
            "--ignore",
            About.FINDINGS,
            "Do not report this rule or family. Repeatable.",
            metavar="RULE",
            over=("rules", "ignore"),
            adds=True,
            series=4,
        ),
    ] = ()
    baseline: Annotated[
        str,
        Option(
            "--baseline",
            About.FINDINGS,
            "A file of known findings, which do not fail. `baseline write` writes it.",
            metavar="FILE",
            over=("rules", "baseline"),
        ),
    ] = ""
    fail_on: Annotated[
        FailOn | None,
        Option(
            "--fail-on",
            About.REPORT,
            "The lowest level that makes the exit code 1.  [default: error]",
            over=("reports", "fail_on"),
        ),
    ] = None
    formats: Annotated[
        tuple[str, ...],
        Option(
            "--format",
            About.REPORT,
            "Report format ({formats}), to a file or standard output. Repeatable.",
            metavar="NAME[=FILE]",
            over=("reports", "format"),
        ),
    ] = ()
    by: Annotated[
        GroupBy | None,
        Option(
            "--by",
            About.REPORT,
            "How the terminal report groups findings.  [default: target]",
            over=("reports", "by"),
        ),
    ] = None
    everything: Annotated[
        bool,
        Option(
            "--all",
            About.REPORT,
            "List every reference in the report, not only findings (json, jsonl).",
        ),
    ] = False
    jobs: Annotated[
        int | None,
        Option(
            "--jobs",
            About.RUN,
            "Worker processes; 0 means one for each processor.  [default: 0]",
            metavar="N",
            over=("engine", "jobs"),
        ),
    ] = None
    cluster: Annotated[
        str,
        Option(
            "--cluster",
            About.RUN,
            "Read pages and files, and ask for remote URLs, by the workers of a cluster of dask: the address of its "
            "scheduler, or its scheduler file; local:N for a try. Needs mirrorcheck[cluster].",
            metavar="ADDRESS",
            over=("engine", "cluster"),
        ),
    ] = ""
    quiet: Annotated[
        bool,
        Option("-q --quiet", About.RUN, "No progress, and no summary of a clean run."),
    ] = False
    verbose: Annotated[
        bool,
        Option("-v --verbose", About.REPORT, "Say more on standard error, and show every place."),
    ] = False
    history_file: Annotated[
        str | None,
        Option(
            "--history",
            About.HISTORY,
            "The history: a file, or a database that machines and mirrors share (postgresql://HOST/DATABASE). Without "
            "this option, .mirrorcheck/history.sqlite beside the configuration.",
            metavar="FILE",
        ),
    ] = None
    no_history: Annotated[
        bool,
        Option("--no-history", About.HISTORY, "Use no history: remember nothing, and compare with no earlier run."),
    ] = False
    resume: Annotated[
        bool,
        Option(
            "--resume/--no-resume",
            About.HISTORY,
            "Whether to continue a run of the last day that did not end.  [default: resume]",
        ),
    ] = True
    wait: Annotated[
        bool,
        Option("--wait", About.HISTORY, "Wait while another run writes to the history."),
    ] = False
    budget: Annotated[
        int | None,
        Option(
            "--budget",
            About.HISTORY,
            "Ask at most N remote targets: those that are new, fail, flap or were not asked for a long time.",
            metavar="N",
            over=("history", "budget"),
        ),
    ] = None
    confirm: Annotated[
        str,
        Option(
            "--confirm",
            About.HISTORY,
            "Call a target broken only after it failed in N runs in a row, or for days (3d); until then, suspect.",
            metavar="N",
            over=("history", "confirm"),
        ),
    ] = ""
    fail_on_new: Annotated[
        bool,
        Option("--fail-on-new", About.HISTORY, "Only new findings count for the exit code."),
    ] = False
    against: Annotated[
        Literal["live"] | None,
        Option(
            "--against",
            About.COMPARISON,
            "Also compare a folder with the live site at its first address: report what either of them lacks.",
        ),
    ] = None
    changed_since: Annotated[
        str,
        Option(
            "--changed-since",
            About.COMPARISON,
            "Report only what the changes since a git revision can have broken: the changed pages, and references to "
            "what was removed.",
            metavar="REV",
        ),
    ] = ""


class Row(msgspec.Struct, frozen=True):
    """An option, and the field of RunOptions that holds its value."""

    field: str
    type: object
    default: object
    option: Option


def _row(field: msgspec.structs.FieldInfo) -> Row:
    kind, option = field.type.__origin__, field.type.__metadata__[0]
    return Row(field.name, kind, field.default, option)


ROWS = {field.name: _row(field) for field in msgspec.structs.fields(RunOptions)}

_NAMES: dict[tuple[str, ...], str] = {row.option.over: row.option.name for row in ROWS.values() if row.option.over}


def name_of(key: tuple[str, ...]) -> str:
    """The option that overrides a key of the configuration, else the key."""
    return _NAMES.get(key, ".".join(key))


def laid_over(config: Config, options: RunOptions) -> Config:
    """The configuration, overridden by the command line. Raises ConfigError if a value cannot be read."""
    replace = msgspec.structs.replace
    for row in ROWS.values():
        option, value = row.option, getattr(options, row.field)
        if option.over is None or value == row.default:
            continue
        name, key = option.over
        table = getattr(config, name)
        if option.reads:
            value = option.reads(value, option.name)
        if option.adds:
            value = (*getattr(table, key), *value)
        config = replace(config, **{name: replace(table, **{key: value})})
    return config


def series_of(options: RunOptions) -> tuple[str, ...]:
    """The options in which runs of one series agree, as they were given."""
    given: list[str] = []
    for row in sorted(ROWS.values(), key=lambda row: row.option.series):
        option, value = row.option, getattr(options, row.field)
        if option.series:
            given += [option.name] if value is True else [f"{option.name} {each}" for each in sorted(value or ())]
    return tuple(given)
