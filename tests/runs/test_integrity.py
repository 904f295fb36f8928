"""What `integrity` asks of remote files, in whole runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import PATIENCE
from lab.assets import serves
from lab.behaviours import HTML, says, sends, to
from lab.process import ALLOWED, JS, LAMP, MOTH, running, sri, started

BEHAVIOURS = {
    "/lamp.js": serves(LAMP, JS),
    "/moth.js": serves(MOTH, JS),
    "/moved.js": to("/lamp.js", 302),
    "/moved-too.js": to("/lamp.js", 302),
    "/long.js": serves(LAMP * 20_000, JS),
    "/gone.js": says(404),
    "/cut.js": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n" + JS.encode() + b"\r\n\r\n" + LAMP),
}


def test_a_remote_file_that_is_not_the_one_asked_for_is_told(write: Callable[..., Path]) -> None:
    wanted = {
        "lamp.js": LAMP,
        "moth.js": LAMP,
        "moved.js": LAMP,
        "moved-too.js": MOTH,
        "long.js": LAMP * 20_000,
        "gone.js": LAMP,
        "cut.js": LAMP,
    }
    with running(BEHAVIOURS) as lab:
        page = "".join(
            f'<script src="{lab.url("/" + name)}" integrity="{sri(data)}" crossorigin></script>\n'
            for name, data in wanted.items()
        )
        root = write({"index.html": f"<!doctype html>\n{page}", "config.toml": ALLOWED})
        arguments = ("check", "--format", "json", "--ignore", "asset/hot-link", "--ignore", "mirror")
        process = started(*arguments, cwd=root)
        out, err = process.communicate(timeout=PATIENCE)
    assert out, err
    found = [(f["rule"], f["line"], f["verdict"]) for f in json.loads(out)["findings"]]
    assert [row for row in found if row[0] == "asset/integrity-mismatch"] == [
        ("asset/integrity-mismatch", 3, "broken"),
        ("asset/integrity-mismatch", 5, "broken"),
    ]
    assert {line for rule, line, _ in found if not rule.startswith("remote/redirected")} == {3, 5, 7, 8}
    assert process.returncode == 1


def test_nothing_is_fetched_for_integrity_where_its_rule_is_off(write: Callable[..., Path]) -> None:
    with running({"/moth.js": serves(MOTH, JS)}) as lab:
        page = f'<script src="{lab.url("/moth.js")}" integrity="{sri(LAMP)}" crossorigin></script>'
        root = write({"index.html": page, "config.toml": ALLOWED})
        process = started("check", "--format", "json", "--ignore", "asset", "--ignore", "mirror", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)
        assert lab.counts["/moth.js"] == 1
    assert json.loads(out)["findings"] == [], err


@pytest.mark.parametrize("command", ["check", "page"])
def test_integrity_on_a_live_page_is_judged_as_in_a_folder(command: str, write: Callable[..., Path]) -> None:
    wanted = {"lamp.js": LAMP, "moth.js": LAMP, "gone.js": LAMP, "plain": LAMP, "no.js?v=1.2": LAMP}
    page = "<!doctype html>\n" + "".join(
        f'<script src="/{name}" integrity="{sri(data)}" crossorigin></script>\n' for name, data in wanted.items()
    )
    site = BEHAVIOURS | {
        "/": says(200, page.encode(), *HTML),
        "/plain": serves(MOTH, JS),
        "/no.js?v=1.2": serves(MOTH, JS),
    }
    with running(site) as lab:
        process = started(command, lab.url("/"), "--format", "json", cwd=write({"config.toml": ALLOWED}))
        out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, err) == (1, "")
    found = [(row["line"], row["rule"]) for row in json.loads(out)["findings"] if row["level"] == "error"]
    assert found == [
        (3, "asset/integrity-mismatch"),
        (4, "remote/not-found"),
        (5, "asset/integrity-mismatch"),
        (6, "asset/integrity-mismatch"),
    ]
