"""The baseline: findings that are known and do not fail, in a text file that people review, date and merge."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from checker import disk, logins
from checker.config.file import nearest
from checker.config.schema import Config
from checker.judge.selection import Judge
from checker.model import PASSING, ConfigError, Finding, Level, Report, ReportError, Scope, State
from checker.rules import RULES, Needs
from checker.rules.codes import Code

FAMILY = "baseline"
_VERSION = 1
_HEAD = f"""\
# Findings of mirrorcheck that are known, and so do not fail a run. Each has a line under its page:
#   "rule reference" = count, or = {{ count = 2, owner = "…", reason = "…", expires = 2030-12-31 }}
# `mirrorcheck baseline write` updates this file. It keeps owner, reason and expires of entries that remain.
version = {_VERSION}
"""
# The form in which `render` writes lines. Other lines of TOML are read by tomllib, which is twenty times slower.
_PAGE = re.compile(r'\[page\."([^"\\]*)"\]')
_LINE = re.compile(r'"([^"\\ ]+)(?: ([^"\\]*))?" = ([1-9]\d*)')

Key = tuple[str, str, str]


class Entry(NamedTuple):
    """One line of the file: how many places of a page, on any line, are known to break a rule with a reference."""

    page: str
    rule: str
    reference: str  # or the target, if the finding has no reference; "" if that is the page itself
    places: int = 1
    owner: str = ""
    reason: str = ""
    expires: date | None = None  # the last day on which it holds
    line: int = 0

    @property
    def key(self) -> Key:
        return self.page, self.rule, self.reference


class Baseline(NamedTuple):
    """A baseline's file and its entries."""

    path: Path
    entries: tuple[Entry, ...] = ()


class Changes(NamedTuple):
    """How many entries a baseline has after it was written, and how many of them changed."""

    entries: int
    added: int
    removed: int
    expired: int


def read(path: Path) -> Baseline:
    """Read a baseline. Raises ConfigError, which names the file, the line and the expected form."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such baseline; `mirrorcheck baseline write` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    return Baseline(path, parse(text, str(path)))


def parse(text: str, name: str) -> tuple[Entry, ...]:
    """The entries of a text, which is TOML with one entry per line. `name` is the file's name in messages."""
    entries: dict[Key, Entry] = {}
    page: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip(" \t\r")
        if not stripped or stripped.startswith("#"):
            continue
        where = f"{name}:{number}"
        if match := _PAGE.fullmatch(stripped):
            page = match[1]
        elif match := _LINE.fullmatch(stripped):
            _add(entries, Entry(_opened(page, where), match[1], match[2] or "", int(match[3]), line=number), name)
        elif stripped.startswith("["):
            page = _page(_toml(stripped, where), where)
        else:
            ((key, value),) = _toml(stripped, where).items()
            if page is None and key == "version":
                _version(value, where)
            else:
                _add(entries, _entry(_opened(page, where), key, value, number, where), name)
    return tuple(entries.values())


def _toml(line: str, where: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError as error:
        reason = re.sub(r" \(at [^)]*\)$", "", str(error))
        raise ConfigError(f"{where}: not a line of a baseline: {reason}; write {_FORM}") from error


_FORM = '[page."PATH"], and below it "RULE REFERENCE" = COUNT'


def _page(data: dict[str, Any], where: str) -> str:
    match data:
        case {"page": dict() as pages} if len(data) == len(pages) == 1 and list(pages.values()) == [{}]:
            return str(*pages)
    raise ConfigError(f"{where}: not a page of a baseline; write {_FORM}")


def _version(value: object, where: str) -> None:
    if value != _VERSION:
        raise ConfigError(f"{where}: version {value!r} is not one that this mirrorcheck reads ({_VERSION})")


def _opened(page: str | None, where: str) -> str:
    if page is None:
        raise ConfigError(f"{where}: an entry before the first page; write {_FORM}")
    return page


def _entry(page: str, key: str, value: object, number: int, where: str) -> Entry:
    rule, _, reference = key.partition(" ")
    fields: dict[str, Any] = value if isinstance(value, dict) else {"count": value}
    stated: dict[str, Any] = {}
    for name, content in fields.items():
        match name, content:
            case "count", int() if content > 0 and content is not True:
                stated["places"] = content
            case "owner" | "reason", str():
                stated[name] = content
            case "expires", date() if not isinstance(content, datetime):
                stated[name] = content
            case "count" | "owner" | "reason" | "expires", _:
                kinds = {"count": "a number from 1", "expires": "a date, as 2030-12-31"}
                raise ConfigError(f"{where}: {name} is {kinds.get(name, 'a text in quotes')}, not {content!r}")
            case _:
                known = ("count", "owner", "reason", "expires")
                raise ConfigError(f"{where}: no key is called {name!r}{nearest(name, known)}")
    return Entry(page, rule, reference, line=number, **stated)


def _add(entries: dict[Key, Entry], entry: Entry, name: str) -> None:
    entry = entry._replace(reference=logins.hidden(entry.reference))
    where = f"{name}:{entry.line}"
    if entry.rule not in RULES:
        raise ConfigError(f"{where}: no rule is called {entry.rule!r}{nearest(entry.rule, RULES)}")
    if first := entries.get(entry.key):
        raise ConfigError(f"{where}: the same entry as on line {first.line}; make one of them, with their counts added")
    entries[entry.key] = entry


def render(entries: Iterable[Entry]) -> str:
    """The text of a baseline: sorted, one entry per line."""
    lines = [_HEAD]
    page = None
    for entry in sorted(entries, key=lambda entry: entry.key):
        if entry.page != page:
            page = entry.page
            lines.append(f"\n[page.{_quoted(page)}]\n")
        lines.append(f"{_quoted(_named(entry))} = {_value(entry)}\n")
    return "".join(lines)


def _named(entry: Entry) -> str:
    return f"{entry.rule} {entry.reference}" if entry.reference else entry.rule


def _value(entry: Entry) -> str:
    stated = [f"{name} = {_quoted(text)}" for name, text in (("owner", entry.owner), ("reason", entry.reason)) if text]
    stated += [f"expires = {entry.expires.isoformat()}"] if entry.expires else []
    if not stated:
        return str(entry.places)
    return "{ " + ", ".join([f"count = {entry.places}", *stated]) + " }"


def _quoted(text: str) -> str:
    """A string of TOML. Characters that a reviewer could not see are escaped."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def write(baseline: Baseline, report: Report, scope: Scope, config: Config) -> Changes:
    """Write the findings of a run. Entries that the run did not look for stay. Raises ReportError."""
    looked = _looked(report, scope, Judge(config), deep=config.assets.deep)
    before = {entry.key: entry for entry in baseline.entries}
    entries = {entry.key: entry for entry in baseline.entries if not looked(entry)}
    for key, count in _found(report).items():
        known = before.get(key, Entry(*key))
        entries[key] = known._replace(places=max(count, known.places) if key in entries else count)
    text = render(entries.values())
    try:
        with disk.whole(baseline.path, named=True) as file:
            file.write(text)
    except OSError as error:
        raise ReportError(f"{baseline.path}: cannot be written: {error.strerror}") from error
    today = _day(report)
    expired = sum(entry.expires is not None and entry.expires < today for entry in entries.values())
    return Changes(len(entries), len(entries.keys() - before), len(before.keys() - entries), expired)


def apply(baseline: Baseline, report: Report, scope: Scope, config: Config) -> Report:
    """The report with the baseline applied: findings in it are known, and entries that are out of date are findings.

    A finding in the baseline is known even if the history calls it new. Any other keeps the state that the history
    gives it, or else is new.
    """
    today = _day(report)
    left = Counter(
        {entry.key: entry.places for entry in baseline.entries if entry.expires is None or entry.expires >= today}
    )
    whose = {entry.key: entry.owner for entry in baseline.entries if entry.owner}
    findings, held, owners = [], set(), {}
    for finding in report.findings:
        key = _key(finding)
        if left[key] > 0:
            left[key] -= 1
            held.add(finding.fingerprint)
            if key in whose:
                owners[finding.fingerprint] = whose[key]
            findings.append(replace(finding, state=State.KNOWN))
        else:
            findings.append(replace(finding, state=finding.state or State.NEW))
    judging = Judge(config)
    looked = _looked(report, scope, judging, deep=config.assets.deep)
    place = _place(baseline.path, report.root)
    outdated = judging.page(place, _outdated(baseline, _found(report), place, looked, today))
    findings += (replace(finding, state=State.NEW) for finding in outdated)
    findings.sort(key=lambda finding: finding.order)
    levels = {level: sum(finding.level is level for finding in findings) for level in Level}
    totals = replace(report.totals, levels=levels)
    return replace(report, findings=tuple(findings), totals=totals, baselined=frozenset(held), owners=owners)


def _outdated(
    baseline: Baseline, found: Counter[Key], place: str, looked: Callable[[Entry], bool], today: date
) -> Iterator[Finding]:
    for entry in baseline.entries:
        count = found[entry.key]
        if count < entry.places and looked(entry):
            what = f"{count} of {entry.places} are left" if count else "nothing matches it any more"
            yield _of_entry(entry, Code.BASELINE_STALE, place, what)
        if count and entry.expires is not None and entry.expires < today:
            what = RULES[Code.BASELINE_EXPIRED].format_message(date=entry.expires.isoformat())
            yield _of_entry(entry, Code.BASELINE_EXPIRED, place, what)


def _of_entry(entry: Entry, rule: str, place: str, message: str) -> Finding:
    row = RULES[rule]
    owner = f" (owner: {entry.owner})" if entry.owner else ""
    return Finding(
        rule,
        row.level,
        place,
        entry.line,
        1,
        message + owner,
        reference=_named(entry),
        target=entry.page,
        verdict=row.verdict,
    )


def _found(report: Report) -> Counter[Key]:
    return Counter(_key(finding) for finding in report.findings if not finding.rule.startswith(f"{FAMILY}/"))


def _key(finding: Finding) -> Key:
    subject = finding.reference or ("" if finding.target == finding.page else finding.target)
    return _plain(finding.page), finding.rule, _plain(subject)


def _plain(text: str) -> str:
    """Text that TOML can hold: bytes that are not UTF-8 are escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def _looked(report: Report, scope: Scope, judging: Judge, *, deep: bool) -> Callable[[Entry], bool]:
    """Whether a run would have found what an entry holds."""
    asked = scope.online and not PASSING.intersection(report.totals.unchecked)
    failing = {_key(finding)[::2] for finding in report.findings if finding.rule.startswith("remote/")}

    def looked(entry: Entry) -> bool:
        family, needs = RULES[entry.rule].family, RULES[entry.rule].needs
        remote = family == "remote" or (family == "asset" and re.match(r"(?:https?:)?//", entry.reference, re.I))
        return (
            report.complete
            and (scope.only is None or (scope.only(entry.page) and Needs.WHOLE not in needs))
            # A reference that fails in another way now may also still fail in the way of the entry.
            and (not remote or (asked and entry.key[::2] not in failing))
            and (scope.compared or Needs.LIVE not in needs)
            and (deep or Needs.DECODING not in needs)
            and scope.live == (entry.page.startswith(("http://", "https://")) and Needs.LIVE not in needs)
            and judging.counts(entry.rule, entry.page)
        )

    return looked


def _place(path: Path, root: str) -> str:
    """The name of the baseline's file, relative to the root of the mirror as the names of pages are."""
    try:
        return Path(os.path.relpath(path, root)).as_posix() if root else path.as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _day(report: Report) -> date:
    return datetime.fromisoformat(report.started).date()
