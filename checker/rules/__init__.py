"""The table of rules, one module per family. The configuration, the reports and the documentation read it.

A new rule needs a code, a row and a folder in tests/sites.
"""

from __future__ import annotations

from checker.rules import asset, baseline, fixity, local, mirror, remote, suppression, url
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

__all__ = ["FAMILIES", "RULES", "THIRD_PARTY", "Needs", "Rule", "Scope", "needing", "selected"]

_MODULES = (url, local, remote, asset, fixity, mirror, suppression, baseline)
RULES: dict[str, Rule] = {rule.name: rule for module in _MODULES for rule in module.RULES}
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(rule.family for rule in RULES.values()))
# Rules on the host that pages embed something from. Keys (sweep/keys.py) hold the index of a rule here in 2 bits.
THIRD_PARTY: tuple[Code, ...] = tuple(rule.name for rule in RULES.values() if rule.scope is Scope.HOST)


def selected(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a rule is named by itself or by its family."""
    return name in patterns or name.partition("/")[0] in patterns


def needing(need: Needs) -> tuple[Code, ...]:
    """The rules that a run can look for only if this need is met."""
    return tuple(rule.name for rule in RULES.values() if need in rule.needs)
