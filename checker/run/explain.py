"""Explains step by step how a reference is found, resolved, mapped and judged, for a person who doubts a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from checker import logins
from checker.config.schema import Config
from checker.extract import charset, locate
from checker.kinds import KINDS
from checker.mirror.opening import Opened, open_mirror
from checker.mirror.resolve import Resolver
from checker.mirror.target import Target
from checker.model import FOUND, Finding, Named, Role, SourceError, TargetKind
from checker.run.check import findings_of_page
from checker.run.prepare import context_of
from checker.sources.address import Root
from checker.sources.named import name_in
from checker.sweep import classify, indicated
from checker.sweep import page as pages
from checker.web import urls


def explain(config: Config, root: Root, path: Root, reference: str | None) -> Iterator[str]:
    """Lines that explain one reference of a page; all references, if `reference` is None.

    Raises SourceError if the page has no such reference, or is not a page.
    """
    page = name_in(root, path)
    if page is None:
        raise SourceError(f"{path}: not inside the mirror {root}")
    opened = open_mirror(config, root, only=Named(frozenset({page})))
    try:
        yield from _explained(config, opened, page, path, reference)
    finally:
        opened.rest()


def _explained(config: Config, opened: Opened, page: str, path: Root, reference: str | None) -> Iterator[str]:
    context, _ = context_of(config, opened, Named(frozenset({page})))
    read = pages.read(context, page)
    if read is None:
        raise SourceError(f"{path}: not a page, or it cannot be read")
    pairs = sorted((role, raw) for role, raws in read.found.references.items() for raw in raws)
    places = read.spots(pairs)
    chosen = [pair for pair in pairs if reference is None or reference in _spellings(pair[1], places[pair])]
    if not chosen:
        raise SourceError(
            f"{path}: no reference {logins.hidden(reference or '')!r}; without one, all {len(pairs)} are explained"
        )
    resolver = classify.resolver_of(context)
    resolver.open(page, read.found.base, charset.codec(read.encoding), read.found.html)
    yield f"page       {page} ({read.kind}, {read.encoding})"
    stated = "" if read.found.base is None else f"  from <base href={logins.hidden(read.found.base)!r}>"
    yield f"base       {logins.hidden(resolver.base)}{stated}"
    counting, silenced = findings_of_page(config, opened, page)
    for role, raw in chosen:
        yield ""
        known = logins.of(raw)
        elements = _within(read, places[role, raw][0]) if reference else ""
        steps = _steps(resolver, role, raw, places[role, raw], elements)
        yield from (logins.hidden_in(line, known) for line in steps)
        found = _about(counting, role, raw)
        for finding in found:
            yield f"  {finding.level:<8} {finding.rule} at {finding.line}:{finding.column}: {finding.message}"
            if finding.suggestion is not None:
                yield f"  instead  {finding.suggestion}"
        if not found:
            fine = _fine(resolver.target(urls.before_fragment(raw), role))
            yield f"  verdict  {'silenced' if _about(silenced, role, raw) else fine}"


def _about(findings: Iterable[Finding], role: Role, raw: str) -> list[Finding]:
    shown = logins.hidden(raw)
    return [finding for finding in findings if finding.reference == shown and finding.role == role]


def _spellings(raw: str, places: locate.Spots) -> set[str]:
    """All that a person may call a reference."""
    known = logins.of(raw)
    return {raw, logins.hidden(raw), *(logins.hidden(place.written, known) for place in places if place.written)}


def _within(page: pages.Page, place: locate.Spot) -> str:
    """The elements around a place (line, column) of a page; "" if the page has no elements."""
    if not KINDS[page.kind].has_elements:
        return ""
    from checker.extract.within import within

    start = 0
    for _ in range(place.line - 1):
        start = page.text.index("\n", start) + 1
    return within(page.text, start + place.column - 1)


def _steps(resolver: Resolver, role: Role, raw: str, places: locate.Spots, elements: str) -> Iterator[str]:
    written = dict.fromkeys(place.written or raw for place in places)  # in order
    known = logins.of(raw)
    yield f"reference  {', '.join(repr(logins.hidden(one, known)) for one in written)} ({role})"
    yield f"  found    at {', '.join(f'{place.line}:{place.column}' for place in places)}"
    if list(written) != [raw]:
        yield f"  rendered {logins.hidden(raw)!r}"
    if elements:
        yield f"  within   {elements}"
    before, _, fragment = raw.partition("#")
    try:
        url = resolver.url(raw)
    except urls.InvalidURL:
        yield "  joined   no browser can parse it"
        return
    yield f"  joined   {logins.hidden(url)}"
    target = resolver.target(before, role)
    yield f"  mapped   {_mapped(target)}"
    if fragment:
        yield f"  fragment {indicated.wanted(fragment) or 'the top of the page, or text: needs no id'}"


def _mapped(target: Target) -> str:
    match target.kind:
        case TargetKind.SELF:
            return "the page itself"
        case TargetKind.FILE:
            return f"file {target.name}" if target.number >= 0 else f"folder {target.name or '.'}/"
        case TargetKind.MISSING:
            return f"an address of the mirror: {target.name}, which no rule of the layout finds"
        case TargetKind.ELSEWHERE:
            return f"{target.name} on another ref: {target.why}"
        case TargetKind.UNKNOWN:
            return f"{target.name}: {target.why}"
        case TargetKind.REMOTE:
            return "no address of the mirror: remote" + (
                f"; the mirror has a copy: {target.leak}" if target.leak else ""
            )
        case TargetKind.OTHER:
            return f"{target.name}: a scheme that is not fetched"
        case TargetKind.OUTSIDE | TargetKind.INVALID | TargetKind.LOCAL_PATH:
            return f"nowhere: {target.kind}"
        case _:
            assert_never(target.kind)


def _fine(target: Target) -> str:
    if target.kind in FOUND:
        return "ok"
    return "unchecked: offline" if target.kind is TargetKind.REMOTE else "unchecked"
