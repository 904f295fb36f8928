"""Rules on how the files differ from the manifest."""

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
        summary="The file does not have the checksum that the manifest records.",
        why="It was edited, replaced or damaged; a checksum does not tell which.",
        mend="Restore it from a copy, or accept it: `mirrorcheck seal --accept`.",
        message="does not have the checksum that {manifest} records",
    ),
    Rule(
        name=Code.FIXITY_MISSING,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="A file that the manifest lists is not in the folder.",
        why="The file was lost, even if no page refers to it.",
        mend="Restore it from a copy, or accept it: `mirrorcheck seal --accept`.",
        message="{name} is not in the folder",
    ),
    Rule(
        name=Code.FIXITY_RENAMED,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="A file that the manifest lists exists only under another name.",
        why="References from other sites still use the old name.",
        mend="Rename it back, or accept the new name: `mirrorcheck seal --accept`.",
        message="{name} is now {now}",
    ),
    Rule(
        name=Code.FIXITY_ADDED,
        level=Level.NOTE,
        verdict=Verdict.OK,
        scope=Scope.FILE,
        needs=(Needs.FOLDER, Needs.MANIFEST),
        summary="The manifest does not list the file.",
        why="A file without a recorded checksum can change unnoticed.",
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
        why="No file can be compared with it, and `sha256sum -c` skips lines that it does not understand.",
        mend="Correct the line, or move the manifest away and seal the folder again.",
    ),
)
