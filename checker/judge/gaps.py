"""What a run did not look for, rule by rule, and why: only what was looked for can have passed."""

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
    """What a run has to look for rules, by its configuration, and beside that."""
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

    `met`: what the run had; `wanted(rule)`: whether it counts; `unknown`: reason -> targets in the mirror that could
    not be told; `unasked`: the same of remote ones, `embedded` where pages embed some of them; `complete`: the run came
    to its end.
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
