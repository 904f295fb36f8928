"""A fleet: many mirrors in one run. Each has the report that `check` gives it, and a URL that several want is asked once."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lab.behaviours import HTML, PAGE, hangs, says, to
from lab.process import ALLOWED, running, started, until
from lab.server import Behaviour, Lab

pytestmark = pytest.mark.slow

TIMES = ("started", "finished", "mirror")
GIF = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
BEHAVIOURS: dict[str, Behaviour] = {
    "/ok/*": says(200),
    "/gone/*": says(404),
    "/moved/*": to("/ok/new"),
    "/picture/*": says(200, GIF, "Content-Type: image/gif"),
    "/error/*": says(200),
}
KINDS = ("ok", "ok#here", "ok#lost", "gone", "moved", "picture", "error")
HOSTS = [f"127.0.0.{number}" for number in range(2, 6)]


def mirror(folder: Path, pages: dict[str, str], config: str = "") -> None:
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'[mirror]\nlayout = "plain"\n{ALLOWED}{config}')
    for name, body in pages.items():
        (folder / name).write_text(f"<!doctype html><title>A page</title>{body}")


def fleet(root: Path, *rows: str) -> None:
    (root / "FLEET.toml").write_text("\n".join(f"[[mirror]]\n{row}\n" for row in rows))


def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    process = started(*arguments, cwd=cwd)
    out, err = process.communicate()
    return process.returncode, out, err


def report(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return {key: value for key, value in found.items() if key not in TIMES}


def alone(folder: Path, *options: str) -> dict[str, Any]:
    code, out, err = run("check", "--no-history", "-q", "--format", "json", *options, cwd=folder)
    assert code in {0, 1}, err
    return report(out)


def together(root: Path, *options: str) -> tuple[int, str, str]:
    return run("fleet", "FLEET.toml", "-q", "--format", "json", "--format", "json={name}.json", *options, cwd=root)


def of(root: Path, name: str) -> dict[str, Any]:
    return report((root / f"{name}.json").read_text())


def links(lab: Lab, kind: str, name: str, host: str) -> str:
    path, mark, fragment = kind.partition("#")
    url = lab.url(f"/{path}/{name}", host) + mark + fragment
    return f'<img src="{url}" alt="">' if path in {"picture", "error"} else f'<a href="{url}">there</a>'


def test_mirrors_that_share_half_of_their_urls_save_the_requests_for_them_and_have_equal_reports(
    tmp_path: Path,
) -> None:
    names = [f"m{number}" for number in range(6)]
    with running(BEHAVIOURS, HOSTS) as lab:
        for name in names:
            body = "".join(
                links(lab, kind, f"{owner}-{at}", HOSTS[at % len(HOSTS)])
                for owner in ("all", name)
                for at, kind in enumerate(KINDS)
            )
            mirror(tmp_path / name, {"index.html": body + '<a href="lost.html">lost</a>'})
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in names))
        single = {name: alone(tmp_path / name) for name in names}
        requests = len(lab.log)
        lab.log.clear()
        code, out, err = together(tmp_path, "--no-history")
        assert (code, err) == (1, "")
        assert {name: of(tmp_path, name) for name in names} == single
        shared = Counter((asked.method, asked.path) for asked in lab.log if "/all-" in asked.path)
        assert not [key for key, times in shared.items() if times > 1 and "/gone/" not in key[1]]
        # What is shared is asked once and not six times, but for the page that redirects lead to.
        assert len(lab.log) < 0.62 * requests
    jsonschema.validate(json.loads(out), json.loads((files("reports") / "fleet.schema.json").read_text("utf-8")))
    asked = json.loads(out)["asked"]
    assert (asked["wanted"], asked["distinct"]) == (6 * 14, 7 + 6 * 7)


def test_a_page_whose_fragments_several_mirrors_want_is_fetched_once(tmp_path: Path) -> None:
    with running({"/page": says(200)}) as lab:
        for name, fragment in (("a", "#here"), ("b", "#lost"), ("c", ""), ("d", "#lost")):
            mirror(tmp_path / name, {"index.html": f'<a href="{lab.url("/page")}{fragment}">x</a>'})
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "abcd"))
        code, _, _ = together(tmp_path, "--no-history")
        assert [asked.method for asked in lab.log if asked.path == "/page"] == ["GET"]
    assert code == 0  # a missing fragment is a warning
    rules = {name: [finding["rule"] for finding in of(tmp_path, name)["findings"]] for name in "abcd"}
    assert rules == {"a": [], "b": ["remote/missing-fragment"], "c": [], "d": ["remote/missing-fragment"]}


def test_mirrors_whose_settings_can_change_an_answer_ask_apart(tmp_path: Path) -> None:
    with running({"/page": says(200)}) as lab:
        body = {"index.html": f'<a href="{lab.url("/page")}">x</a>'}
        mirror(tmp_path / "a", body)
        mirror(tmp_path / "b", body, 'user_agent = "another"\n')
        mirror(tmp_path / "c", body, 'per_host = 1\n[references]\nbare = false\nslugs = "gitlab"\n')
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "abc"))
        together(tmp_path, "--no-history")
        agents = [asked.headers["user-agent"] for asked in lab.log if asked.path == "/page"]
    assert len(agents) == 2
    assert "another" in agents


def test_the_hosts_are_paced_for_all_mirrors_together(tmp_path: Path) -> None:
    async def slow(exchange: Any) -> None:
        import asyncio

        await asyncio.sleep(0.02)
        await exchange.answer(200, PAGE, HTML)

    with running({"/*": slow}) as lab:
        for name in "abcd":
            body = "".join(f'<a href="{lab.url(f"/{name}{at}")}">x</a>' for at in range(10))
            mirror(tmp_path / name, {"index.html": body}, f"per_host = {2 if name == 'c' else 8}\n")
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "abcd"))
        together(tmp_path, "--no-history")
        assert len([asked for asked in lab.log if asked.method == "HEAD"]) == 40
        assert max(lab.peak.values()) <= 2  # the slowest pace that one of them wants


def test_a_fault_of_one_mirror_is_told_and_ends_no_other(tmp_path: Path) -> None:
    mirror(tmp_path / "good", {"index.html": '<a href="lost.html">x</a>'})
    mirror(tmp_path / "bad", {"index.html": "x"}, "[pages]\nincluded = []\n")
    (tmp_path / "empty").mkdir()
    rows = [f'name = "{name}"\npath = "{name}"' for name in ("gone", "bad", "empty", "good")]
    fleet(tmp_path, *rows)
    for options in (("--offline",), ()):
        code, out, _ = together(tmp_path, "--no-history", *options)
        found = {each["name"]: each for each in json.loads(out)["mirrors"]}
        assert code == 2
        assert {name: each["exit"] for name, each in found.items()} == {"gone": 2, "bad": 2, "empty": 2, "good": 1}
        assert "no such file or folder" in found["gone"]["fault"]
        assert "no key is called 'included'" in found["bad"]["fault"]
        assert "no page to check" in found["empty"]["fault"]
        assert [finding["rule"] for finding in of(tmp_path, "good")["findings"]] == ["local/missing-file"]


def test_without_a_network_each_mirror_has_the_report_of_an_offline_check(tmp_path: Path) -> None:
    with running(BEHAVIOURS) as lab:
        for name in "ab":
            mirror(tmp_path / name, {"index.html": f'<a href="{lab.url("/gone/x")}">x</a><a href="lost.html">x</a>'})
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "ab"))
        single = {name: alone(tmp_path / name, "--offline") for name in "ab"}
        assert together(tmp_path, "--offline", "--no-history")[0] == 1
        assert not lab.log
    assert {name: of(tmp_path, name) for name in "ab"} == single


def test_one_history_has_a_series_for_each_mirror(tmp_path: Path) -> None:
    answers: dict[str, Behaviour] = {"/a": says(404), "/b": says(200)}
    with running(answers) as lab:
        for name in "ab":
            mirror(tmp_path / name, {"index.html": f'<a href="{lab.url(f"/{name}")}">x</a>'})
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "ab"))
        assert together(tmp_path)[0] == 1
        assert together(tmp_path, "--fail-on-new")[0] == 0
        answers |= {"/b": says(410)}
        code, out, err = together(tmp_path, "--fail-on-new")
    assert (code, err) == (1, "")
    found = {each["name"]: each for each in json.loads(out)["mirrors"]}
    assert [run["broken"] for run in found["a"]["runs"]] == [1, 1, 1]
    assert [run["broken"] for run in found["b"]["runs"]] == [0, 0, 1]
    assert [found[name]["exit"] for name in "ab"] == [0, 1]
    assert (found["a"]["states"]["known"], found["b"]["states"]["new"]) == (1, 1)
    _, listed, _ = run("history", "list", "--history", ".mirrorcheck/history.sqlite", cwd=tmp_path)
    assert [line.split()[-1] for line in listed.splitlines()] == ["a", "b"] * 3


def test_a_site_is_walked_and_its_urls_elsewhere_are_asked_with_those_of_folders(tmp_path: Path) -> None:
    port: list[int] = []

    async def home(exchange: Any) -> None:
        elsewhere = f"http://127.0.0.2:{port[0]}/ok/shared"
        body = f'<title>Home</title><a href="/two">2</a><a href="{elsewhere}#lost">x</a><a href="/none">x</a>'
        await exchange.answer(200, body.encode(), HTML)

    with running({"/": home, "/two": says(200), "/ok/*": says(200)}, HOSTS) as lab:
        port.append(lab.ports[""])
        site = lab.url("/")
        shared = lab.url("/ok/shared", HOSTS[0])
        mirror(tmp_path / "a", {"index.html": f'<a href="{shared}#here">x</a><a href="{site}two">x</a>'})
        (tmp_path / "site.toml").write_text(ALLOWED)
        fleet(
            tmp_path,
            f'name = "site"\nurl = "{site}"\nconfig = "site.toml"',
            'name = "a"\npath = "a"',
        )
        _, out, _ = run("check", site, "--config", "site.toml", "--no-history", "-q", "--format", "json", cwd=tmp_path)
        single = report(out)
        lab.log.clear()
        code, _, err = together(tmp_path, "--no-history")
        assert (code, err) == (1, "")
        assert [asked.method for asked in lab.log if asked.path == "/ok/shared"] == ["GET"]
    assert of(tmp_path, "site") == single
    assert of(tmp_path, "a")["findings"] == []


def waiting(tmp_path: Path, *options: str, end: Callable[[Any], None]) -> tuple[int, dict[str, Any], str]:
    """A fleet of two, of whose shared URLs one never answers. `end` gets the process, as soon as that is asked for."""
    with running({"/ok/*": says(200), "/gone/*": says(404), "/hangs": hangs}) as lab:
        for name in "ab":
            body = "".join(f'<a href="{lab.url(path)}">x</a>' for path in ("/ok/x", "/gone/x", "/hangs"))
            mirror(tmp_path / name, {"index.html": body})
        fleet(tmp_path, *(f'name = "{name}"\npath = "{name}"' for name in "ab"))
        process = started(
            "fleet", "FLEET.toml", "-q", "--no-history", "--format", "json", "--format", "json={name}.json", *options,
            cwd=tmp_path,
        )  # fmt: skip
        until(lambda: "/hangs" in lab.counts and lab.counts["/gone/x"] >= 2)
        end(process)
        out, err = process.communicate()
    return process.returncode, json.loads(out), err


def test_an_interrupted_fleet_reports_what_every_mirror_had_learnt(tmp_path: Path) -> None:
    code, out, err = waiting(tmp_path, end=lambda process: process.send_signal(signal.SIGINT))
    assert (code, err, out["complete"]) == (130, "", False)
    for name in "ab":
        found = of(tmp_path, name)
        assert found["complete"] is False
        assert [finding["rule"] for finding in found["findings"]] == ["remote/not-found"]
        assert found["totals"]["unchecked"] == {"interrupted": 1}


def test_the_time_limit_is_one_for_the_whole_fleet(tmp_path: Path) -> None:
    code, out, err = waiting(tmp_path, "--time-limit", "3s", end=lambda _process: None)
    assert (code, err, out["complete"]) == (1, "", True)
    for name in "ab":
        found = of(tmp_path, name)
        assert [finding["rule"] for finding in found["findings"]] == ["remote/not-found"]
        assert found["totals"]["unchecked"] == {"time limit": 1}
