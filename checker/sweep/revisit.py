"""Reads the few pages again that refer to a faulty target, to find the places of the references."""

from __future__ import annotations

from collections.abc import Sequence

from checker.extract import charset
from checker.mirror.resolve import Resolver
from checker.model import Doubt, TargetKind
from checker.roles import ASSETS
from checker.rules.codes import Code
from checker.sweep import budget, shelf
from checker.sweep.classify import located, reader_of
from checker.sweep.facts import Context, Facts, Suspect, Wrong
from checker.sweep.indicated import resolved
from checker.sweep.keys import fragment_key, remote_key, text_key, third_party_key
from checker.sweep.sorting import FRAGMENT, Doubted
from checker.sweep.third_party import is_blocked, rules_broken


def revisit(context: Context, batch: Sequence[str], wrong: Wrong) -> list[tuple[str, list[Suspect]]]:
    """Read pages again that refer to faulty targets, and find the places."""
    resolver = reader_of(context).resolver
    context.source.ahead(batch)
    return [(page, _revisit(context, resolver, page, wrong)) for page in batch]


def _revisit(context: Context, resolver: Resolver, page: str, wrong: Wrong) -> list[Suspect]:
    try:
        return _revisit_of(context, resolver, page, wrong)
    except budget.Spent:
        return []
    finally:
        budget.end()


def _revisit_of(context: Context, resolver: Resolver, page: str, wrong: Wrong) -> list[Suspect]:
    read = shelf.again(context, 0, page)
    if isinstance(read, Facts):
        return []
    resolver.open(page, read.found.base, charset.codec(read.encoding), read.found.html)
    suspects: list[Doubted] = []
    third_parties = wrong.third_parties.get(page, frozenset())
    marks = read.found.marks
    own = context.source.files.get(page)
    strays = frozenset() if own in wrong.untracked else wrong.untracked  # new files come together
    for role, raws in read.found.references.items():
        for raw in raws:
            target, asked, _ = resolved(resolver, role, raw)
            if target.number in wrong.assets and target.mount == 0 and role in ASSETS:
                suspects.append((role, raw, target, "", Doubt.ASSET, ""))
            if target.number in strays and target.mount == 0:
                suspects.append((role, raw, target, "", Doubt.BROKEN, Code.LOCAL_UNTRACKED))
            if target.kind is TargetKind.FILE and target.mount == 0 and asked:
                if fragment_key(0, target.name, asked) in wrong.fragments:
                    suspects.append((role, raw, target, asked, *FRAGMENT))
            elif target.kind is TargetKind.REMOTE:
                if not target.leak and (copy := wrong.copies.get(text_key(target.name))):
                    suspects.append((role, raw, target._replace(leak=copy), "", Doubt.BROKEN, Code.MIRROR_LEAK))
                asked = "" if role in ASSETS else asked
                if wrong.remote and remote_key(target.name, asked) in wrong.remote:
                    suspects.append((role, raw, target, asked, Doubt.REMOTE, ""))
                if third_parties and not target.leak:
                    mark = marks.get(raw)
                    blocked = is_blocked(role, mark)
                    for rule in rules_broken(context, resolver, role, target, mark):
                        if third_party_key(rule, role, target, blocked=blocked) in third_parties:
                            suspects.append((role, raw, target, "", Doubt.THIRD_PARTY, rule))
    return list(located(read, resolver, suspects)) if suspects else []
