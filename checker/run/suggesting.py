"""The stage of a run that asks the network what to write instead of remote references: https, an archived copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from checker.fetch import Fetch
from checker.judge.findings import reported
from checker.model import Doubt, Verdict
from checker.roles import ARCHIVED
from checker.rules import RULES
from checker.rules.codes import Code
from checker.run.job import Asking
from checker.run.network import showing_progress, within
from checker.run.stage import Run
from checker.sweep.keys import remote_key
from checker.verify import secure
from checker.verify.copies import Copies


async def suggest(run: Run, asking: Asking, seconds: float | None) -> None:
    """Ask for so many seconds at most; None: there is no limit."""
    job, learnt, remote = run.job, run.learnt, run.job.config.remote
    copies = Copies(remote.archive, remote.max_redirects)
    mixed = dict(_mixed(run))
    gone = dict(_gone(run, asking, copies)) if asking.copies else {}
    if not (mixed or gone) or learnt.network.cut_off:
        return
    async with (
        asking.network(run.mirror.context.options) as frontier,
        showing_progress(job.progress, learnt, len(run.mirror.pages), frontier),
        within(seconds, frontier),
    ):
        for url, role in mixed.items():
            if (url, role) in asking.secure:
                _note(run, url, alike=asking.secure[url, role])
            else:
                frontier.ask(secure.of(url), partial(_compare, run, asking, url, role))
        if gone:
            frontier.asker.spare(copies.interface)
            frontier.ask(copies.interface, partial(_look_up, run, copies, gone))
        await frontier.finish()
    learnt.no_copies = copies.failure
    if not job.online:
        learnt.network = learnt.network._replace(cut_off=frontier.end())


def _mixed(run: Run) -> Iterator[tuple[str, str]]:
    """URLs that pages embed over http: from pages over https:, each with a role."""
    if not run.mirror.judging.wants(Code.ASSET_MIXED_CONTENT):
        return
    for page, suspects in run.learnt.suspects.items():
        for suspect in reported(page, suspects, run.learnt):
            if suspect.doubt is Doubt.THIRD_PARTY and suspect.rule == Code.ASSET_MIXED_CONTENT:
                yield suspect.target.name, suspect.role


def _gone(run: Run, asking: Asking, copies: Copies) -> Iterator[tuple[str, int | None]]:
    """URLs that are gone, each with the moment of its last good answer. What seems to be gone was good once."""
    for suspects in run.learnt.suspects.values():
        for suspect in suspects:
            url = suspect.target.name
            if suspect.doubt is not Doubt.REMOTE or suspect.role not in ARCHIVED or not copies.takes(url):
                continue
            rule = run.learnt.network.verdicts[remote_key(url, suspect.fragment)].rule
            if rule and RULES[rule].archived and run.mirror.judging.wants(rule):
                moment = asking.last_good(url)
                if moment is not None or RULES[rule].verdict is Verdict.BROKEN:
                    yield url, moment


async def _look_up(run: Run, copies: Copies, gone: Mapping[str, int | None], fetch: Fetch) -> None:
    """Look up the copies one after the other: an archive has much to do, and may fail for each."""
    for url, moment in gone.items():
        if copy := await copies.of(fetch, url, moment):
            run.learnt.instead[remote_key(url, "")] = copy


async def _compare(run: Run, asking: Asking, url: str, role: str, fetch: Fetch) -> None:
    alike = await secure.is_alike(fetch, url, role, run.job.config.remote.max_redirects)
    asking.secure[url, role] = alike
    _note(run, url, alike=alike)


def _note(run: Run, url: str, *, alike: bool) -> None:
    if alike:
        run.learnt.instead[remote_key(url, "")] = secure.of(url)
