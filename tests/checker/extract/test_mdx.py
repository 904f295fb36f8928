"""MDX as GFM of the same length."""

from __future__ import annotations

import pytest

from checker.extract import Options, extractor
from checker.extract.mdx import as_gfm
from checker.model import Kind, Role

OPTIONS = Options(slugs="astro-mdx")


def read(text: str) -> tuple[set[str], set[str]]:
    """The links and the ids of a page."""
    found = extractor(Kind.MARKDOWN).extract(text, OPTIONS)
    return found.references.get(Role.LINK, set()), set(found.ids) - {"_top"}


@pytest.mark.parametrize(
    "text",
    [
        "<Steps>\n1. [a](b)\n</Steps>",
        "<Steps>\n\n1. One\n\n   <TabItem label='x'>\n       [a](b)\n   </TabItem>\n</Steps>",
        "<Tabs>\n    <TabItem>\n        [a](b)\n    </TabItem>\n</Tabs>",
        "<details>\n<summary>Code, [a](b)</summary>\n```html\n<a href='none'>\n```\n</details>",
        '<Card title={<b>x</b>} icon="y">[a](b)</Card>',
        "<p>[a](b)</p>",
        "> <Aside>\n> [a](b)\n> </Aside>",
        '<LinkCard\n  title="x"\n  href="b"\n/>',
        "<a href={'b'}>a</a>",
        "<a href={`b`}>a</a>",
        '<a {...rest} href="b" on={() => {}}>a</a>',
        '<Tabs.Item href="b">\n</Tabs.Item>',
        "<>\n[a](b)\n</>",
        "A <kbd>K</kbd> and\n<br /> [a](b)",
        "text\n```js\n`\n```\n[a](b) `",
        "<Tab>\n  ```js\n  x\n\n  ```\n</Tab>\n\n[a](b)",
        "`` ` `` [a](b)",
        "\\{ [a](b) \\<x>",
        "1 < 2 [a](b) {1 + 1}",
        "Text:\n\n    - [a](b)\n",
        "Text:\n\n\t- [a](b)\n",
        "- Item\n\n          [a](b)\n",
        "<div>\n    <img alt='x' />\n\n        [a](b)\n</div>",
        "<a\n  href='b'\n  >\n  a\n</a>",
    ],
)
def test_links_among_tags_are_found(text: str) -> None:
    assert read(text)[0] == {"b"}


@pytest.mark.parametrize(
    "text",
    [
        '<Fragment set:html={"<a href=\\"b\\">a</a>"} />',
        "<a href={b}>a</a>",
        "<a href={`b/${c}`}>a</a>",
        "{list.map((b) => <a href={b}>{`}`}</a>)}",
        "{/* [a](b) */}",
        '<Option>\n  `<a href="b">`\n</Option>',
        "<Tab>\n  ~~~md\n  [a](b)\n  ~~~\n</Tab>",
        "- ```md\n  [a](b)\n  ```",
        "<Code code={`\n[a](b)\n`} />",
        "export const a = <a\n  href='b'\n/>\n",
    ],
)
def test_code_holds_no_links(text: str) -> None:
    assert read(f"import A from 'a';\n\n{text}")[0] == set()


def test_ids_of_headings_within_tags() -> None:
    text = "<Tabs>\n<Tab>\n## One\n\n```md\n## None\n```\n</Tab>\n<Tab>\n    ### Two {/* three */}\n</Tab>\n</Tabs>\n## Four `{x}` <B c={d} />\n<E action='f' />\n## Five\n<F href='/' />\n## Six\n"

    assert read(text)[1] == {"one", "two--three-", "two--three", "four-x-", "four-x", "five", "six"}


def test_front_matter_is_left_alone() -> None:
    text = "---\ntitle: <a> { `\n---\n<b>x</b>\n"

    assert as_gfm(text) == "---\ntitle: <a> { `\n---\n.  x    \n"


@pytest.mark.parametrize(
    "text",
    [
        "<a b={\n\n}\n\n/>",
        "{",
        "<",
        "`",
        "```",
        "<a",
        "<a {b",
        "{'",
        "{`{`}",
        "</a",
        "<a b='",
        "<a>\r\n{\r\n}\r\n",
        "<ä>{ä}\n",
    ],
)
def test_every_position_stays(text: str) -> None:
    after = as_gfm(text)

    assert len(after) == len(text)
    assert [at for at, sign in enumerate(after) if sign in "\r\n"] == [
        at for at, sign in enumerate(text) if sign in "\r\n"
    ]
