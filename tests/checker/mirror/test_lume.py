"""Lume: pages at addresses without extension, and what the calls of its configuration copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told import links, verdicts

from checker.mirror import generators
from checker.sources.folder import Folder

CONFIG = """import lume from "lume/mod.ts";
import sitemap from "lume/plugins/sitemap.ts";
{}
const site = lume({{ location: new URL("https://lamps.example.org"), src: "site" }});
site.copy("pictures", "img"); site.copy("fonts"); site.copy("made/page.css", "/api/page.css"); site.copy([".pdf"]);
site.ignore("left"); site.use(sitemap());
export default site;
"""
SITE = {
    "_config.ts": CONFIG.format(""),
    "site/index.md": "# Lamps\n",
    "site/oil/wick.md": "---\noldUrl: [/wicks/]\n---\n\n# Wick\n",
    "site/news/2024-01-02_first.md": "---\nurl: /first/\n---\n",
    "site/news/2024-01-03_second.md": "# Second\n",
    "site/news/third.md": "---\ndraft: true\n---\n",
    "site/tags/tag.page.ts": "export default function* () { yield { url: '/tags/x/' } }\n",
    "site/shop.page.tsx": "export default () => <p>Shop</p>\n",
    "site/left/over.md": "# Over\n",
    "site/_parts/note.md": "[a](/none/)\n",
    "site/pictures/wick.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "site/oil/list.pdf": "%PDF-1.4\n",
}


def test_pages_and_copies_have_their_addresses(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    right = ("/oil/wick/", "/wicks/", "/first/", "/news/second/", "/shop/", "/img/wick.svg", "/oil/list.pdf", "/")
    wrong = ("/oil/flame/", "/news/third/", "/left/over/", "/pictures/wick.svg", "/news/2024-01-03_second/")
    unknown = ("/tags/y/", "/api/Lamp", "/fonts/a.woff2", "/sitemap.xml")

    said = verdicts(run, write({**SITE, "site/oil/all.md": links(*right, *wrong, *unknown, "wick.md")}))

    assert said == {
        **dict.fromkeys(right, "ok"),
        **dict.fromkeys(wrong, "broken"),
        **dict.fromkeys(unknown, "unchecked"),
        "wick.md": "suspect",  # right on the forge
    }


def test_a_plug_in_for_links_leads_from_the_source(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    config = {"_config.ts": CONFIG.format('import relativeLinks from "./links.ts";')}
    page = links("wick.md", "../oil/wick", "wick", "flame.md")

    assert verdicts(run, write({**SITE, **config, "site/oil/all.md": page})) == {
        "wick.md": "ok",
        "../oil/wick": "ok",
        "wick": "ok",
        "flame.md": "broken",
    }


@pytest.mark.parametrize(
    "config",
    ["export default {}\n", 'import x from "lume/mod.ts"; lume({ src: "../.." })', 'import x from "volume/mod.ts"'],
)
def test_a_configuration_of_another_program_makes_no_site(config: str, write: Callable[..., Path]) -> None:
    assert generators.find(Folder(write({**SITE, "_config.ts": config}))) == ()
