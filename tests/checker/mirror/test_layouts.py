"""What each host and each mirroring tool makes of a path."""

from __future__ import annotations

import http.server
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mirror.layouts import LAYOUTS, QUERY_IGNORED, UNESCAPED, Found, find, pages_with_queries, unpublished


class Index(NamedTuple):
    files: dict[str, int]
    folders: set[str]


def index(*names: str) -> Index:
    folders = {""}
    for name in names:
        parts = name.split("/")[:-1]
        folders.update("/".join(parts[: end + 1]) for end in range(len(parts)))
    return Index({name: number for number, name in enumerate(names)}, folders)


SITE = index("index.html", "file.html", "dir/index.html", "dir/page.html", "both.html", "both/index.html", "bare/x.png")

MISS = None


def serve(file: str, moved: str | None = None, how: str = "exact") -> Found:
    return Found(file, moved, how)


HOSTS = {
    "plain": (MISS, MISS, serve("dir/index.html", "dir/"), serve("both/index.html", "both/")),
    "clean": (
        serve("file.html"),
        serve("file.html", "file"),
        serve("dir/index.html", "dir/"),
        serve("both.html"),
    ),
    "github-pages": (serve("file.html"), MISS, serve("dir/index.html", "dir/"), serve("both.html")),
    "netlify": (
        serve("file.html"),
        serve("file.html", "file"),
        serve("dir/index.html", "dir/"),
        serve("both.html"),
    ),
    "cloudflare-pages": (
        serve("file.html"),
        serve("file.html", "file"),
        serve("dir/index.html", "dir/"),
        serve("both.html"),
    ),
    "vercel": (MISS, MISS, serve("dir/index.html"), serve("both/index.html")),
    "vercel-clean": (
        serve("file.html"),
        serve("file.html", "file"),
        serve("dir/index.html"),
        serve("both.html"),
    ),
    "render": (serve("file.html"), serve("file.html"), serve("dir/index.html"), serve("both.html")),
    "gitlab-pages": (
        serve("file.html"),
        serve("file.html"),
        serve("dir/index.html", "dir/"),
        serve("both/index.html", "both/"),
    ),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_answers_a_page_without_its_extension_and_a_folder_without_its_slash_in_its_own_way(
    host: str,
) -> None:
    layout = LAYOUTS[host]

    answers = tuple(find(layout, SITE, path, "") for path in ("file", "file/", "dir", "both"))

    assert answers == HOSTS[host]


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_answers_files_and_folders_named_in_full(host: str) -> None:
    layout = LAYOUTS[host]

    assert find(layout, SITE, "file.html", "v=1") == serve("file.html")
    assert find(layout, SITE, "dir/", "") == serve("dir/index.html")
    assert find(layout, SITE, "", "n1001") == serve("index.html")


def test_the_documentation_names_every_layout() -> None:
    text = (Path(__file__).parents[3] / "docs/layouts.md").read_text("utf-8")

    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.M)) == set(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("path", ["nothing", "nothing/", "dir/nothing", "file.html/x", "/" * 5000])
def test_no_layout_makes_up_a_file(name: str, path: str) -> None:
    assert find(LAYOUTS[name], SITE, path, "") is None


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_copy_has_what_stands_behind_two_slashes_where_its_tool_could_only_put_one(name: str) -> None:
    found = find(LAYOUTS[name], SITE, "dir//page.html", "")

    assert found == (serve("dir/page.html") if LAYOUTS[name].queries else None)


def test_a_page_that_stands_here_under_queries_answers_no_other() -> None:
    files = index(
        "index.html", "d/index.html", "d/index.html?p=2", "d/index.html?C=N;O=D", "e.html@p=1", "e.html", "d/s.css"
    )
    layout = LAYOUTS["wget"]._replace(asked=pages_with_queries(files.files))

    assert layout.asked == {"d/index.html", "e.html"}
    assert [find(layout, files, path, "p=3") for path in ("", "d/", "d/index.html", "e.html", "d/s.css")] == [
        serve("index.html"),
        serve("d/index.html", how=QUERY_IGNORED),
        serve("d/index.html", how=QUERY_IGNORED),
        serve("e.html", how=QUERY_IGNORED),
        serve("d/s.css"),
    ]
    assert find(layout, files, "d/", "p=2") == serve("d/index.html?p=2")
    assert find(layout, files, "d/", "C=M;O=A") == serve("d/index.html")  # the same in another order


CONVERTED = LAYOUTS["wget"]._replace(converted=True)
COPIED = index(
    "list.php", "list.php?id=1", "i.png?v=2", "s.css", "s.css?v=3", "f.eot?", "w.php@id=1", "wiki", "%C3%A9/a.html"
)


@pytest.mark.parametrize(
    ("path", "query", "origin", "files"),
    [
        # what the URL of the origin leads to; what it leads to in files whose references were converted
        ("list.php", "id=1", serve("list.php?id=1"), serve("list.php?id=1", how=UNESCAPED)),
        ("list.php", "id=9", serve("list.php", how=QUERY_IGNORED), serve("list.php", how=QUERY_IGNORED)),
        ("list.php?id=1", "", serve("list.php?id=1"), serve("list.php?id=1")),
        ("wiki", "action=edit", serve("wiki", how=QUERY_IGNORED), serve("wiki", how=QUERY_IGNORED)),
        ("i.png", "v=2", serve("i.png?v=2"), serve("i.png?v=2", how=UNESCAPED)),
        ("s.css", "v=3", serve("s.css?v=3"), serve("s.css")),
        ("s.css", "v=4", serve("s.css"), serve("s.css")),
        ("f.eot", "", serve("f.eot?"), serve("f.eot?", how=UNESCAPED)),
        ("w.php", "id=1", serve("w.php@id=1"), serve("w.php@id=1", how=UNESCAPED)),
        ("é/a.html", "", serve("%C3%A9/a.html"), serve("%C3%A9/a.html", how="a percent-encoded name")),
        ("%C3%A9/a.html", "", serve("%C3%A9/a.html"), serve("%C3%A9/a.html")),
    ],
)
def test_a_query_is_part_of_a_name_that_wget_gave_and_converted_references_must_say_so(
    path: str, query: str, origin: Found, files: Found
) -> None:
    assert (find(LAYOUTS["wget"], COPIED, path, query), find(CONVERTED, COPIED, path, query)) == (origin, files)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "forge"])
@pytest.mark.parametrize("path", ["bare", "bare/"])
def test_a_folder_without_index_is_no_answer_but_known_as_a_folder(name: str, path: str) -> None:
    assert find(LAYOUTS[name], SITE, path, "") is None
    assert path.rstrip("/") in SITE.folders


@pytest.mark.parametrize(("path", "folder"), [("", ""), ("bare", "bare"), ("bare/", "bare"), ("dir", "dir")])
def test_a_forge_lists_a_folder_whatever_it_holds(path: str, folder: str) -> None:
    assert find(LAYOUTS["forge"], SITE, path, "") == serve(folder)


@pytest.mark.parametrize("path", ["dir.html", "file", "file.html/", "nothing/"])
def test_a_forge_adds_nothing_to_a_name(path: str) -> None:
    assert find(LAYOUTS["forge"], SITE, path, "") is None


def test_netlify_answers_for_a_folder_by_the_name_that_its_file_would_have() -> None:
    assert find(LAYOUTS["netlify"], SITE, "dir.html", "") == serve("dir/index.html", "dir/")
    assert find(LAYOUTS["netlify"], SITE, "both.html", "") == serve("both.html")
    assert find(LAYOUTS["netlify"], SITE, "bare.html", "") is None
    assert find(LAYOUTS["cloudflare-pages"], SITE, "dir.html", "") is None


@pytest.mark.parametrize("name", ["index.html", "index.htm", "index.xhtml"])
def test_a_plain_folder_has_one_of_several_indexes(name: str) -> None:
    assert find(LAYOUTS["plain"], index(f"a/{name}"), "a/", "") == serve(f"a/{name}")


MARKDOWN = ("index.md", "guide/README.md", "guide/start.md")


@pytest.mark.parametrize(
    ("path", "file", "moved"),
    [
        ("", "index.md", None),
        ("guide", "guide/README.md", "guide/"),
        ("guide/start", "guide/start.md", None),
        ("guide/start.html", "guide/start.md", None),
    ],
)
def test_github_pages_publishes_markdown_as_html(path: str, file: str, moved: str | None) -> None:
    layout = LAYOUTS["github-pages"]

    assert find(layout, index(*MARKDOWN), path, "") == serve(file, moved)
    assert find(layout, index(*MARKDOWN, ".nojekyll"), path, "") is None
    assert find(LAYOUTS["netlify"], index(*MARKDOWN), path, "") is None


LONG = "n" * 300
CHINESE = "中" * 100


@pytest.mark.parametrize(
    ("path", "query", "file", "how"),
    [
        ("p.php", "id=1&x=2", "p.php?id=1&x=2", "exact"),
        ("p.php", "id=2", "p.php@id=2", "exact"),
        ("q.php", "id=3", "q.php%3Fid=3", "exact"),
        ("p.php", "id=3", "p.php?id=3.html", "added extension"),
        ("q", "a=b/c:d", "q?a=b%2Fc:d", "exact"),
        ("r", "a=b/c:d", "r@a=b%2Fc%3Ad", "exact"),
        ("q", "k=%E4%B8%AD", "q?k=中", "exact"),
        ("", "p=5", "index.html?p=5", "exact"),
        ("d/", "p=5", "d/index.html@p=5.html", "added extension"),
        ("s.css", "v=3", "s.css?v=3.css", "added extension"),
        ("about", "", "about.html", "added extension"),
        ("odd|x*", "", "odd%7Cx%2A", "exact"),
        (f"l/{LONG}", "", "l/" + "n" * 236, "cut name"),
        (f"m/{LONG}", "", "m/" + "n" * 236 + ".html", "cut name"),
        (CHINESE, "", "中" * 78 + "\udce4\udcb8", "cut name"),
        ("list.php", "id=9", "list.php", "query ignored"),
        ("d/x.js", "v=9", "d/x.js", "exact"),
        ("x.php?id=1", "", "x.php?id=1", "exact"),
    ],
)
def test_wget_keeps_the_query_in_the_name(path: str, query: str, file: str, how: str) -> None:
    assert find(LAYOUTS["wget"], index(file), path, query) == serve(file, how=how)


def test_the_copy_of_a_query_comes_before_the_file_without_it() -> None:
    names = index("p.php", "p.php?id=1")

    assert find(LAYOUTS["wget"], names, "p.php", "id=1") == serve("p.php?id=1")
    assert find(LAYOUTS["plain"], names, "p.php", "id=1") == serve("p.php")


@pytest.mark.parametrize(
    ("path", "query", "file", "how"),
    [
        ("p.php", "id=1&x=2", "p5368.html", "exact"),
        ("", "p=5", "indexc471.html", "exact"),
        ("q", "a=b/c:d", "qbaec.html", "exact"),
        ("s.css", "v=3", "s30f4.css", "exact"),
        ("p5368.html", "id=1&x=2", "p5368.html", "exact"),
        ("about", "", "about.html", "added extension"),
        ("p.asp", "", "p.html", "changed extension"),
    ],
)
def test_httrack_puts_a_hash_of_the_query_into_the_name(path: str, query: str, file: str, how: str) -> None:
    assert find(LAYOUTS["httrack"], index(file), path, query) == serve(file, how=how)


@pytest.mark.parametrize("name", ["wget", "httrack"])
def test_a_copied_folder_has_its_index(name: str) -> None:
    assert find(LAYOUTS[name], SITE, "dir/", "") == serve("dir/index.html")
    assert find(LAYOUTS[name], SITE, "dir", "") == serve("dir/index.html", "dir/")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("_static/a.css", "'_static'"),
        ("a/.hidden/b", "'.hidden'"),
        ("a/#draft", "'#draft'"),
        ("notes~", "'notes~'"),
        ("node_modules/a.js", "'node_modules'"),
        ("vendor/bundle/a.js", "'vendor/bundle'"),
        ("vendor/a.js", None),
        ("a/vendor/bundle/a.js", None),
        ("a_b/c.d/e", None),
    ],
)
def test_github_pages_drops_what_jekyll_does_not_publish(path: str, reason: str | None) -> None:
    layout = LAYOUTS["github-pages"]

    told = unpublished(layout, path, index(path))

    assert (told is None) if reason is None else (told is not None and reason in told)
    assert unpublished(layout, path, index(path, ".nojekyll")) is None
    assert unpublished(LAYOUTS["netlify"], path, index(path)) is None


def test_a_published_subfolder_has_its_own_nojekyll() -> None:
    names = index("docs/_static/a.css", "docs/.nojekyll", "_static/a.css")

    assert unpublished(LAYOUTS["github-pages"], "docs/_static/a.css", names) is None
    assert unpublished(LAYOUTS["github-pages"], "_static/a.css", names) is not None


@given(st.sampled_from(sorted(LAYOUTS)), st.text(), st.text())
def test_what_is_found_is_there_whatever_is_asked_for(name: str, path: str, query: str) -> None:
    layout = LAYOUTS[name]

    found = find(layout, SITE, path, query)

    assert found is None or found.file in (SITE.folders if layout.lists else SITE.files)


PAGES = {
    "/": '<a href="about">a</a> <a href="d/">d</a> <a href="p.php?id=1&amp;x=2">p</a>'
    '<a href="p.php?id=2">q</a>'
    f'<a href="%E4%B8%AD.html">c</a> <a href="l/{LONG}">l</a> <a href="q?a=b/c:d">Q</a> <a href="?p=5">r</a>'
    f'<a href="odd|x*.html">o</a> <a href="l/long?{LONG}">m</a>',
}


@pytest.fixture
def origin() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # wget loses answers of a server that closes each connection

        def do_GET(self) -> None:
            body = PAGES.get(self.path, "<p>leaf").encode()
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def copied(folder: Path) -> Index:
    return index(*(path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()))


def leaves(page: str) -> Iterable[tuple[str, str]]:
    for part in page.split('href="')[1:]:
        path, _, query = part.partition('"')[0].replace("&amp;", "&").partition("?")
        yield unquote(path), query


@pytest.mark.needs("wget")
@pytest.mark.parametrize(
    "options",
    [(), ("-E",), ("--restrict-file-names=windows",), ("-E", "--restrict-file-names=windows")],
    ids=" ".join,
)
def test_every_url_that_wget_copied_is_found_in_its_copy(tmp_path: Path, origin: str, options: tuple[str, ...]) -> None:
    subprocess.run(
        ["wget", "-q", "-r", "-nH", "--tries=1", "--timeout=10", *options, "-P", tmp_path, f"{origin}/"],
        check=False,
        timeout=60,
    )
    names = copied(tmp_path)

    missed = [(path, query) for path, query in leaves(PAGES["/"]) if find(LAYOUTS["wget"], names, path, query) is None]

    assert len(names.files) == 11
    assert missed == []
