"""Rules on assets: what is in them, and which host they come from."""

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
        why="A browser shows nothing, and the mirror preserves an empty file.",
        mend="Fetch the file again.",
    ),
    Rule(
        name=Code.ASSET_TRUNCATED,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded file ends too early: a part of its structure is missing.",
        why="A download or a copy was cut short. A browser shows half an image, or nothing.",
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
        summary="The embedded picture needs more memory or time to decode than one picture may take.",
        why="A small file that unpacks to gigabytes stops the reader's browser, and damage in it stays unseen.",
        mend="Embed the picture in the size in which the page shows it.",
    ),
    Rule(
        name=Code.ASSET_WRONG_TYPE,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded file has another type than its name, its role or its server says.",
        why=(
            "Servers take the type from the name, and browsers refuse scripts and style sheets that are sent as "
            "something else."
        ),
        mend="Rename the file to match its type, or correct the `Content-Type` that the server sends.",
    ),
    Rule(
        name=Code.ASSET_ERROR_PAGE,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="An error page stands in place of the asset.",
        why="A browser shows a broken image, or does not run the script.",
        mend="Fetch the file again from a place that still has it.",
    ),
    Rule(
        name=Code.ASSET_LFS_POINTER,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The file is a pointer of Git LFS or git-annex; the content itself is not here.",
        why="Readers and CDNs get a text of three lines instead of the asset.",
        mend="Run `git lfs pull` or `git annex get`, or publish from a clone that has the objects.",
    ),
    Rule(
        name=Code.ASSET_SCRIPTED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="The embedded drawing holds a script.",
        why=(
            "Embedded as an image, it runs nothing. Opened by itself, it runs with all the rights of a page of the "
            "mirror."
        ),
        mend="Remove the script, or serve drawings with a Content-Security-Policy that forbids scripts.",
    ),
    Rule(
        name=Code.ASSET_INTEGRITY_MISMATCH,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.REFERENCE,
        needs=(Needs.ASSETS,),
        summary="The file does not have the hash that `integrity` states.",
        why="Browsers block such a script or style sheet, and show the page without it.",
        mend="Restore the file; or check that the new one is right, and state its hash.",
    ),
    Rule(
        name=Code.ASSET_CROSSORIGIN_MISSING,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="The element lacks the attribute `crossorigin`, without which browsers cannot use the resource.",
        why=(
            "Browsers block a script or style sheet from another origin that has `integrity` and no `crossorigin`. "
            "They fetch a preloaded font twice."
        ),
        mend="Add `crossorigin`, and let the other host answer with `Access-Control-Allow-Origin`.",
    ),
    Rule(
        name=Code.ASSET_HOT_LINK,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="The page embeds a resource from another host.",
        why="The mirror's readers lose the resource when that host moves, forbids or removes it.",
        mend="Copy the resource into the mirror, if its licence allows that, or ignore the rule there.",
        message="embedded from {host}",
    ),
    Rule(
        name=Code.ASSET_TRACKER,
        level=Level.WARNING,
        verdict=Verdict.OK,
        scope=Scope.HOST,
        summary="The page embeds a tracker: an element that shows nothing and only counts readers.",
        why="A third party learns who reads each page of the mirror.",
        mend="Remove the element.",
        message="tells {host} who reads the page",
    ),
    Rule(
        name=Code.ASSET_MIXED_CONTENT,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.HOST,
        summary="A page at https: embeds a resource from http:.",
        why=(
            "Browsers block such scripts, style sheets, frames, fonts, objects, and the pictures of `srcset` and "
            "`picture`. They fetch other resources over https:, or not at all."
        ),
        mend="Refer to it with https:, as the suggestion shows if that answers alike, or copy it into the mirror.",
        asked=True,
        message="over http: on a page over https:, where browsers {fate} it",
    ),
    Rule(
        name=Code.ASSET_PLACEHOLDER,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.TARGET,
        needs=(Needs.ASSETS,),
        summary="A host answers with the same picture for many different URLs.",
        why=(
            "It is a placeholder: the host shows it in place of pictures that are gone, or the domain has a new owner. "
            "No reader sees the right picture."
        ),
        mend="Look at one of the pictures, and refer to a copy of the right one.",
    ),
    Rule(
        name=Code.ASSET_ROTTEN,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.GIT),
        summary="The file differs from the version in git, although nobody wrote to it.",
        why=(
            "Its size and its time of change are those that git noted, so a disk or a copy damaged it. `git status` "
            "does not show that."
        ),
        mend="Run `git restore` on the file, and check the disk.",
    ),
    Rule(
        name=Code.ASSET_CHANGED,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.GIT),
        summary="The binary file differs from the version in git.",
        why="Somebody wrote to it after the last commit; readers of the repository get another version.",
        mend="Commit the file, or run `git restore` on it.",
    ),
)
