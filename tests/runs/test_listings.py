"""A mirror behind the listings of a web server is checked as the folder is, politely and within bounds."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, says, to
from lab.process import nginx, running
from lab.server import Behaviour, Exchange
from lab.stores import free_port, served

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"
Run = Callable[..., Any]
QUICK = '[remote]\ninterval = 0.0\nproxy = ""\nretries = 0\n'


def checked(run: Run, *arguments: str | Path) -> dict[str, Any]:
    result = run("check", *arguments, "--offline", "--format", "json", "--fail-on", "never", "--trust-config")
    assert result.code == 0, result.err
    report: dict[str, Any] = result.report
    return report


def lists(*names: str, title: str = "Index of /") -> Behaviour:
    body = f"<html><title>{title}</title>" + "".join(f'<a href="{name}">{name}</a>' for name in ("../", *names))
    return says(200, body.encode(), *HTML)


@contextmanager
def of_python(folder: Path, site: Path) -> Iterator[str]:
    """The server of the standard library, which lists the folders that have no index.html."""
    port = free_port()
    command = (sys.executable, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", site)
    with served(folder.with_suffix(".log"), port, *command) as server:
        yield f"{server.url}/"


@contextmanager
def of_nginx(folder: Path, site: Path) -> Iterator[str]:
    with nginx(folder, site, lists=True) as address:
        yield address


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("serving", [of_nginx, of_python], ids=["nginx", "python"])
def test_the_example_behind_listings_has_the_findings_of_its_folder(
    tmp_path: Path, run: Run, serving: Callable[[Path, Path], Any], jobs: str
) -> None:
    root = tmp_path / "site" / "a mirror"
    shutil.copytree(EXAMPLE, root, ignore_dangling_symlinks=True)
    for number in range(100):  # enough for workers
        (root / f"more-{number}.html").write_text(f"<a href={number}>n</a>")
    for name in ("50% + #1?.html", "中文 名.html", "a&amp;b.html", "'q\".html"):
        (root / name).write_text("<a href=lost>x</a>")
    if serving is of_python:
        for index in root.rglob("index.html"):
            index.unlink()
    Path("mirrorcheck.toml").write_text(QUICK)
    folder = checked(run, root, "--no-history")

    with serving(tmp_path / "server", tmp_path / "site") as address:
        listed = checked(run, f"listing+{address}a mirror", "--no-history", "--jobs", jobs)

    assert len(folder["findings"]) > 200
    assert listed["findings"] == folder["findings"]
    assert listed["totals"] == folder["totals"]


@pytest.mark.needs("nginx")
def test_a_second_run_reads_listings_and_heads(tmp_path: Path, run: Run) -> None:
    site = tmp_path / "site"
    (site / "docs").mkdir(parents=True)
    (site / "docs" / "about").write_text("<!doctype html><a href=1.html>x</a>")
    for number in range(20):
        (site / "docs" / f"{number}.html").write_text(f"<p id=x><a href={number + 1}.html#x>n</a>")
    for path in (site / "docs").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    Path("mirrorcheck.toml").write_text(QUICK)
    Path(".mirrorcheck").mkdir()

    with nginx(tmp_path / "nginx", site, lists=True) as address:
        log = tmp_path / "nginx" / "access.log"
        first = checked(run, f"listing+{address}")
        at = len(log.read_text())
        second = checked(run, f"listing+{address}")
        gets = re.findall(r'"GET (\S+)', log.read_text()[at:])
        at = len(log.read_text())
        (site / "docs" / "3.html").write_text("<p id=x><a href=gone.html>n</a>")
        third = checked(run, f"listing+{address}")
        later = re.findall(r'"GET (\S+)', log.read_text()[at:])

    assert gets == ["/robots.txt", "/", "/docs/"]
    assert later.count("/docs/3.html") <= 2
    assert {each for each in later if each.endswith(".html")} == {"/docs/3.html"}
    assert (
        second["findings"] == [{**each, **STATE} for each in first["findings"]] or second["totals"] == first["totals"]
    )
    assert "gone.html" in {each["reference"] for each in third["findings"]}


STATE = {"state": "known"}


def served_as(behaviours: dict[str, Behaviour]) -> Any:
    return running({"/robots.txt": says(404), **behaviours})


@pytest.mark.parametrize(
    ("behaviours", "message"),
    [
        ({"/site/": says(404)}, "the server answers 404"),
        ({"/site/": says(200, b"{}", "Content-Type: application/json")}, "shows no listing there"),
        ({"/site/": says(200, b"<title>Home</title><a href=https://example.org/>x</a>", *HTML)}, "a page there"),
        ({"/site/": to("http://127.0.0.2:9/elsewhere/")}, "is not a public address"),
        ({"/site/": to("/site/")}, "redirects run in a circle"),
        ({"/robots.txt": says(200, b"User-agent: *\nDisallow: /site/")}, "robots.txt does not allow it"),
    ],
)
def test_what_cannot_be_listed_is_told(run: Run, behaviours: dict[str, Behaviour], message: str) -> None:
    Path("mirrorcheck.toml").write_text(QUICK)
    with served_as(behaviours) as lab:
        result = run("check", f"listing+{lab.url('/site')}", "--offline", "--no-history", "--trust-config")

    assert result.code == 2
    assert message in result.err, result.err


def test_the_owner_of_a_site_may_ignore_its_robots(run: Run) -> None:
    Path("mirrorcheck.toml").write_text(f"{QUICK}[site]\nrobots = false\n")
    behaviours = {"/robots.txt": says(200, b"User-agent: *\nDisallow: /"), "/site/": lists("a.html")}
    with served_as({**behaviours, "/site/a.html": says(200, b"<p>x", *HTML)}) as lab:
        report = checked(run, f"listing+{lab.url('/site/')}", "--no-history")

    assert report["totals"]["pages"] == 1


def test_folders_that_cannot_be_listed_are_told_and_hostile_names_lead_nowhere(run: Run) -> None:
    Path("mirrorcheck.toml").write_text(QUICK)
    names = (
        "a.html",
        "shut/",
        "shown/",
        "%2e%2e/up.html",
        "..%2fup.html",
        "/other.html",
        "a.html?C=M;O=A",
        "//x.test/",
    )
    behaviours = {
        "/site/": lists(*names),
        "/site/a.html": says(200, b"<a href=shut/>s</a>", *HTML),
        "/site/shut/": says(403),
        "/site/shown/": says(200, b"<title>Hello</title><a href=b.html>b</a><a href=/other.html>o</a>", *HTML),
    }
    with served_as(behaviours) as lab:
        report = checked(run, f"listing+{lab.url('/site')}", "--no-history")
        asked = {each.path for each in lab.log}

    told = {each["page"]: each["message"] for each in report["findings"] if each["rule"] == "local/unreadable"}
    assert told.keys() == {"shut", "shown"}
    assert "403" in told["shut"]
    assert "no listing" in told["shown"]
    assert report["totals"]["pages"] == 1
    assert asked == {"/robots.txt", "/site", *behaviours}


def test_folders_in_folders_without_end_have_an_end(run: Run) -> None:
    Path("mirrorcheck.toml").write_text(QUICK)

    async def deeper(exchange: Exchange) -> None:
        await lists("a/", "p.html")(exchange)

    with served_as({f"/{'a/' * depth}": deeper for depth in range(300)}) as lab:
        report = checked(run, f"listing+{lab.url('/')}", "--no-history")
        depth = max(each.path.count("/") for each in lab.log)

    assert depth < 150
    assert any("deeper than any folder" in each["message"] for each in report["findings"])


def test_a_file_that_leads_elsewhere_is_not_read_there(run: Run) -> None:
    Path("mirrorcheck.toml").write_text(QUICK)
    with ExitStack() as stack:
        secret = stack.enter_context(
            running({"/secret.html": says(200, b"<a href=secret>x</a>", *HTML)}, ["127.0.0.2"])
        )
        near, far = secret.url("/secret.html"), secret.url("/secret.html", "127.0.0.2")
        behaviours = {"/": lists("a.html", "b.html"), "/a.html": to(near), "/b.html": to(far)}
        lab = stack.enter_context(served_as(behaviours))
        report = checked(run, f"listing+{lab.url('/')}", "--no-history")

    told = {each["page"]: each["message"] for each in report["findings"] if each["rule"] == "local/unreadable"}
    assert told.keys() == {"a.html", "b.html"}
    assert "secret" not in {each["reference"] for each in report["findings"]}
    assert not secret.log


def test_all_processes_together_keep_the_limits_of_a_host(run: Run) -> None:
    Path("mirrorcheck.toml").write_text('[remote]\nper_host = 4\ninterval = 0.01\nproxy = ""\n')
    pages = [f"{number}.html" for number in range(150)]

    async def page(exchange: Exchange) -> None:
        import asyncio

        await asyncio.sleep(0.03)
        await exchange.answer(200, b"<p>x", HTML)

    with served_as({"/": lists(*pages), **{f"/{name}": page for name in pages}}) as lab:
        report = checked(run, f"listing+{lab.url('/')}", "--no-history", "--jobs", "2")
        peak = lab.peak["127.0.0.1"]

    assert report["totals"]["pages"] == 150
    assert 1 < peak <= 4


@pytest.mark.parametrize("address", ["listing+https://ann:pw@example.org/x", "listing+https://example.org/x?token=pw"])
def test_an_address_with_a_secret_is_refused(run: Run, address: str) -> None:
    result = run("check", address, "--offline", "--no-history")

    assert result.code == 2
    assert "pw" not in result.err
