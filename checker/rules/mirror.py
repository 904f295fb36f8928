"""The mirror as a whole: beside its origin, and beside itself live."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

RULES = (
    Rule(
        name=Code.MIRROR_LEAK,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="The reference points at the origin although the mirror has a copy.",
        why="Readers are led away from the mirror, and are lost when the origin vanishes.",
        mend="Refer to the copy, as the suggestion shows.",
        message="the mirror has a copy: {copy}",
    ),
    Rule(
        name=Code.MIRROR_ARCHIVED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.REFERENCE,
        summary="The reference leads to an archive's snapshot of what the mirror has itself.",
        why="Readers are led away from the mirror, unless the snapshot is meant.",
        mend="Refer to the copy, as the suggestion shows, or leave it if the page is to show how it was.",
        message="a snapshot of what the mirror has: {copy}",
    ),
    Rule(
        name=Code.MIRROR_UNMIRRORED,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="The page embeds, or links to (a note), a resource of the origin, and the mirror has no copy of it.",
        why="The mirror is not complete: when the origin is gone, this part of it is missing.",
        mend="Copy the resource into the mirror, or exclude its URL.",
        message="embedded from the origin; the mirror has no copy",
    ),
    Rule(
        name=Code.MIRROR_ORPHAN,  # only of a folder: on a live site, a page is found only if something refers to it
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.WHOLE),
        summary="No page refers to this page, or embeds or links to this asset.",
        why="Readers find such a page only if they know its URL; such an asset wastes space.",
        mend="Link to it, remove it, or list it under [pages] entry.",
    ),
    Rule(
        name=Code.MIRROR_DUPLICATE,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.HASHING),
        summary="Other files hold the same bytes.",
        why="The mirror takes more space, and readers fetch the same bytes more than once.",
        mend="Keep one of the files and refer to it, or replace the others by links to it.",
    ),
    Rule(
        name=Code.MIRROR_NOT_LIVE,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.LIVE),
        summary="The live site lacks a page of the folder.",
        why="Readers of the site get an error where the mirror has a page.",
        mend="Publish the page, or exclude it under [pages].",
        message="{url}: {answer}",
    ),
    Rule(
        name=Code.MIRROR_NOT_HERE,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.LIVE),
        summary="The folder lacks a page of the live site.",
        why="The mirror is not complete: when the site is gone, the page is lost.",
        mend="Copy the page into the folder, or exclude it under [site].",
        message="the folder has no {name}",
    ),
)
