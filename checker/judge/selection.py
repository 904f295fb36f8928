"""Which findings count, by the configuration and the suppressions in the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from operator import attrgetter

from checker.config.schema import Config
from checker.extract.suppress import Suppression
from checker.judge import fingerprints
from checker.model import Finding, Level
from checker.rules import FAMILIES, RULES, selected
from checker.rules.codes import Code
from checker.web.globs import matcher

_order = attrgetter("order")


class Judge:
    """Selects the findings that count, by the configuration and the suppressions in the pages."""

    def __init__(self, config: Config, silenced: Callable[[Finding], object] | None = None) -> None:
        """`silenced` is called with each finding that does not count."""
        rules = config.rules
        self._silenced = silenced
        self._counts = {
            name: (not rules.select or selected(name, rules.select)) and not selected(name, rules.ignore)
            for name in RULES
        }
        self._levels = {
            name: Level(level)
            for name, row in RULES.items()
            if (level := rules.level.get(name) or rules.level.get(row.family))
        }
        self._paths: list[tuple[Callable[[str], bool], tuple[str, ...]]] = [
            (matcher((row.path,)), row.ignore) for row in rules.path
        ]
        self.suppressed = 0

    def wants(self, *names: str) -> bool:
        """Whether any of these rules and families counts."""
        return any(counts for name, counts in self._counts.items() if selected(name, names))

    def page(
        self, page: str, findings: Iterable[Finding], suppressions: tuple[Suppression, ...] = ()
    ) -> Iterator[Finding]:
        """The findings of one page that count, with their fingerprints, and the findings on its suppressions."""
        silencing: dict[tuple[int, str], list[Suppression]] = {}  # (line, or 0 for the page; rule or family) -> by whom
        for one in suppressions:
            for name in one.rules:
                silencing.setdefault((one.line, name), []).append(one)
        effective: set[tuple[int, str]] = set()  # keys of those that silenced a finding
        occurrences: dict[tuple[str, str], int] = {}
        for finding in sorted(findings, key=_order):
            names = finding.rule, finding.rule.partition("/")[0]
            matching = [key for key in product((0, finding.line), names) if key in silencing] if silencing else ()
            effective.update(matching)
            if matching:
                self.suppressed += 1
            elif self.counts(finding.rule, finding.page):
                yield self._judged(finding, occurrences)
                continue
            if self._silenced is not None:
                self._silenced(finding)
        if suppressions:
            used = {one for key in effective for one in silencing[key]}
            for finding in _unused(page, suppressions, used):
                if self.counts(finding.rule, page):
                    yield self._judged(finding, occurrences)

    def _judged(self, finding: Finding, occurrences: dict[tuple[str, str], int]) -> Finding:
        """A finding that counts. `occurrences`: of its rule and reference, so far on its page."""
        what = finding.rule, finding.reference
        occurrence = occurrences.get(what, 0)
        occurrences[what] = occurrence + 1
        fingerprint = finding.fingerprint or fingerprints.of_place(finding, occurrence)
        return finding.judged(self._levels.get(finding.rule, finding.level), fingerprint)

    def counts(self, rule: str, page: str) -> bool:
        """Whether a rule counts on a page."""
        if not self._paths:
            return self._counts[rule]
        return self._counts[rule] and not any(selected(rule, rules) and on_path(page) for on_path, rules in self._paths)


def _unused(page: str, suppressions: tuple[Suppression, ...], used: set[Suppression]) -> Iterator[Finding]:
    for one in suppressions:
        line, column = one.at
        unknown = [name for name in one.rules if name not in RULES and name not in FAMILIES]
        if unknown or not one.rules:
            row = RULES[Code.SUPPRESSION_UNKNOWN_RULE]
            message = f"no rule is called {unknown[0]!r}" if unknown else "names no rule"
        elif one not in used:
            row = RULES[Code.SUPPRESSION_UNUSED]
            message = row.format_message(rules=", ".join(one.rules))
        else:
            continue
        yield Finding(row.name, row.level, page, line, column, message, target=page, verdict=row.verdict)
