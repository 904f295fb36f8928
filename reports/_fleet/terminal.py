"""The terminal: a line for each mirror, and what many of them share."""

from __future__ import annotations

from typing import TextIO

from checker.model import Level, Verdict
from checker.words import counted
from reports import View
from reports._fleet import Mirror, Overview
from reports._fleet._words import changes, headline, saved, state_of
from reports._text import clean, clip, percent

_COLORS = {"broken": "31;1", "suspect": "33;1", "ok": "32"}
_SHARED = 5  # broken targets of several mirrors


def write(overview: Overview, stream: TextIO, view: View) -> None:
    """Write the lines and the summary. A quiet view shows only mirrors with something to tell."""
    width = max((len(mirror.name) for mirror in overview.mirrors), default=0)
    for mirror in overview.mirrors:
        kind, word = state_of(mirror)
        if view.quiet and kind == "ok":
            continue
        shown = f"\x1b[{_COLORS[kind]}m{word:<11}\x1b[0m" if view.color else f"{word:<11}"
        stream.write(f"{clean(mirror.name):<{width}}  {shown}  {_line(mirror)}\n")
    shared = [row for row in overview.shared if len(row.mirrors) > 1]
    if shared:
        stream.write("\nBroken in several mirrors:\n")
        for row in shared[: None if view.verbose else _SHARED]:
            where = f"{counted(len(row.mirrors), 'mirror')}, {counted(row.pages, 'page')}"
            stream.write(f"  {clip(clean(row.target), 200)}  {row.rule}: {where}\n")
        if len(shared) > _SHARED and not view.verbose:
            stream.write(f"  and {len(shared) - _SHARED:,} more (--verbose)\n")
    if view.quiet and not any(mirror.code for mirror in overview.mirrors):
        return
    stream.write(f"\n{headline(overview)}\n")
    if words := saved(overview):
        stream.write(f"{words}.\n")


def _line(mirror: Mirror) -> str:
    if mirror.report is None:
        return clean(mirror.fault)
    verdicts, levels = mirror.totals.verdicts, mirror.totals.levels
    parts = [
        counted(mirror.totals.pages, "page"),
        f"health {percent(mirror.totals.health)}",
        f"{verdicts.get(Verdict.BROKEN, 0):,} broken",
    ]
    if unchecked := verdicts.get(Verdict.UNCHECKED, 0):
        parts.append(f"{unchecked:,} not checked")
    parts += [counted(levels[level], level, f"{level}s") for level in (Level.ERROR, Level.WARNING) if levels.get(level)]
    line = ", ".join(parts)
    if words := changes(mirror):
        line += f" ({words})"
    return f"{line}; {clean(mirror.fault)}" if mirror.fault else line
