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
        name=Code.MIRROR_UNMIRRORED,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="The page embeds something of the origin that the mirror has no copy of.",
        why="The mirror is not whole: without the origin, this part of the page is missing.",
        mend="Copy it, or list it as excluded.",
        message="embedded from the origin, of which the mirror has no copy of this",
    ),
    Rule(
        name=Code.MIRROR_ORPHAN,  # of a folder: a walk of a live site finds pages only by what refers to them
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.WHOLE),
        summary="No page refers to this page, or embeds or links to this asset.",
        why="Readers can find it only by its address; an asset takes room for nothing.",
        mend="Link to it, remove it, or list it under [pages] entry.",
    ),
    Rule(
        name=Code.MIRROR_DUPLICATE,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.HASHING),
        summary="Other files hold the same bytes.",
        why="The mirror takes more room, and readers fetch the same more than once.",
        mend="Keep one of them and refer to it, or make the others links.",
    ),
    Rule(
        name=Code.MIRROR_NOT_LIVE,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.LIVE),
        summary="The live site lacks a page of the folder.",
        why="Readers of the site get an error where the mirror has a page.",
        mend="Publish it, or exclude it under [pages].",
        message="{url}: {answer}",
    ),
    Rule(
        name=Code.MIRROR_NOT_HERE,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.MIRROR,
        needs=(Needs.FOLDER, Needs.LIVE),
        summary="The folder lacks a page of the live site.",
        why="The mirror is not whole: the page is lost with the site.",
        mend="Copy it, or exclude it under [site].",
        message="the folder has no {name}",
    ),
)
