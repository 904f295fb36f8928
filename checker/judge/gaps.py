"""Gaps: which rules a run did not look for, and why. A rule that was not looked for has not passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from types import MappingProxyType

from checker.config.schema import Config
from checker.model import Gap, Reason, Unchecked
from checker.rules import RULES, Needs

SELECTION = "not selected ([rules], --select, --ignore)"
LACKS = {
    Needs.FOLDER: "a live site has no folder to look into",
    Needs.TARGETS: "a live site has no folder to look into",
    Needs.WHOLE: "only some pages were read",
    Needs.PROBING: "not asked for ([remote] soft_404)",
    Needs.VANTAGE: "no vantage point ([[remote.vantage]])",
    Needs.DECODING: "no --deep ([assets] deep)",
    Needs.GIT: "no git clone to compare with ([assets] git)",
    Needs.MANIFEST: "no manifest that can be read ([assets] manifest)",
    Needs.HASHING: "not asked for ([assets] duplicates)",
    Needs.LIVE: "no --against live",
    Needs.BASELINE: "no --baseline ([rules] baseline)",
}


def had(config: Config, more: Mapping[Needs, object] = MappingProxyType({})) -> frozenset[Needs]:
    """The needs of rules that a run meets: by its configuration, and `more` that the caller knows."""
    there: dict[Needs, object] = {
        Needs.PROBING: config.remote.soft_404,
        Needs.VANTAGE: config.remote.vantage,
        Needs.DECODING: config.assets.deep,
        Needs.BASELINE: config.rules.baseline,
        **more,
    }
    return frozenset(need for need, value in there.items() if value)


def gaps(
    met: Set[Needs],
    wanted: Callable[[str], bool],
    *,
    unknown: Mapping[Reason, int],
    unasked: Mapping[Reason, int],
    embedded: bool,
    complete: bool,
) -> dict[str, Gap]:
    """The rules that were not looked for everywhere.

    `met`: the needs that the run met. `wanted(rule)`: whether the rule counts. `unknown`: reason -> number of targets
    in the mirror without a verdict. `unasked`: the same for remote targets; `embedded` if pages embed some of them.
    `complete`: the run was not interrupted.
    """
    partly = {Needs.TARGETS: _counted(unknown), Needs.NETWORK: _counted(unasked)}
    partly[Needs.ASSETS] = partly[Needs.NETWORK] if embedded else ""
    found: dict[str, Gap] = {}
    for rule in RULES.values():
        lacking = next((LACKS[need] for need in rule.needs if need in LACKS and need not in met), "")
        reason = next((partly[need] for need in rule.needs if partly.get(need)), "")
        if not wanted(rule.name):
            found[rule.name] = Gap(SELECTION)
        elif lacking:
            found[rule.name] = Gap(lacking)
        elif not complete:
            found[rule.name] = Gap(Unchecked.INTERRUPTED, everywhere=False)
        elif reason:
            found[rule.name] = Gap(reason, everywhere=False)
    return found


def _counted(reasons: Mapping[Reason, int]) -> str:
    counted = sorted(((str(reason), count) for reason, count in reasons.items()), key=lambda each: (-each[1], each[0]))
    return "; ".join(f"{count:,} {'target' if count == 1 else 'targets'}: {reason}" for reason, count in counted)
