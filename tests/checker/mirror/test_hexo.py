"""Hexo: posts and their addresses, by settings that Jekyll's have the name of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told import links

PACKAGE = '{ "dependencies": { "hexo": "8.1.2" } }'


def broken(run: Callable[..., Any], root: Path) -> list[str]:
    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
    return [finding["reference"] for finding in report["findings"] if finding["level"] in {"error", "warning"}]


@pytest.mark.parametrize(
    ("settings", "post", "front", "right"),
    [
        ("", "light.md", "date: 2024-02-03 23:59:00 +0900", "/2024/02/03/light/"),
        ("permalink: :category/:title.html", "light.md", "category: Sea side", "/Sea-side/light.html"),
        ("permalink: :title/", "sub/light.md", "", "/sub/light/"),
        ("permalink: :name/", "sub/light.md", "", "/light/"),
        ("permalink: :post_title/", "light.md", "title: First Light!", "/first-light/"),
        ("permalink: :lang/:title/\npermalink_defaults: { lang: de }", "light.md", "", "/de/light/"),
        (
            "new_post_name: :year-:i_month-:i_day-:title.md\npermalink: :i_month/:title/",
            "2024-3-1-light.md",
            "",
            "/3/light/",
        ),
        ("source_dir: texts", "light.md", "permalink: /lamp", "/lamp"),
    ],
)
def test_posts_have_the_addresses_of_their_settings(
    settings: str, post: str, front: str, right: str, run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    folder = "texts" if "texts" in settings else "source"
    files = {
        "_config.yml": f"title: Light\n{settings}\n",
        "package.json": PACKAGE,
        f"{folder}/_posts/{post}": f"---\n{front}\n---\n\nLight.\n",
        f"{folder}/index.md": links(right, "/none/light/"),
    }

    assert broken(run, write(files)) == ["/none/light/"]


def test_a_post_whose_date_only_the_file_system_knows_is_unchecked(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    files = {
        "_config.yml": "permalink: log/:year/:title/\n",
        "package.json": PACKAGE,
        "source/_posts/light.md": "Light.\n",
        "source/index.md": links("/log/2024/light/", "/blog/2024/light/", "/log/2024/lihgt/"),
    }

    assert broken(run, write(files)) == ["/blog/2024/light/", "/log/2024/lihgt/"]


def test_pictures_of_another_renderer_count_from_the_page(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    pages = {"source/a/b.md": "![x](c.svg)\n\n![x](/a/c.svg)\n", "source/a/c.svg": "<svg/>"}
    settings = {"_config.yml": "root: /tower/\n"}
    other = '{ "dependencies": { "hexo": "8", "hexo-renderer-markdown-it": "7" } }'

    def right(package: str) -> list[str]:
        root = write({**pages, **settings, "package.json": package})
        report = run("check", root, "--offline", "--no-history", "--all", "--format", "json").report
        return [row["reference"] for row in report["references"] if row["verdict"] == "ok"]

    assert right(PACKAGE) == ["/a/c.svg"]
    assert right(other) == ["c.svg"]


WRONG = ("0", "true", "[]", "{}", "[[1], {a: 1}]", "'../../..'", "'/'", "'(['", "':' ", "[&a [*a]]", "2024-99-99", "''")


@pytest.mark.parametrize("value", WRONG)
def test_settings_of_the_wrong_type_end_no_run(value: str, run: Callable[..., Any], write: Callable[..., Path]) -> None:
    keys = ("url", "root", "permalink", "new_post_name", "skip_render", "include", "exclude", "marked", "tag_dir")
    keys += ("category_map", "permalink_defaults", "pagination_dir", "theme", "index_generator", "feed", "timezone")
    front = "\n".join(f"{key}: {value}" for key in ("title", "date", "permalink", "tags", "categories", "slug"))
    files = {
        "_config.yml": "\n".join(f"{key}: {value}" for key in keys).replace("&a", "").replace("*a", "1"),
        "package.json": PACKAGE,
        "source/_posts/a.md": f"---\n{front}\n---\n\nText.\n",
        "source/index.md": links("none/none/none.html"),
    }

    assert broken(run, write(files)) == ["none/none/none.html"]


def test_a_date_may_be_that_of_a_machine_in_another_zone(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        "_config.yml": "timezone: Asia/Taipei\npermalink: :year/:month/:day/:title/\n",
        "package.json": PACKAGE,
        "source/_posts/night.md": "---\ndate: 2024/03/01 02:00:00\n---\n\nNight.\n",
        "source/_posts/noon.md": "---\ndate: 2024/03/01 12:00:00\n---\n\nNoon.\n",
        "source/index.md": links("/2024/03/01/night/", "/2024/02/29/night/", "/2024/03/01/noon/", "/2024/02/29/noon/"),
    }

    assert broken(run, write(files)) == ["/2024/02/29/noon/"]


@pytest.mark.parametrize("zone", ["Nowhere/None", "../../etc/passwd", "/", "Asia", "'\\0'", "[]"])
def test_a_zone_that_is_none_ends_no_run(zone: str, run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        "_config.yml": f"timezone: {zone}\n",
        "package.json": PACKAGE,
        "source/_posts/a.md": "---\ndate: 0001-01-01 00:00:00\n---\n\nText.\n",
        "source/index.md": links("/none/"),
    }

    assert broken(run, write(files)) == ["/none/"]


def test_front_matter_with_tabs_has_a_date(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        "_config.yml": "title: Light\n",
        "package.json": PACKAGE,
        "source/_posts/light.md": "---\ndate: 2024-02-03 10:00:00\ntags:\n\t- lamp\n---\n\nLight.\n",
        "source/index.md": links("/2024/02/03/light/", "/2024/02/04/light/"),
    }

    assert broken(run, write(files)) == ["/2024/02/04/light/"]


def test_aliases_of_the_settings_and_of_pages_lead_to_pages(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    package = '{ "dependencies": { "hexo": "8.1.2", "hexo-generator-alias": "1.0.0" } }'
    files = {
        "_config.yml": "alias:\n  old/lamp.html: new/lamp.html\n  gone.html: none.html\n  3: 4\n",
        "package.json": package,
        "source/new/lamp.md": "---\nalias: lantern/\n---\n\n# Lamp\n",
        "source/index.md": links("/old/lamp.html#Lamp", "/lantern/", "/gone.html", "/older/lamp.html"),
    }

    assert broken(run, write(files)) == ["/gone.html", "/older/lamp.html"]
    assert len(broken(run, write({**files, "package.json": PACKAGE}))) == 4
