"""The references of one page, corrected in its text: each correction is read again before it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from checker import logins
from checker.extract import Options, Place, extractor, locate, written
from checker.mend import grammar
from checker.model import Finding, Kind, Role
from checker.rules.codes import Code
from checker.web import urls


class Edit(NamedTuple):
    """A span of a page's text (code points), and what to write there instead."""

    start: int
    end: int
    text: str


class Mended(NamedTuple):
    """What became of the findings of a page."""

    done: tuple[tuple[Edit, tuple[Finding, ...]], ...]  # in order, apart from each other, with what each of them mends
    left: tuple[tuple[Finding, str], ...]  # with the reason

    @property
    def edits(self) -> list[Edit]:
        """The edits, in order and apart from each other."""
        return [edit for edit, _ in self.done]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is mended."""
        return tuple(finding for _, findings in self.done for finding in findings)


_MOST = 20_000_000  # code points that are read again for one page, in some seconds
_AT_LEAST = 16  # times that any page may be read


class _Page:
    """A page as it is before anything is corrected."""

    def __init__(self, text: str, kind: Kind, options: Options) -> None:
        self.text, self.kind, self.options = text, kind, options
        self.places = self.read(text)
        self._left = max(_AT_LEAST, _MOST // max(1, len(text)))

    def read(self, text: str) -> Sequence[Place]:
        """The places of the page with another text, in their order."""
        return sorted(extractor(self.kind).places(text, self.options), key=lambda place: (place.start, place.role))

    def is_spent(self) -> bool:
        """Whether it was read so often that what is not settled by now stays as it is."""
        self._left -= 1
        return self._left < 0


class _Wish(NamedTuple):
    """A finding, its place, and what the place should say."""

    finding: Finding
    place: Place
    now: str


_Written = tuple[Edit, list[_Wish]]  # an edit, and all that it fulfils: one definition serves many links


def mended(text: str, kind: Kind, findings: Iterable[Finding], options: Options) -> Mended:
    """Correct the references of findings as their suggestions say, where the page then reads as it should.

    Each corrected reference must be read as its suggestion, and all others as before. Of several ways to write one
    reference, the first that does so is taken.
    """
    page = _Page(text, kind, options)
    wishes, left = _wishes(page, findings)
    done: list[_Written] = []
    waiting = [(wish, _ways(page, wish)) for wish in wishes]
    while waiting:
        tried: dict[Edit, list[_Wish]] = {}
        for wish, ways in waiting:
            if edit := next(ways, None):
                tried.setdefault(edit, []).append(wish)
        done = _settled(page, done, list(tried.items()))
        open_ = {wish for each in tried.values() for wish in each} - _fulfilled(done)
        waiting = [(wish, ways) for wish, ways in waiting if wish in open_]
    kept = _fulfilled(done)
    left += [(wish.finding, _UNWRITTEN) for wish in wishes if wish not in kept]
    written = [(edit, tuple(wish.finding for wish in each)) for edit, each in done]
    return Mended(tuple(sorted(written, key=lambda one: one[0])), tuple(left))


def _fulfilled(done: Iterable[_Written]) -> set[_Wish]:
    return {wish for _, each in done for wish in each}


_UNWRITTEN = "its suggestion cannot be written there without changing more"
_UNFOUND = "its place was not found"
_TAKEN = "another suggestion is written there first; fix once more"
_LOGIN = "its login cannot be carried over"


def _wishes(page: _Page, findings: Iterable[Finding]) -> tuple[list[_Wish], list[tuple[Finding, str]]]:
    """What each place should say; and the findings that cannot be corrected."""
    position = locate.positions(page.text, [place.start for place in page.places])
    at: dict[tuple[int, int], list[Place]] = {}
    for place in page.places:
        at.setdefault(position[place.start], []).append(place)
    wishes: list[_Wish] = []
    left: list[tuple[Finding, str]] = []
    said: dict[Place, str] = {}
    for finding in findings:
        here = at.get((finding.line, finding.column), ())
        own = [place for place in here if place.role == finding.role and _is_of(place, finding)]
        if not own:
            left.append((finding, _UNFOUND))
            continue
        place = own[0]
        now = _with_login(finding.suggestion or "", place.raw)
        if now is None:
            left.append((finding, _LOGIN))
        elif said.setdefault(place, now) != now:
            left.append((finding, _TAKEN))
        else:
            wishes.append(_Wish(finding, place, now))
    return wishes, left


def _is_of(place: Place, finding: Finding) -> bool:
    return logins.hidden(place.raw) == finding.reference


def _with_login(suggestion: str, raw: str) -> str | None:
    """A suggestion with the login of the reference, which no finding holds; None if it would reach another host."""
    if logins.HIDDEN not in suggestion:
        return suggestion
    known = logins.of(raw)
    now = suggestion.replace(logins.HIDDEN, known[0]) if len(known) == 1 else suggestion
    same = len(known) == 1 and _authority(now) == _authority(raw)
    return now if same and logins.hidden(now) == suggestion else None


def _authority(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]


def _ways(page: _Page, wish: _Wish) -> Iterator[Edit]:
    """The ways to write what a place should say, the likeliest first."""
    _, _, start, end = wish.place
    source = page.text[start:end]
    if wish.finding.rule == Code.URL_SWALLOWED_PUNCTUATION:
        if rest := source.removeprefix(wish.now):
            if page.kind is Kind.MARKDOWN:
                yield Edit(start, end, f"<{wish.now}>{rest}")
            yield Edit(start, end, f"{wish.now} {rest}")
        return
    spans = [(start, end)]
    if page.kind is Kind.MARKDOWN:
        spans += written.definitions(page.text, source)
    for span in spans:
        for new in grammar.rewritings(page.text[slice(*span)], wish.place.raw, wish.now):
            yield Edit(*span, new)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with its edits, which are in order and apart from each other."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += text[at : edit.start], edit.text
        at = edit.end
    return "".join((*parts, text[at:]))


def _settled(page: _Page, done: list[_Written], tried: list[_Written]) -> list[_Written]:
    """What is done already, and those that can be done with it. Where all cannot, each half is tried."""
    if not tried or _reads(page, [*done, *tried]):
        return [*done, *tried]
    if len(tried) == 1:
        return done
    half = len(tried) // 2
    return _settled(page, _settled(page, done, tried[:half]), tried[half:])


def _reads(page: _Page, wanted: Sequence[_Written]) -> bool:
    """Whether the page with these edits has each reference as it should be, and all others as they are."""
    edits = sorted(edit for edit, _ in wanted)
    if any(edit.end > following.start for edit, following in pairwise(edits)):
        return False
    if page.is_spent():
        return False
    after = page.read(applied(page.text, edits))
    if len(after) != len(page.places):
        return False
    now = {wish.place: wish.now for _, each in wanted for wish in each}
    return all(_says(new, old, now.get(old, old.raw)) for new, old in zip(after, page.places, strict=True))


def _says(new: Place, old: Place, raw: str) -> bool:
    set_apart = Role.LINK if old.role is Role.BARE else old.role  # in angle brackets
    return new.role in (old.role, set_apart) and urls.decode(new.raw) == urls.decode(raw)
