"""Copies of sites, made by the tools that people use: `init` detects them, `check` finds the faults and nothing else."""

from __future__ import annotations

import http.server
import subprocess
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
# No query in any name: nothing but the folder's own name shows what this is a copy of.
STILL: dict[str, str | bytes] = {
    "/still/": '<!doctype html><title>still</title><link rel="stylesheet" href="/still/a/s.css">\n'
    '<a href="/still/a/one.html">1</a> <a href="/still/a/">a</a> <img src="/still/i/p.png" alt="">\n'
    '<a href="{origin}still/a/two.html#end">2</a>\n',
    "/still/a/": '<!doctype html><title>a</title><a href="one.html">1</a> <a href="/still/a/two.html">2</a>\n',
    "/still/a/one.html": '<!doctype html><title>1</title><a href="/still/">home</a>\n'
    '<a href="two.html">2</a> <img src="../i/p.png" alt="">\n',
    "/still/a/two.html": '<!doctype html><title>2</title><p id="end"><a href="/still/a//one.html">1</a>\n',
    "/still/a/s.css": "p { background: url(/still/i/q.png) }\n",
    "/still/i/p.png": PNG,
    "/still/i/q.png": PNG,
}
# A list in pages, with references that are a query and nothing else, and a font for an old browser.
PAGED: dict[str, str | bytes] = {
    "/paged/list.php": '<!doctype html><title>all</title><link rel="stylesheet" href="s.css">\n'
    '<a href="list.php?page=1">1</a> <a href="?page=2">2</a> <a href="?page=3">3</a>\n',
    "/paged/list.php?page=1": '<!doctype html><title>1</title><a href="?page=2">2</a>\n<a href="?page=3">3</a>\n',
    "/paged/list.php?page=2": '<!doctype html><title>2</title><a href="?page=1">1</a>\n<a href="list.php?page=3">3</a>\n',
    "/paged/list.php?page=3": '<!doctype html><title>3</title><a href="list.php">all</a>\n',
    "/paged/": '<!doctype html><title>paged</title><a href="list.php">all</a>\n<a href="gone.html">gone</a>\n',
    "/paged/s.css": '@font-face { font-family: f; src: url("f.eot?#iefix") }\n',
    "/paged/f.eot?": "font",
}
FILES: dict[str, str | bytes] = (
    STILL
    | PAGED
    | {
        "/": """<!doctype html><title>home</title>
<link rel="stylesheet" href="/s.css?v=3"><img src="/i/a.png" alt="">
<a href="list.php?id=1&amp;x=2">first</a> <a href="docs/">docs</a> <a href="%E7%BE%8E.html#art">art</a>
<a href="gone.html">gone</a> <img src="i/lost.png" alt="">
<a href="docs/guide.html#three">no such step</a>
<a href="about">about</a>
""",
        "/about": '<!doctype html><h2 id="us">us</h2><a href="/">home</a>\n',
        "/docs/": '<!doctype html><a href="guide.html#two">two</a> <a href="../about#us">us</a> <a href="/">home</a>\n<ok href="{origin}%E7%BE%8E.html">no tool follows this</ok>\n',
        "/docs/guide.html": '<!doctype html><h1 id="one">1</h1><h1 id="two">2</h1><a href="./">up</a>\n<a href="no.html">no</a>\n',
        "/list.php?id=1&x=2": '<!doctype html><p id="top-1"></p><a href="list.php?id=2">next</a>\n',
        "/list.php?id=2": '<!doctype html><a href="/list.php?id=1&amp;x=2#top-1">back</a>\n<a href="list.php?id=1&amp;x=2#top-9">lost</a>\n',
        "/美.html": '<!doctype html><p id="art"><a href="/docs/">docs</a>\n',
        "/s.css?v=3": '@import "t.css";\nbody { background: url(i/b.png) }\np { background: url(i/c.png) }\n',
        "/t.css": "p { color: red }\n",
        "/i/a.png": PNG,
        "/i/b.png": PNG,
    }
)


class Handler(http.server.BaseHTTPRequestHandler):
    """The origin, as its own server shows it."""

    protocol_version = "HTTP/1.1"  # wget loses answers of a server that closes each connection

    def do_GET(self) -> None:
        found = FILES.get(unquote(self.path).replace("//", "/"))  # as nginx does
        body = found if isinstance(found, bytes) else (found or "<h1>none</h1>").encode()
        body = body.replace(b"{origin}", f"http://{self.headers['Host']}/".encode())
        kind = {"png": "image/png", "css": "text/css"}.get(self.path.partition("?")[0].rpartition(".")[2])
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", kind if found and kind else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


Fault = tuple[str, int, str]


def init(run: Callable[..., Any], root: Path) -> dict[str, Any]:
    """The `[mirror]` that `init` writes."""
    assert run("init", root).code == 0
    mirror: dict[str, Any] = tomllib.loads((root / "config.toml").read_text("utf-8"))["mirror"]
    return mirror


def check(run: Callable[..., Any], root: Path) -> dict[str, Any]:
    report: dict[str, Any] = run(
        "check", "--config", root / "config.toml", "--offline", "--format", "json", "--all"
    ).report
    return report


def faults(report: Mapping[str, Any]) -> list[Fault]:
    return [(found["page"], found["line"], found["rule"]) for found in report["findings"]]


def remote(report: Mapping[str, Any]) -> set[str]:
    return {row["target"] for row in report["references"] if row["target"].startswith("http")}


def wget(folder: Path, origin: str, *options: str) -> Path:
    limits = ("--quiet", "--tries=1", "--timeout=10", "--execute", "robots=off")
    subprocess.run(["wget", *limits, "-P", folder, *options, origin], check=False, timeout=60)
    return folder


CONVERTED = ("--mirror", "--convert-links", "--page-requisites")
AS_THEY_ARE = ("--mirror", "--page-requisites")
WINDOWS = "--restrict-file-names=windows"

# What is wrong in the copy, as {page} in its folder and the line. What wget could not get it makes absolute with -k:
# only the network can tell what became of it, but it is not in the copy.
LOST = [("docs/guide.html", 2), ("index.html", 4), ("index.html", 4), ("{css}", 3)]
ASTRAY = [("index.html", 5), ("{list}", 2)]
LEFT = [("docs/index.html", 2)]
EMBEDDED = [("index.html", 4), ("{css}", 3)]
LINKED = [("docs/guide.html", 2), ("index.html", 4)]


def expected(top: str, names: Mapping[str, str], *, lost: bool, leaks: bool) -> list[Fault]:
    rows = [(page, line, "local/missing-fragment") for page, line in ASTRAY]
    rows += [(page, line, "local/missing-file") for page, line in LOST if lost]
    rows += [(page, line, "mirror/leak") for page, line in LEFT if leaks]
    if not lost:
        rows += [(page, line, "mirror/unmirrored") for page, line in EMBEDDED + LINKED if leaks]
        rows += [(page, line, "asset/hot-link") for page, line in EMBEDDED[:1] if not leaks]  # once a host
    return sorted((top + page.format_map(names), line, rule) for page, line, rule in rows)


@pytest.mark.needs("wget")
@pytest.mark.parametrize(
    ("options", "folder", "names"),
    [
        ((*CONVERTED, "--adjust-extension"), "{}:{}/", {"css": "s.css?v=3.css", "list": "list.php?id=2.html"}),
        (CONVERTED, "{}:{}/", {"css": "s.css?v=3", "list": "list.php?id=2"}),
        (AS_THEY_ARE, "{}:{}/", {"css": "s.css?v=3", "list": "list.php?id=2"}),
        ((*CONVERTED, WINDOWS), "{}+{}/", {"css": "s.css@v=3", "list": "list.php@id=2"}),
        ((*AS_THEY_ARE, WINDOWS), "{}+{}/", {"css": "s.css@v=3", "list": "list.php@id=2"}),
        (
            (*CONVERTED, "--adjust-extension", "--backup-converted"),
            "{}:{}/",
            {"css": "s.css?v=3.css", "list": "list.php?id=2.html"},
        ),
    ],
    ids=["converted", "converted-names-kept", "as-it-is", "windows-converted", "windows-as-it-is", "with-backups"],
)
def test_a_copy_by_wget_has_the_faults_of_its_origin_and_no_others(
    options: tuple[str, ...],
    folder: str,
    names: dict[str, str],
    tmp_path: Path,
    origin: str,
    run: Callable[..., Any],
) -> None:
    root = wget(tmp_path, origin, *options)
    top = folder.format(*origin.split("/")[2].split(":"))
    converted = "--convert-links" in options

    mirror = init(run, root)
    report = check(run, root)

    assert (mirror["layout"], mirror["origin"]) == ("wget", [origin])
    assert sorted(faults(report)) == expected(top, names, lost=not converted, leaks=True)
    lost = {f"{origin}{name}" for name in ("gone.html", "i/lost.png", "docs/no.html", "i/c.png")}
    left = {f"{origin}%E7%BE%8E.html"}
    assert remote(report) == (lost | left if converted else left)


def copied(tmp_path: Path, origin: str, start: str, *options: str) -> Path:
    """The folder that wget named after the host, below a folder without any configuration."""
    root = wget(tmp_path, origin + start, "--no-parent", *options)
    return root / origin.split("/")[2]


def plain(run: Callable[..., Any], root: Path) -> dict[str, Any]:
    report: dict[str, Any] = run("check", root, "--offline", "--no-history", "--format", "json").report
    return report


@pytest.mark.needs("wget")
@pytest.mark.parametrize("options", [("--mirror",), ("--mirror", "--page-requisites", "--adjust-extension")])
def test_a_copy_without_queries_has_no_fault_but_what_is_taken_out_of_it(
    options: tuple[str, ...], tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    top = copied(tmp_path, origin, "still/", *options)
    whole = plain(run, tmp_path)
    for lost in ("still/a/two.html", "still/i/p.png", "still/i/q.png"):
        (top / lost).unlink()

    report = plain(run, tmp_path)

    page = f"{top.name}/still/"
    assert sorted(faults(whole)) == [(f"{page}index.html", 3, "mirror/leak")]
    assert sorted(faults(report)) == [
        (f"{page}a/index.html", 1, "local/missing-file"),
        (f"{page}a/one.html", 2, "local/missing-file"),
        (f"{page}a/one.html", 2, "local/missing-file"),
        (f"{page}a/s.css", 1, "local/missing-file"),
        (f"{page}index.html", 2, "local/missing-file"),
        (f"{page}index.html", 3, "mirror/unmirrored"),
    ]


@pytest.mark.needs("wget")
def test_a_reference_that_is_a_query_leads_to_the_page_that_wget_saved_under_it(
    tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    top = copied(tmp_path, origin, "paged/", "--mirror")
    whole = plain(run, tmp_path)
    (top / "paged" / "list.php?page=3").unlink()

    report = plain(run, tmp_path)

    page = f"{top.name}/paged/list.php"
    gone = (f"{top.name}/paged/index.html", 2, "local/missing-file")
    assert [found for found in faults(whole) if found[2].startswith("local/")] == [gone]
    assert [found for found in sorted(faults(report)) if found[2].startswith("local/")] == [
        gone,
        (page, 2, "local/missing-file"),
        (f"{page}?page=1", 2, "local/missing-file"),
        (f"{page}?page=2", 2, "local/missing-file"),
    ]


@pytest.mark.needs("wget")
@pytest.mark.parametrize(
    ("options", "broken"),
    [
        # wget escapes `?` only if it also adds extensions
        (("--mirror", "--convert-links"), {"list.php?page=1", "list.php?page=2", "list.php?page=3", "f.eot?"}),
        (("--mirror", "--convert-links", "--adjust-extension"), set()),
    ],
    ids=["names-kept", "extensions-added"],
)
def test_an_unescaped_query_in_a_copy_with_converted_references_leads_to_no_file_and_has_its_mend(
    options: tuple[str, ...], broken: set[str], tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    copied(tmp_path, origin, "paged/", *options)

    report = plain(run, tmp_path)

    found = {found["reference"]: found["suggestion"] for found in report["findings"] if found["level"] == "error"}
    assert found == {each: each.replace("?", "%3F") for each in broken}, report["findings"]


@pytest.mark.needs("wget")
def test_a_copy_by_wget_without_a_folder_for_the_host_needs_only_to_be_told_its_origin(
    tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    root = wget(tmp_path, origin, *CONVERTED, "--adjust-extension", "--no-host-directories", "--backup-converted")
    names = {"css": "s.css?v=3.css", "list": "list.php?id=2.html"}

    mirror = init(run, root)

    assert (mirror["layout"], mirror["origin"]) == ("wget", [])
    assert sorted(faults(check(run, root))) == expected("", names, lost=False, leaks=False)

    file = root / "config.toml"
    file.write_text(file.read_text("utf-8").replace("origin = []", f'origin = ["{origin}"]'))

    assert sorted(faults(check(run, root))) == expected("", names, lost=False, leaks=True)


@pytest.mark.needs("wget")
@pytest.mark.parametrize(
    ("reference", "suggestion"),
    [
        ("about", "about.html"),
        ("list.php?id=1&x=2", "list.php%3Fid=1&x=2.html"),
        ("/s.css?v=3", "/s.css%3Fv=3.css"),
    ],
    ids=["name", "page-with-query", "stylesheet-with-query"],
)
def test_an_extension_that_wget_added_to_a_file_and_not_to_the_references_is_a_fault_with_its_remedy(
    reference: str, suggestion: str, tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    root = wget(tmp_path, origin, *AS_THEY_ARE, "--adjust-extension")

    init(run, root)
    report = check(run, root)

    home = f"{origin.split('/')[2]}/index.html"
    assert [
        (finding["rule"], finding["suggestion"])
        for finding in report["findings"]
        if (finding["page"], finding["reference"]) == (home, reference)
    ] == [("local/missing-file", suggestion)]


class Proxy(Handler):
    """The same for any host, so that an origin without a port can be copied from here."""

    def do_GET(self) -> None:
        self.path = "/" + self.path.partition("://")[2].partition("/")[2]
        super().do_GET()


@pytest.fixture
def proxy() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.needs("wget2")
@pytest.mark.parametrize(
    "options",
    [
        ("-p",),
        ("-p", "-E"),
        ("-p", WINDOWS),
        ("-p", "-k"),
        ("-p", "-k", "-E"),
        ("-p", "-k", "-E", "-K"),
    ],
    ids=" ".join,
)
def test_a_copy_by_wget2_lacks_what_its_origin_lacks_and_nothing_else(
    options: tuple[str, ...], tmp_path: Path, proxy: str, run: Callable[..., Any]
) -> None:
    limits = ("--quiet", "--tries=1", "--timeout=10", "--robots=off", "--no-http2", f"--http-proxy={proxy}")
    command = ["wget2", *limits, "--mirror", *options, "-P", str(tmp_path), "http://lamps.example.org/"]
    subprocess.run(command, check=False, timeout=60)
    top = tmp_path / "lamps.example.org"
    for page in top.glob("list.php*"):  # some versions do not find it behind `&amp;`
        page.unlink()

    findings = plain(run, tmp_path)["findings"]

    told = [each for each in findings if each["rule"] in {"local/missing-file", "mirror/unmirrored"}]
    lost = {unquote(each["reference"]).partition("?")[0].rpartition("/")[2] for each in told if not each["suggestion"]}
    there = {each["suggestion"] for each in told if each["suggestion"]}
    leaks = [each["target"] for each in findings if each["rule"] == "mirror/leak"]
    rest = {(each["page"].rpartition("/")[2], each["line"], each["rule"]) for each in findings if each not in told}
    assert lost == {"gone.html", "lost.png", "no.html", "c.png", "list.php"}
    # what stands under a name with an added extension has a mend, or the origin's URL is named a leak
    assert there <= {"../about.html#us", "about.html", "/s.css%3Fv=3.css", "s.css%3Fv=3.css", "s.css%3Fv=3"}
    assert all(leak.partition("#")[0].endswith(("/about", "/s.css?v=3", "%E7%BE%8E.html")) for leak in leaks)
    assert {row for row in rest if row[2] not in {"mirror/leak", "mirror/orphan"}} == (
        set() if "-k" in options else {("index.html", 5, "local/missing-fragment")}  # it drops fragments as it converts
    )


def httrack(folder: Path, origin: str) -> Path:
    fast = ("-q", "-s0", "-c8", "-%c0", "-A9000000", "--disable-security-limits")
    bounded = ("-R0", "-T5", "-E30", "-o0")  # -o0: no pages for what was not there
    folder.mkdir(parents=True)
    subprocess.run(
        ["httrack", origin, "-O", folder, *fast, *bounded],
        cwd=folder.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return folder


@pytest.mark.needs("httrack")
def test_a_copy_by_httrack_has_the_faults_of_its_origin_and_no_others(
    tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    root = httrack(tmp_path / "project", origin)
    top = origin.split("/")[2].replace(":", "_") + "/"
    with (root / top / "docs" / "index.html").open("a") as page:
        page.write(f'<p>\n<p>\n<a href="{origin}list.php?id=2">added by hand after the copy</a>\n')

    mirror = init(run, root)
    report = check(run, root)

    names = {"css": "s30f4.css", "list": "list0b30.html"}
    assert (mirror["layout"], mirror["origin"]) == ("httrack", [origin])
    leak = [finding for finding in report["findings"] if finding["rule"] == "mirror/leak"]
    assert [(finding["page"], finding["suggestion"]) for finding in leak] == [
        (f"{top}docs/index.html", "../list0b30.html")
    ]
    assert sorted(set(faults(report)) - {(f"{top}docs/index.html", leak[0]["line"], "mirror/leak")}) == sorted(
        set(expected(top, names, lost=True, leaks=False))
    )


OF_THE_FORGE = {"mirror/orphan", "asset/mixed-content"}  # whose pages are at https:, and which nobody enters by a copy


def published(tmp_path: Path, copy: str, run: Callable[..., Any]) -> dict[str, Any]:
    """The report on a repository of a forge with a copy in a folder of it, beside pages of its own."""
    root = tmp_path / "repository"
    (root / "docs").mkdir()
    (root / "README.md").write_text(
        f"# Copies\n\n[one]({copy}index.html) [list]({copy}list.php?id=2) [docs](docs/index.html)\n"
    )
    (root / "docs" / "index.html").write_text(
        '<a href="../docs">a folder that the forge lists</a> <a href="x.md?y=1">x</a>'
    )
    (root / "docs" / "x.md").write_text("[docs](../docs) [gone](?y=2)")
    for command in (["init", "-q"], ["remote", "add", "origin", "https://github.com/ann/copies.git"], ["add", "."]):
        subprocess.run(["git", "-C", root, *command], check=True)
    return plain(run, root)


@pytest.mark.needs("wget", "git")
@pytest.mark.parametrize("folder", ["", "mirror/", "mirror/2026/"])
@pytest.mark.parametrize(
    ("options", "form", "names"),
    [
        (AS_THEY_ARE, "{}:{}/", {"css": "s.css?v=3", "list": "list.php?id=2"}),
        ((*AS_THEY_ARE, WINDOWS), "{}+{}/", {"css": "s.css@v=3", "list": "list.php@id=2"}),
        ((*CONVERTED, "--adjust-extension"), "{}:{}/", {"css": "s.css?v=3.css", "list": "list.php?id=2.html"}),
    ],
    ids=["as-it-is", "windows", "converted"],
)
def test_a_copy_by_wget_in_a_repository_of_a_forge_is_read_as_the_copy_that_it_is(
    options: tuple[str, ...],
    form: str,
    names: dict[str, str],
    folder: str,
    tmp_path: Path,
    origin: str,
    run: Callable[..., Any],
) -> None:
    wget(tmp_path / "repository" / folder, origin, *options)
    top = folder + form.format(*origin.split("/")[2].split(":"))

    report = published(tmp_path, top, run)

    own = [fault for fault in sorted(faults(report)) if not fault[0].startswith(top)]
    assert own == [("README.md", 3, "local/missing-file")]  # the forge knows no queries in names
    rest = [fault for fault in sorted(faults(report)) if fault[0].startswith(top) and fault[2] not in OF_THE_FORGE]
    assert rest == expected(top, names, lost="--convert-links" not in options, leaks=True)


@pytest.mark.needs("httrack", "git")
@pytest.mark.parametrize("folder", ["", "project/"])
def test_a_copy_by_httrack_in_a_repository_of_a_forge_is_read_as_the_copy_that_it_is(
    folder: str, tmp_path: Path, origin: str, run: Callable[..., Any]
) -> None:
    root = httrack(tmp_path / "repository" / folder, origin)
    top = folder + origin.split("/")[2].replace(":", "_") + "/"
    (root / top.removeprefix(folder) / "added.html").write_text('<a href="/list.php?id=2">added by hand</a>')

    report = published(tmp_path, top, run)

    names = {"css": "s30f4.css", "list": "list0b30.html"}
    found = {fault for fault in faults(report) if fault[0].startswith(top) and fault[2] not in OF_THE_FORGE}
    assert sorted(found) == sorted(set(expected(top, names, lost=True, leaks=False)))


@pytest.mark.needs("git")
def test_a_folder_of_a_repository_that_is_only_named_like_a_host_is_no_copy(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    package = tmp_path / "repository" / "packages" / "socket.io"
    (package / "docs").mkdir(parents=True)
    (package / "index.html").write_text('<a href="docs">a</a> <a href="docs/x.md?y=1">b</a> <a href="gone">c</a>')
    (package / "docs" / "x.md").write_text("x")

    report = published(tmp_path, "docs/", run)

    found = [(each["page"], each["reference"]) for each in report["findings"] if each["page"].startswith("packages/")]
    assert [each for each in found if each[1]] == [("packages/socket.io/index.html", "gone")]


def saved(url: str, title: str, body: str) -> str:
    """A page as browsers save it: the length of its URL, the URL, and a line's end as on Windows."""
    return f"<!DOCTYPE html>\n<!-- saved from url=({len(url):04}){url} -->\r\n<html><title>{title}</title>\n{body}\n"


def single(url: str, title: str, body: str) -> str:
    comment = f"<!--\n Page saved with SingleFile \n url: {url} \n saved date: Mon Nov 23 2026 10:00:00 GMT+0000\n-->"
    return f"<!DOCTYPE html> <html lang=en>{comment}<meta charset=utf-8><title>{title}</title>\n{body}\n"


@pytest.mark.parametrize("save", [saved, single], ids=["browser", "singlefile"])
def test_pages_saved_one_by_one_lead_to_each_other_and_not_back_to_their_origin(
    save: Callable[[str, str, str], str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    home = (
        '<link rel="stylesheet" href="Home_files/style.css"><img src="./Home_files/a.png">\n'
        '<img src="Home_files/lost.png"> <a href="#none">none</a>\n'
        '<a href="https://origin.example/news/7?page=2">the copy lies there</a>\n'
        '<a href="https://origin.example/not-saved">not here</a> <a href="https://other.example/">other</a>\n'
        '<a href="About%20us.html">about</a> <a href="About us.html#team">team</a>'
    )
    root = write(
        {
            "Home.html": save("https://origin.example/", "Home", home),
            "Home_files/style.css": "p { background: url(a.png) url(b.png) }\n",
            "Home_files/a.png": PNG,
            "About us.html": save("https://origin.example/about", "About", '<p id="team"><a href="Home.html">h</a>'),
            "News, page 2.html": save("https://origin.example/news/7?page=2", "News", '<a href="Home.html">h</a>'),
        }
    )

    mirror = init(run, root)
    report = check(run, root)

    assert (mirror["layout"], mirror["origin"]) == ("saved", ["https://origin.example/"])
    lines = {text: number for number, text in enumerate((root / "Home.html").read_text("utf-8").split("\n"), 1)}
    line = {part: number for part in ("lost", "copy", "team") for text, number in lines.items() if part in text}
    assert sorted(faults(report)) == sorted(
        [
            ("Home.html", line["lost"], "local/missing-file"),
            ("Home.html", line["lost"], "local/missing-fragment"),
            ("Home.html", line["copy"], "mirror/leak"),
            ("Home.html", line["team"], "url/repaired-by-browsers"),
            ("Home_files/style.css", 1, "local/missing-file"),
            ("News, page 2.html", 1, "mirror/orphan"),
        ]
    )
    leak = next(finding for finding in report["findings"] if finding["rule"] == "mirror/leak")
    assert leak["suggestion"] == "News,%20page%202.html"


def generated(path: str, body: str) -> str:
    """A page of a site generator that leaves out .html."""
    return f'<!doctype html><link rel="canonical" href="https://docs.example.org/{path}">\n{body}\n'


SITE = {
    "index.html": generated("", '<a href="/guide">g</a> <a href="guide#install">i</a> <a href="blog/">b</a>'),
    "guide.html": generated(
        "guide",
        '<h2 id="install">Install</h2> <a href="blog/first">f</a> <a href="/blog">b</a> <a href="./">home</a>\n'
        '<a href="https://docs.example.org/blog/first?ref=nav#one">absolute</a>\n'
        '<a href="/gone">gone</a>\n'
        '<a href="https://docs.example.org/gone">gone</a>\n'
        '<a href="#instal">i</a>\n'
        '<a href="/Guide">g</a>',
    ),
    "blog/index.html": generated(
        "blog/", '<a href="/blog/first">1</a> <a href="/blog/first#one">1</a>\n<a href="/blog/second">2</a>'
    ),
    "blog/first.html": generated("blog/first", '<h1 id="one">1</h1> <a href="../guide.html">with .html</a>'),
    "404.html": '<!doctype html><link rel="stylesheet" href="/main.css"><a href="/">home</a>',
    "main.css": "p { color: red }",
}
SITE_FAULTS = [
    ("blog/index.html", 3, "local/missing-file"),
    ("guide.html", 4, "local/missing-file"),
    ("guide.html", 5, "local/missing-file"),
    ("guide.html", 6, "local/missing-fragment"),
    ("guide.html", 7, "local/wrong-case"),
]


@pytest.mark.parametrize(
    ("settings", "layout"),
    [
        ({}, "clean"),
        ({"netlify.toml": ""}, "netlify"),
        ({"vercel.json": '{ "cleanUrls": true }'}, "vercel-clean"),
        ({"render.yaml": ""}, "render"),
        ({"wrangler.toml": 'pages_build_output_dir = "."\n'}, "cloudflare-pages"),
        ({".nojekyll": ""}, "github-pages"),
        ({"CNAME": "docs.example.org\n"}, "github-pages"),
    ],
    ids=["canonical-links", "netlify", "vercel", "render", "cloudflare", "nojekyll", "cname"],
)
def test_a_generated_site_with_clean_urls_has_its_own_faults_and_no_others(
    settings: dict[str, str], layout: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(SITE | settings)

    mirror = init(run, root)
    report = check(run, root)

    assert (mirror["layout"], mirror["published"]) == (layout, ["https://docs.example.org/"])
    assert faults(report) == SITE_FAULTS
    assert remote(report) == set()


PROJECT = {
    "mkdocs.yml": "site_name: Docs\nsite_url: https://docs.example.org/\n",
    "docs/index.md": "[guide](guide.md)\n",
    "docs/guide.md": "[home](index.md)\n",
    "site/index.html": '<!doctype html><a href="guide/">guide</a>\n<a href="gone/">gone</a>\n'
    '<a href="https://docs.example.org/guide/#none">none</a> <a href="https://docs.example.org/gone/">gone</a>\n',
    "site/guide/index.html": '<!doctype html><a href="..">home</a>\n',
}


def test_a_project_and_what_it_builds_are_one_mirror_with_two_roots(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(PROJECT)

    mirror = init(run, root)

    assert mirror["address"] == [{"url": "https://docs.example.org/", "folder": "site"}]
    assert faults(check(run, root)) == [
        ("site/index.html", 2, "local/missing-file"),
        ("site/index.html", 3, "local/missing-fragment"),
        ("site/index.html", 3, "local/missing-file"),
    ]


@pytest.mark.parametrize(
    "lost",
    [
        '<!doctype html><link rel="stylesheet" href="/main.css"><a href="/guide/">guide</a>\n',
        '<!doctype html><base href="/"><link rel="stylesheet" href="main.css"><a href="guide/">guide</a>\n',
    ],
    ids=["reference", "base"],
)
def test_a_slash_in_front_means_the_root_of_what_a_project_builds(
    lost: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(PROJECT | {"site/404.html": lost, "site/main.css": "p { color: red }\n"})

    init(run, root)

    assert ("site/404.html", 1, "local/missing-file") not in faults(check(run, root))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"netlify.toml": ""}, []),
        ({"vercel.json": '{ "cleanUrls": true }'}, []),
        ({"render.yaml": ""}, []),
        ({".nojekyll": ""}, [("index.html", 2, "local/missing-file")]),
        ({"vercel.json": "{}"}, [("about.html", 1, "local/missing-file"), ("index.html", 2, "local/missing-file")]),
    ],
    ids=["netlify", "vercel-clean", "render", "github-pages", "vercel"],
)
def test_a_page_asked_for_as_a_folder_is_a_matter_of_the_host(
    settings: dict[str, str], found: list[Fault], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    files = {
        "index.html": generated("", '<a href="/about/">about</a> <a href="about.html">about</a>'),
        "about.html": generated("about", '<a href="/index.html">home</a>'),
    }
    root = write(files | settings)

    init(run, root)

    assert faults(check(run, root)) == found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"netlify.toml": ""}, []),
        ({".nojekyll": ""}, []),
        ({"vercel.json": '{ "cleanUrls": true }'}, [("blog/index.html", 2, "local/missing-file")]),
        ({"render.yaml": ""}, [("blog/index.html", 2, "local/missing-file")]),
    ],
    ids=["netlify", "github-pages", "vercel", "render"],
)
def test_a_host_that_serves_a_folder_without_its_slash_shifts_what_is_relative_to_it(
    settings: dict[str, str], found: list[Fault], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    files = {
        "index.html": generated("", '<a href="/blog">blog</a> <a href="/blog/first">first</a>'),
        "blog/index.html": generated("blog", '<a href="first">first</a>'),
        "blog/first.html": generated("blog/first", '<a href="/">home</a>'),
    }
    root = write(files | settings)

    init(run, root)

    assert faults(check(run, root)) == found


REDIRECTS = """# moved in spring
/old            /new
/old-part       /new#part       302
/d/*            /docs/:splat    301
/product/:id    /docs/:id       200
/away           https://elsewhere.example/  302
/search id=:id  /docs/:id
/forced         /nowhere        301!
/lost           /nowhere
/older          /old            302
/around         /back
/back           /around
"""
MOVED = {
    "_redirects": REDIRECTS,
    "index.html": '<!doctype html><a href="/old">o</a> <a href="old#part">p</a> <a href="/old-part">P</a>\n'
    '<a href="/d/guide">d</a> <a href="/product/guide">:</a> <a href="/search?id=guide">s</a> <a href="/older#part">2</a> <a href="/new">n</a>\n'
    '<a href="/away">away</a>\n'
    '<a href="/lost">lost</a>\n'
    '<a href="/d/gone">gone</a>\n'
    '<a href="/search">without its parameter</a>\n'
    '<a href="/old#none">none</a>\n'
    '<a href="/forced">forced</a>\n'
    '<a href="/around">around</a>\n',
    "new.html": '<!doctype html><p id="part">\n',
    "docs/guide.html": "<!doctype html><p>\n",
    "forced.html": "<!doctype html><p>\n",
}


@pytest.mark.parametrize(
    ("settings", "layout"),
    [
        ({}, "netlify"),
        ({"netlify.toml": ""}, "netlify"),
        ({"wrangler.toml": 'pages_build_output_dir = "."\n'}, "cloudflare-pages"),
    ],
    ids=["the-file-alone", "netlify", "cloudflare"],
)
def test_a_reference_that_the_sites_own_redirects_answer_is_right_if_their_target_is(
    settings: dict[str, str], layout: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(MOVED | settings)

    mirror = init(run, root)
    report = check(run, root)

    assert mirror["layout"] == layout
    assert faults(report) == [
        ("forced.html", 1, "mirror/orphan"),
        ("index.html", 4, "local/missing-file"),
        ("index.html", 5, "local/missing-file"),
        ("index.html", 6, "local/missing-file"),
        ("index.html", 7, "local/missing-fragment"),
        ("index.html", 8, "local/missing-file"),
        ("index.html", 9, "local/missing-file"),
    ]
    assert remote(report) == {"https://elsewhere.example/"}
