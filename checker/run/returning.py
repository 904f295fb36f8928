"""The third stage of a run: back to the pages that refer to what turned out to be wrong, to say where and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from checker.judge.findings import Judge
from checker.judge.report import Answers, asked_file
from checker.judge.state import RunState
from checker.model import Doubt
from checker.rules import THIRD_PARTY
from checker.run.stage import Run
from checker.sweep import revisit
from checker.sweep.facts import Suspect, Wrong
from checker.verify import ids


def said_of(learnt: RunState, judging: Judge, touched: Set[str] | None) -> dict[str, set[int]]:
    """The pages on which something is to be said of where a thing comes from: for each host the first that embeds from
    it. Pages that silence anything speak for themselves.
    """
    first: dict[int, str] = {}
    said: dict[str, set[int]] = {}
    for page, keys in learnt.foreign:
        if not keys or (touched is not None and page not in touched):
            continue
        counted = {key for key in keys if judging.counts(THIRD_PARTY[key & 3], page)}
        if page in learnt.suppressions:
            said[page] = counted
            continue
        learnt.spread.update(counted)
        for key in counted:
            if page < first.get(key, "\U0010ffff"):
                first[key] = page
    for key, page in first.items():
        said.setdefault(page, set()).add(key)
    return said


async def return_to_pages(run: Run, said: Mapping[str, set[int]], *, complete: bool) -> None:
    """Go back to the pages that refer to what turned out to be wrong: a fragment nothing defines, a remote URL that is
    broken, the origin of a page that is here; and to those on which something is `said` of where things come from.
    """
    learnt = run.learnt
    remembered = run.mirror.recalled.snapshot if run.mirror.recalled else None
    bad = frozenset(learnt.verdicts)
    flawed = frozenset(learnt.flaws)
    missing: frozenset[int] = frozenset()
    copies: dict[int, str] = {}
    if complete:  # what nothing defines is only known when all has been read
        missing = learnt.ledger.settle()
        copies = {key: page for key, page in learnt.origins.items() if key in learnt.remote}
    concerned: dict[str, set[int]] = {}  # page -> what is wrong there
    for uses, keys in (
        (learnt.asked, bad.union(copies)),
        (learnt.embeds, flawed),
        (learnt.ledger, missing),
    ):
        for page, used in uses.users(keys):
            concerned.setdefault(page, set()).update(used)
    for page, keys_ in said.items():
        concerned.setdefault(page, set()).update(keys_)
    revisits = {} if remembered is None or copies else remembered.revisits
    pages = [page for page, keys in concerned.items() if page not in revisits or revisits[page].keys != keys]
    found: dict[str, Sequence[Suspect]] = {page: revisits[page].suspects for page in concerned.keys() - set(pages)}
    wrong = Wrong(missing, copies, bad, flawed, {page: frozenset(keys_) for page, keys_ in said.items()})
    async for batch in run.engine.map(revisit.revisit, sorted(pages), wrong, lost=lambda page: (page, [])):
        for page, suspects in batch:
            found[page] = suspects
            if remembered is not None:
                remembered.revisit(page, concerned[page], suspects)
    for page, seen in found.items():
        kept = [suspect for suspect in seen if suspect.target.name not in learnt.nonpages]
        if kept:
            learnt.suspects.setdefault(page, []).extend(kept)


async def answers_of(run: Run) -> Answers:
    """Ask each file that a doubtful fragment names, once for all its fragments."""
    asked: dict[tuple[int, str, bool], set[str]] = {}
    for page, suspects in run.learnt.suspects.items():
        for suspect in suspects:
            if suspect.doubt is Doubt.FRAGMENT:
                asked.setdefault(asked_file(page, suspect), set()).add(suspect.fragment)
    questions = [(*file, frozenset(fragments)) for file, fragments in sorted(asked.items())]
    answers: Answers = {}
    async for batch in run.engine.map(ids.answer, questions, lost=lambda question: (question[0], question[1], {})):
        for mount, file, answered in batch:
            answers.setdefault((mount, file), {}).update(answered)
    return answers
