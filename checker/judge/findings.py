"""Facts and answers to findings: which rule is broken, where, on what evidence, and what to write instead."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING

from checker import logins
from checker.config.schema import Config
from checker.extract.suppress import Suppression
from checker.model import IN_MOUNT, Finding, Role, TargetKind
from checker.roles import ASSETS, BLOCKED
from checker.rules import FAMILIES, RULES, selected
from checker.rules.codes import Code
from checker.sweep.classify import FULL_WIDTH
from checker.sweep.facts import Suspect
from checker.sweep.keys import third_party_key
from checker.verify.fragment import Answer
from checker.verify.local import Miss
from checker.web import urls
from checker.web.globs import matcher

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw
    from checker.verify.fixity.digests import Difference
    from checker.verify.fixity.manifest import ManifestError
    from checker.verify.remote import Answer as RemoteAnswer


class Judge:
    """Turns what is suspect into findings, and lets the configuration and the pages' suppressions have their say."""

    def __init__(self, config: Config, silenced: Callable[[Finding], object] | None = None) -> None:
        """`silenced` is told of each finding that does not count."""
        rules = config.rules
        self._silenced = silenced
        self._counts = {
            name: (not rules.select or selected(name, rules.select)) and not selected(name, rules.ignore)
            for name in RULES
        }
        self._paths: list[tuple[Callable[[str], bool], tuple[str, ...]]] = [
            (matcher((row.path,)), row.ignore) for row in rules.path
        ]
        self.suppressed = 0

    def wants(self, *names: str) -> bool:
        """Whether any of these rules and families counts."""
        return any(counts for name, counts in self._counts.items() if selected(name, names))

    def page(
        self, page: str, findings: Iterable[Finding], suppressions: tuple[Suppression, ...] = ()
    ) -> Iterator[Finding]:
        """The findings of one page that count, each with its fingerprint, and what its suppressions are guilty of."""
        silencing: dict[
            tuple[int, str], list[Suppression]
        ] = {}  # by the line, 0 for all, and a name of a rule or family
        for one in suppressions:
            for name in one.rules:
                silencing.setdefault((one.line, name), []).append(one)
        spoken: set[tuple[int, str]] = set()  # those that silenced something
        occurrences: Counter[tuple[str, str]] = Counter()
        for finding in sorted(findings, key=lambda finding: finding.order):
            names = finding.rule, finding.rule.partition("/")[0]
            spoke = [key for key in product((0, finding.line), names) if key in silencing] if silencing else ()
            spoken.update(spoke)
            if spoke:
                self.suppressed += 1
            elif self.counts(finding.rule, finding.page):
                occurrence = occurrences[finding.rule, finding.reference]
                occurrences[finding.rule, finding.reference] += 1
                yield replace(finding, fingerprint=finding.fingerprint or _fingerprint(finding, occurrence))
                continue
            if self._silenced is not None:
                self._silenced(finding)
        used = {one for key in spoken for one in silencing[key]}
        for finding in _unused(page, suppressions, used):
            if self.counts(finding.rule, page):
                occurrence = occurrences[finding.rule, finding.reference]
                occurrences[finding.rule, finding.reference] += 1
                yield replace(finding, fingerprint=_fingerprint(finding, occurrence))

    def counts(self, rule: str, page: str) -> bool:
        """Whether a rule counts on a page."""
        if not self._paths:
            return self._counts[rule]
        return self._counts[rule] and not any(selected(rule, rules) and on_path(page) for on_path, rules in self._paths)


def of_page(page: str, rule: str, message: str, target: str = "") -> Finding:
    """A finding on a page as a whole."""
    row = RULES[rule]
    return Finding(rule, row.level, page, 1, 1, message, target=target or page, verdict=row.verdict)


def of_difference(manifest: str, difference: Difference) -> Finding:
    """A finding on how the folder differs from its manifest, on the file, or on the line of one that is not there."""
    name, line, now = difference.name, difference.line, difference.now
    if difference.fault == "unreadable":
        return of_page(name, Code.LOCAL_UNREADABLE, now)
    message = {
        "changed": f"does not hold what {manifest} records",
        "missing": f"{name} is not in the folder",
        "renamed": f"what {name} held is now in {now}",
        "added": f"{manifest} does not list it",
    }[difference.fault]
    finding = of_page(manifest if line else name, Code(f"fixity/{difference.fault}"), message, name)
    return replace(finding, line=line or 1, suggestion=now or None)


def of_manifest(error: ManifestError) -> Finding:
    """A finding on a manifest that cannot be read."""
    return replace(of_page(error.name, Code.FIXITY_INVALID_MANIFEST, error.message), line=error.line)


def of_reference(page: str, suspect: Suspect, label: str = "") -> Iterator[Finding]:
    """Findings of a rule that a reference breaks by itself: `url/`, `mirror/leak`, `local/outside-mirror`."""
    message, suggestion = _words(suspect)
    return _findings(page, suspect, suspect.rule, _target(page, suspect, label), message, suggestion)


def of_miss(page: str, suspect: Suspect, miss: Miss, label: str = "") -> Iterator[Finding]:
    """Findings of a reference whose file is not there."""
    suggestion = None
    if miss.nearest is not None:
        suggestion = label + miss.nearest if label else _relative(suspect, miss.nearest)
    return _findings(page, suspect, miss.rule, _target(page, suspect, label), miss.message, suggestion)


def of_fragment(page: str, suspect: Suspect, answer: Answer, label: str = "") -> Iterator[Finding]:
    """Findings of a reference whose file is there without the fragment."""
    suggestion = None
    if answer.nearest is not None:
        suggestion = f"{suspect.raw.partition('#')[0]}#{urls.encode_fragment(answer.nearest)}"
    return _findings(page, suspect, answer.rule, _target(page, suspect, label), answer.message, suggestion)


def of_remote(page: str, suspect: Suspect, answer: RemoteAnswer) -> Iterator[Finding]:
    """Findings of a reference to a remote URL: what asking for it brought, its flaw as an asset, a missing fragment."""
    target = _target(page, suspect, "")
    suggestion = answer.suggestion
    if suggestion is not None:
        _, mark, fragment = suspect.raw.partition("#")
        suggestion += mark + fragment
    if answer.rule:
        for finding in _findings(page, suspect, answer.rule, target, answer.message, suggestion):
            yield replace(finding, status=answer.status, hops=answer.hops)
    if answer.flaw and suspect.role in ASSETS:
        for finding in _findings(page, suspect, answer.flaw.rule, target, answer.flaw.message, None):
            yield replace(finding, status=answer.status, hops=answer.hops)
    if suspect.fragment in answer.missing:
        for finding in _findings(page, suspect, Code.REMOTE_MISSING_FRAGMENT, target, "no element has this id", None):
            yield replace(finding, status=answer.status, hops=answer.hops)


def of_integrity(page: str, suspect: Suspect, message: str) -> Iterator[Finding]:
    """Findings of a reference whose `integrity` asks for another file."""
    plain = suspect._replace(fragment="")
    return _findings(page, plain, Code.ASSET_INTEGRITY_MISMATCH, _target(page, plain, ""), message, None)


def of_third_party(page: str, suspect: Suspect, pages: int) -> Iterator[Finding]:
    """Findings of where a thing comes from, said once for all `pages`; its name is not that of the page, which is but
    the first. 0 pages: said of this place alone.
    """
    message, _ = _words(suspect)
    if pages > 1:
        message += f"; on {pages:,} pages"
    whose = third_party_key(suspect.rule, suspect.role, suspect.target)
    fingerprint = _digest(f"{suspect.rule}\0{whose}") if pages else ""
    for finding in _findings(page, suspect, suspect.rule, _target(page, suspect, ""), message, None):
        yield replace(finding, fingerprint=fingerprint)


def of_asset(page: str, suspect: Suspect, flaw: Flaw) -> Iterator[Finding]:
    """Findings of a reference that embeds a file which is not what it claims to be."""
    return _findings(page, suspect, flaw.rule, _target(page, suspect, ""), flaw.message, None)


def _findings(
    page: str, suspect: Suspect, rule: str, target: str, message: str, suggestion: str | None
) -> Iterator[Finding]:
    row = RULES[rule]
    for line, column in suspect.spots:
        yield Finding(
            rule,
            row.level,
            page,
            line,
            column,
            message,
            Role(suspect.role),
            suspect.raw,
            target,
            row.verdict,
            suggestion=suggestion,
        )


def _target(page: str, suspect: Suspect, label: str) -> str:
    target = suspect.target
    name = page if target.kind is TargetKind.SELF else target.name
    if target.kind in IN_MOUNT:
        name = label + name
    return f"{name}#{suspect.fragment}" if suspect.fragment else name


def _words(suspect: Suspect) -> tuple[str, str | None]:
    """Message and suggestion of the rules that need no look at the disk."""
    raw, rule = logins.hidden(suspect.raw), suspect.rule  # before it is cut
    match rule:
        case Code.MIRROR_LEAK:
            return f"the mirror has a copy: {suspect.target.leak}", _relative(suspect, suspect.target.leak)
        case Code.URL_SWALLOWED_PUNCTUATION:
            cut = FULL_WIDTH.search(raw)
            url = raw[: cut.start()] if cut else raw
            return "the forge takes all of it for the URL", url
        case Code.URL_REPAIRED_BY_BROWSERS:
            return "browsers read it as the suggestion", urls.repaired(raw)
        case Code.URL_UNKNOWN_SCHEME:
            return f"no scheme of the web is called {suspect.target.name!r}", None
        case Code.URL_EMPTY:
            return "the attribute is empty", None
        case Code.LOCAL_OUTSIDE_MIRROR:
            return "climbs above the root of the mirror", None
        case Code.ASSET_HOT_LINK:
            return f"embedded from {urls.hostname(urls.authority(suspect.target.name))}", None
        case Code.ASSET_TRACKER:
            return f"tells {urls.hostname(urls.authority(suspect.target.name))} who reads the page", None
        case Code.MIRROR_UNMIRRORED:
            return "embedded from the origin, of which the mirror has no copy of this", None
        case Code.ASSET_MIXED_CONTENT:
            treated = "block" if suspect.role in BLOCKED else "upgrade"
            return f"over http: on a page over https:, where browsers {treated} it", None
        case Code.ASSET_CROSSORIGIN_MISSING:
            if suspect.target.kind is TargetKind.REMOTE and suspect.role is not Role.PRELOAD:
                return "of another origin and with `integrity`, which without `crossorigin` browsers block", None
            return "what is fetched ahead without `crossorigin` is not used, and fetched again", None
        case Code.URL_LOCAL_PATH:
            return "names a file of one computer", None
        case _:
            return "cannot be parsed as a URL", None


def _relative(suspect: Suspect, file: str) -> str | None:
    """The reference to write for a file of the mirror, with what followed the path before."""
    if suspect.base is None:
        return None
    path = urls.encode_path(posixpath.relpath(file, posixpath.dirname(suspect.base) or "."))
    if file.endswith("/"):
        path += "/"
    if ":" in path.partition("/")[0]:
        path = "./" + path
    before, hash_, fragment = suspect.raw.partition("#")
    query = "" if "://" in before or suspect.target.query else "".join(before.partition("?")[1:])
    return f"{path}{query}{hash_}{fragment}"


def _unused(page: str, suppressions: tuple[Suppression, ...], used: set[Suppression]) -> Iterator[Finding]:
    for one in suppressions:
        line, column = one.at
        unknown = [name for name in one.rules if name not in RULES and name not in FAMILIES]
        if unknown or not one.rules:
            rule, message = (
                Code.SUPPRESSION_UNKNOWN_RULE,
                f"no rule is called {unknown[0]!r}" if unknown else "names no rule",
            )
        elif one not in used:
            rule, message = Code.SUPPRESSION_UNUSED, f"{', '.join(one.rules)}: nothing to silence"
        else:
            continue
        row = RULES[rule]
        yield Finding(rule, row.level, page, line, column, message, target=page, verdict=row.verdict)


def _fingerprint(finding: Finding, occurrence: int) -> str:
    """Stable when lines move: the rule, the page, the reference and which of its places it is."""
    text = f"{finding.rule}\0{finding.page}\0{finding.reference or finding.target}\0{occurrence}"
    return _digest(text)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
