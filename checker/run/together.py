"""A run over a fleet with the network: one pool asks for each remote URL once for all mirrors.

First the pages of each folder are read, one mirror after the other: the page cache keeps their facts, the mirror's
frontier the URLs. Sites are walked until only URLs elsewhere are left. Then the pool asks. At last each folder is
checked by a plain run, whose pages come from the cache, and whose frontier has asked already. So there are never the
facts of more than one folder in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec.structs import replace

from checker.model import CheckerError, Report
from checker.run import check, walk
from checker.run.fleet import NO_TIME, Member, limited
from checker.run.frontier import Frontier
from checker.run.job import Job
from checker.run.network import showing_progress, within
from checker.run.pool import Pool
from checker.run.prepare import prepare
from checker.run.reading import read, swept
from checker.run.stage import Run
from checker.sources.address import Root
from checker.sweep import executor

_TICK = 0.2  # seconds between two updates of the progress


class _Course:
    """How far one mirror has come."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.stack = AsyncExitStack()  # holds the frontier of a folder
        self.frontier: Frontier | None = None
        self.pages = 0
        self.unread = False  # whether the time limit came before its last page was read
        self.walk: asyncio.Task[Report] | None = None
        self.error: CheckerError | None = None


async def check_together(members: Sequence[Member], pool: Pool, seconds: float | None) -> None:
    """Check all mirrors, in so many seconds; None: there is no limit. Each mirror's own limit counts too.

    What fails for one mirror does not end the others. If the task is cancelled, the mirrors that were read report what
    was learnt until then.
    """
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds

    def left(job: Job) -> float | None:
        limits = [job.config.remote.time_limit] if job.config.remote.time_limit else []
        limits += [max(end - loop.time(), NO_TIME)] if end is not None else []
        return min(limits, default=None)

    courses = [_Course(member) for member in members]
    async with pool:
        try:
            for course in courses:
                if course.member.root:
                    await _read(course, course.member.root, left(course.member.job))
            for course in courses:
                if course.member.root is None:
                    await _walk(course, pool, left(course.member.job))
            await _ask(courses, pool, left)
        except asyncio.CancelledError:
            await pool.stop()
            for course in courses:
                if course.walk:
                    course.walk.cancel()
        for course in courses:
            course.member.done(await _outcome(course, pool))


async def _read(course: _Course, root: Root, seconds: float | None) -> None:
    """Read the pages of a folder: its frontier gets the URLs, the page cache keeps the rest."""
    job = course.member.job
    assert job.network is not None  # noqa: S101 - for the type checker
    async with AsyncExitStack() as stack:
        try:
            mirror = prepare(job, root)
            learnt = mirror.state()
            with executor.start(mirror.context, len(mirror.unread), job.config.engine) as engine:
                run = Run(job, mirror, engine, learnt)
                facts_of = swept(engine, mirror.names, mirror.unread)
                frontier = await stack.enter_async_context(job.network(mirror.context.options))
                async with (
                    showing_progress(job.progress, learnt, len(mirror.pages), frontier),
                    within(seconds, frontier),
                ):
                    course.pages, course.unread = len(mirror.pages), True
                    await read(run, facts_of, frontier)
                    course.unread = False
        except CheckerError as error:
            course.error = error
            return
        if not course.unread:
            check.write_cache(run)
        course.stack, course.frontier = stack.pop_all(), frontier


async def _walk(course: _Course, pool: Pool, seconds: float | None) -> None:
    """Walk a site until only URLs are left that the pool asks for."""
    job = limited(course.member.job, seconds)
    course.walk = asyncio.create_task(walk.check(job, course.member.start))
    await pool.gather([course.walk])


async def _ask(courses: Sequence[_Course], pool: Pool, left: Callable[[Job], float | None]) -> None:
    """Ask for all URLs."""
    asking = [
        asyncio.create_task(_finish(course, course.frontier, left(course.member.job)))
        for course in courses
        if course.frontier
    ]
    progress = next((course.member.job.progress for course in courses if course.member.job.progress), None)

    pages = sum(course.pages for course in courses)

    async def show() -> None:
        while progress:
            progress(pages, pages, pool.counts())
            await asyncio.sleep(_TICK)

    showing = asyncio.create_task(show())
    try:
        await pool.gather(asking)
        pool.begin()
        await asyncio.gather(*asking)
        walks = [course.walk for course in courses if course.walk]
        await asyncio.gather(*walks, return_exceptions=True)
    finally:
        for task in (showing, *asking):
            task.cancel()


async def _finish(course: _Course, frontier: Frontier, seconds: float | None) -> None:
    try:
        async with within(seconds, frontier):
            await frontier.finish()
    except CheckerError as error:
        course.error = error


async def _outcome(course: _Course, pool: Pool) -> Report | CheckerError | None:
    """The report of a mirror, or what kept it from one."""
    job, root = course.member.job, course.member.root
    try:
        if course.error:
            return course.error
        if course.walk:
            return await course.walk
        if course.frontier is None or root is None:
            return None
        judging = replace(
            limited(job, NO_TIME if course.unread else None),
            network=lambda _options: _again(course.frontier),
            asking=None if pool.cut else job.asking,
        )
        return await check.check(judging, root)
    except CheckerError as error:
        return error
    except asyncio.CancelledError:
        await pool.stop()
        return None
    finally:
        course.frontier = None
        await course.stack.aclose()


@asynccontextmanager
async def _again(frontier: Frontier | None) -> AsyncIterator[Frontier]:
    """A frontier that has asked already. It is not closed here."""
    assert frontier is not None  # noqa: S101 - for the type checker
    yield frontier
