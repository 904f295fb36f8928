"""Sorts the references of a page by what is to be done with them. References without a fault are only counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple, assert_never

from checker import logins
from checker.extract import Extract, Mark
from checker.extract.dialects import dialect_of
from checker.mirror import forge_views
from checker.mirror.resolve import Resolver
from checker.mirror.target import Target
from checker.model import IN_MOUNT, Doubt, Role, TargetKind, Unchecked
from checker.roles import AS_TEXT, ASSETS, EMBEDDED, LEADS_BACK, NAMES, NEEDS_URL
from checker.rules.codes import Code
from checker.sweep import third_party
from checker.sweep.facts import ASKED, LED_TO, NO_IDS, SIGNED, SWEPT, Context, Row
from checker.sweep.indicated import resolved
from checker.sweep.keys import fragment_key, remote_key, text_key, third_party_key
from checker.web import prose, urls

_NOWHERE, _OTHER, _REMOTE = -3, -2, -1  # used in place of a file's number
_DOUBTED = (ASKED, LED_TO)  # flags of files whose ids only a look into them tells

_EMPTY = dict.fromkeys(NEEDS_URL, Code.URL_EMPTY) | dict.fromkeys(LEADS_BACK, Code.URL_EMPTY_LINK)
_RULES = {
    TargetKind.INVALID: Code.URL_INVALID,
    TargetKind.LOCAL_PATH: Code.URL_LOCAL_PATH,
    TargetKind.OUTSIDE: Code.LOCAL_OUTSIDE_MIRROR,
}
_LINE_RANGE = re.compile(r"(\d{1,7})-(\d{1,7})")  # in a source listing whose lines have numbers as ids
_PLAIN_FRAGMENT = re.compile(r"#(?!user-content-)[A-Za-z][A-Za-z0-9_.:(),[\]-]*")  # names the id that it spells
FRAGMENT = Doubt.FRAGMENT, ""
Doubted = tuple[Role, str, Target, str, Doubt, str]  # role, reference, target, fragment, doubt, rule


class Reader(NamedTuple):
    """The memory of one process that lasts from page to page."""

    context: Context
    resolver: Resolver
    met: set[int]  # keys of remote URLs and fragments that were already sent to the main process
    met_embedded: set[int]  # keys of those that were sent as embedded


class Sorter:
    """Sorts a page's references by what is to be done with them. References without a fault are only counted."""

    __slots__ = (
        "_context",
        "_everywhere",
        "_flags",
        "_ids",
        "_maps",
        "_marks",
        "_met",
        "_met_embedded",
        "_number",
        "_page",
        "_resolver",
        "_settled",
        "_target_of",
        "assets",
        "files",
        "other",
        "parts",
        "private",
        "ranges",
        "remote",
        "remote_embeds",
        "rows",
        "suspects",
        "third_party",
        "to_ask",
        "unknown",
        "uses",
    )

    def __init__(self, reader: Reader, page: str, found: Extract) -> None:
        context, resolver, self._met, self._met_embedded = reader
        self._resolver = resolver
        self._context = context
        self._flags = context.flags
        self._target_of = resolver.target
        self._settled = resolver.settled
        self._everywhere = resolver.settled_everywhere
        self._page = page
        self._number = context.mounts[0].names.files.get(page, _NOWHERE)
        self._ids, self._maps = found.ids, found.maps
        self._marks = found.marks
        self.files: set[int] = set()
        self.assets: set[tuple[int, str]] = set()
        self.uses: set[int] = set()
        self.ranges: list[tuple[int, int, int]] = []
        self.remote: set[int] = set()
        self.remote_embeds: set[int] = set()
        self.third_party: set[int] = set()
        self.parts: set[int] = set()
        self.to_ask: list[tuple[str, str, str]] = []
        self.other: set[int] = set()
        self.unknown: list[str] = []
        self.suspects: list[Doubted] = []
        self.rows: list[Row] = []
        self.private = bool(logins.of(found.base or ""))  # the page contains a login, so the cache must not keep it

    def sort(self, role: Role, raws: set[str]) -> None:
        """Resolve and sort references. Most of them are also on other pages of the folder, and already settled."""
        if role in NAMES or self._context.rows:
            for raw in raws:
                self._sort(role, raw)
            return
        settled = self._settled[role in AS_TEXT]
        is_asset = role in ASSETS
        if fresh := raws.difference(settled):
            raws = raws.difference(self._settle_many(role, settled, fresh, links=not is_asset))
        asks = is_asset and self._context.online
        counts = role in EMBEDDED and self._context.embeds
        marks, unknown, of_this_page = self._marks, (_NOWHERE, 0), (_NOWHERE, self._number)
        for raw in raws:
            number, used = settled.get(raw, unknown)
            if number in of_this_page or (marks and raw in marks):
                self._sort(role, raw)
            elif number >= 0:
                self.files.add(number)
                if used:
                    self.uses.add(used)
                if is_asset:
                    self.assets.add((number, role))
            elif number == _REMOTE:
                if counts or (asks and used not in self._met_embedded):
                    self._sort(role, raw)
                self.remote.add(used)
            else:
                self.other.add(used)

    def _settle_many(
        self, role: Role, settled: dict[str, tuple[int, int]], fresh: set[str], *, links: bool
    ) -> set[str]:
        """Settle the references of which most pages have most. Returns those links that
        are right and of this page only."""
        everywhere = self._everywhere[role in AS_TEXT]
        if everywhere and (known := everywhere.keys() & fresh):
            settled.update({raw: everywhere[raw] for raw in known})
            fresh = fresh - known
        if not self._context.online:
            for raw, url in self._resolver.foreign(fresh):
                settled[raw] = everywhere[raw] = (_REMOTE, text_key(url))
        right: set[str] = set()
        if role in AS_TEXT or role is Role.FONT:
            return right
        if role is Role.LINK and not self._context.online:  # of this page only, which may fill them in otherwise
            filled = {text: raw for raw in fresh if "{{" in raw and (text := self._resolver.filled(raw))}
            for text, url in self._resolver.foreign(filled) if filled else ():
                self.remote.add(text_key(url))
                right.add(filled[text])
            fresh = fresh - right
        links_alone = links and not self._resolver.has_routes
        own = [raw for raw in fresh if raw[:1] == "#" and raw[1:] in self._ids] if links_alone else []
        if own and self._target_of("").kind is TargetKind.SELF:
            right.update([raw for raw in own if _PLAIN_FRAGMENT.fullmatch(raw) and raw not in self._marks])
            fresh = fresh - right
        for raw, file, number, fragment in self._resolver.beside(fresh):
            if number == self._number:
                if links and raw not in self._marks and (not fragment or fragment in self._ids):
                    right.add(raw)
            elif not fragment:
                settled[raw] = (number, 0)
            elif (flag := self._flags[number]) not in _DOUBTED:
                settled[raw] = (number, fragment_key(0, file, fragment) if flag == SWEPT else 0)
        return right

    def ignore(self, raws: Iterable[str]) -> None:
        """Note which files are referred to, and so are no orphans, and that no more is known."""
        for raw in raws:
            target = self._target_of(raw.partition("#")[0])
            if target.number >= 0 and target.mount == 0:
                self.files.add(target.number)
            self.unknown.append(Unchecked.IGNORED)

    def _sort(self, role: Role, raw: str) -> None:
        if role is Role.UNDEFINED:
            defined = raw.endswith("]") and self._resolver.defines()
            lost = Target(TargetKind.UNKNOWN if defined else TargetKind.INVALID, raw)
            if lost.kind is TargetKind.UNKNOWN:
                self.unknown.append(Unchecked.GENERATOR)
            else:
                rule = Code.URL_UNDEFINED_REFERENCE if raw.endswith("]") else Code.URL_LOST_LINK
                self.suspects.append((role, raw, lost, "", Doubt.BROKEN, rule))
            if self._context.rows:
                self.rows.append(Row(role, raw, raw, lost.kind))
            return
        target, asked, fragment = resolved(self._resolver, role, raw)
        if role is Role.BARE and target.kind is TargetKind.INVALID and self._is_prose():
            return
        if (
            (empty := _EMPTY.get(role)) is not None
            and not raw.strip()
            and (target.kind is TargetKind.SELF or target.name == self._page)
        ):
            doubt: tuple[Doubt, str] | None = (Doubt.BROKEN, empty)
        else:
            doubt = self._doubt(role, raw, target, asked)
        if role in ASSETS and target.number >= 0 and target.mount == 0:
            self.assets.add((target.number, role))
        if doubt is not None:
            self.suspects.append((role, raw, target, asked, *doubt))
        told = False
        if target.kind is TargetKind.REMOTE and self._context.embeds and not target.leak:
            told = self._embed(role, raw, target)
        if (role in ASSETS or role is Role.PRELOAD) and (mark := self._marks.get(raw)) is not None:
            self._mark(role, raw, target, mark)
        if logins.of(raw):
            self.private = True
        broken: list[Code] = []
        if target.odd or ((role is Role.BARE or " " in fragment) and target.why != Unchecked.TEMPLATE):
            broken = list(_written(role, raw))
            self.suspects += ((role, raw, target, asked, Doubt.BROKEN, rule) for rule in broken)
        if doubt is None and not broken and not self.private and not told and role is not Role.FONT and raw.strip():
            self._settle(role, raw, target, asked)
        if self._context.rows:
            name = self._page if target.kind is TargetKind.SELF else target.name
            if target.mount and target.kind in IN_MOUNT:
                name = self._context.mounts[target.mount].label + name
            self.rows.append(Row(role, raw, f"{name}#{asked}" if asked else name, target.kind))

    def _is_prose(self) -> bool:
        """Whether what looks like a URL in running text is no link, as the generator of the page makes none of it."""
        site = self._context.site_at(self._page)
        return site is not None and not dialect_of(site.dialect_of(self._page)).links_bare

    def _embed(self, role: Role, raw: str, target: Target) -> bool:
        """Note which rules on third parties a resource breaks; whether each page with a link to it must do so."""
        mark = self._marks.get(raw)
        rules = third_party.rules_broken(self._context, self._resolver, role, target, mark)
        if role in ASSETS and Code.ASSET_TRACKER not in rules:
            self.remote_embeds.add(text_key(target.name))
        blocked = third_party.is_blocked(role, mark)
        self.third_party.update([third_party_key(rule, role, target, blocked=blocked) for rule in rules])
        return bool(rules) and role not in EMBEDDED

    def _mark(self, role: Role, raw: str, target: Target, mark: Mark) -> None:
        """Note the integrity that an element states for a resource, or that it lacks `crossorigin`."""
        remote = target.kind is TargetKind.REMOTE
        if mark.integrity and (remote or (target.number >= 0 and target.mount == 0)):
            self.suspects.append((role, raw, target, mark.integrity, Doubt.INTEGRITY, ""))
            if remote and self._context.online:
                self.parts.add(remote_key(target.name, mark.integrity))
                self.to_ask.append((target.name, mark.integrity, SIGNED))
        host = self._context.host
        own = not remote or (host and urls.below_scheme(target.name).startswith(host))
        if not mark.shared and (mark.font or (mark.integrity and not own)):
            self.suspects.append((role, raw, target, "", Doubt.BROKEN, Code.ASSET_CROSSORIGIN_MISSING))

    def _settle(self, role: Role, raw: str, target: Target, asked: str) -> None:
        """Remember a reference that needs no second look, on any page except the one that it leads to."""
        if target.kind is TargetKind.REMOTE:
            if asked and self._context.online:
                return
            concluded = _REMOTE, text_key(target.name)
        elif target.kind is TargetKind.OTHER:
            if target.name not in _ALIKE:
                return
            concluded = _OTHER, text_key(raw)
        elif raw.lstrip()[:1] == "?" or self._resolver.keeps_apart(role):
            return  # of each page, another page; what a link concludes is not what a picture does
        elif target.number >= 0 and target.mount == 0 and not _LINE_RANGE.fullmatch(asked):
            used = asked and self._flags[target.number] == SWEPT
            concluded = target.number, fragment_key(0, target.name, asked) if used else 0
        else:
            return
        in_text = role in AS_TEXT
        self._settled[in_text][raw] = concluded
        if self._resolver.is_the_same_everywhere(raw):
            self._everywhere[in_text][raw] = concluded

    def _doubt(self, role: Role, raw: str, target: Target, asked: str) -> tuple[Doubt, str] | None:
        """The doubt about a reference, with the rule if it breaks one; None if this page shows no fault."""
        match target.kind:
            case TargetKind.FILE:
                if target.name == self._page and target.mount == 0:
                    return self._here(asked, self._ids, named=raw[:1] != "#")
                if target.mount == 0 and target.number >= 0:
                    self.files.add(target.number)
                return self._use(target, asked) if asked else None
            case TargetKind.SELF:
                if role is Role.MAP:
                    if not asked or asked in self._maps:
                        return None
                    return (Doubt.BROKEN, Code.REMOTE_MISSING_FRAGMENT) if self._context.home.live else FRAGMENT
                return self._here(asked, self._ids)
            case TargetKind.REMOTE:
                self._ask(target.name, asked, role)
                leak = Code.MIRROR_ARCHIVED if target.snapshot else Code.MIRROR_LEAK
                return (Doubt.BROKEN, leak) if target.leak else None
            case TargetKind.OTHER:
                self.other.add(text_key(raw))
                rule = _rule_of_scheme(role, target.name, raw)
                return (Doubt.BROKEN, rule) if rule else None
            case TargetKind.UNKNOWN:
                self.unknown.append(target.why)
                return None
            case TargetKind.MISSING | TargetKind.ELSEWHERE:
                if not target.other:
                    return Doubt.NAME, ""
                if (number := self._context.source.files.get(target.other)) is not None:
                    self.files.add(number)
                return Doubt.BROKEN, Code.LOCAL_OTHER_READER
            case TargetKind.INVALID | TargetKind.LOCAL_PATH | TargetKind.OUTSIDE:
                return Doubt.BROKEN, _RULES[target.kind]
            case _:
                assert_never(target.kind)

    def _here(self, asked: str, ids: AbstractSet[str], *, named: bool = False) -> tuple[Doubt, str] | None:
        """The doubt about a place of the page itself, which may be `named`; else a label of its site has the place."""
        if not asked or asked in ids:
            return None
        label = None if named else self._resolver.labelled(asked)
        if label:
            self.unknown.append(label)
        return FRAGMENT if label is None else None

    def _ask(self, url: str, asked: str, role: Role) -> None:
        """Note a remote URL, and queue it to be asked for, unless this process has done so before."""
        last = text_key(url)
        self.remote.add(last)
        if not self._context.online:
            return
        if role in ASSETS:  # its fragment is not a place on a page
            if last not in self._met_embedded:
                self._met_embedded.add(last)
                self._met.add(last)
                self.to_ask.append((url, "", role))
            return
        if asked:
            last = remote_key(url, asked)
            self.parts.add(last)
        if last not in self._met:
            self._met.add(last)
            self.to_ask.append((url, asked, ""))

    def _use(self, target: Target, asked: str) -> tuple[Doubt, str] | None:
        """Note that a fragment of another file is used, or doubt it if the file must be read for it."""
        if target.mount or (target.forge and ((target.listed and target.number < 0) or forge_views.lines(asked))):
            return FRAGMENT
        flag = self._flags[target.number] if target.number >= 0 else NO_IDS
        if flag in _DOUBTED:
            return FRAGMENT
        if flag == SWEPT:
            used = fragment_key(0, target.name, asked)
            self.uses.add(used)
            if span := _LINE_RANGE.fullmatch(asked):
                self.ranges.append((used, fragment_key(0, target.name, span[1]), fragment_key(0, target.name, span[2])))
        return None


_ALIKE = urls.EMBEDDABLE | {"mailto", "tel"}  # schemes of which a link concludes what a picture does, or nobody embeds
_EMBEDDED_IN_PLACE = EMBEDDED - {Role.FRAME}  # what stands in a frame may start a program


def _rule_of_scheme(role: Role, scheme: str, raw: str) -> Code | None:
    """The rule that a reference of a scheme other than the web's breaks."""
    known = scheme in urls.KNOWN_SCHEMES
    if urls.is_of_one_browser(scheme, raw):
        return Code.URL_LOCAL_PATH
    if role in _EMBEDDED_IN_PLACE and scheme not in urls.EMBEDDABLE and not (known and role is Role.MEDIA):
        return Code.URL_LOCAL_PATH
    return None if known else Code.URL_UNKNOWN_SCHEME


def _written(role: Role, raw: str) -> Iterator[Code]:
    """Rules of `url/` that the text of a reference breaks, wherever it leads."""
    if not raw.strip():
        return
    if role is Role.BARE and prose.end_of_url(raw) < len(raw):
        yield Code.URL_SWALLOWED_PUNCTUATION
    elif urls.repaired(raw) is not None:
        yield Code.URL_REPAIRED_BY_BROWSERS
