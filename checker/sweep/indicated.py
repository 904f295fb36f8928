"""What a reference indicates: its target, and the part of it that its fragment names."""

from __future__ import annotations

from checker.mirror.resolve import Resolver
from checker.mirror.target import SELF, Target
from checker.model import Role, TargetKind, Unchecked
from checker.web import urls

# https://docs.github.com/en/get-started/writing-on-github: for whom a picture, or the link around it, is shown.
_BY_THEME = frozenset({"gh-dark-mode-only", "gh-light-mode-only"})


def resolved(resolver: Resolver, role: Role, raw: str) -> tuple[Target, str, str]:
    """(target, the id that is asked of it, the fragment as written) of a reference of the open page.

    A map is named by what follows the first `#`, as it stands, whatever is before it:
    https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#rules-for-parsing-a-hash-name-reference
    """
    if role is Role.MAP and (name := raw.partition("#")[2]):
        return (SELF, name, "") if not urls.holds_placeholder(raw) else (_of_template(raw), "", "")
    if ("{" in raw or "%" in raw) and urls.holds_placeholder(raw):
        raw = resolver.filled(raw) or raw
    if resolver.has_routes:
        raw = resolver.routed(raw)
    before, _, fragment = raw.partition("#")
    target = resolver.target(urls.before_fragment(raw) if before and before[-1] <= " " else before, role)
    if fragment and urls.holds_placeholder(f"#{fragment}"):
        target = _of_template(raw)
    asked = asked_of(target, fragment) if fragment and role is not Role.FONT else ""  # no browser has fonts of SVG
    if (target.listed and asked == "readme") or (target.forge and asked in _BY_THEME):  # no place for the forge
        asked = ""
    return target, asked, fragment


def _of_template(raw: str) -> Target:
    return Target(TargetKind.UNKNOWN, raw, why=Unchecked.TEMPLATE)


def asked_of(target: Target, fragment: str) -> str:
    """The id a fragment asks its target for. Where it is needlessly encoded, a page out there may have it so: what is
    compared first is the fragment as it stands, and only whoever reads that page can tell.
    """
    if target.kind is TargetKind.REMOTE and urls.is_needless(fragment) and ":~:" not in fragment:
        return fragment
    return wanted(fragment)


def wanted(fragment: str) -> str:
    """The id that a fragment names; "" if it needs none (`#top`, text directives).

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#the-indicated-part-of-the-document
    """
    if ":~:" in fragment:
        fragment = fragment.partition(":~:")[0]
    if fragment.endswith(" ") or not fragment.isprintable():
        fragment = urls.strip(f"#{fragment}")[1:]
    fragment = urls.decode_fragment(fragment)
    if fragment.lower() == "top":
        return ""
    return fragment.removeprefix("user-content-")
