"""A folder and the live site it is published at, side by side: pages that one of them lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from checker.config.schema import Config
from checker.extract import Options
from checker.judge import evidence
from checker.judge.gaps import filled
from checker.judge.selection import Judge
from checker.kinds import FOR_READERS, kind_of
from checker.mirror.opening import open_mirror
from checker.mirror.resolve import Resolver
from checker.model import ConfigError, Finding, Level, Report, TargetKind, Verdict
from checker.rules import RULES, Needs
from checker.rules.codes import Code
from checker.run import walk
from checker.run.frontier import Frontier
from checker.run.prepare import context_of
from checker.sweep.keys import remote_key
from checker.web import urls


async def compare(config: Config, root: Path, report: Report, *, network: Callable[[Options], Frontier]) -> Report:
    """`report` with what the live site lacks (`mirror/not-live`) and what the folder lacks (`mirror/not-here`).

    Raises ConfigError where the mirror has no web address, SourceError where the site cannot be read.
    """
    opened = open_mirror(config, root)
    start = next((url for url in config.mirror.published if url.startswith(("http:", "https:"))), None)
    if start is None:
        raise ConfigError("--against live: name the live site with --published URL, or in [mirror] published")
    start = urls.resolve("about:blank", start)
    context, pages = context_of(config, opened, None)
    resolver = Resolver(context.mounts, context.home, context.addresses, context.origins)
    resolver.open("")
    there: set[int] = set()
    not_here = []
    for url in await walk.pages(config, start, network=network):
        target = resolver.target(url)
        if target.kind is TargetKind.FILE and target.mount == 0:
            there.add(target.number)
        elif target.kind is TargetKind.MISSING:
            not_here.append(evidence.of_page(url, Code.MIRROR_NOT_HERE, f"the folder has no {target.name or 'index'}"))
    files = opened.mounts[0].names.files
    left = {page: start + urls.encode_path(page) for page in pages if files[page] not in there and _is_read(page)}
    async with network(context.options) as frontier:
        for url in left.values():
            frontier.add(url, "")
        await frontier.finish()
    answers = frontier.verdicts.answers
    not_live = [
        evidence.of_page(page, Code.MIRROR_NOT_LIVE, f"{url}: {answer.message}")
        for page, url in left.items()
        if (answer := answers.get(remote_key(url, ""))) and RULES[answer.rule].verdict is Verdict.BROKEN
    ]
    return _with(config, filled(report, Needs.LIVE), [*not_here, *not_live])


def _is_read(page: str) -> bool:
    return kind_of(page) in FOR_READERS


def _with(config: Config, report: Report, more: Iterable[Finding]) -> Report:
    judging = Judge(config)
    wanted = [finding for one in more for finding in judging.page(one.page, [one])]
    findings = sorted([*report.findings, *wanted], key=lambda finding: finding.order)
    levels = {level: sum(finding.level is level for finding in findings) for level in Level}
    return replace(report, findings=tuple(findings), totals=replace(report.totals, levels=levels))
