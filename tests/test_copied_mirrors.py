"""Mirrors that other programs made: `init` tells what made them, and then `check` finds what is wrong and nothing else."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

DOT = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"  # a picture of one pixel
SITE = {
    "index.html": '<!doctype html><title>Home</title><link rel=stylesheet href="css/main.css"><a href="a/one.html?x=1#part">'
    '1</a> <a href="a/">a</a> <a href="gone.html">gone</a> <img src="pic.gif">',
    "a/index.html": '<!doctype html><title>A</title><a href="one.html">one</a> <a href="/index.html">home</a>',
    "a/one.html": '<!doctype html><title>One</title><h2 id=part>Part</h2><a href="../index.html">home</a> '
    '<a href="#nowhere">nowhere</a> <a href="two.html">two</a>',
    "a/two.html": '<!doctype html><title>Two</title><a href="one.html#part">part</a>',
    "css/main.css": "body { background: url(../pic.gif) }",
    "pic.gif": DOT,
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def judged(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], tuple[str, list[tuple[str, str]]]]:
    """`init` in a folder, then `check`: the configuration, and the rules and pages of what is wrong."""

    def judge(root: Path) -> tuple[str, list[tuple[str, str]]]:
        monkeypatch.chdir(root)
        assert run("init").code == 0
        result = run("check", "--offline", "--format", "json", "--ignore", "mirror/orphan")
        assert result.code in {0, 1}, result.err
        found = sorted((f["rule"], f["page"]) for f in result.report["findings"])
        return (root / "config.toml").read_text("utf-8"), found

    return judge


Judged = Callable[[Path], tuple[str, list[tuple[str, str]]]]


def plant(page: Path) -> None:
    """Put a reference to nowhere on a page."""
    text = page.read_text("utf-8")
    page.write_text(text.replace("</title>", '</title><a href="planted-by-the-test.html">x</a>', 1), "utf-8")


@pytest.mark.needs("wget")
@pytest.mark.parametrize(
    "options", [(), ("-k", "-E"), ("-k", "-K", "-E", "-nH")], ids=["as-is", "converted", "no-hosts"]
)
def test_a_mirror_made_by_wget(
    options: tuple[str, ...], write: Callable[..., Path], tmp_path: Path, judged: Judged
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with served(write(SITE, "site")) as start:
        subprocess.run(["wget", "-q", "-r", "-l", "5", "-p", *options, start], cwd=out, check=False, timeout=30)
    pages = [page for page in out.rglob("*.html") if page.name == "two.html"]
    assert len(pages) == 1
    plant(pages[0])

    config, found = judged(out)

    name = pages[0].relative_to(out).as_posix()
    one = name.replace("two.html", "one.html")
    assert ("local/missing-file", name) in found, config
    assert {page for _, page in found} <= {name, one, one.replace("one.html", "one.html?x=1")} | {
        page for _, page in found if page.endswith("index.html") or "?x=1" in page
    }
    assert len([1 for rule, _ in found if rule == "local/missing-file"]) <= 3, found


@pytest.mark.needs("httrack")
def test_a_mirror_made_by_httrack(write: Callable[..., Path], tmp_path: Path, judged: Judged) -> None:
    out = tmp_path / "out"
    with served(write(SITE, "site")) as start:
        subprocess.run(
            ["httrack", start, "-O", str(out), "-q", "-%v0", "-c2", "-r5", "-I0"],
            check=False,
            timeout=60,
            capture_output=True,
        )
    pages = [page for page in out.rglob("two.html") if page.is_file()]
    assert len(pages) == 1
    plant(pages[0])

    config, found = judged(out)

    assert "httrack" in config
    assert ("local/missing-file", pages[0].relative_to(out).as_posix()) in found


def test_pages_that_a_browser_saved(write: Callable[..., Path], judged: Judged) -> None:
    saved = "<!doctype html>\n<!-- saved from url=(0028)https://origin.example/{0} -->\n<title>{0}</title>{1}"
    root = write(
        {
            "One.html": saved.format(
                "one", '<img src="./One_files/pic.gif"><a href="https://origin.example/two">two</a>'
            ),
            "One_files/pic.gif": DOT,
            "Two.html": saved.format("two", '<img src="./Two_files/gone.png"><a href="https://origin.example/3">3</a>'),
        }
    )

    _, found = judged(root)

    assert found == [("local/missing-file", "Two.html"), ("mirror/leak", "One.html")]


def test_the_output_of_a_site_generator(write: Callable[..., Path], judged: Judged) -> None:
    page = "<!doctype html><title>x</title>"
    root = write(
        {
            "index.html": f'{page}<a href="/guide/">guide</a> <a href="/about">about</a> <a href="/gone/">gone</a>',
            "404.html": f'{page}<a href="/">home</a>',
            "guide/index.html": f'{page}<a href="../about#who">about</a>',
            "about.html": f"{page}<p id=who>",
            "CNAME": "mirror.example\n",
        }
    )

    config, found = judged(root)

    assert "mirror.example" in config
    assert found == [("local/missing-file", "index.html")]


def test_a_site_with_redirects_of_its_own(write: Callable[..., Path], judged: Judged) -> None:
    page = "<!doctype html><title>x</title>"
    root = write(
        {
            "index.html": f'{page}<a href="/old">old</a> <a href="/blog/a">a</a> <a href="/blog/b">b</a> <a href="/no">no</a>',
            "new.html": page,
            "posts/a.html": page,
            "_redirects": "/old /new.html 301\n/blog/* /posts/:splat.html 301\n",
        }
    )

    _, found = judged(root)

    assert found == [("local/missing-file", "index.html")] * 2  # /blog/b and /no
