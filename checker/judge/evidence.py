"""Findings made from facts and answers: the broken rule, the place, the evidence, and what to write instead."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, assert_never

from msgspec.structs import replace

from checker import logins
from checker.extract.written import without_escapes
from checker.judge import fingerprints
from checker.model import IN_MOUNT, Finding, Grade, Level, Role, TargetKind
from checker.roles import ABSOLUTE, ARCHIVED, ASSETS, EMBEDDED, SENT_TO
from checker.rules import RULES
from checker.rules.codes import Code
from checker.sweep.facts import Suspect
from checker.sweep.keys import third_party_key
from checker.verify.fixity.digests import Difference, DifferenceKind
from checker.verify.fragment import Answer
from checker.verify.local import Miss
from checker.web import prose, respell, urls

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw
    from checker.verify.fixity.manifest import ManifestError
    from checker.verify.known import Answer as RemoteAnswer


class Instead(NamedTuple):
    """What to write instead of a reference, from how it stands on the page, and how far that can be trusted."""

    write: Callable[[str], str | None]
    grade: Grade | None
    alone: Callable[[str], str | None] | None = None  # the same where only a URL can stand


def of_page(page: str, rule: str, message: str, target: str = "") -> Finding:
    """A finding on a page as a whole."""
    row = RULES[rule]
    return Finding(rule, row.level, page, 1, 1, message, target=target or page, verdict=row.verdict)


def of_difference(manifest: str, difference: Difference) -> Finding:
    """A finding on a difference from the manifest, at the file; at the manifest's line, if the file is missing."""
    name, line, now = difference.name, difference.line, difference.now
    match difference.kind:
        case DifferenceKind.UNREADABLE:
            return of_page(name, Code.LOCAL_UNREADABLE, now)
        case DifferenceKind.CHANGED:
            rule = Code.FIXITY_CHANGED
        case DifferenceKind.MISSING:
            rule = Code.FIXITY_MISSING
        case DifferenceKind.RENAMED:
            rule = Code.FIXITY_RENAMED
        case DifferenceKind.ADDED:
            rule = Code.FIXITY_ADDED
        case _:
            assert_never(difference.kind)
    message = RULES[rule].format_message(manifest=manifest, name=name, now=now)
    finding = of_page(manifest if line else name, rule, message, name)
    return replace(finding, line=line or 1, suggestion=now or None)


def of_manifest(error: ManifestError) -> Finding:
    """A finding on a manifest that cannot be read."""
    return replace(of_page(error.name, Code.FIXITY_INVALID_MANIFEST, error.message), line=error.line)


def of_reference(page: str, suspect: Suspect, published: Mapping[str, str], label: str = "") -> Iterator[Finding]:
    """Findings of a rule that a reference breaks by itself: `url/`, `mirror/leak`, `local/outside-mirror`.

    `published`: the URL of the mirror's own of a file, where it has one.
    """
    instead = _instead(suspect, published)
    return _findings(page, suspect, suspect.rule, _target(page, suspect, label), _message(suspect), instead)


def of_miss(page: str, suspect: Suspect, miss: Miss, label: str = "") -> Iterator[Finding]:
    """Findings of a reference whose file is missing."""
    instead = Instead(lambda raw: _of_file(suspect, raw, miss, label), miss.grade)
    return _findings(page, suspect, miss.rule, _target(page, suspect, label), miss.message, instead)


def _of_file(suspect: Suspect, raw: str, miss: Miss, label: str) -> str | None:
    """The reference to the file that was probably meant."""
    if miss.nearest is None:
        return f"https://{raw}" if miss.host and raw.startswith(miss.host) else None
    if miss.rule == Code.URL_DOUBLE_ENCODED:
        return respell.encoded_once(raw)
    if (path := raw.replace("\\", "/")) != raw and _leads_to(suspect, path, miss.nearest):
        return path
    before, mark, fragment = raw.partition("#")
    in_name = suspect.target.query or miss.nearest.startswith(f"{suspect.target.name}?")
    named = before.partition("?")[0] + mark + fragment if in_name else raw
    corrected = respell.with_path(named, suspect.target.name, miss.nearest)
    if corrected is not None:
        return corrected
    return label + miss.nearest if label else _relative(suspect, raw, miss.nearest)


def _leads_to(suspect: Suspect, raw: str, file: str) -> bool:
    """Whether a relative reference leads to a file."""
    path = urls.decode(raw.partition("#")[0].partition("?")[0])
    return suspect.base is not None and posixpath.normpath(posixpath.join(suspect.base, "..", path)) == file


def of_fragment(page: str, suspect: Suspect, answer: Answer, label: str = "") -> Iterator[Finding]:
    """Findings of a reference whose file lacks the fragment."""
    nearest = answer.nearest
    instead = None
    if nearest is not None:
        spell = respell.with_name if suspect.role is Role.MAP else respell.with_fragment
        instead = Instead(lambda raw: spell(raw, nearest), answer.grade)
    return _findings(page, suspect, answer.rule, _target(page, suspect, label), answer.message, instead)


_NOT_IMPLEMENTED = 501  # of the method: RFC 9110 section 15.6.2


def of_remote(page: str, suspect: Suspect, answer: RemoteAnswer, copy: str | None = None) -> Iterator[Finding]:
    """Findings of a reference to a remote URL: a failed request, a flaw of the asset, a missing fragment.

    `copy`: the URL of an archived copy.
    """
    # It is there, and takes something else than a GET that sends nothing: 405, 400, 411, 415, 422 …
    refused = answer.rule == Code.REMOTE_CLIENT_ERROR or answer.status == _NOT_IMPLEMENTED
    if refused and suspect.role in SENT_TO:
        return
    target = _target(page, suspect, "")
    instead = None
    if moved := answer.suggestion:
        instead = Instead(lambda raw: respell.with_url(raw, suspect.target.name, moved), Grade.CERTAIN)
    elif copy and suspect.role in ARCHIVED and answer.rule and RULES[answer.rule].archived:
        instead = Instead(lambda raw: respell.with_url(raw, suspect.target.name, copy), Grade.LIKELY)
    if answer.rule:
        for finding in _findings(page, suspect, answer.rule, target, answer.message, instead):
            yield replace(finding, status=answer.status, hops=answer.hops)
    if answer.flaw and suspect.role in ASSETS:
        for finding in _findings(page, suspect, answer.flaw.rule, target, answer.flaw.message, None):
            yield replace(finding, status=answer.status, hops=answer.hops)
    if suspect.fragment in answer.missing:
        rule = Code.REMOTE_MISSING_FRAGMENT
        for finding in _findings(page, suspect, rule, target, RULES[rule].format_message(), None):
            yield replace(finding, status=answer.status, hops=answer.hops)


def of_integrity(page: str, suspect: Suspect, message: str) -> Iterator[Finding]:
    """Findings of a reference whose `integrity` states another hash than the file has."""
    plain = suspect._replace(fragment="")
    return _findings(page, plain, Code.ASSET_INTEGRITY_MISMATCH, _target(page, plain, ""), message, None)


def of_third_party(page: str, suspect: Suspect, pages: int, secure: str | None = None) -> Iterator[Finding]:
    """Findings on the host that a resource comes from, once for all `pages`; 0: for this place alone.

    `secure`: its URL over https:, if that answers alike.
    """
    linked = suspect.rule == Code.MIRROR_UNMIRRORED and suspect.role not in EMBEDDED
    message = "leads to the origin; the mirror has no copy" if linked else _message(suspect)
    if pages > 1:
        message += f"; on {pages:,} pages"
    key = third_party_key(suspect.rule, suspect.role, suspect.target, blocked=suspect.blocked)
    fingerprint = fingerprints.of_host(suspect.rule, key) if pages else ""
    instead = None
    if secure and suspect.rule == Code.ASSET_MIXED_CONTENT:
        instead = Instead(lambda raw: _secured(suspect, raw, secure), Grade.CERTAIN)
    for finding in _findings(page, suspect, suspect.rule, _target(page, suspect, ""), message, instead):
        yield replace(finding, fingerprint=fingerprint, level=Level.NOTE if linked else finding.level)


def _secured(suspect: Suspect, raw: str, secure: str) -> str | None:
    """A reference over https:; None where the page's base says http:, and not the reference."""
    return respell.with_url(raw, suspect.target.name, secure) if urls.scheme(raw) == "http" else None


def of_asset(page: str, suspect: Suspect, flaw: Flaw) -> Iterator[Finding]:
    """Findings of a reference that embeds a file with a flaw."""
    return _findings(page, suspect, flaw.rule, _target(page, suspect, ""), flaw.message, None)


def _findings(
    page: str,
    suspect: Suspect,
    rule: str,
    target: str,
    message: str,
    instead: Instead | None,
) -> Iterator[Finding]:
    row = RULES[rule]
    if rule != Code.URL_SWALLOWED_PUNCTUATION and _swallows(suspect):
        instead = None  # or the text would be lost with what is wrong
    if suspect.field:
        message += f" (named by the header field {suspect.field})"
    for line, column, written, alone in suspect.spots:
        write = (instead.alone if alone else None) or instead.write if instead else None
        suggestion = write(without_escapes(written) or suspect.raw) if write else None
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
            grade=instead.grade if suggestion is not None and instead else None,
            written=written,
        )


def _target(page: str, suspect: Suspect, label: str) -> str:
    target = suspect.target
    name = page if target.kind is TargetKind.SELF else target.name
    if target.kind in IN_MOUNT:
        name = label + name
    return f"{name}#{suspect.fragment}" if suspect.fragment else name


def _message(suspect: Suspect) -> str:
    """The message of a rule that needs no more evidence than the reference."""
    if suspect.rule == Code.ASSET_CROSSORIGIN_MISSING:
        if suspect.target.kind is TargetKind.REMOTE and suspect.role is not Role.PRELOAD:
            return "from another origin with `integrity`: without `crossorigin`, browsers block it"
        return "preloaded without `crossorigin`: browsers do not use it, and fetch it again"
    return RULES[suspect.rule].format_message(**_fields(suspect))


def _fields(suspect: Suspect) -> dict[str, str]:
    """The fields that a message may use, which depend on the target."""
    target = suspect.target
    if target.kind is TargetKind.LOCAL_PATH:
        return {"what": "a file on one person's computer"}
    if suspect.rule == Code.LOCAL_OTHER_READER:
        here, there = _READERS if target.at_site else _READERS[::-1]
        return {"here": here, "there": there, "file": target.other}
    if target.kind is TargetKind.OTHER:
        alone = urls.is_of_one_browser(target.name, suspect.raw)
        what = "what only one browser had" if alone else "what no browser can embed"
        return {"scheme": target.name, "what": f"{what} ({target.name}:)"}
    if target.kind is not TargetKind.REMOTE:
        return {}
    host = urls.hostname(urls.authority(target.name))
    return {"host": host, "copy": target.leak, "fate": "block" if suspect.blocked else "upgrade"}


def noted(finding: Finding) -> Finding:
    """A finding of what no reader meets."""
    return replace(finding, level=Level.NOTE)


_READERS = "on the site", "on the forge"


def _instead(suspect: Suspect, published: Mapping[str, str]) -> Instead | None:
    """What to write instead, if the reference alone tells."""
    match suspect.rule:
        case Code.MIRROR_LEAK if suspect.target.at_site:
            return None  # the copy is a source, and has another place on the site
        case Code.MIRROR_LEAK if suspect.role is not Role.CANONICAL:  # which names the origin on purpose
            return _copy(suspect, published, Grade.CERTAIN)
        case Code.MIRROR_ARCHIVED:
            return _copy(suspect, published, Grade.LIKELY)
        case Code.URL_SWALLOWED_PUNCTUATION:
            return Instead(_ended, _grade_apart(suspect.raw))
        case Code.URL_REPAIRED_BY_BROWSERS:
            return Instead(lambda raw: urls.repaired(logins.hidden(raw)), Grade.CERTAIN)
        case _:
            return None


def _swallows(suspect: Suspect) -> bool:
    """Whether a URL in text took over some of the text, which is to be set apart first."""
    return suspect.role is Role.BARE and prose.end_of_url(suspect.raw) < len(suspect.raw)


def _grade_apart(raw: str) -> Grade | None:
    """The grade of a URL set apart from the text behind it. None if that text has a URL too: it would be a new one."""
    rest = raw[prose.end_of_url(raw) :]
    return None if "://" in rest or "www." in rest else Grade.CERTAIN


def _ended(raw: str) -> str:
    """A URL without what a reader knows to be no part of it."""
    shown = logins.hidden(raw)  # first of all: a login that is cut could not be recognised
    return prose.trim(shown[: prose.end_of_url(shown)])


def _copy(suspect: Suspect, published: Mapping[str, str], grade: Grade) -> Instead:
    """A reference to the mirror's own file instead of its original: a URL, where nothing else can stand."""
    file = suspect.target.leak
    url = published.get(file, "")

    def absolute(raw: str) -> str | None:
        _, mark, fragment = raw.partition("#")
        return f"{url if raw.isascii() else respell.readable(url)}{mark}{fragment}" if url else None

    def relative(raw: str) -> str | None:
        return _relative(suspect, raw, file)

    return Instead(absolute if suspect.role in ABSOLUTE else relative, grade, absolute)


def _relative(suspect: Suspect, raw: str, file: str) -> str | None:
    """A reference to a file of the mirror that keeps the query and the fragment."""
    if suspect.base is None:
        return None
    path = _path(posixpath.dirname(suspect.base) or ".", file)
    before, hash_, fragment = raw.partition("#")
    query = before.partition("?")[2]
    query = f"?{query}" if query and "://" not in before and not suspect.target.query else ""
    return f"{path}{query}{hash_}{fragment}"


@lru_cache(4096)  # many pages of a folder have the same fault
def _path(folder: str, file: str) -> str:
    """The relative reference to a file from a folder."""
    path = urls.encode_path(posixpath.relpath(file, folder))
    if file.endswith("/"):
        path += "/"
    return "./" + path if ":" in path.partition("/")[0] else path
