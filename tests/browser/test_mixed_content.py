"""What headless Chromium blocks of what a page by TLS embeds over http:, beside the table of roles."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest
from playwright.sync_api import sync_playwright

from checker.extract import Options
from checker.extract.html import extract
from checker.model import Role
from checker.roles import BLOCKED, EMBEDDED

ELEMENTS = {  # those of the head first
    Role.ICON: '<link rel="icon" href="{}">',
    Role.MANIFEST: '<link rel="manifest" href="{}">',
    Role.IMAGE: '<img src="{}">',
    Role.STYLESHEET: '<link rel="stylesheet" href="{}">',
    Role.SCRIPT: '<script src="{}"></script>',
    Role.MEDIA: '<video src="{}"></video>',
    Role.FRAME: '<iframe src="{}"></iframe>',
    Role.FONT: '<style>@font-face {{ font-family: lamp; src: url("{}") }} p {{ font-family: lamp }}</style><p>lamp',
}
# Where Chromium departs from the standard that the table follows: an icon is fetched as an image.
DEVIATIONS = {Role.ICON}


# Elements of a role whose other elements are not blocked, and what Chromium does with them.
CHOSEN = {
    "candidate": ('<img srcset="{} 1x">', True),
    "beside": ('<img src="{}" srcset="https://lamps.test/x.png 9x">', True),
    "picture": ('<picture><img src="{}"></picture>', True),
    "source": ('<picture><source srcset="{}"><img src="x.png"></picture>', True),
    "object": ('<object data="{}"></object>', True),
    "embed": ('<embed type="image/png" src="{}">', True),
    "below": ('<picture><p><img src="{}"></p></picture>', False),
    "poster": ('<video poster="{}"></video>', False),
    "button": ('<input type="image" src="{}">', False),
    "style": ('<p style="background: url({})">x', False),
    "unknown": ('<lamp src="{}">x</lamp>', None),
}


def said_of(elements: Mapping[str, str]) -> dict[str, list[str]]:
    """The lines that Chromium's console has of each element on a page by TLS, which names a URL over http:."""
    urls = {name: f"http://{name}.test/" for name in elements}
    page = "<!doctype html>" + "\n".join(elements[name].format(url) for name, url in urls.items())
    said: list[str] = []
    told: dict[str, list[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        tab = browser.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.route("**/*", lambda route: route.fulfill(content_type="text/html", body=page))
        tab.goto("https://lamps.test/")
        tab.context.new_cdp_session(tab).send("Page.getAppManifest")
        for _ in range(200):
            told = {name: [line for line in said if f"'{url}'" in line] for name, url in urls.items()}
            if all(told[name] for name in elements if name != "unknown"):
                break
            tab.wait_for_timeout(50)
        browser.close()
    return told


def is_blocked(lines: list[str]) -> bool:
    return any("has been blocked" in line for line in lines)


@pytest.mark.needs("chromium")
def test_chromium_blocks_what_the_table_says() -> None:
    told = said_of(dict(ELEMENTS))
    blocked = {role for role, lines in told.items() if is_blocked(lines)}

    assert told.keys() == EMBEDDED
    assert [role for role, lines in told.items() if not lines] == []
    assert blocked ^ DEVIATIONS == BLOCKED


@pytest.mark.needs("chromium")
def test_chromium_blocks_the_elements_that_a_mark_tells() -> None:
    told = said_of({name: element for name, (element, _) in CHOSEN.items()})

    for name, (element, blocked) in CHOSEN.items():
        url = f"http://{name}.test/"
        mark = extract(f"<!doctype html>{element.format(url)}", Options()).marks.get(url)

        assert (is_blocked(told[name]) if told[name] else None) is blocked, name
        assert (mark is not None and mark.blocked) is (blocked is True), name
