"""The stage of a run that asks the network what to write instead of remote references that are not broken as such."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker.fetch import Fetch
from checker.judge.findings import reported
from checker.model import Doubt
from checker.rules.codes import Code
from checker.run.job import Asking
from checker.run.network import showing_progress, within
from checker.run.stage import Run
from checker.sweep.keys import remote_key
from checker.verify import secure


async def suggest(run: Run, asking: Asking, seconds: float | None) -> None:
    """Ask for so many seconds at most; None: there is no limit."""
    job, learnt = run.job, run.learnt
    mixed = dict(_mixed(run))
    if not mixed or learnt.network.cut_off:
        return
    async with (
        asking.network(run.mirror.context.options) as frontier,
        showing_progress(job.progress, learnt, len(run.mirror.pages), frontier),
        within(seconds, frontier),
    ):
        for url, role in mixed.items():
            frontier.ask(secure.of(url), partial(_compare, run, url, role))
        await frontier.finish()
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


async def _compare(run: Run, url: str, role: str, fetch: Fetch) -> None:
    if await secure.is_alike(fetch, url, role, run.job.config.remote.max_redirects):
        run.learnt.instead[remote_key(url, "")] = secure.of(url)
