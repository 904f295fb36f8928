"""What `fix` would write in the place of each reference of a report, for those who apply it themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from checker import disk, logins
from checker.extract import Options, charset, locate
from checker.kinds import HEAD, kind_of, sniff_named
from checker.mend.encoded import rewritten
from checker.mend.page import Mended, mended
from checker.mend.plan import mendable
from checker.model import Finding, Kind, Replacement


class Replacing:
    """The pages of a folder, read again when they are asked for; the last one is kept, since findings come by page."""

    def __init__(self, root: str, findings: Iterable[Finding], options: Options) -> None:
        """`root`: the mirror's folder, or "" if it is none: then nothing is known to stand anywhere.

        `options`: how references were extracted.
        """
        self._root, self._options = root, options
        self._by_page: dict[str, list[Finding]] = {}
        for finding in mendable(findings, likely=False, named=()):
            self._by_page.setdefault(finding.page, []).append(finding)
        self._page, self._known = "", dict[Finding, Replacement]()

    def __call__(self, finding: Finding) -> Replacement | None:
        """What `fix` would write for a finding, all findings of its page taken together; None if it would not."""
        if finding.page not in self._by_page:
            return None
        if finding.page != self._page:
            self._page, self._known = finding.page, dict(self._read(finding.page))
        return self._known.get(finding)

    def _read(self, page: str) -> Mapping[Finding, Replacement]:
        if not self._root or page.startswith("../"):
            return {}
        try:
            with disk.reading(Path(self._root, page)) as file:
                data = file.read()
        except (OSError, ValueError):
            return {}
        kind = kind_of(page)
        if kind is True:
            kind = sniff_named(page, data[:HEAD])
        return self._of(data, kind, self._by_page[page]) if isinstance(kind, Kind) else {}

    def _of(self, data: bytes, kind: Kind, findings: list[Finding]) -> Mapping[Finding, Replacement]:
        decoded = charset.decode(data, kind)
        made = mended(decoded.text, kind, findings, self._options)
        return _placed(decoded.text, made) if rewritten(data, decoded, kind, made.edits) else {}


def _placed(text: str, made: Mended) -> dict[Finding, Replacement]:
    """The edits of a page by the findings that they mend. One that would show a login is left out."""
    position = locate.positions(text, [point for edit in made.edits for point in edit[:2]])
    return {
        finding: Replacement(*position[edit.start], *position[edit.end], edit.text)
        for edit, findings in made.done
        for finding in findings
        if logins.hidden_in(edit.text) == edit.text
    }
