"""A folder and the same pages live are judged alike: all rules that are not about a folder as such."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.assets import DRAWING, PLAIN, PNG, POINTER, SMALL, SVG, serves
from lab.behaviours import HTML, PAGE, says, sends, to
from lab.certificates import contexts
from lab.process import ALLOWED, JS, LAMP, MOTH, running, sri, started
from lab.server import Behaviour, Lab

from checker.rules import RULES, Needs

HOST, RUDE = "127.0.0.2", "127.0.0.3"  # of third parties
LARGE = 20_000  # bytes from which a page is too large
CONFIG = (
    ALLOWED
    + "patience = 1\nsecond_pass = false\n"
    + f"[pages]\nmax_bytes = {LARGE}\n[rules]\nignore = ['mirror/orphan']\n"
)

# On a page: what breaks the rule. {other} and {rude} are third parties, {expired} has a certificate from the past.
ROWS = {
    "url/invalid": '<a href="http://[x/">x</a>',
    "url/repaired-by-browsers": '<a href="{other}/a\\b">x</a>',
    "url/empty": '<img src="">',
    "url/empty-link": '<a href="">x</a>',
    "url/undefined-reference": '<a href="bare.md">x</a>',
    "url/unknown-scheme": '<a href="htpp://lamps.test/">x</a>',
    "url/local-path": '<a href="C:\\lamps\\x.html">x</a>',
    "url/swallowed-punctuation": '<a href="bare.md">x</a>',
    "local/unreadable": '<a href="noise.html">x</a>',
    "local/too-large": '<a href="large.html">x</a>',
    "local/undecodable": '<a href="torn.html">x</a>',
    "local/truncated": '<a href="cut.html">x</a>',
    "asset/hot-link": '<img src="{other}/lamp.png">',
    "asset/tracker": '<img src="{other}/dot.gif" width="1" height="1">',
    "asset/integrity-mismatch": '<script src="{other}/moth.js" integrity="{sri}" crossorigin></script>',
    "asset/crossorigin-missing": '<script src="{other}/lamp.js" integrity="{sri}"></script>',
    "asset/empty": '<img src="{other}/empty.png">',
    "asset/error-page": '<img src="{other}/page.png">',
    "asset/truncated": '<img src="{other}/cut.png">',
    "asset/undecodable": '<img src="{other}/zeros.png">',
    "asset/wrong-type": '<script src="{other}/script.png"></script>',
    "asset/lfs-pointer": '<img src="{other}/pointer.png">',
    "asset/scripted": '<img src="{other}/scripted.svg">',
    "asset/placeholder": "".join(f'<img src="{{other}}/same/{number}.png">' for number in range(5)),
    "remote/not-found": '<a href="{other}/gone">x</a>',
    "remote/gone": '<a href="{other}/over">x</a>',
    "remote/client-error": '<a href="{other}/conflict">x</a>',
    "remote/server-error": '<a href="{other}/fails">x</a>',
    "remote/unexpected-status": '<a href="{other}/odd">x</a>',
    "remote/connection": '<a href="http://127.0.0.1:1/">x</a>',
    "remote/tls": '<a href="{expired}/">x</a>',
    "remote/protocol": '<a href="{rude}/garbage">x</a>',
    "remote/blocked": '<a href="{other}/forbidden">x</a>',
    "remote/rate-limited": '<a href="{rude}/busy">x</a>',
    "remote/moved": '<a href="{other}/moved">x</a>',
    "remote/redirected": '<a href="{other}/elsewhere">x</a>',
    "remote/redirect-loop": '<a href="{other}/ring">x</a>',
    "remote/bad-redirect": '<a href="{other}/nowhere">x</a>',
    "remote/redirected-home": '<a href="{other}/home/deep">x</a>',
    "remote/soft-404": '<a href="{other}/lost#here">x</a>',
    "remote/missing-fragment": '<a href="{other}/page#nowhere">x</a>',
    "remote/private-address": '<a href="http://10.0.0.1/">x</a>',
    "suppression/unused": '<a href="silent.html">x</a>',
    "suppression/unknown-rule": '<a href="silent.html">x</a>',
}
# Why other rules are not among them.
ELSEWHERE = {
    "local/other-reader": "a live site is what was built: tests/runs/test_site_sources.py",
    "local/outside-mirror": "nothing is above the root of an address: browsers stop there",
    "remote/dns": "no name resolves here: tests/runs/test_names.py has a resolver of its own",
    "remote/resolver": "the same",
    "remote/no-route": "it is this machine's: tests/checker/fetch/test_reach.py",
    "remote/timeout": "it takes the time that there is: tests/runs/test_lab.py",
    "remote/proxy": "it would stand before all others: tests/runs/test_no_network.py",
    "remote/unreachable-here": "it takes a second place to ask from: tests/runs/test_socks.py",
    "asset/bomb": "it takes seconds to decode: tests/runs/test_deep.py",
    "asset/mixed-content": "it takes a site by TLS, below",
    "mirror/leak": "a live site is no copy of another",
    "mirror/unmirrored": "a live site is no copy of another",
    "url/lost-link": "on a site, whoever renders it may take blanks: tests/sites/url/lost-link",
    "mirror/archived": "the archives are out on the web: tests/sites/mirror/archived",
}
PAGES = {
    "noise.html": bytes(range(256)) * 8,
    "large.html": b"<!doctype html><title>Large</title>" + b"word " * LARGE,
    "silent.html": b"<!-- mirrorcheck: ignore url/invalid -->\n<!-- mirrorcheck: ignore url/lamp -->",
    "cut.html": b"<!doctype html><title>Cut</title><p>on <a href",
    "torn.html": b"<!doctype html><meta charset=utf-8><title>Torn</title><p>caf\xe9",
}
OTHERS: dict[str, Behaviour] = {
    "/": says(200),
    "/lamp.js": serves(LAMP, JS),
    "/moth.js": serves(MOTH, JS),
    "/empty.png": says(200, b"", "Content-Type: image/png"),
    "/page.png": says(200, PAGE, *HTML),
    "/lamp.png": serves(SMALL, PNG),
    "/script.png": serves(SMALL, PNG),
    "/cut.png": serves(SMALL[:200], PNG),
    "/zeros.png": serves(bytes(2000), PNG),
    "/pointer.png": serves(POINTER.encode(), PLAIN),
    "/scripted.svg": serves(DRAWING.replace(b"<rect", b"<script>1</script><rect"), SVG),
    "/same/*": serves(SMALL, PNG),
    "/page": says(200, PAGE, *HTML),
    "/gone": says(404),
    "/over": says(410),
    "/conflict": says(409),
    "/fails": says(500),
    "/odd": says(306),
    "/garbage": sends(b"what do you want?\r\n\r\n"),
    "/forbidden": says(403),
    "/busy": says(429),
    "/moved": to("/page", 301),
    "/elsewhere": to("/page", 302),
    "/ring": to("/ring", 302),
    "/nowhere": says(301, b""),
    "/home/deep": to("/"),
    "/lost": says(200, b"<!doctype html><title>404 Not Found</title>", *HTML),
    "/a/b": says(200, PAGE, *HTML),
}

Found = set[tuple[str, int, str, str, str]]  # page, line, rule, level, reference


def found(out: str, site: str) -> Found:
    return {
        (row["page"].removeprefix(site) or "index.html", row["line"], row["rule"], row["level"], row["reference"])
        for row in json.loads(out)["findings"]
    }


def filled(row: str, lab: Lab) -> str:
    row = row.replace("{other}", lab.url("", HOST)).replace("{rude}", lab.url("", RUDE)).replace("{sri}", sri(LAMP))
    return row.replace("{expired}", lab.url("", tls="expired")) if "{expired}" in row else row


def both(
    lab: Lab, pages: dict[str, bytes], behaviours: dict[str, Behaviour], root: Path, tls: str = ""
) -> tuple[str, str]:
    """The reports on pages as a folder, and live at /site/."""
    for name, data in pages.items():
        media = "Content-Type: text/markdown; charset=utf-8" if name.endswith(".md") else HTML[0]
        behaviours[f"/site/{name.removesuffix('index.html')}"] = says(200, data, media)
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
    site, arguments = lab.url("/site/", tls=tls), ("--format", "json", "--no-history")
    folder = started("check", *arguments, "--published", site, cwd=root)
    in_folder, folder_err = folder.communicate(timeout=PATIENCE)
    walk = started("check", site, *arguments, cwd=root)
    live, live_err = walk.communicate(timeout=PATIENCE)
    assert (folder.returncode, walk.returncode) == (1, 1), folder_err + live_err
    return in_folder, live


def test_every_rule_that_is_not_about_a_folder_is_judged_in_both_or_says_why_not() -> None:
    of_folders = {Needs.FOLDER, Needs.TARGETS, Needs.BASELINE}
    asked = {name for name, rule in RULES.items() if not of_folders.intersection(rule.needs)}

    assert not ROWS.keys() & ELSEWHERE.keys()
    assert ROWS.keys() | ELSEWHERE.keys() == asked
    assert all(ELSEWHERE.values())


@pytest.mark.parametrize("silence", ["", "<!-- mirrorcheck: ignore-file asset/bomb -->\n"], ids=["all", "alone"])
def test_a_live_page_is_judged_as_the_same_page_in_a_folder(
    silence: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    behaviours = {**OTHERS}
    with running(behaviours, [HOST, RUDE], contexts(tmp_path)[0]) as lab:
        lines = [filled(row, lab) for row in ROWS.values()]
        index = "<!doctype html><title>Lamps</title>\n" + silence + "\n".join(lines)
        bare = filled("See [the list][lamps] and {other}/page。後文，more\n", lab)
        pages = {"index.html": index.encode(), "bare.md": bare.encode(), **PAGES}
        assert len(index) < LARGE
        in_folder, live = both(lab, pages, behaviours, write({"config.toml": CONFIG}))
        site = lab.url("/site/")

    assert found(live, site) == found(in_folder, site)
    assert {rule for _, _, rule, _, _ in found(live, site)} >= ROWS.keys()


def test_what_a_page_by_tls_embeds_over_http_is_judged_alike(write: Callable[..., Path], tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    behaviours: dict[str, Behaviour] = {"/page": says(200, PAGE, *HTML)}
    with running(behaviours, hosts, {"valid": made["valid"]}) as lab:
        image, frame, several = (lab.url("", host) for host in hosts)
        page = f"""<!doctype html><title>Lamps</title>
<img src="{image}/lamp.png">
<iframe src="{frame}/page"></iframe>
<img src="{several}/lamp.png">
<script src="{several}/lamp.js"></script>
<script src="{several}/moth.js"></script>"""
        root = write({"config.toml": CONFIG.replace("[pages]", f"ca_file = '{authority}'\n[pages]")})
        in_folder, live = both(lab, {"index.html": page.encode()}, behaviours, root, tls="valid")
        site = lab.url("/site/", tls="valid")

    assert found(live, site) == found(in_folder, site)
    mixed = [row for row in json.loads(live)["findings"] if row["rule"] == "asset/mixed-content"]
    told = [(row["line"], row["message"].removeprefix("over http: on a page over https:, where ")) for row in mixed]
    assert told == [
        (2, "browsers upgrade it"),
        (3, "browsers block it"),
        (4, "browsers upgrade it"),
        (5, "browsers block it"),
    ]


def test_a_live_site_has_the_sections_of_its_folder(write: Callable[..., Path]) -> None:
    behaviours: dict[str, Behaviour] = {**OTHERS, "/site/lamp.png": serves(SMALL, PNG)}
    with running(behaviours, [HOST]) as lab:
        pages = {
            "index.html": b'<!doctype html><a href="docs/a.html">a</a> <img src="lamp.png"> <img src="lost.png">',
            "docs/a.html": filled('<!doctype html><img src="../lamp.png"> <img src="{other}/lamp.png">', lab).encode(),
        }
        root = write({"config.toml": CONFIG})
        (root / "lamp.png").write_bytes(SMALL)
        reports: list[dict[str, Any]] = [json.loads(out) for out in both(lab, pages, behaviours, root)]

    assert [report["sections"] for report in reports] == 2 * [
        [
            {"name": "", "pages": 1, "references": 3, "wanted": 2, "present": 1},
            {"name": "docs", "pages": 1, "references": 2, "wanted": 2, "present": 1},
        ]
    ]


def test_what_a_drawing_links_to_is_a_note_where_pages_only_show_it(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><a href="gone.html"/><image href="gone.png"/></svg>'
    page = '<img alt="" src="shown.svg"><object data="held.svg"></object><a href="led-to.svg">x</a>'
    mirror = write({"a.html": page, **dict.fromkeys(["shown.svg", "held.svg", "led-to.svg"], drawing)})

    report = run("check", mirror, "--offline", "--no-history", "--format", "json").report

    links = {row["page"]: row["level"] for row in report["findings"] if row["reference"] == "gone.html"}
    assert links == {"shown.svg": "note", "held.svg": "error", "led-to.svg": "error"}
    assert sum(row["reference"] == "gone.png" and row["level"] == "error" for row in report["findings"]) == len(links)
