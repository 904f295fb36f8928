"""HTTrack's record of a crawl: each URL leads to the file it was saved as."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.mirror.httrack import Entry, read
from checker.sources.folder import Folder

pytestmark = pytest.mark.slow

HEADER = "date\tsize'/'remotesize\tflags\tstatuscode\tstatus\tMIME\tEtag|Date\tURL\tlocalfile\t(from URL)\n"


def row(url: str, file: str, status: int | str = 200, mime: str = "text/html") -> str:
    return f"05:06:00\t95/95\t---M--\t{status}\tadded ('OK')\t{mime}\tdate:x\t{url}\t{file}\t(from )\n"


def project(folder: Path, *rows: str, files: tuple[str, ...] = ()) -> Path:
    for name in ("hts-cache/new.txt", *files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "hts-cache/new.txt").write_bytes((HEADER + "".join(rows)).encode("utf-8", "surrogateescape"))
    return folder


@pytest.mark.parametrize("prefix", ["", "crawl/", "/home/ann/web sites/crawl/", "../crawl/", "C:/Sites/crawl/"])
def test_the_folder_may_have_been_called_otherwise_when_it_was_crawled(tmp_path: Path, prefix: str) -> None:
    files = ("old.example/index.html", "old.example/a/about.html", "index.html")
    rows = [
        row("http://old.example/gone", f"{prefix}old.example/a/index.html"),
        row("http://old.example/", f"{prefix}old.example/index.html"),
        row("http://old.example/a/about", f"{prefix}old.example/a/about.html"),
    ]

    listed = read(Folder(project(tmp_path, *rows, files=files)))

    assert listed is not None
    assert listed.get("http://old.example/") == Entry("old.example/index.html", 200, "text/html")
    assert listed.get("http://old.example/a/about") == Entry("old.example/a/about.html", 200, "text/html")
    assert listed.get("http://old.example/gone") == Entry(None, 200, "text/html")


@pytest.mark.parametrize(
    ("recorded", "asked", "saved", "file"),
    [
        ("http://o.example/a%20b", "http://o.example/a b", "o.example/a%20b.html", "o.example/a b.html"),
        (
            "http://o.example/%e4%b8%ad",
            "http://o.example/中",
            "o.example/%e4%b8%ad.html",
            "o.example/中.html",
        ),
        (
            "http://o.example/%D6%D0.html",
            "http://o.example/%d6%D0.html",
            "o.example/%D6%D0.html",
            "o.example/%D6%D0.html",
        ),
        ("http://o.example/%2541", "http://o.example/%2541#part", "o.example/%41.html", "o.example/%41.html"),
        (
            "http://o.example/p?id=1&x=2",
            "https://o.example/p?id=1&x=2",
            "o.example/p5368.html",
            "o.example/p5368.html",
        ),
        ("http://ann:secret@o.example/p", "http://o.example/p", "o.example/p.html", "o.example/p.html"),
        ("http://O.example:80/p", "http://o.example/./p", "o.example/p.html", "o.example/p.html"),
    ],
)
def test_a_url_is_found_however_it_is_spelt(tmp_path: Path, recorded: str, asked: str, saved: str, file: str) -> None:
    listed = read(Folder(project(tmp_path, row(recorded, f"/srv/{saved}"), files=(file,))))

    assert listed is not None
    assert listed.get(asked) == Entry(file, 200, "text/html")


def test_saved_urls_are_listed_as_browsers_write_them(tmp_path: Path) -> None:
    rows = [
        row("http://o.example/%e4?q=%C3", "x/o.example/a.html"),
        row("http://o.example/gone", "x/o.example/gone.html", 404),
        row("http://o.example/lost", "x/o.example/lost.html"),
        row("http://o.example/same", "x/o.example/same.html", 304),
    ]

    listed = read(
        Folder(project(tmp_path, *rows, files=("o.example/a.html", "o.example/gone.html", "o.example/same.html")))
    )

    assert listed is not None
    assert set(listed.files()) == {
        ("//o.example/%E4?q=%C3", "o.example/a.html"),
        ("//o.example/%e4?q=%c3", "o.example/a.html"),
        ("//o.example/same", "o.example/same.html"),
    }


def test_failures_are_part_of_the_record(tmp_path: Path) -> None:
    rows = [
        row("http://o.example/gone", "o.example/gone.4.delayed", 404),
        row("http://o.example/slow.png", "o.example/slow.png", -5, "image/png"),
    ]

    listed = read(Folder(project(tmp_path, *rows)))

    assert listed is not None
    assert listed.get("http://o.example/gone") == Entry(None, 404, "text/html")
    assert listed.get("http://o.example/slow.png") == Entry(None, -5, "image/png")
    assert listed.get("http://o.example/never") is None
    assert len(listed) == 2


def test_the_last_answer_counts(tmp_path: Path) -> None:
    rows = [
        row("http://o.example/a", "o.example/a.html", 503),
        row("http://o.example/a", "o.example/a.html", 200),
    ]

    listed = read(Folder(project(tmp_path, *rows, files=("o.example/a.html",))))

    assert listed is not None
    assert listed.get("http://o.example/a") == Entry("o.example/a.html", 200, "text/html")


@pytest.mark.parametrize(
    "rows",
    [
        row("http://o.example/a", "../outside.txt"),
        row("http://o.example/a", "x/../../outside.txt"),
        row("http://o.example/a", "%2e%2e/outside.txt"),
        row("http://o.example/a", "/etc/hostname"),
        row("http://o.example/a", "//etc/hostname"),
        row("http://o.example/a", "a\0b"),
        row("http://o.example/a", "/" * 30_000),
        row("http://o.example/a", "a/" * 30_000),
    ],
    ids=["up", "up inside", "up encoded", "absolute", "two slashes", "NUL", "slashes", "deep"],
)
def test_a_hostile_record_leads_to_no_file_outside(tmp_path: Path, rows: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")

    listed = read(Folder(project(tmp_path / "crawl", rows)))

    assert listed is not None
    assert listed.get("http://o.example/a") == Entry(None, 200, "text/html")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "no tabs here\n",
        row("not a url", "o.example/x"),
        row("ftp://o.example/x", "o.example/x"),
        row("http://o.example/x", "o.example/x", "²"),
        row("http://o.example/x", "o.example/x", "OK"),
        row("http://o.example/x", "o.example/x", "--5"),
        row("http://o.example/" + "x" * 100_000, "o.example/x"),
        row("http://o.example/\udcff", "o.example/x").replace("\t", " "),
    ],
)
def test_a_line_that_is_no_record_is_skipped_and_the_next_counts(tmp_path: Path, line: str) -> None:
    listed = read(
        Folder(project(tmp_path, line, row("http://o.example/a", "o.example/a.html"), files=("o.example/a.html",)))
    )

    assert listed is not None
    assert len(listed) == 1
    assert listed.get("http://o.example/a") == Entry("o.example/a.html", 200, "text/html")


def test_a_folder_without_record_has_no_map(tmp_path: Path) -> None:
    assert read(Folder(tmp_path)) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path: Path, content: bytes) -> None:
    record = project(tmp_path) / "hts-cache/new.txt"
    record.write_bytes(content.replace(b"|", b"\t"))

    assert read(Folder(tmp_path)) is not None


WRITTEN = (
    *("about", "d/", "p.php?id=1&x=2", "q?", "?p=5"),
    *("%E4%B8%AD/%E6%96%87.html", "a%20b.html", "x%2Fy", "%D6%D0.html", "%2541.html"),
)
HOME = "".join(f'<a href="{reference}">{reference}</a> ' for reference in (*WRITTEN, "moved", "gone"))


@pytest.fixture
def origin() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = f"<p>{self.path}</p>{HOME if self.path == '/' else ''}".encode()
            self.send_response({"/moved": 302, "/gone": 404, "/robots.txt": 404}.get(self.path, 200))
            if self.path == "/moved":
                self.send_header("Location", "/about")
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.needs("httrack")
@pytest.mark.parametrize(
    ("output", "options"),
    [("project", ()), ("{}/project", ("-N4",))],
    ids=["relative, like the site", "absolute, sorted by kind"],
)
def test_every_url_that_httrack_saved_leads_to_its_file(
    tmp_path: Path, origin: str, output: str, options: tuple[str, ...]
) -> None:
    fast = ("-q", "-s0", "-u0", "-c8", "-%c0", "-A9000000", "--disable-security-limits")
    bounded = ("-R0", "-T5", "-E30")
    subprocess.run(
        ["httrack", origin, "-O", output.format(tmp_path), *fast, *bounded, *options],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )

    listed = read(Folder(tmp_path / "project"))

    assert listed is not None
    for reference in ("", *WRITTEN):
        entry = listed.get(origin + reference)
        assert entry is not None, reference
        assert (entry.status, entry.mime) == (200, "text/html"), reference
        assert entry.file is not None, reference
        saved = (tmp_path / "project" / entry.file).read_text().lower()  # HTTrack asks for %e4, not %E4
        assert f"<p>/{reference}</p>".lower() in saved, reference
    for reference, status in (("gone", 404), ("moved", 302)):
        entry = listed.get(origin + reference)
        assert entry is not None
        assert entry.status == status
    assert {url.rpartition("/")[2] for url, _ in listed.files()}.isdisjoint({"gone", "moved"})
