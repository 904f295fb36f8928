"""MDX with the ids of Next.js: what tags hold is read as Markdown, wherever it stands, and what they say stays."""

from __future__ import annotations

import random

import pytest

from checker.extract import Extract, Options, mdx
from checker.extract.markdown import extract, places
from checker.model import Role

OPTIONS = Options(slugs="nextjs-mdx")


def read(text: str) -> Extract:
    return extract(text, OPTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "<Note>\n## Trim the wick\n</Note>\n",
        '<Note kind="loud">\n## Trim the wick\n</Note>\n',
        "<Lamp href='/oil'>\n## Trim the wick\n</Lamp>\n",
        "<Lamp src='/oil.png' />\n## Trim the wick\n",
        "<Lamp on={() => a > b} href='/oil'>\n## Trim the wick\n</Lamp>\n",
        "<Rack>\n    <Lamp>\n        ## Trim the wick\n    </Lamp>\n</Rack>\n",
        "<Rack>\n    <Lamp\n      kind='a'\n    >\n        ## Trim the wick\n    </Lamp>\n</Rack>\n",
        "<Lamp>\n\n## Trim the wick {/*trim-the-wick*/}\n\n</Lamp>\n",
        "<div>\n## Trim the wick\n</div>\n\n<Lamp />\n",
    ],
)
def test_a_heading_in_a_component_has_an_id(text: str) -> None:
    assert "trim-the-wick" in read(text).ids


@pytest.mark.parametrize(
    "text",
    [
        "<Lamp>\n[a](oil)\n</Lamp>\n",
        "<Lamp>\n    [a](oil)\n</Lamp>\n",
        "<Lamp>\n        [b](gas)\n\n        [a](oil)\n</Lamp>\n",
        "<Rack>\n    <Lamp>\n\n        - b\n\n            [a](oil)\n    </Lamp>\n</Rack>\n",
        "<Lamp />\n<p>[a](oil)</p>\n",
        '<Rack href="/b">\n    [a](oil)\n</Rack>\n',
        "* <LampIcon /> [a](oil)\n",
        "- <b style={{a: '1'}}>B</b> and [a](oil)\n",
        "<LampIcon /> [a](oil)\n",
        "<LampIcon /><LampIcon /> [a](oil)\n",
        "1. Item\n\n   <Lamp>b</Lamp> [a](oil)\n",
        "<Lamp\n  a={[\n    1,\n  ]}>\n    [a](oil)\n</Lamp>\n",
    ],
)
def test_a_link_in_a_component_is_a_link(text: str) -> None:
    assert "oil" in read(text).references[Role.LINK]
    assert all(text[place.start : place.end] == place.raw for place in places(text, OPTIONS))


@pytest.mark.parametrize(
    ("text", "role", "reference"),
    [
        ('<Lamp href="/oil">\n## A\n</Lamp>\n', Role.LINK, "/oil"),
        ("<Image src={'/oil.png'} size={large ? 2 : 1} />\n", Role.IMAGE, "/oil.png"),
        ("<Image src={`/oil.png`} alt={a > b} />\n## A\n", Role.IMAGE, "/oil.png"),
        ("<div>\n  <iframe src='/oil'></iframe>\n</div>\n", Role.FRAME, "/oil"),
        ('<Lamp on={() => { light("a") }} href="/oil">[a](b)</Lamp>\n', Role.LINK, "/oil"),
    ],
)
def test_what_a_tag_refers_to_stays(text: str, role: Role, reference: str) -> None:
    assert reference in read(text).references[role]
    assert any(text[place.start : place.end] == reference for place in places(text, OPTIONS))


@pytest.mark.parametrize(
    "text",
    [
        "<Lamp />\n\n```jsx\n<Note>\n[a](oil)\n</Note>\n```\n",
        "<Lamp />\n\n- ```jsx\n  <Note>\n  [a](oil)\n  ```\n",
        "<Lamp>\n  ~~~\n  [a](oil)\n  ~~~\n</Lamp>\n",
    ],
)
def test_code_stays_code(text: str) -> None:
    assert not read(text).references.get(Role.LINK)


def test_a_page_without_components_is_markdown() -> None:
    text = "<div>\n## A\n</div>\n\n    [a](oil)\n"
    found = extract(text, Options(slugs="nextjs"))

    assert not found.ids
    assert not found.references.get(Role.LINK)
    assert "a" in extract(text, Options(slugs="nextjs-mdx")).ids


def test_every_position_stays() -> None:
    drawn = random.Random(17)  # noqa: S311
    pieces = ["<", ">", "/", "A", "Note", "div", "{", "}", '"', "'", "`", " ", "\n", "=", "href", "```", "    ", "# "]
    for _ in range(2000):
        text = "<Lamp>\n" + "".join(drawn.choices(pieces, k=drawn.randint(1, 50)))
        found = mdx.as_gfm(text)
        assert [len(line) for line in found.split("\n")] == [len(line) for line in text.split("\n")]
