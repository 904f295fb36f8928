"""Every row of the table of rules is whole, and its columns agree with each other."""

from __future__ import annotations

from string import Formatter

import pytest

from checker.model import Verdict
from checker.rules import (
    RULES,
    THIRD_PARTY,
    Needs,
    Rule,
    Scope,
    asset,
    baseline,
    fixity,
    local,
    mirror,
    needing,
    remote,
    suppression,
    url,
)
from checker.rules.codes import Code

MODULES = (url, local, remote, asset, fixity, mirror, suppression, baseline)
ROWS = [pytest.param(rule, id=rule.name) for rule in RULES.values()]
# What a message may name.
FIELDS = {"host", "scheme", "copy", "fate", "manifest", "name", "now", "url", "answer", "rules", "date", "what"}
FIELDS |= {"here", "there", "file"}
OF_FOLDERS = {Needs.WHOLE, Needs.GIT, Needs.MANIFEST, Needs.HASHING, Needs.LIVE}


def test_every_code_has_one_row_in_the_module_of_its_family() -> None:
    rows = [rule.name for module in MODULES for rule in module.RULES]

    assert rows == list(Code)
    assert all(rule.family == module.__name__.rpartition(".")[2] for module in MODULES for rule in module.RULES)


@pytest.mark.parametrize("rule", ROWS)
def test_a_row_says_what_why_and_how_to_mend_it(rule: Rule) -> None:
    for text in (rule.summary, rule.why, rule.mend):
        assert text.endswith(".")
        assert text == text.strip()


@pytest.mark.parametrize("rule", ROWS)
def test_a_message_names_only_what_is_known(rule: Rule) -> None:
    fields = {name for _, name, _, _ in Formatter().parse(rule.message) if name is not None}

    assert fields <= FIELDS
    assert "{" not in rule.format_message(**dict.fromkeys(FIELDS, "x"))


@pytest.mark.parametrize("rule", ROWS)
def test_what_a_rule_is_about_agrees_with_what_it_needs(rule: Rule) -> None:
    needs = set(rule.needs)

    assert len(needs) == len(rule.needs)
    assert (rule.scope is Scope.MIRROR) == bool(needs & {Needs.WHOLE, Needs.HASHING, Needs.LIVE})
    assert (Needs.NETWORK in needs) == (rule.family == "remote")
    assert (Needs.MANIFEST in needs) == (rule.family == "fixity")
    assert (Needs.BASELINE in needs) == (rule.family == "baseline")
    assert Needs.FOLDER in needs or not needs & OF_FOLDERS
    assert Needs.ASSETS in needs or Needs.DECODING not in needs
    assert Needs.NETWORK in needs or not needs & {Needs.PROBING, Needs.VANTAGE}
    if rule.scope is Scope.TARGET:
        assert needs & {Needs.NETWORK, Needs.ASSETS}
    if rule.from_here:
        assert rule.scope is Scope.TARGET
        assert Needs.NETWORK in needs
    if rule.unread:
        assert rule.scope is Scope.FILE
    if rule.verdict is Verdict.REDIRECTED:
        assert Needs.NETWORK in needs


def test_hosts_are_what_third_party_rules_are_about() -> None:
    assert {name for name, rule in RULES.items() if rule.scope is Scope.HOST} == set(THIRD_PARTY)
    assert len(THIRD_PARTY) <= 4  # two bits of a key


def test_rules_are_found_by_what_they_need() -> None:
    assert set(needing(Needs.DECODING)) == {"asset/bomb", "asset/undecodable"}
    assert needing(Needs.LIVE) == ("mirror/not-live", "mirror/not-here")
