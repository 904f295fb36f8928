"""Findings on the files themselves: faults in their names, and orphans."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from checker.config.schema import Config
from checker.judge import evidence
from checker.judge.change import Change
from checker.judge.state import RunState
from checker.kinds import FOR_READERS, is_asset, kind_of, media_type
from checker.mirror import archived, forge_views
from checker.mirror.address import Mount
from checker.mirror.generators.row import Built
from checker.mirror.referred import INDEXES
from checker.mirror.shown import named_after_hosts
from checker.mirror.target import Home
from checker.model import Finding, Only
from checker.rules import RULES
from checker.rules.codes import Code
from checker.web.globs import matcher


def on_files(
    config: Config,
    mount: Mount,
    home: Home,
    learnt: RunState,
    only: Only,
    change: Change | None,
    counts: Callable[[str, str], bool],
    sites: Iterable[Built] = (),
    *,
    whole: bool,
) -> Iterator[Finding]:
    """Findings on the files of a folder, whose pages are at `home`. `counts(rule, page)`: whether a rule counts there.
    `whole`: all pages were read, so that orphans are known.
    """
    excluded, entry = matcher(config.pages.exclude), _entry(config, mount, home, sites)
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


def _entry(config: Config, mount: Mount, home: Home, sites: Iterable[Built]) -> Callable[[str], bool]:
    """Whether readers begin at a file: as configured, below the root of any site too; or as the forge leads them, or
    the navigation that a generator gives to the pages of its site. Scripts beside these are the generator's to run.
    """
    sites = tuple(sites)
    listed = frozenset[str]().union(*(site.pages for site in sites))
    configured = matcher(config.pages.entry)
    there = mount.names.files
    hosts = {name for name in named_after_hosts(mount.names) if any(f"{name}/{index}" in there for index in INDEXES)}
    roots = hosts | home.roots | {posixpath.normpath(row.folder) for row in config.mirror.address}

    def is_entry(name: str) -> bool:
        if name in listed or configured(name):
            return True
        if sites and media_type(name) == _SCRIPT and not any(name in site.addresses for site in sites):
            return True
        if mount.layout.wiki and kind_of(name) in FOR_READERS:
            return True
        if home.forge and forge_views.shows_itself(name):
            return True
        return any((folder in roots or archived.is_root(folder)) and configured(below) for folder, below in _in(name))

    return is_entry


_SCRIPT = "text/javascript"


def _in(name: str) -> Iterator[tuple[str, str]]:
    """Each folder that a file is in, and the file's name below it."""
    end = name.find("/")
    while end >= 0:
        yield name[:end], name[end + 1 :]
        end = name.find("/", end + 1)
