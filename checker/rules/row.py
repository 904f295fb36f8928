"""What a row of the table of rules is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from checker.model import Level, Verdict
from checker.rules.codes import Code


class Scope(StrEnum):
    """What one finding of a rule is about."""

    REFERENCE = "reference"  # one place: how it is written, and what it names
    TARGET = "target"  # what references lead to, and so each of them
    HOST = "host"  # a host that pages embed from (or one thing of the origin): found once for all pages
    FILE = "file"  # a file as such, or a line of it
    MIRROR = "mirror"  # a file beside all others


class Needs(StrEnum):
    """What a run must have to look for a rule, beside pages to read."""

    FOLDER = "folder"  # of files, not a live site
    TARGETS = "targets"  # the files of it that references lead to
    WHOLE = "whole"  # all pages, read
    NETWORK = "network"
    ASSETS = "assets"  # the network, for those that pages embed from elsewhere
    PROBING = "probing"  # what a host shows for a path that cannot exist
    VANTAGE = "vantage"  # another place to ask from
    DECODING = "decoding"
    GIT = "git"
    MANIFEST = "manifest"
    HASHING = "hashing"  # of all files
    LIVE = "live"  # the live site, beside its folder
    BASELINE = "baseline"


class Rule(NamedTuple):
    """What can be wrong. The name says the fault; `why` says why it matters, `mend` how to cure it."""

    name: Code
    level: Level
    verdict: Verdict
    scope: Scope
    summary: str
    why: str
    mend: str
    needs: tuple[Needs, ...] = ()
    message: str = ""  # of a finding, with fields in braces; "": who finds it has the words
    unread: bool = False  # nothing, or not all, of the page was read: what else is on it is not known
    from_here: bool = False  # it may hold only for who asks from here: other vantage points are asked as well

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    def told(self, **fields: str) -> str:
        """The message of a finding."""
        return self.message.format_map(fields)
