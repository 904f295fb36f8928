"""A run over a fleet: many mirrors, each checked as ever. What fails for one does not end the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from checker.model import CheckerError, Report, SourceError
from checker.run import check
from checker.run.job import Job
from checker.sources.address import Root

NO_TIME = 1e-6  # seconds, for a mirror whose time is over; 0 means that there is no limit


class Member(Struct, frozen=True, kw_only=True):
    """A mirror of a fleet, and who takes its report, or the error that kept it from one; None: the run was over."""

    job: Job
    root: Root | None  # None: a site, which is walked from `start`
    start: str = ""
    done: Callable[[Report | CheckerError | None], None]


def limited(job: Job, seconds: float | None) -> Job:
    """The same job with another time limit."""
    remote = replace(job.config.remote, time_limit=seconds or 0.0)
    return replace(job, config=replace(job.config, remote=remote))


async def check_offline(members: Sequence[Member], seconds: float | None) -> None:
    """Check folders one after the other without a network, in so many seconds; None: each has its own limit only."""
    interrupted = False
    end = None
    for member in members:
        job = member.job
        if interrupted or member.root is None:
            member.done(SourceError(f"{job.source}: a live address needs the network") if member.root is None else None)
            continue
        if seconds is not None:
            end = end or job.now() + timedelta(seconds=seconds)
            job = limited(job, min(job.config.remote.time_limit, max((end - job.now()).total_seconds(), NO_TIME)))
        try:
            report = await check.check(job, member.root)
        except CheckerError as error:
            member.done(error)
            continue
        interrupted = not report.complete and (end is None or job.now() < end)
        member.done(report)
