"""Whether a run looked at the place of an earlier finding. Only then does a missing finding count as fixed."""

from __future__ import annotations

from collections.abc import Callable, Container

from checker.config.schema import Config
from checker.judge.selection import Judge
from checker.judge.state import RunState
from checker.kinds import kind_of
from checker.model import Finding, Verdict
from checker.rules import RULES, Needs
from checker.rules.codes import Code
from checker.sweep.keys import remote_key
from checker.web.globs import matcher


def in_folder(
    config: Config, learnt: RunState, judging: Judge, names: Container[str], *, online: bool
) -> Callable[[Finding], bool]:
    """A test for earlier findings: whether this run of a folder with these names would have found them again."""
    excluded = matcher(config.pages.exclude)
    included = matcher(config.pages.include) if config.pages.include else lambda _name: True
    unread = _unread(learnt)
    answered = _answered(learnt, online=online)

    def look(finding: Finding) -> bool:
        page = finding.page
        left_out = page in names and (excluded(page) or (bool(kind_of(page)) and not included(page)))
        silent = finding.role is not None and page in unread
        return judging.counts(finding.rule, page) and not left_out and not silent and answered(finding)

    return look


def on_site(learnt: RunState, judging: Judge, is_kept: Callable[[str], bool]) -> Callable[[Finding], bool]:
    """The same for a live site. `is_kept(url)`: whether the page was read."""
    unread = _unread(learnt)
    answered = _answered(learnt, online=True)

    def look(finding: Finding) -> bool:
        if not judging.counts(finding.rule, finding.page) or finding.page in unread or not answered(finding):
            return False
        if is_kept(finding.page):
            return True
        answer = learnt.network.verdicts.get(remote_key(finding.page, ""))
        if answer and answer.rule:
            return RULES[answer.rule].verdict is Verdict.BROKEN  # the page is gone
        return not (learnt.unknown or learnt.network.unasked)  # nothing refers to it any more

    return look


def _unread(learnt: RunState) -> set[str]:
    return {page for page, rule, _ in learnt.faults if RULES[rule].unread}


def _answered(learnt: RunState, *, online: bool) -> Callable[[Finding], bool]:
    """The same, as far as it depends on the answer of a remote target."""
    _, left = learnt.missed(online=online)

    def look(finding: Finding) -> bool:
        needs = RULES[finding.rule].needs if finding.rule in RULES else ()
        if not ((Needs.NETWORK in needs or Needs.ASSETS in needs) and finding.target.startswith(("http:", "https:"))):
            return True
        url, _, fragment = finding.target.partition("#")
        if remote_key(url, "") in left or remote_key(url, fragment) in left:
            return False
        answer = learnt.network.verdicts.get(remote_key(url, ""))
        if answer is None or not answer.rule:
            return True
        verdict = RULES[answer.rule].verdict
        of_its_page = Needs.ASSETS in needs or finding.rule == Code.REMOTE_MISSING_FRAGMENT
        return verdict is not Verdict.SUSPECT and not (of_its_page and verdict is Verdict.BROKEN)

    return look
