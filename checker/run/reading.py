"""The first stage of a run: pages are read, and remote URLs on them are asked for at the same time."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from checker.model import Doubt, Kind
from checker.rules.codes import Code
from checker.run.prepare import Narrowed
from checker.run.stage import Run
from checker.sources.base import Source
from checker.sweep import classify
from checker.sweep.cache import PageCache
from checker.sweep.executor import Engine
from checker.sweep.facts import LED_TO, Facts
from checker.sweep.keys import fragment_key
from checker.sweep.page import load_extractors
from checker.sweep.recall import Recalled
from checker.verify import likeness

if TYPE_CHECKING:
    from checker.run.frontier import Frontier


_AT_ONCE = 500  # URLs that the history is asked for together


def swept(engine: Engine, source: Source, unread: Sequence[tuple[str, bytes]]) -> AsyncIterator[Sequence[Facts | None]]:
    """The facts of pages, in no order; None for a page whose content still has its id."""
    load_extractors(page for page, _ in unread)
    return engine.map(classify.again, unread, lost=_lost, size=source.batch)


def _lost(unread: tuple[str, bytes]) -> Facts:
    return Facts(unread[0], Kind.HTML, fault=(Code.LOCAL_UNREADABLE, "the parser crashes on it, or takes minutes"))


async def read(run: Run, facts_of: AsyncIterator[Sequence[Facts | None]], frontier: Frontier | None = None) -> None:
    """Add the facts of pages to the state, and queue their remote URLs."""
    learnt, recalled = run.learnt, run.mirror.recalled
    stale: set[int] = set()
    doubted = False
    async for batch in facts_of:
        if frontier:
            frontier.expect(each for facts in batch if facts for each in facts.to_ask)
        for facts in filter(None, batch):  # the other pages did not change
            _add(run, facts, frontier)
            if recalled and facts.page in recalled.stamps:
                recalled.snapshot.add(facts, recalled.stamps[facts.page], keep=run.mirror.keeps)
                stale.update({recalled.places[facts.page]} if facts.page in recalled.places else ())
        learnt.read += len(batch)
        if not doubted and learnt.suspects and _doubts_a_name(batch):
            doubted = True
            likeness.load()  # what suggests another name; the workers read meanwhile
        if run.job.progress and frontier is None:
            run.job.progress(learnt.read, len(run.mirror.pages), None)
    if recalled is not None:
        _recall(run, recalled, stale, frontier)
    await _read_articles(run, frontier)


def _doubts_a_name(batch: Sequence[Facts | None]) -> bool:
    return any(suspect.doubt is Doubt.NAME for facts in batch if facts for suspect in facts.suspects)


def _add(run: Run, facts: Facts, frontier: Frontier | None) -> None:
    narrowed = run.mirror.narrowed
    run.learnt.add(facts)
    if narrowed and facts.page in narrowed.change.touched:
        run.learnt.changed.update(array("I", facts.files))
    if frontier and not narrowed:
        for each in facts.to_ask:
            frontier.add(*each)


async def _read_articles(run: Run, frontier: Frontier | None) -> None:
    """Read files that are pages by their bytes alone, as `Node.js` in a wiki: if pages lead to them, and none embeds
    them. Articles lead to articles.
    """
    learnt, flags = run.learnt, run.mirror.context.flags
    if LED_TO not in flags:
        return
    waiting = {number: name for name, number in run.mirror.names.files.items() if flags[number] == LED_TO}
    led_to = {number for number in waiting if learnt.referred[number]}
    while led_to:
        names = [waiting.pop(number) for number in sorted(led_to) if number not in learnt.roles]
        led_to = set()
        async for batch in swept(run.engine, run.mirror.names, [(name, b"") for name in names]):
            for facts in filter(None, batch):
                _add(run, facts, frontier)
                led_to.update(array("I", facts.files))
        led_to &= waiting.keys()


def _recall(run: Run, recalled: Recalled, stale: set[int], frontier: Frontier | None) -> None:
    """Add the facts of the pages that the page cache remembers."""
    learnt, narrowed = run.learnt, run.mirror.narrowed
    recalled.snapshot.without(stale)
    former = recalled.snapshot.former()
    learnt.restore(_concerned(run, former, narrowed) if narrowed else former)
    if frontier is None:
        return
    new = learnt.asked.of(narrowed.change.touched) - narrowed.before if narrowed else None
    wanted = recalled.snapshot.wanted(new)
    while some := list(islice(wanted, _AT_ONCE)):
        frontier.expect(some)
        for each in some:
            frontier.add(*each)
    if narrowed and new is not None and (known := learnt.remote - new):
        frontier.verdicts.unchecked[f"not new since {narrowed.revision}"] += len(known)
        frontier.verdicts.left |= known


def _concerned(run: Run, former: PageCache, narrowed: Narrowed) -> PageCache:
    """The pages that a change concerns. Of the others, only their ids, their references to touched files, and faults of
    those that touched pages lead to count.
    """
    change, learnt, files = narrowed.change, run.learnt, run.mirror.names.files
    touched = former.only([place for place, page in enumerate(former.pages) if page in change.touched])
    learnt.changed.update(touched.columns["files"].values)
    learnt.ledger.define(former.columns["defines"].values)
    for number in narrowed.files.intersection(former.columns["files"].values):
        learnt.referred[number] = 1
    lost = {fragment_key(0, page, fragment) for page, fragments in change.lost.items() for fragment in fragments}
    concerned = former.only(former.concerned(narrowed.files, lost, change.names))
    learnt.faults += (
        (page, *facts.fault)
        for page, facts in former.rest.items()
        if facts.fault and files.get(page) in learnt.changed and page not in concerned.rest
    )
    return concerned
