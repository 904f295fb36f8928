"""What headless Chromium blocks of what a page by TLS embeds over http:, beside the table of roles."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright

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


@pytest.mark.needs("chromium")
def test_chromium_blocks_what_the_table_says() -> None:
    urls = {role: f"http://{role}.test/" for role in ELEMENTS}
    page = "<!doctype html>" + "\n".join(ELEMENTS[role].format(url) for role, url in urls.items())
    said: list[str] = []
    told: dict[Role, list[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        tab = browser.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.route("**/*", lambda route: route.fulfill(content_type="text/html", body=page))
        tab.goto("https://lamps.test/")
        tab.context.new_cdp_session(tab).send("Page.getAppManifest")
        for _ in range(200):
            told = {role: [line for line in said if f"'{url}'" in line] for role, url in urls.items()}
            if all(told.values()):
                break
            tab.wait_for_timeout(50)
        browser.close()
    blocked = {role for role, lines in told.items() if any("has been blocked" in line for line in lines)}

    assert told.keys() == EMBEDDED
    assert [role for role, lines in told.items() if not lines] == []
    assert blocked ^ DEVIATIONS == BLOCKED
