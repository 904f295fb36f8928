"""The second stage of a run: files other than pages are examined, if the rules for them count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from checker.judge import evidence
from checker.kinds import is_download, kind_of, may_be_empty, media_type
from checker.mirror import git
from checker.model import Doubt, Finding, Kind, TargetKind, Unchecked
from checker.rules import RULES
from checker.rules.codes import Code
from checker.run.stage import Run
from checker.sources.index import chosen
from checker.sources.named import open_source
from checker.sweep import budget
from checker.sweep.keys import fragment_key
from checker.sweep.sound import Asset
from checker.verify.fixity.manifest import Manifest, ManifestError

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw

T = TypeVar("T")
_AT_ONCE = 100_000  # files; a list of so many takes 20 MB
_DECODED = 1  # pictures per task: an interrupt takes effect between two tasks


async def look(run: Run) -> None:
    """Examine embedded files, find duplicates, and compare the files with the manifest."""
    if run.mirror.judging.wants("asset"):
        await examine(run)
    if run.mirror.judging.wants("local"):
        await _look_at_linked(run)
    if run.job.config.assets.duplicates and run.job.only is None:
        await _find_duplicates(run)
    if run.mirror.manifest:
        run.learnt.differences = await _compare(run, run.mirror.manifest)


async def examine(run: Run) -> None:
    """Examine each file that a page embeds. With a change, only files that it touched, or that touched pages embed."""
    index, learnt, narrowed, config = run.mirror.names, run.learnt, run.mirror.narrowed, run.job.config
    remembered = run.mirror.recalled.snapshot if run.mirror.recalled else None
    roles: Mapping[int, str] = learnt.roles
    if narrowed:
        looked = learnt.embeds.of(narrowed.change.touched) | narrowed.files
        roles = {number: roles[number] for number in looked & roles.keys()}
    assets: Iterator[Asset] = ((number, name, roles[number]) for name, number in index.files.items() if number in roles)
    deep = config.assets.deep
    doubted: Sequence[Asset] = ()
    if remembered is not None:
        doubted = remembered.doubted(index, [*assets], every=narrowed is None, deep=deep)
        assets = iter(doubted)
    for some in _some(assets):
        from checker.verify import asset  # loads two dozen containers, which most runs do not need

        size = _DECODED if deep else index.batch
        try:
            async for batch in run.engine.map(asset.assets, some, deep, lost=_unexamined, size=size):
                learnt.flaws |= {number: flaw for number, flaw in batch if flaw}
        except budget.endings():
            if deep:  # pictures can take seconds
                run.engine.abandon()
            raise
    await _verify(run)
    only = run.job.only
    names: Sequence[str]
    if run.mirror.opened.clone is None:
        names = []
    elif config.assets.git == "all" and narrowed is None:
        names = [name for name, number in index.files.items() if number in roles or only is None or only(name)]
    elif remembered is None or (narrowed is None and remembered.scrub()):
        names = chosen(index.files, roles.__contains__)
    else:
        names = [name for _, name, _ in doubted]
    altered = await _beside_git(run, names)
    if remembered is not None:
        remembered.distrust(altered | {name for number, name, _ in doubted if number in learnt.flaws})


_SAID: Mapping[str, Code] = {  # of what pages lead to, what is wrong with it as an asset
    Code.ASSET_ERROR_PAGE: Code.LOCAL_WRONG_TYPE,
    Code.ASSET_WRONG_TYPE: Code.LOCAL_WRONG_TYPE,
    Code.ASSET_TRUNCATED: Code.LOCAL_TRUNCATED,
}
_SHOWN = ("image/", "audio/", "video/", "text/")  # formats that browsers tell by the bytes, whatever the name


async def _look_at_linked(run: Run) -> None:
    """Look at what pages lead to and do not embed: files of no bytes, and downloads that are none or are cut. With a
    change, only at what it touched, and at what touched pages lead to.
    """
    names, learnt, narrowed = run.mirror.names, run.learnt, run.mirror.narrowed
    looked = names.files
    if narrowed:
        learnt.led_to = {name for name, number in looked.items() if number in learnt.changed}
        looked = {name: looked[name] for name in sorted(learnt.led_to | narrowed.change.touched) if name in looked}
    linked = (name for name, number in looked.items() if learnt.referred[number] and number not in learnt.roles)
    known = run.mirror.recalled.snapshot.with_bytes() if run.mirror.recalled else frozenset()
    message = RULES[Code.LOCAL_EMPTY].format_message()
    downloads: list[Asset] = []
    sized: set[str] = set()
    for some in _some(linked):
        sizes = dict(names.sizes(name for name in some if name not in known and not may_be_empty(name)))
        learnt.faults += ((name, Code.LOCAL_EMPTY, message) for name, size in sizes.items() if not size)
        downloads += ((names.files[name], name, "") for name in some if is_download(name) or kind_of(name) is Kind.SVG)
        sized.update(sizes if run.job.only else ())
    if run.job.only:
        alone = names.sizes(page for page in run.mirror.pages if page not in sized and not may_be_empty(page))
        learnt.faults += ((page, Code.LOCAL_EMPTY, "it has no bytes") for page, size in alone if not size)
    if not downloads:
        return
    from checker.verify import asset  # loads two dozen containers, which most runs do not need

    by_number = {number: name for number, name, _ in downloads}
    async for batch in run.engine.map(asset.assets, downloads, False, lost=_unexamined):
        for number, flaw in batch:
            rule = _SAID.get(flaw.rule) if flaw else None
            name = by_number[number]
            if flaw and rule and not (flaw.rule == Code.ASSET_WRONG_TYPE and media_type(name).startswith(_SHOWN)):
                learnt.faults.append((name, rule, flaw.message))


def _some(items: Iterable[T]) -> Iterator[list[T]]:
    """The items, so many at a time that a list of them is small."""
    items = iter(items)
    while some := [*islice(items, _AT_ONCE)]:
        yield some


def _unexamined(file: tuple[int, str, str]) -> tuple[int, Flaw | None]:
    from checker.verify import asset

    return file[0], asset.LOST


async def _verify(run: Run) -> None:
    """Compare files with the `integrity` that pages state for them."""
    asked = {
        (suspect.target.name, suspect.fragment)
        for suspects in run.learnt.suspects.values()
        for suspect in suspects
        if suspect.doubt is Doubt.INTEGRITY and suspect.target.kind is TargetKind.FILE
    }
    if not asked:
        return
    from checker.verify import integrity

    async for batch in run.engine.map(integrity.mismatches, sorted(asked), lost=lambda file: (*file, "")):
        found = {fragment_key(0, name, metadata): message for name, metadata, message in batch if message}
        run.learnt.mismatches |= found


async def _beside_git(run: Run, names: Sequence[str]) -> Set[str]:
    """Compare files with the versions in git, if the folder is a clone. Returns the names of those that differ."""
    clone = run.mirror.opened.clone
    if clone is None or run.job.config.assets.git == "off" or not names:
        return frozenset()
    from checker.verify.fixity import committed

    try:
        found = await committed.flaws(run.engine, run.mirror.names, clone, names)
    except git.GitError:
        run.learnt.unknown[Unchecked.GIT_SILENT] += len(names)
        return frozenset()
    run.learnt.faults += ((name, flaw.rule, flaw.message) for name, flaw in found.items())
    return found.keys()


async def _find_duplicates(run: Run) -> None:
    from checker.verify.fixity.duplicates import duplicates

    for each in await duplicates(run.engine, run.mirror.names):
        run.learnt.faults.append((each.name, Code.MIRROR_DUPLICATE, each.message))


async def _compare(run: Run, manifest: Manifest) -> list[Finding]:
    """Findings on how the files differ from the manifest."""
    from checker.verify.fixity import seal

    by_default = run.job.config.assets.manifest == "auto"
    names = run.mirror.names
    if names.left_out:
        names = open_source(names.place)  # a manifest is of the folder, whatever of it is published
    try:
        differences = await seal.compared(run.engine, names, manifest, run.job.only, found=by_default)
    except ManifestError as error:
        return [evidence.of_manifest(error)]
    return [evidence.of_difference(manifest.name, difference) for difference in differences]
