"""The columns of the table of rules."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from checker.model import Level, Verdict
from checker.rules.codes import Code


class Scope(StrEnum):
    """The subject of a finding."""

    REFERENCE = "reference"  # one reference: its text and its target
    TARGET = "target"  # a target; each reference to it has a finding
    HOST = "host"  # a host that pages embed from (or one resource of the origin): one finding for all pages
    FILE = "file"  # a file by itself, or a line of it
    MIRROR = "mirror"  # a file compared with all other files


class Needs(StrEnum):
    """What a run must have to look for a rule, apart from pages."""

    FOLDER = "folder"  # the mirror is a folder of files, not a live site
    TARGETS = "targets"  # the files that references lead to can be listed
    WHOLE = "whole"  # all pages were read
    NETWORK = "network"
    ASSETS = "assets"  # the network, for the assets that pages embed from other hosts
    PROBING = "probing"  # a probe: a request for a path that cannot exist
    VANTAGE = "vantage"  # a vantage point
    DECODING = "decoding"
    GIT = "git"
    MANIFEST = "manifest"
    HASHING = "hashing"  # all files are hashed
    LIVE = "live"  # the live site, to compare the folder with
    BASELINE = "baseline"


class Rule(NamedTuple):
    """A fault that can be found. The name says what it is, `why` says why it matters, `mend` how to mend it."""

    name: Code
    level: Level
    verdict: Verdict
    scope: Scope
    summary: str
    why: str
    mend: str
    needs: tuple[Needs, ...] = ()
    message: str = ""  # of a finding, with fields in braces; "": the code that finds it writes the message
    summed: bool = False  # the terminal only says how many findings there are, unless it is asked for all
    unread: bool = False  # the page was not read, or not to its end: there may be more faults on it
    asked: bool = False  # whether `fix` mends it only where the user names the rule: the mend is a matter of taste
    archived: bool = False  # a copy at a web archive mends it: the page is gone for good
    from_here: bool = False  # it may be true only from here, so vantage points are tried as well

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    def format_message(self, **fields: str) -> str:
        """The message of a finding, with its fields filled in."""
        return self.message.format_map(fields)
