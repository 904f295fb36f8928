"""The third stage of a run: pages that refer to faulty targets are read again, to find the places."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence, Set

from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.model import Doubt
from checker.run.stage import Run
from checker.sweep import revisit
from checker.sweep.facts import Suspect, Wrong
from checker.sweep.keys import rule_of_key

_AT_ONCE = 100_000  # pages; their names take 10 MB
_STRAY = 1 << 32  # sets the numbers of untracked files apart from those of flawed ones


def third_parties_of(learnt: RunState, judging: Judge, touched: Set[str] | None) -> dict[str, frozenset[int]]:
    """The third parties that each page reports, by `third_party_key`. The first page that embeds from a third party
    reports it for all pages. Pages with suppressions report their own. `touched`: only these pages report; None: all.
    """
    first: dict[int, str] = {}
    by_page: dict[str, set[int]] = {}
    for some in _alike(learnt, touched):
        for packed, pages in some.items():
            for key in set(array("Q", packed)):
                rule = rule_of_key(key)
                counting = [page for page in pages if judging.counts(rule, page)]
                if learnt.suppressions or learnt.everywhere:
                    for page in filter(learnt.is_alone, counting):
                        by_page.setdefault(page, set()).add(key)
                    counting = [page for page in counting if not learnt.is_alone(page)]
                if counting:
                    learnt.third_party_pages[key] += len(counting)
                    first[key] = min((*counting, first[key]) if key in first else counting)
    for key, page in first.items():
        by_page.setdefault(page, set()).add(key)
    return {page: frozenset(keys) for page, keys in by_page.items()}


def _alike(learnt: RunState, touched: Set[str] | None) -> Iterator[dict[bytes, list[str]]]:
    """Pages by the keys of their third parties, some at a time: most pages of a mirror embed from the same hosts."""
    alike: dict[bytes, list[str]] = {}
    for number, (page, keys) in enumerate(learnt.third_party, 1):
        if touched is None or page in touched:
            alike.setdefault(keys.tobytes(), []).append(page)
        if not number % _AT_ONCE:
            yield alike
            alike = {}
    yield alike


async def return_to_pages(run: Run, third_parties: Mapping[str, frozenset[int]], *, complete: bool) -> None:
    """Read pages again that refer to a faulty target: a fragment that no page defines, a broken remote URL, a flawed
    asset, a file that git does not have, the origin of a page that is here; and pages that report `third_parties`.
    """
    learnt = run.learnt
    remembered = run.mirror.recalled.snapshot if run.mirror.recalled else None
    bad = frozenset(learnt.network.verdicts)
    flawed = frozenset(learnt.flaws)
    missing: frozenset[int] = frozenset()
    copies: dict[int, str] = {}
    if complete:  # missing fragments are known only after all pages have been read
        missing = learnt.ledger.settle()
        copies = {key: learnt.origins[key] for key in learnt.remote.among(learnt.origins)} if learnt.origins else {}
    concerned: dict[str, set[int]] = {}  # page -> what is wrong there
    for uses, keys in (
        (learnt.asked, bad.union(copies)),
        (learnt.embeds, flawed),
        (learnt.ledger, missing),
    ):
        for page, used in uses.users(keys):
            concerned.setdefault(page, set()).update(used)
    for page, used in learnt.strays.users(learnt.untracked):
        if page not in run.mirror.opened.untracked:  # what comes together with the page is there when it is
            concerned.setdefault(page, set()).update([_STRAY | number for number in used])
    for page, keys_ in third_parties.items():
        concerned.setdefault(page, set()).update(keys_)
    revisits = {} if remembered is None or copies else remembered.revisits
    pages = [page for page, keys in concerned.items() if page not in revisits or revisits[page].keys != keys]
    found: dict[str, Sequence[Suspect]] = {page: revisits[page].suspects for page in concerned.keys() - set(pages)}
    wrong = Wrong(missing, copies, bad, flawed, learnt.untracked, third_parties)
    async for batch in run.engine.map(revisit.revisit, sorted(pages), wrong, lost=lambda page: (page, [])):
        for page, suspects in batch:
            found[page] = suspects
            if remembered is not None:
                remembered.revisit(page, concerned[page], suspects)
    for page, seen in found.items():
        kept = [
            suspect
            for suspect in seen
            if suspect.doubt is not Doubt.FRAGMENT or suspect.target.name not in learnt.nonpages
        ]
        if kept:
            learnt.suspects.setdefault(page, []).extend(kept)
