"""Turns pages into facts: each reference is resolved, and sorted by what is to be done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from checker.extract import charset, locate
from checker.extract.suppress import suppressions
from checker.mirror.resolve import Resolver
from checker.model import Kind, Role
from checker.rules.codes import Code
from checker.sweep import budget, shelf, third_party
from checker.sweep.facts import Context, Facts, Suspect
from checker.sweep.keys import column, text_key
from checker.sweep.page import Page, is_same
from checker.sweep.rows import spelt
from checker.sweep.sorting import Doubted, Reader, Sorter

START: locate.Spots = (locate.Spot(1, 1),)  # the place of what is nowhere else on a page


def sweep(context: Context, batch: Iterable[str]) -> list[Facts]:
    """Read pages and resolve their references."""
    reader = reader_of(context)
    return [_facts(context, reader, page) for page in batch]


def again(context: Context, batch: Sequence[tuple[str, bytes]]) -> list[Facts | None]:
    """Read pages whose content has another id than before; None for a page that has the same."""
    reader = reader_of(context)
    found: list[Facts | None] = []
    context.source.ahead(page for page, _ in batch)
    for page, before in batch:
        same = bool(before) and is_same(context, page, before)
        found.append(None if same else _facts(context, reader, page))
    return found


_last: Reader | None = None


def resolver_of(context: Context) -> Resolver:
    """A resolver of a mirror's pages."""
    mirror = context.mounts, context.home, context.addresses, context.origins
    if not context.sites:
        return Resolver(*mirror, online=context.online)
    first, second = (context.sites, ()) if context.sites_first else ((), context.sites)
    return Resolver(*mirror, online=context.online, sites=first, other=Resolver(*mirror, sites=second))


def reader_of(context: Context) -> Reader:
    """This process's memory of a mirror."""
    global _last  # noqa: PLW0603 - a process reads one mirror at a time
    if _last is None or _last.context is not context:
        _last = Reader(context, resolver_of(context), set(), set())
    return _last


def _facts(context: Context, reader: Reader, page: str) -> Facts:
    try:
        return _facts_of(context, reader, page)
    except budget.Spent as spent:
        return Facts(page, Kind.HTML, fault=(Code.LOCAL_UNREADABLE, str(spent)))
    finally:
        budget.end()


def _facts_of(context: Context, reader: Reader, page: str) -> Facts:
    read = shelf.read(context, 0, page)
    if isinstance(read, Facts):
        return read
    text, kind, encoding, found, fault, blob, *_ = read
    resolver = reader.resolver
    resolver.open(page, found.base, charset.codec(encoding), found.html)
    sorter = Sorter(reader, page, found)
    for role, raws in found.references.items():
        sorter.sort(role, raws)
    if found.ignored:
        sorter.ignore(found.ignored)
    prefix = page if context.home.live else f"0:{page}"
    suspects = located(read, resolver, sorter.suspects) if sorter.suspects else ()
    if found.both:
        suspects += _in_html(reader, page, read, {(role, raw) for role, raw, *_ in sorter.suspects})
    return Facts(
        page,
        kind,
        found.count,
        column("I", sorter.files),
        tuple(sorter.assets),
        column("Q", sorter.uses),
        column("Q", [text_key(f"{prefix}#{name}") for name in found.ids]),
        column("Q", sorter.remote),
        column("Q", sorter.remote_embeds),
        column("Q", sorter.third_party),
        column("Q", sorter.parts),
        tuple(sorter.to_ask),
        column("Q", sorter.other),
        tuple(sorter.ranges),
        suspects,
        suppressions(text, kind) if "mirrorcheck:" in text else (),
        tuple(sorter.unknown),
        fault,
        tuple(spelt(read, sorter.rows)) if sorter.rows else (),
        _origin(text),
        b"" if sorter.private else blob,
    )


def _in_html(reader: Reader, page: str, read: Page, known: AbstractSet[tuple[Role, str]]) -> tuple[Suspect, ...]:
    """What is wrong in raw HTML with references that are right in Markdown, whose generator leads them elsewhere."""
    found, resolver = read.found, reader.resolver
    both = {raw.partition("#")[0] for _, raw in found.both}
    resolver.open(page, found.base, charset.codec(read.encoding), found.html | both)
    sorter = Sorter(reader, page, found)
    for role, raws in found.references.items():
        sorter.sort(role, {raw for raw in raws if (role, raw) in found.both and (role, raw) not in known})
    return located(read, resolver, sorter.suspects, in_html=True) if sorter.suspects else ()


def located(page: Page, resolver: Resolver, doubts: list[Doubted], *, in_html: bool = False) -> tuple[Suspect, ...]:
    """Suspects: doubts together with the places of their references on the page, or only in its raw HTML."""
    pairs = {(role, raw) for role, raw, *_ in doubts} - page.header.keys()
    try:
        spots = page.spots(pairs, in_html=in_html)
    except budget.Spent:  # the page was read, but there was no time to find the places on it
        budget.end()
        spots = dict.fromkeys(pairs, START)
    base, header, marks = resolver.relative_to, page.header, page.found.marks
    return tuple(
        Suspect(
            role,
            raw,
            target,
            fragment,
            doubt,
            rule,
            spots.get((role, raw), START),
            base,
            header.get((role, raw), ""),
            third_party.is_blocked(role, marks.get(raw)),
        )
        for role, raw, target, fragment, doubt, rule in doubts
    )


_SAVED = ("saved from url", "SingleFile", "Mirrored from")  # a quick test, before the exact one
_HEAD = 4096  # code points at the start of a page; a program that saves pages puts its comment there


def _origin(text: str) -> int:
    for mark in _SAVED:
        if text.find(mark, 0, _HEAD) >= 0:
            break
    else:
        return 0
    from checker.mirror.saved import page_origin

    origin = page_origin(text[:_HEAD])
    return text_key(origin.partition("#")[0]) if origin else 0
