"""The roles that a reference can have, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker.model import Role


class RoleRow(NamedTuple):
    """What browsers do with a reference in a role, and what its target must be."""

    embeds: bool = False  # browsers fetch it together with the page
    blockable: bool = False  # on a page at https:, browsers block it at http:, while they fetch the rest over https:
    may_be_blockable: bool = False  # they do so where its element is of a certain kind, as a mark of the page tells
    needs_url: bool = False  # an empty attribute is a fault: browsers do not fetch the page itself for it
    accepts: tuple[str, ...] = ()  # an asset: its media type begins with one of these; (): not an asset
    text: bool = False  # the asset may be plain text
    json: bool = False  # the asset may be JSON
    empty: bool = False  # the asset may have no bytes: it is valid, and templates leave room that way
    asks: str = ""  # the header field Accept that browsers send for it; "": the general one
    src_of: tuple[str, ...] = ()  # elements, in lower case, whose `src` has the role
    sent_to: bool = False  # readers do not go there: it may be for POST alone
    href_of: tuple[str, ...] = ()  # elements whose `href` or `xlink:href` has it
    archived: bool = False  # a copy at a web archive serves readers as well
    as_text: bool = False  # it is text that may have become no link: how it is written matters on each page
    taken_in: bool = False  # a generator that takes in what pages embed takes it from beside the source
    absolute: bool = False  # it must be an absolute URL, and is read as nothing else
    leads_back: bool = False  # an empty one leads to its own page, which says nothing
    is_url: bool = True  # else it is a name of something on the page


_PICTURE = "image/avif,image/webp,image/*,*/*;q=0.8"

# https://www.w3.org/TR/mixed-content/#category-upgradeable: pictures, sounds and films; all else is blockable.
ROLES: Mapping[Role, RoleRow] = {
    Role.LINK: RoleRow(archived=True, leads_back=True),
    Role.IMAGE: RoleRow(
        embeds=True,
        may_be_blockable=True,  # a candidate of `srcset`
        needs_url=True,
        archived=True,
        accepts=("image/",),
        taken_in=True,
        asks=_PICTURE,
        src_of=("img", "input", "image", "amp-img"),
        href_of=("image", "feimage", "use"),
    ),
    Role.STYLESHEET: RoleRow(
        embeds=True,
        blockable=True,
        needs_url=True,
        accepts=("text/css",),
        text=True,
        empty=True,
        asks="text/css,*/*;q=0.1",
    ),
    Role.SCRIPT: RoleRow(
        embeds=True,
        blockable=True,
        needs_url=True,
        accepts=("text/javascript",),
        text=True,
        empty=True,
        json=True,
        src_of=("script",),
        href_of=("script",),
    ),
    Role.MEDIA: RoleRow(
        embeds=True,
        needs_url=True,
        archived=True,
        accepts=("audio/", "video/", "image/", "application/ogg"),
        text=True,  # a list of streams
        taken_in=True,
        src_of=("video", "audio", "source", "track"),
    ),
    Role.FRAME: RoleRow(embeds=True, blockable=True, needs_url=True, src_of=("iframe", "frame")),
    Role.OBJECT: RoleRow(
        taken_in=True,
        may_be_blockable=True,  # `object`, `embed`; the role is also that of the `src` of unknown elements
    ),
    Role.FONT: RoleRow(embeds=True, blockable=True, needs_url=True, accepts=("font/", "image/svg+xml")),
    Role.ICON: RoleRow(embeds=True, needs_url=True, accepts=("image/",), asks=_PICTURE),
    Role.META: RoleRow(),
    Role.CANONICAL: RoleRow(leads_back=True),
    Role.ALTERNATE: RoleRow(leads_back=True),
    Role.MANIFEST: RoleRow(
        embeds=True, blockable=True, needs_url=True, accepts=("application/json",), text=True, json=True
    ),
    Role.PRELOAD: RoleRow(needs_url=True),  # browsers fetch it, but the role does not say what it is
    Role.FORM: RoleRow(),
    Role.ENDPOINT: RoleRow(sent_to=True),
    Role.CITE: RoleRow(archived=True),
    Role.SITEMAP: RoleRow(absolute=True),  # https://www.sitemaps.org/protocol.html#locdef
    Role.FEED: RoleRow(absolute=True),  # https://www.rssboard.org/rss-specification#hrelementsOfLtitemgt
    Role.BARE: RoleRow(as_text=True, absolute=True, archived=True),
    Role.MAP: RoleRow(needs_url=True, is_url=False),
    Role.UNDEFINED: RoleRow(as_text=True, is_url=False),
}

EMBEDDED = frozenset(role for role, row in ROLES.items() if row.embeds)
BLOCKED = frozenset(role for role, row in ROLES.items() if row.blockable)
MAY_BE_BLOCKED = frozenset(role for role, row in ROLES.items() if row.may_be_blockable)
AS_TEXT = frozenset(role for role, row in ROLES.items() if row.as_text)
TAKEN_IN = frozenset(role for role, row in ROLES.items() if row.taken_in)
ABSOLUTE = frozenset(role for role, row in ROLES.items() if row.absolute)
NEEDS_URL = frozenset(role for role, row in ROLES.items() if row.needs_url)
LEADS_BACK = frozenset(role for role, row in ROLES.items() if row.leads_back)
NAMES = frozenset(role for role, row in ROLES.items() if not row.is_url)
ASSETS = frozenset(role for role, row in ROLES.items() if row.accepts)
PICTURES = frozenset(role for role, row in ROLES.items() if row.accepts == ("image/",))
ARCHIVED = frozenset(role for role, row in ROLES.items() if row.archived)
SENT_TO = frozenset(role for role, row in ROLES.items() if row.sent_to)
BINARY = frozenset(role for role in ASSETS if not ROLES[role].text)
MAY_BE_EMPTY = frozenset(role for role, row in ROLES.items() if row.empty)
MAY_BE_JSON = frozenset(role for role, row in ROLES.items() if row.json)
# By the text of the role, which is "" for a file that no page embeds.
ACCEPTS: Mapping[str, tuple[str, ...]] = {role: ROLES[role].accepts for role in ASSETS}
ASKS: Mapping[str, str] = {role: row.asks for role, row in ROLES.items() if row.asks}
BY_SRC: Mapping[str, Role] = {name: role for role, row in ROLES.items() for name in row.src_of}
BY_HREF: Mapping[str, Role] = {name: role for role, row in ROLES.items() for name in row.href_of}
