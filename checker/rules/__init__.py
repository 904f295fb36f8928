"""The table of rules, which configuration, reports and docs read: a module a family. A new rule is a code, a row and a
folder of tests/sites.
"""

from __future__ import annotations

from checker.rules import asset, baseline, fixity, local, mirror, remote, suppression, url
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

__all__ = ["FAMILIES", "RULES", "THIRD_PARTY", "Needs", "Rule", "Scope", "needing", "selected"]

_MODULES = (url, local, remote, asset, fixity, mirror, suppression, baseline)
RULES: dict[str, Rule] = {rule.name: rule for module in _MODULES for rule in module.RULES}
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(rule.family for rule in RULES.values()))
# By where what pages embed comes from. Keys hold a rule's place in it: 2 bits of them.
THIRD_PARTY: tuple[Code, ...] = tuple(rule.name for rule in RULES.values() if rule.scope is Scope.HOST)


def selected(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a rule is named by itself or by its family."""
    return name in patterns or name.partition("/")[0] in patterns


def needing(need: Needs) -> tuple[Code, ...]:
    """The rules that a run looks for only if it has this."""
    return tuple(rule.name for rule in RULES.values() if need in rule.needs)
