"""The first stage of a run: pages are read, and remote URLs on them are asked for at the same time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from checker.model import Kind
from checker.rules.codes import Code
from checker.run.prepare import Narrowed
from checker.run.stage import Run
from checker.sweep import classify
from checker.sweep.cache import PageCache
from checker.sweep.executor import Engine
from checker.sweep.facts import Facts
from checker.sweep.keys import fragment_key

if TYPE_CHECKING:
    from checker.run.frontier import Frontier


def swept(engine: Engine, unread: Sequence[tuple[str, bytes]]) -> AsyncIterator[Sequence[Facts | None]]:
    """The facts of pages, in no order; None for a page whose content still has its id."""
    return engine.map(classify.again, unread, lost=_lost)


def _lost(unread: tuple[str, bytes]) -> Facts:
    return Facts(unread[0], Kind.HTML, fault=(Code.LOCAL_UNREADABLE, "the parser crashes on it, or takes minutes"))


async def read(run: Run, facts_of: AsyncIterator[Sequence[Facts | None]], frontier: Frontier | None = None) -> None:
    """Add the facts of pages to the state, and queue their remote URLs."""
    learnt, recalled, narrowed = run.learnt, run.mirror.recalled, run.mirror.narrowed
    stale: set[int] = set()
    async for batch in facts_of:
        for facts in filter(None, batch):  # the other pages did not change
            learnt.add(facts)
            if frontier and not narrowed:
                for each in facts.to_ask:
                    frontier.add(*each)
            if recalled and facts.page in recalled.stamps:
                recalled.snapshot.add(facts, recalled.stamps[facts.page])
                stale.update({recalled.places[facts.page]} if facts.page in recalled.places else ())
        learnt.read += len(batch)
    if recalled is None:
        return
    recalled.snapshot.without(stale)
    former = recalled.snapshot.former()
    learnt.restore(_concerned(run, former, narrowed) if narrowed else former)
    if frontier is None:
        return
    new = learnt.asked.of(narrowed.change.touched) - narrowed.before if narrowed else None
    for each in recalled.snapshot.wanted(new):
        frontier.add(*each)
    if narrowed and new is not None and (known := learnt.remote - new):
        frontier.verdicts.unchecked[f"not new since {narrowed.revision}"] += len(known)
        frontier.verdicts.left |= known


def _concerned(run: Run, former: PageCache, narrowed: Narrowed) -> PageCache:
    """The pages that a change concerns. Of the others, only their ids and their references to touched files count."""
    change = narrowed.change
    run.learnt.ledger.define(former.columns["defines"].values)
    for number in narrowed.files.intersection(former.columns["files"].values):
        run.learnt.referred[number] = 1
    lost = {fragment_key(0, page, fragment) for page, fragments in change.lost.items() for fragment in fragments}
    return former.only(former.concerned(narrowed.files, lost, change.touches))
