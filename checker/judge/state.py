"""The state of a run: all that it has learnt so far. A report can be made of it at any moment, even after a signal."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from itertools import compress, count
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from checker.extract.suppress import Suppression
from checker.kinds import FOR_READERS
from checker.model import Finding, Reason, Role, Unchecked, section_of
from checker.spill import Chosen, Distinct, Names
from checker.sweep.cache import KIND_NUMBERS, PageCache
from checker.sweep.facts import Facts, Row, Suspect
from checker.sweep.ledger import Ledger, Uses
from checker.sweep.sound import ROLE_NUMBERS

if TYPE_CHECKING:
    from checker.verify import known
    from checker.verify.containers.flaw import Flaw


_NONE = bytes(not number for number in range(256))  # by the number of a page's kind: whether it is no page after all
_READ = bytes(number < len(KIND_NUMBERS) and KIND_NUMBERS[number] in FOR_READERS for number in range(256))


class FromNetwork(NamedTuple):
    """The results of asking for remote URLs. Keys are made by `remote_key`."""

    verdicts: Mapping[int, known.Answer] = MappingProxyType({})  # only for URLs and fragments with a fault
    unasked: Mapping[Reason, int] = MappingProxyType({})  # reason -> number of URLs without a verdict
    left: Set[int] = frozenset()  # keys of those URLs and of their fragments
    cut_off: str = ""  # why there is no network here; then no URL has a verdict


class Roles(Mapping[int, str]):
    """The roles of the files that pages embed, by number: of each the first, in a byte a file."""

    __slots__ = ("_held", "_number")

    def __init__(self, files: int) -> None:
        self._held = bytearray(files)
        self._number = 0

    def note(self, file: int, role: int) -> None:
        """Note that a page embeds a file. `role`: as an index of ROLE_NUMBERS."""
        if file >= len(self._held):  # a live site has ever more of them
            self._held.extend(bytes(file + 1))
        if not self._held[file]:
            self._held[file] = role + 1
            self._number += 1

    def __getitem__(self, file: int) -> str:
        if file not in self:
            raise KeyError(file)
        return ROLE_NUMBERS[self._held[file] - 1]

    def __contains__(self, file: object) -> bool:
        return isinstance(file, int) and file < len(self._held) and self._held[file] > 0

    def __iter__(self) -> Iterator[int]:
        return compress(count(), self._held)

    def __len__(self) -> int:
        return self._number


class RunState:
    """Counts, uses and suspects of the pages so far, and the answers of the network."""

    def __init__(self, files: int, prefix: str = "", untracked: frozenset[int] = frozenset()) -> None:
        """`files`: how many file numbers there are. `prefix`: the start of the names of all pages of a live site.
        `untracked`: numbers of files that git does not have, though readers see what it has.
        """
        self.prefix = prefix
        self.untracked = untracked
        self.names = Names()  # of the pages, by their numbers
        self.strays = Uses(self.names)  # untracked files that pages refer to, by number
        self.changed: set[int] = set()  # numbers of files that pages refer to which a change touched
        self.led_to: set[str] = set()  # their names
        self.pages = 0
        self.read = 0  # files, pages or not
        self.references = 0
        self.referred = bytearray(files)  # by file number: whether a page refers to it
        self.addressed = Chosen(self.names)
        self.nonpages: set[str] = set()
        self.remote = Distinct()
        self.other = Distinct()
        self.unknown: Counter[Reason] = Counter()
        self.unread: set[tuple[str, str]] = set()  # (page, reference) of fragments of pages that were not read
        self.elsewhere: dict[tuple[int, str, str], str | None] = {}  # (mount, ref, path) -> what git has there
        self.suspects: dict[str, list[Suspect]] = {}
        self.everywhere = False  # each place of a third party is reported, and not only the first
        self.instead: dict[int, str] = {}  # key of a remote URL -> the URL to write instead, as the network told
        self.no_copies = ""  # why the archive named no copies of some URLs
        self.suppressions: dict[str, tuple[Suppression, ...]] = {}
        self.faults: list[tuple[str, str, str]] = []
        self.rows: dict[str, tuple[Row, ...]] = {}
        self.ledger = Ledger(self.names)
        self.asked = Uses(self.names)  # remote URLs and their fragments
        self.roles = Roles(files)
        self.embeds = Uses(self.names)  # files that pages embed, by number
        self.remote_embeds = Uses(self.names)  # remote URLs that pages embed
        self.own_embeds: set[int] = set()  # of these, the ones that belong to the live site itself
        self.third_party = Uses(self.names)  # third parties that pages embed from, by `third_party_key`
        self.third_party_pages: Counter[int] = Counter()  # key of a third party -> number of pages
        self.flaws: dict[int, Flaw] = {}  # number of a file that pages embed -> its flaw
        self.mismatches: dict[int, str] = {}  # key of a file or URL and an `integrity` -> the evidence
        self.differences: list[Finding] = []  # differences from the manifest and from the live site
        self.network = FromNetwork()
        self.forbidden = 0  # pages of a live site that robots.txt keeps from being read
        self.logged_out = ""  # the sign that a login was lost during a walk
        self.origins: dict[int, str] = {}  # key of a URL -> the page that was saved from it
        self.sections: dict[str, list[int]] = {}  # name -> pages, references

    def missed(self, *, online: bool) -> tuple[Mapping[Reason, int], Set[int]]:
        """Remote URLs without a verdict: their number by reason, and the keys of them and of their fragments."""
        if online and not self.network.cut_off:
            return self.network.unasked, self.network.left
        reason = Unchecked.NO_NETWORK if self.network.cut_off else Unchecked.OFFLINE
        return {reason: len(self.remote)} if self.remote else {}, self.remote

    def is_alone(self, page: str) -> bool:
        """Whether a page reports each place of a third party; on other pages, the first is reported for all."""
        return self.everywhere or page in self.suppressions

    def add(self, facts: Facts) -> None:
        """Add the facts of one page."""
        if facts.kind is None:
            self.nonpages.add(facts.page)
            return
        page = self.names.add(facts.page)
        self.pages += 1
        self.references += facts.references
        self._count(facts.page, facts.references)
        if facts.files:
            for number in array("I", facts.files):
                self.referred[number] = 1
        if facts.assets:
            for number, role in facts.assets:
                self.roles.note(number, ROLE_NUMBERS.index(Role(role)))
            self.embeds.add(page, array("Q", {number for number, _ in facts.assets}).tobytes())
        if self.untracked and (strays := self.untracked.intersection(array("I", facts.files))):
            self.strays.add(page, array("Q", strays).tobytes())
        if facts.other:
            self.other.update(array("Q", facts.other))
        if facts.kind in FOR_READERS:
            self.addressed.add(page)
        if facts.remote:
            self.remote.update(array("Q", facts.remote))
            self.asked.add(page, facts.remote + facts.parts)
            self.remote_embeds.add(page, facts.remote_embeds)
            self.third_party.add(page, facts.third_party)
        if facts.rows:
            self.rows[facts.page] = facts.rows
        self.ledger.add(page, facts)
        self._add_rest(facts)

    def add_copy(self, page: str, facts: Facts) -> None:
        """Count a page whose bytes and references are those of another one."""
        self.pages += 1
        self.read += 1
        self.references += facts.references
        self._count(page, facts.references)

    def _count(self, page: str, references: int) -> None:
        name = section_of(page, self.prefix)
        section = self.sections.get(name)
        if section is None:
            section = self.sections[name] = [0, 0]
        section[0] += 1
        section[1] += references

    def _add_rest(self, facts: Facts) -> None:
        """Add those facts that few pages have."""
        if facts.fault:
            self.faults.append((facts.page, *facts.fault))
        if facts.unknown:
            self.unknown.update(facts.unknown)
        if facts.suspects:
            self.suspects[facts.page] = list(facts.suspects)
        if facts.suppressions:
            self.suppressions[facts.page] = facts.suppressions
        if facts.origin:
            self.origins[facts.origin] = facts.page
        if facts.ranges:
            self.ledger.ranges += facts.ranges

    def restore(self, remembered: PageCache) -> None:
        """Add the facts of all pages that the page cache remembers."""
        columns = remembered.columns
        sums = remembered.sums
        pages = range(len(self.names), len(self.names) + len(remembered.pages))
        for page in remembered.pages:
            self.names.add(page)
        for number in set(columns["files"].values) if sums is None else compress(count(), sums.referred):
            self.referred[number] = 1
        for packed in set(columns["assets"].values):
            self.roles.note(packed >> 8, packed & 0xFF)
        embeds = array("Q", [packed >> 8 for packed in columns["assets"].values])
        self.embeds.extend(pages, embeds, columns["assets"].lengths)
        if self.untracked:
            self.strays.extend(pages, array("Q", columns["files"].values), columns["files"].lengths)
        self.remote.update(columns["remote"].values if sums is None else array("Q", sums.remote))
        self.other.update(columns["other"].values)
        for uses, name in (
            (self.asked, "remote"),
            (self.asked, "parts"),
            (self.remote_embeds, "remote_embeds"),
            (self.third_party, "third_party"),
        ):
            uses.extend(pages, columns[name].values, columns[name].lengths)
        self.ledger.extend(pages, columns["uses"], columns["defines"].values, sums)
        self.references += sum(remembered.counts)
        kinds = bytes(remembered.kinds)
        self.nonpages.update(compress(remembered.pages, kinds.translate(_NONE)))
        self.pages += len(kinds) - kinds.count(0)
        self.addressed.extend(compress(pages, kinds.translate(_READ)))
        for page, references in compress(zip(remembered.pages, remembered.counts, strict=True), kinds):
            self._count(page, references)
        for facts in remembered.rest.values():
            self._add_rest(facts)
        self.read += len(remembered.pages)
