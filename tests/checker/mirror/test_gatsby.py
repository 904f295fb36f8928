"""Gatsby: what pages say of their addresses, and what only the site's own programs could tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from told import links, verdicts

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"/>'
SITE = {
    "gatsby-config.js": "module.exports = { siteMetadata: { siteUrl: 'https://lamps.example.org' } }\n",
    "src/posts/oil/index.md": "---\npath: /posts/oil\n---\n\n# Oil\n",
    "src/posts/oil/lamp.svg": DRAWING,
    "src/pages/shop.jsx": "export default () => null\n",
    "static/wick.svg": DRAWING,
    "content/index.md": "# No address\n",
    "README.md": "[a](/posts/oil) [b](src/pages/shop.jsx)\n",
}


def test_what_only_programs_could_tell_is_unchecked(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    page = links("/posts/oil/#oil", "/posts/oil#gas", "/shop", "/posts/gas", "../oil/index.md", "../gas/index.md")
    pictures = "![x](lamp.svg) ![x](gone.svg) ![x](/wick.svg) ![x](/gone.svg)\n"
    root = write({**SITE, "src/posts/oil/more.md": f"---\nslug: /more\n---\n\n{page}{pictures}"})

    assert verdicts(run, root) == {
        "/posts/oil": "broken",  # of the README, on the forge
        "src/pages/shop.jsx": "ok",
        "/posts/oil/#oil": "ok",
        "/posts/oil#gas": "broken",
        "/shop": "ok",
        "/posts/gas": "unchecked",
        "../oil/index.md": "ok",
        "../gas/index.md": "broken",
        "lamp.svg": "ok",
        "gone.svg": "broken",
        "/wick.svg": "ok",
        "/gone.svg": "broken",
    }


def test_style_sheets_are_put_together(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    sheet = "@import 'bright/base'; @import './plain'; @import './gone'; a { background: url(/wick.svg) }\n"

    assert verdicts(run, write({**SITE, "README.md": "", "src/a.css": sheet, "src/plain.css": ""})) == {
        "bright/base": "unchecked",
        "./plain": "ok",
        "./gone": "broken",
        "/wick.svg": "ok",
    }


def test_pages_lie_in_other_packages_where_the_settings_name_them(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    settings = """module.exports = { plugins: [
      { resolve: `gatsby-source-filesystem`, options: { path: `${__dirname}/../texts/copy`, name: `texts` } },
      { resolve: `gatsby-source-filesystem`, options: { path: path.join(__dirname, '../../notes') } },
      // { resolve: `gatsby-source-filesystem`, options: { path: `${__dirname}/../left` } },
      { resolve: `gatsby-source-filesystem`, options: { path: `${__dirname}/../../../..` } },
    ] }
    """
    page = links("/texts/oil.html#oil", "/texts/gas.html#oil", "../parts/wick.md#x", "/play")
    files = {
        "packages/site/gatsby-config.js": settings,
        "packages/texts/copy/oil.md": f"---\npermalink: /texts/oil.html\n---\n\n# Oil\n\n{page}",
        "packages/texts/copy/gas.md": "---\npermalink: /texts/gas.html\n---\n\n# Gas\n",
        "packages/texts/parts/wick.md": "# Wick\n",
        "notes/flame.md": "---\npermalink: /texts/flame.html\n---\n\n"
        + links("/texts/oil.html", "./gas.html", "oil.png"),
        "packages/left/a.md": links("/texts/none.html"),
    }

    assert verdicts(run, write(files)) == {
        "/texts/oil.html#oil": "ok",
        "/texts/gas.html#oil": "broken",
        "../parts/wick.md#x": "broken",
        "/play": "unchecked",
        "/texts/oil.html": "ok",
        "./gas.html": "ok",
        "oil.png": "broken",
        "/texts/none.html": "broken",
    }
