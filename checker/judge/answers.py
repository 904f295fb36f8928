"""The answers of a folder to the questions that its pages leave open. The network's answers are in the state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from checker.mirror.target import Target
from checker.model import Finding, Role, TargetKind
from checker.sweep.facts import Suspect
from checker.verify.fragment import Answer
from checker.verify.local import Miss

# (mount, file, whether its image maps are meant) -> fragment -> whether it is there
Fragments = Mapping[tuple[int, str, bool], Mapping[str, Answer]]


class Answers(NamedTuple):
    """The answers of a folder. A live site has none of them, since its files cannot be listed."""

    labels: tuple[str, ...] = ("",)  # by mount: the prefix of its file names in reports
    misses: Mapping[Target, Miss] = MappingProxyType({})  # why a target has no file
    fragments: Fragments = MappingProxyType({})
    files: tuple[Finding, ...] = ()  # findings on the files themselves, whether or not pages refer to them
    published: Mapping[str, str] = MappingProxyType({})  # file of which pages name the origin's -> the mirror's own URL
    drawings: frozenset[str] = frozenset()  # that pages embed as pictures, in which nobody can follow a link

    def fragment(self, page: str, suspect: Suspect) -> Answer | None:
        """Whether a file has the id that a reference of a page names."""
        mount, file, _, maps = asked_file(page, suspect)
        return self.fragments.get((mount, file, maps), {}).get(suspect.fragment)


def asked_file(page: str, suspect: Suspect) -> tuple[int, str, str, bool]:
    """The file in which the fragment of a reference is looked up: its mount, its name, the forge that shows it, and
    whether the fragment is the name of an image map.
    """
    target = suspect.target
    if target.kind is TargetKind.SELF:
        return 0, page, target.forge, suspect.role is Role.MAP
    return target.mount, target.name, target.forge, False


def place_of(target: Target) -> tuple[int, str, str]:
    """(mount, ref, path) of a target on another ref."""
    return target.mount, target.why, target.name
