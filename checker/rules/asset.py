"""What pages embed, and where it comes from."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

RULES = (
    Rule(
        name=Code.ASSET_EMPTY,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded file has no bytes.",
        why="A browser shows nothing, and a copy of nothing is kept.",
        mend="Fetch the file again.",
    ),
    Rule(
        name=Code.ASSET_TRUNCATED,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded file ends before its own structure does.",
        why="Half an image is shown, or none: a download or a copy was cut short.",
        mend="Fetch the file again.",
    ),
    Rule(
        name=Code.ASSET_UNDECODABLE,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.DECODING, Needs.ASSETS),
        summary="The embedded file is damaged: no decoder can read it.",
        why="A browser shows a broken image, or nothing.",
        mend="Fetch the file again, or restore it from a copy.",
    ),
    Rule(
        name=Code.ASSET_BOMB,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.TARGET,
        needs=(Needs.DECODING, Needs.ASSETS),
        summary=(
            "The embedded picture is too large to be decoded: it takes more memory or time than is given to one "
            "picture."
        ),
        why="A small file that unpacks to gigabytes stops the reader's browser, and damage in it stays unseen.",
        mend="Embed a picture of the size in which it is shown.",
    ),
    Rule(
        name=Code.ASSET_WRONG_TYPE,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded file is of another type than its name, its role or its server says.",
        why="Servers go by the name, and browsers refuse scripts and styles that are sent as something else.",
        mend="Give the file the name of what it is; a server, the `Content-Type`.",
    ),
    Rule(
        name=Code.ASSET_ERROR_PAGE,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="An error page stands in place of the asset.",
        why="A browser shows a broken image, or runs nothing.",
        mend="Fetch the file again, from where it still is.",
    ),
    Rule(
        name=Code.ASSET_LFS_POINTER,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The file is a pointer of Git LFS or git-annex; what it stands for is not here.",
        why="Readers and CDNs get a text of three lines instead of the asset.",
        mend="Run `git lfs pull` or `git annex get`, or publish from where the objects are.",
    ),
    Rule(
        name=Code.ASSET_SCRIPTED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded drawing holds a script.",
        why=(
            "As an image it runs nothing; opened by itself it runs as a page of the mirror, and may do all that those "
            "may."
        ),
        mend="Remove the script, or serve drawings with a Content-Security-Policy that runs none.",
    ),
    Rule(
        name=Code.ASSET_INTEGRITY_MISMATCH,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.REFERENCE,
        needs=(Needs.ASSETS,),
        summary="The file is not the one that `integrity` asks for.",
        why="Browsers do not run such a script and do not use such a style sheet: the page is shown without.",
        mend="Restore the file, or write the hash of the new one once it is known to be right.",
    ),
    Rule(
        name=Code.ASSET_CROSSORIGIN_MISSING,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="The element lacks `crossorigin`, which a browser needs for what it embeds.",
        why=(
            "A script or style sheet of another origin with `integrity` is blocked; a font fetched ahead is fetched "
            "twice."
        ),
        mend="Add `crossorigin`, and let the other host answer with `Access-Control-Allow-Origin`.",
    ),
    Rule(
        name=Code.ASSET_HOT_LINK,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="What the page embeds comes from another host.",
        why="It is gone for the mirror's readers when that host moves, forbids it or vanishes.",
        mend="Copy it into the mirror, as far as its licence allows, or accept the dependence with an ignore.",
        message="embedded from {host}",
    ),
    Rule(
        name=Code.ASSET_TRACKER,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="The page embeds a beacon: nothing to see, it only counts readers.",
        why="Every reader of the mirror is reported to somebody, on each page.",
        mend="Remove the element.",
        message="tells {host} who reads the page",
    ),
    Rule(
        name=Code.ASSET_MIXED_CONTENT,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.HOST,
        summary="A page over https: embeds something over http:.",
        why="Browsers block scripts, styles, frames and fonts, and fetch the rest over https: or not at all.",
        mend="Refer to it by https:, or copy it into the mirror.",
        message="over http: on a page over https:, where browsers {fate} it",
    ),
    Rule(
        name=Code.ASSET_PLACEHOLDER,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="A host answers with the same picture for many names.",
        why=(
            "It is shown for what is no longer there, or by whoever holds the domain now; no reader sees what was "
            "meant."
        ),
        mend="Look at one of them; refer to a copy that still is what it was.",
    ),
    Rule(
        name=Code.ASSET_ROTTEN,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.GIT),
        summary="The file differs from what git recorded, though nobody wrote to it.",
        why=(
            "Its size and time are as git noted them: a disk or a copy lost some of its bits. `git status` cannot see "
            "it."
        ),
        mend="`git restore` the file, and look after the disk.",
    ),
    Rule(
        name=Code.ASSET_CHANGED,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.GIT),
        summary="The binary file differs from what git recorded.",
        why="It was written to since: what readers of the repository get is another file.",
        mend="Commit it, or `git restore` it.",
    ),
)
