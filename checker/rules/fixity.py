"""Whether files are what the manifest records."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

RULES = (
    Rule(
        name=Code.FIXITY_CHANGED,
        level=Level.ERROR,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="The file does not hold the bytes that the manifest records.",
        why="It was edited, replaced, or damaged on its disk or on its way; a sum says that, not what.",
        mend="Restore it from a copy, or accept it: `mirrorcheck seal --accept`.",
        message="does not hold what {manifest} records",
    ),
    Rule(
        name=Code.FIXITY_MISSING,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="A file that the manifest lists is not in the folder.",
        why="It was lost, whether or not a page refers to it.",
        mend="Restore it from a copy, or accept it: `mirrorcheck seal --accept`.",
        message="{name} is not in the folder",
    ),
    Rule(
        name=Code.FIXITY_RENAMED,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="A file that the manifest lists is there under another name only.",
        why="References from elsewhere still use the old name.",
        mend="Give it its name back, or accept it: `mirrorcheck seal --accept`.",
        message="what {name} held is now in {now}",
    ),
    Rule(
        name=Code.FIXITY_ADDED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="The manifest does not list the file.",
        why="What is not recorded can change unnoticed.",
        mend="Record it with `mirrorcheck seal --accept`, or remove it.",
        message="{manifest} does not list it",
    ),
    Rule(
        name=Code.FIXITY_INVALID_MANIFEST,
        level=Level.ERROR,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="The manifest cannot be read.",
        why="None of the files can be compared with it, and `sha256sum -c` passes over what it does not understand.",
        mend="Correct the line, or move the manifest away and seal the folder anew.",
    ),
)
