"""Whether files have the ids that fragments name."""

from __future__ import annotations

from collections.abc import Iterable

from checker.kinds import WITH_IDS
from checker.mirror import forge_views
from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sweep import budget
from checker.sweep.facts import Context
from checker.sweep.page import Page, load
from checker.verify.fragment import Answer, verify_all

_LISTING = "the forge shows a listing there, without a README that could have the place"


def answer(
    context: Context, batch: Iterable[tuple[int, str, str, frozenset[str]]]
) -> list[tuple[int, str, dict[str, Answer]]]:
    """What (mount, file, the forge that shows it) answers to the fragments that are asked of it."""
    return [(mount, file, _answer(context, mount, file, forge, fragments)) for mount, file, forge, fragments in batch]


def _answer(context: Context, mount: int, file: str, forge: str, fragments: frozenset[str]) -> dict[str, Answer]:
    try:
        return _answer_of(context, mount, file, forge, fragments)
    except budget.Spent:
        return {}
    finally:
        budget.end()


def _answer_of(context: Context, mount: int, file: str, forge: str, fragments: frozenset[str]) -> dict[str, Answer]:
    if forge and file.rstrip("/") in context.mounts[mount].names.folders:
        return dict.fromkeys(fragments, Answer(Code.LOCAL_MISSING_FRAGMENT, _LISTING))
    read = load(context, mount, file)
    if isinstance(read, Page):
        known, lines = frozenset(read.found.ids), read.text.count("\n") + 1
        page = read.kind in WITH_IDS
    elif read.fault:
        return {fragment: Answer("") for fragment in fragments}  # another finding says that it cannot be read
    else:
        known, lines, page = frozenset(), _lines(context.mounts[mount].names, file), False
    shown_by = forge or context.mounts[mount].layout.wiki_of or ("" if mount else context.home.forge)
    return verify_all(fragments, known, lines, forge=bool(forge), page=page, folds=forge_views.folds(shown_by))


def _lines(source: Source, file: str) -> int:
    try:
        return sum(block.count(b"\n") for block in source.blocks(file)) + 1
    except OSError:
        return 0
