"""The rules on third parties: which of them a resource on a page breaks."""

from __future__ import annotations

from checker.extract import Mark
from checker.extract.beacons import is_beacon
from checker.mirror.resolve import Resolver
from checker.mirror.target import Target
from checker.model import Role
from checker.roles import ASSETS, BLOCKED, EMBEDDED, MAY_BE_BLOCKED
from checker.rules.codes import Code
from checker.sweep.facts import Context
from checker.web import urls


def rules_broken(context: Context, resolver: Resolver, role: Role, target: Target, mark: Mark | None) -> list[Code]:
    """The rules on third parties that a remote resource of the open page breaks, or a link of it."""
    if role not in EMBEDDED and not is_blocked(role, mark):
        return [Code.MIRROR_UNMIRRORED] if role is Role.LINK and resolver.lacks(target.name) else []
    rules: list[Code]
    if role not in ASSETS or (context.host and urls.below_scheme(target.name).startswith(context.host)):
        rules = []
    elif not resolver.proxies and ((mark and mark.tiny) or is_beacon(target.name)):
        rules = [Code.ASSET_TRACKER]
    else:
        rules = [Code.MIRROR_UNMIRRORED if resolver.copied(target.name) else Code.ASSET_HOT_LINK]
    if resolver.secure and not resolver.proxies and target.name.startswith("http:"):
        rules.append(Code.ASSET_MIXED_CONTENT)
    return rules


def is_blocked(role: Role, mark: Mark | None) -> bool:
    """Whether browsers block such a resource where it is mixed content."""
    return role in BLOCKED or (mark is not None and mark.blocked and role in MAY_BE_BLOCKED)
