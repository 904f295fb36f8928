"""Next.js: a folder of Markdown that a route reads for all paths, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SITE = {
    "next.config.js": "module.exports = { reactStrictMode: true }",
    "src/pages/[[...markdownPath]].js": "",
    "src/pages/playground.js": "",
    "src/content/index.md": "# Lamps\n",
    "src/content/learn/oil-lamp.md": "# Oil lamp {/*oil*/}\n\n## Trim the wick {/*trim_the_-_wick*/}\n",
    "public/lamp.txt": "lamp",
}


def test_pages_have_the_routes_and_ids_of_the_site(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    right = ["/learn/oil-lamp", "/learn/oil-lamp#trim_the_-_wick", "/lamp.txt", "/", "/playground", "oil-lamp"]
    wrong = [
        "/learn/oil-lamp.html",
        "oil-lamp.html",
        "/learn/gas-lamp",
        "/learn/oil-lamp#trim-the-wick",
        "/lump.txt",
        "/learn/oil-lamp.md",
    ]
    text = "".join(f"[x]({reference})\n\n" for reference in (*right, *wrong))
    root = write({**SITE, "src/content/learn/page.md": text})

    report = run("check", root, "--offline", "--no-history", "--format", "json").report

    assert [finding["reference"] for finding in report["findings"] if finding["verdict"] == "broken"] == wrong


def test_an_application_without_markdown_is_no_site(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {name: text for name, text in SITE.items() if not name.startswith("src/content")}
    root = write({**files, "README.md": "[x](/learn/oil-lamp) [y](/public/lamp.txt)\n"})

    report = run("check", root, "--offline", "--no-history", "--format", "json").report

    errors = [finding["reference"] for finding in report["findings"] if finding["level"] == "error"]
    assert errors == ["/learn/oil-lamp"]


def test_the_route_of_the_languages_is_no_page(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        "next.config.js": SITE["next.config.js"],
        "app/[locale]/page.tsx": "",
        "app/[locale]/[...path]/page.tsx": "",
        "app/[locale]/feed/[name]/page.tsx": "",
        "pages/en/index.md": "# Lamps\n\n[a](/lamps) [b](/lumps) [c](/en/) [d](/feed/all)\n",
        "pages/en/lamps.md": "# Lamps\n",
    }

    report = run("check", write(files), "--offline", "--no-history", "--format", "json").report

    assert [finding["reference"] for finding in report["findings"] if finding["verdict"] == "broken"] == ["/lumps"]
    assert report["totals"]["unchecked"] == {"a route of Next.js in code makes it": 1}


def test_style_sheets_name_files_of_the_site(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    style = "a { background: url(/lamp.png) }\nb { background: url(/lump.png) }\nc { background: url(./wick.png) }\n"
    root = write({**SITE, "src/styles/all.css": style, "public/lamp.png": "", "src/styles/wick.png": ""})

    report = run("check", root, "--offline", "--no-history", "--select", "local", "--format", "json").report

    assert [finding["reference"] for finding in report["findings"] if finding["level"] == "error"] == ["/lump.png"]


def test_ids_that_components_give_are_unchecked(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        **SITE,
        "src/components/Tasks/Tasks.tsx": "const headingId = easy ? 'examples' : 'tasks'\n",
        "src/components/Other.tsx": '<p id="another" />\n',
        "src/content/a.md": "# A\n\n<Tasks />\n\n[a](#tasks) [b](#tusks) [c](#another)\n",
    }

    report = run("check", write(files), "--offline", "--no-history", "--format", "json").report

    errors = [finding["reference"] for finding in report["findings"] if finding["level"] == "error"]
    assert errors == ["#tusks", "#another"]
    assert sum(report["totals"]["unchecked"].values()) == 1


def test_text_that_pages_take_in_is_no_page(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    root = write(
        {**SITE, "components/note.mdx": "[x](/learn/oil-lamp) [y](../wick)\n", "notes/note.mdx": "[z](/wick)\n"}
    )

    report = run("check", root, "--offline", "--no-history", "--format", "json").report

    assert [finding["reference"] for finding in report["findings"] if finding["verdict"] == "broken"] == ["/wick"]


def test_a_folder_named_as_a_route_has_its_pages(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    root = write(
        {
            "next.config.ts": "export default {}",
            "src/app/docs/[...slug]/page.tsx": "",
            "src/app/blog/[year]/[slug]/page.tsx": "",
            "public/lamp.png": "x",
            "docs/wick.md": "# Wick\n",
            "docs/oil.md": "# Oil\n\n[a](/docs/wick/#wick) [b](/docs/made/of/code) [c](/docs/wick#gone) [d](/nowhere)\n",
            "blog/posts/2026-01-01-a.md": "![a](/lamp.png) [b](/blog/2026/a/) [c](/docs/oil) [d](/gone.png)\n",
        }
    )

    report = run("check", root, "--offline", "--no-history", "--format", "json").report

    broken = [finding["reference"] for finding in report["findings"] if finding["verdict"] == "broken"]
    assert sorted(broken) == ["/docs/wick#gone", "/gone.png", "/nowhere"]
