"""A folder and the same pages live are judged alike: all rules that are not about a folder as such."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import PATIENCE
from lab.assets import serves
from lab.behaviours import HTML, PAGE, says, to
from lab.certificates import contexts
from lab.process import ALLOWED, JS, LAMP, MOTH, running, sri, started
from lab.server import Behaviour, Exchange

HOST = "127.0.0.2"  # of third parties
CONFIG = ALLOWED + "[rules]\nignore = ['mirror/orphan']\n"

# On a page: what breaks the rule. {other} is a third party.
ROWS = {
    "url/invalid": '<a href="http://[x/">x</a>',
    "url/repaired-by-browsers": '<a href="{other}/a\\b">x</a>',
    "url/empty": '<img src="">',
    "url/unknown-scheme": '<a href="htpp://lamps.test/">x</a>',
    "url/local-path": '<a href="C:\\lamps\\x.html">x</a>',
    "asset/hot-link": '<img src="{other}/lamp.png">',
    "asset/tracker": '<img src="{other}/dot.gif" width="1" height="1">',
    "asset/integrity-mismatch": '<script src="{other}/moth.js" integrity="{sri}" crossorigin></script>',
    "asset/crossorigin-missing": '<script src="{other}/lamp.js" integrity="{sri}"></script>',
    "asset/empty": '<img src="{other}/empty.png">',
    "asset/error-page": '<img src="{other}/page.png">',
    "remote/not-found": '<a href="{other}/gone">x</a>',
    "remote/gone": '<a href="{other}/over">x</a>',
    "remote/moved": '<a href="{other}/moved">x</a>',
    "remote/missing-fragment": '<a href="{other}/page#nowhere">x</a>',
    "suppression/unused": "<!-- mirrorcheck: ignore url/invalid -->",
    "suppression/unknown-rule": "<!-- mirrorcheck: ignore url/lamp -->",
}
OTHERS: dict[str, Behaviour] = {
    "/lamp.js": serves(LAMP, JS),
    "/moth.js": serves(MOTH, JS),
    "/empty.png": says(200, b"", "Content-Type: image/png"),
    "/page.png": says(200, PAGE, *HTML),
    "/page": says(200, PAGE, *HTML),
    "/gone": says(404),
    "/over": says(410),
    "/moved": to("/page", 301),
    "/a/b": says(200, PAGE, *HTML),
}

Found = set[tuple[int, str, str, str]]  # line, rule, level, reference


def found(out: str) -> Found:
    findings = json.loads(out)["findings"]
    return {(row["line"], row["rule"], row["level"], row["reference"]) for row in findings}


def reports(root: Path, site: str) -> tuple[str, str]:
    """What is said of a folder, and of the site that it is published as."""
    arguments = ("--format", "json", "--no-history")
    folder = started("check", *arguments, "--published", site, cwd=root)
    in_folder, folder_err = folder.communicate(timeout=PATIENCE)
    walk = started("check", site, *arguments, cwd=root)
    live, live_err = walk.communicate(timeout=PATIENCE)
    assert (folder.returncode, walk.returncode) == (1, 1), folder_err + live_err
    return in_folder, live


@pytest.mark.parametrize("silence", ["", "<!-- mirrorcheck: ignore-file asset/placeholder -->\n"], ids=["all", "alone"])
def test_a_live_page_is_judged_as_the_same_page_in_a_folder(silence: str, write: Callable[..., Path]) -> None:
    pages: dict[str, Behaviour] = {}

    async def site(exchange: Exchange) -> None:
        await pages["/site/"](exchange)

    with running(OTHERS | {"/site/": site}, [HOST]) as lab:
        other = lab.url("", HOST)
        lines = [row.replace("{other}", other).replace("{sri}", sri(LAMP)) for row in ROWS.values()]
        page = "<!doctype html><title>Lamps</title>\n" + silence + "\n".join(lines)
        pages["/site/"] = says(200, page.encode(), *HTML)
        root = write({"index.html": page, "config.toml": CONFIG})
        in_folder, live = reports(root, lab.url("/site/"))

    assert found(live) == found(in_folder)
    assert {rule for _, rule, _, _ in found(live)} >= ROWS.keys()


def test_what_a_page_by_tls_embeds_over_http_is_judged_alike(write: Callable[..., Path], tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    behaviours: dict[str, Behaviour] = {"/page": says(200, PAGE, *HTML)}
    with running(behaviours, hosts, {"valid": made["valid"]}) as lab:
        image, frame, both = (lab.url("", host) for host in hosts)
        page = f"""<!doctype html><title>Lamps</title>
<img src="{image}/lamp.png">
<iframe src="{frame}/page"></iframe>
<img src="{both}/lamp.png">
<script src="{both}/lamp.js"></script>
<script src="{both}/moth.js"></script>"""
        behaviours["/site/"] = says(200, page.encode(), *HTML)
        config = CONFIG.replace("[rules]", f"ca_file = '{authority}'\n[rules]")
        root = write({"index.html": page, "config.toml": config})
        in_folder, live = reports(root, lab.url("/site/", tls="valid"))

    assert found(live) == found(in_folder)
    mixed = [row for row in json.loads(live)["findings"] if row["rule"] == "asset/mixed-content"]
    told = [(row["line"], row["message"].removeprefix("over http: on a page over https:, where ")) for row in mixed]
    assert told == [
        (2, "browsers upgrade it"),
        (3, "browsers block it"),
        (4, "browsers upgrade it"),
        (5, "browsers block it"),
    ]
