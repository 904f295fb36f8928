"""Whether files have the ids that fragments name."""

from __future__ import annotations

from collections.abc import Iterable

from checker.kinds import WITH_IDS
from checker.sources.base import Source
from checker.sweep import budget
from checker.sweep.facts import Context
from checker.sweep.page import Page, load
from checker.verify.fragment import Answer, verify_all


def answer(
    context: Context, batch: Iterable[tuple[int, str, bool, frozenset[str]]]
) -> list[tuple[int, str, dict[str, Answer]]]:
    """(mount, file, the verdict on each fragment) for each of (mount, file, whether a forge shows it, fragments)."""
    return [(mount, file, _answer(context, mount, file, forge, fragments)) for mount, file, forge, fragments in batch]


def _answer(context: Context, mount: int, file: str, forge: bool, fragments: frozenset[str]) -> dict[str, Answer]:
    try:
        return _answer_of(context, mount, file, forge, fragments)
    except budget.Spent:
        return {}
    finally:
        budget.end()


def _answer_of(context: Context, mount: int, file: str, forge: bool, fragments: frozenset[str]) -> dict[str, Answer]:
    read = load(context, mount, file)
    if isinstance(read, Page):
        known, lines = frozenset(read.found.ids), read.text.count("\n") + 1
        page = read.kind in WITH_IDS
    elif read.fault:
        return {fragment: Answer("") for fragment in fragments}  # another finding says that it cannot be read
    else:
        known, lines, page = frozenset(), _lines(context.mounts[mount].names, file), False
    return verify_all(fragments, known, lines, forge=forge, page=page)


def _lines(source: Source, file: str) -> int:
    try:
        return sum(block.count(b"\n") for block in source.blocks(file)) + 1
    except OSError:
        return 0
