"""The answers of a folder to the questions that its pages leave open. The network's answers are in the state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from checker.mirror.resolve import Target
from checker.model import Finding, TargetKind
from checker.sweep.facts import Suspect
from checker.verify.fragment import Answer
from checker.verify.local import Miss

Fragments = Mapping[tuple[int, str], Mapping[str, Answer]]  # (mount, file) -> fragment -> whether it is there


class Answers(NamedTuple):
    """The answers of a folder. A live site has none of them, since its files cannot be listed."""

    labels: tuple[str, ...] = ("",)  # by mount: the prefix of its file names in reports
    misses: Mapping[Target, Miss] = MappingProxyType({})  # why a target has no file
    fragments: Fragments = MappingProxyType({})
    files: tuple[Finding, ...] = ()  # findings on the files themselves, whether or not pages refer to them
    published: Mapping[str, str] = MappingProxyType({})  # file of which pages name the origin's -> the mirror's own URL

    def fragment(self, page: str, suspect: Suspect) -> Answer | None:
        """Whether a file has the id that a reference of a page names."""
        mount, file, _ = asked_file(page, suspect)
        return self.fragments.get((mount, file), {}).get(suspect.fragment)


def asked_file(page: str, suspect: Suspect) -> tuple[int, str, str]:
    """The file in which the fragment of a reference is looked up: its mount, its name, and the forge that shows it."""
    target = suspect.target
    return (0, page, target.forge) if target.kind is TargetKind.SELF else (target.mount, target.name, target.forge)


def place_of(target: Target) -> tuple[int, str, str]:
    """(mount, ref, path) of a target on another ref."""
    return target.mount, target.why, target.name
