"""The table of roles: every row is whole, and its columns agree."""

from __future__ import annotations

from itertools import chain

import pytest

from checker.extract import Options, extractor
from checker.kinds import FORMATS, KINDS
from checker.model import Kind, Role
from checker.roles import BY_HREF, BY_SRC, ROLES, RoleRow


def found(kind: Kind, page: str) -> list[tuple[Role, str]]:
    return [(place.role, place.raw) for place in extractor(kind).places(page, Options())]


every_role = pytest.mark.parametrize("role", Role)


def test_every_role_has_a_row() -> None:
    assert list(ROLES) == list(Role)


@every_role
def test_what_is_not_embedded_has_nothing_of_what_is(role: Role) -> None:
    row = ROLES[role]
    of_any = ("sent_to", "as_text", "absolute", "may_be_blockable", "taken_in", "archived", "needs_url", "leads_back")
    rest = row._replace(is_url=True, **dict.fromkeys(of_any, False))

    assert row.embeds or rest == RoleRow()
    assert not (row.needs_url and row.leads_back)
    assert row.accepts or not (row.text or row.json or row.asks)


@every_role
def test_a_role_accepts_formats_that_there_are(role: Role) -> None:
    known = {row.syntax for row in KINDS.values()} | {row.media_type for row in FORMATS}

    assert all(any(media_type.startswith(each) for media_type in known) for each in ROLES[role].accepts)


@pytest.mark.parametrize("column", ["src_of", "href_of"])
def test_an_element_has_one_role(column: str) -> None:
    names = list(chain.from_iterable(getattr(row, column) for row in ROLES.values()))

    assert len(set(names)) == len(names)
    assert names == [name.lower() for name in names]


@pytest.mark.parametrize(
    ("kind", "page"), [(Kind.HTML, "<body>{}"), (Kind.SVG, "<svg>{}</svg>"), (Kind.FEED, "<feed>{}</feed>")]
)
@pytest.mark.parametrize(("tag", "role"), BY_SRC.items())
def test_the_src_of_an_element_has_the_role_of_its_row(tag: str, role: Role, kind: Kind, page: str) -> None:
    assert found(kind, page.format(f'<{tag} src="x"></{tag}>')) == [(role, "x")]


@pytest.mark.parametrize(("tag", "role"), BY_HREF.items())
@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize("kind", [Kind.HTML, Kind.SVG])
def test_the_href_of_an_element_of_svg_has_the_role_of_its_row(tag: str, role: Role, name: str, kind: Kind) -> None:
    assert found(kind, f'<svg><{tag} {name}="x"></{tag}></svg>') == [(role, "x")]
