"""Which references stand on their pages letter by letter, so that anyone can write their suggestion in their place."""

from __future__ import annotations

import re
from pathlib import Path

from checker import disk, logins
from checker.extract import charset
from checker.kinds import kind_of
from checker.model import Finding, Grade, Kind
from checker.rules import RULES
from checker.rules.codes import Code

_PLAIN = re.compile(r"[^\s\"'&<>()\[\]{}\\|`*]+")  # text that needs no escape in any kind of page


class Standing:
    """The pages of a folder, read again when they are asked for; the last one is kept, since findings come by page."""

    def __init__(self, root: str) -> None:
        """`root`: the mirror's folder, or "" if it is none: then nothing is known to stand anywhere."""
        self._root = root
        self._page, self._lines = "", list[str]()

    def __call__(self, finding: Finding) -> bool:
        """Whether a finding's suggestion is certain, and can take the place of what stands at its line and column."""
        now, reference = finding.suggestion or "", finding.shown
        return (
            finding.grade is Grade.CERTAIN
            and not RULES[finding.rule].asked
            and finding.rule != Code.URL_SWALLOWED_PUNCTUATION  # the text behind it must stay
            and logins.HIDDEN not in now + reference
            and _PLAIN.fullmatch(now) is not None
            and _PLAIN.fullmatch(reference) is not None
            and self._line(finding).startswith(reference, finding.column - 1)
        )

    def _line(self, finding: Finding) -> str:
        if finding.page != self._page:
            self._page, self._lines = finding.page, self._read(finding.page)
        return self._lines[finding.line - 1] if finding.line <= len(self._lines) else ""

    def _read(self, page: str) -> list[str]:
        kind = kind_of(page)
        if not self._root or not isinstance(kind, Kind) or page.startswith("../"):
            return []
        try:
            with disk.reading(Path(self._root, page)) as file:
                return charset.decode(file.read(), kind).text.split("\n")
        except (OSError, ValueError):
            return []
