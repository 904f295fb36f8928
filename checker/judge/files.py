"""Findings on the files themselves: faults in their names, and orphans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from checker.config.schema import Config
from checker.judge import evidence
from checker.judge.change import Change
from checker.judge.state import RunState
from checker.kinds import FOR_READERS, is_asset, kind_of
from checker.mirror import forge_views
from checker.mirror.address import Mount
from checker.mirror.generators.row import Built
from checker.mirror.shown import host_folders
from checker.model import Finding, Only
from checker.rules import RULES
from checker.rules.codes import Code
from checker.web.globs import matcher


def on_files(
    config: Config,
    mount: Mount,
    forge: str,
    learnt: RunState,
    only: Only,
    change: Change | None,
    counts: Callable[[str, str], bool],
    sites: Iterable[Built] = (),
    *,
    whole: bool,
) -> Iterator[Finding]:
    """Findings on the files of a folder, which a `forge` may show. `counts(rule, page)`: whether a rule counts there.
    `whole`: all pages were read, so that orphans are known.
    """
    excluded, entry = matcher(config.pages.exclude), _entry(config, mount, forge, sites)
    index = mount.names

    def is_concerned(name: str) -> bool:
        return not excluded(name) and (only is None or only(name))

    for problem in index.problems:
        if is_concerned(problem.path):
            yield evidence.of_page(problem.path, problem.rule, problem.message)
    if not whole:
        return
    for names in index.collisions():
        if any(map(is_concerned, names)):
            message = RULES[Code.LOCAL_NAME_COLLISION].format_message(name=names[0])
            yield evidence.of_page(names[1], Code.LOCAL_NAME_COLLISION, message, names[0])
    suppressions = learnt.suppressions  # one of an orphan is used, whether or not the rule counts
    for page in learnt.addressed:
        if learnt.referred[index.files[page]] or not (counts(Code.MIRROR_ORPHAN, page) or page in suppressions):
            continue
        if not entry(page):
            yield evidence.of_page(page, Code.MIRROR_ORPHAN, "no other page refers to it")
    # With a change, it is not known whether pages refer to files that it did not touch.
    for name in sorted(change.touched.intersection(index.files)) if change else index.files:
        if not is_asset(name) or learnt.referred[index.files[name]]:
            continue
        if not (counts(Code.MIRROR_ORPHAN, name) or name in suppressions):
            continue
        if is_concerned(name) and not entry(name):
            yield evidence.of_page(name, Code.MIRROR_ORPHAN, "no page embeds or links to it")


def _entry(config: Config, mount: Mount, forge: str, sites: Iterable[Built]) -> Callable[[str], bool]:
    """Whether readers begin at a file: as configured, below the folder of a host too; or as the forge leads them, or
    the navigation that a generator gives to the pages of its site.
    """
    listed = frozenset[str]().union(*(site.pages for site in sites))
    configured = matcher(config.pages.entry)
    hosts = {match[0] for match in host_folders(mount.names)}

    def is_entry(name: str) -> bool:
        top, _, below = name.partition("/")
        if name in listed:
            return True
        if mount.layout.wiki and kind_of(name) in FOR_READERS:
            return True
        return (
            configured(name) or (top in hosts and configured(below)) or (bool(forge) and forge_views.shows_itself(name))
        )

    return is_entry
