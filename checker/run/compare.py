"""The last stage of a run: the folder is compared with the live site at which it is published."""

from __future__ import annotations

from checker.judge import evidence
from checker.kinds import FOR_READERS, kind_of
from checker.mirror.resolve import Resolver
from checker.model import ConfigError, Finding, TargetKind, Verdict
from checker.rules import RULES
from checker.rules.codes import Code
from checker.run import walk
from checker.run.job import Network
from checker.run.stage import Run
from checker.sweep.keys import remote_key
from checker.web import urls


async def differences(run: Run, network: Network) -> list[Finding]:
    """Findings on pages that the live site lacks (`mirror/not-live`) or the folder lacks (`mirror/not-here`).

    Raises ConfigError if the mirror has no web address, SourceError if the site cannot be read.
    """
    config, context, names = run.job.config, run.mirror.context, run.mirror.names
    start = next((url for url in config.mirror.published if url.startswith(("http:", "https:"))), None)
    if start is None:
        raise ConfigError("--against live: name the live site with --published URL, or in [mirror] published")
    start = urls.resolve("about:blank", start)
    resolver = Resolver(context.mounts, context.home, context.addresses, context.origins)
    resolver.open("")
    found: list[Finding] = []
    there: set[int] = set()
    for url in await walk.pages(config, start, network=network):
        target = resolver.target(url)
        if target.kind is TargetKind.FILE and target.mount == 0:
            there.add(target.number)
        elif target.kind is TargetKind.MISSING:
            message = RULES[Code.MIRROR_NOT_HERE].format_message(name=target.name or "index")
            found.append(evidence.of_page(url, Code.MIRROR_NOT_HERE, message))
    left = {
        page: start + urls.encode_path(page)
        for page in run.mirror.pages
        if names.files[page] not in there and kind_of(page) in FOR_READERS
    }
    async with network(context.options) as frontier:
        for url in left.values():
            frontier.add(url, "")
        await frontier.finish()
    for page, url in left.items():
        answer = frontier.verdicts.answers.get(remote_key(url, ""))
        if answer and answer.rule and RULES[answer.rule].verdict is Verdict.BROKEN:
            message = RULES[Code.MIRROR_NOT_LIVE].format_message(url=url, answer=answer.message)
            found.append(evidence.of_page(page, Code.MIRROR_NOT_LIVE, message))
    return found
