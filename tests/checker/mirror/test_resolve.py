"""Reference to target, for each kind of publisher: the same words on a page lead to different places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import logins
from checker.config import file
from checker.mirror.address import Addresses
from checker.mirror.opening import open_mirror
from checker.mirror.resolve import Resolver
from checker.mirror.target import Home, Target
from checker.model import TargetKind
from checker.web import prose, urls

FILES = {
    "README.md": "",
    "docs/guide.md": "",
    "docs/deep/page.md": "",
    "docs/深.md": "",
    "assets/a.png": "",
    "dir/index.html": "",
    "page.html": "",
    "100%.html": "",
}
BASIC = {"README.md": "", "blob/master/README.md": ""}


@pytest.fixture
def resolve(write: Callable[..., Path]) -> Callable[..., Target]:
    """Resolve a reference of a page of a mirror with this `[mirror]` table."""

    return lambda settings, page, raw, base=None: opened(write, settings, page, base).target(raw)


def opened(write: Callable[..., Path], settings: str, page: str, base: str | None = None) -> Resolver:
    """The resolver of a mirror with this `[mirror]` table, with a page open."""
    root = write(FILES)
    write(BASIC, "basic")
    mirror = open_mirror(file.parse(settings, "test"), root)
    resolver = Resolver(mirror.mounts, mirror.home, mirror.addresses, mirror.origins)
    resolver.open(page, base)
    return resolver


NONE = ""
GITHUB = '[mirror]\npublished = ["https://github.com/o/r/blob/master/", "https://site.example/r/"]\n'
SIBLING = '[[mirror.address]]\nurl = "https://github.com/o/basic/blob/master/"\nfolder = "../basic"\n'
GITLAB = '[mirror]\npublished = ["https://gitlab.com/g/s/r/-/blob/main/"]\n'
GITEA = '[mirror]\npublished = ["https://codeberg.org/o/r/src/branch/main/"]\n'
SITE = '[mirror]\npublished = ["https://site.example/r/"]\n'
PAGES = '[mirror]\npublished = ["https://o.github.io/r/"]\n'
ORIGIN = '[mirror]\norigin = ["https://origin.example/gb/"]\n'


@pytest.mark.parametrize(
    ("settings", "file", "url"),
    [
        (NONE, "docs/guide.md", ""),
        (ORIGIN, "docs/guide.md", ""),
        (GITHUB, "docs/深.md", "https://github.com/o/r/blob/master/docs/%E6%B7%B1.md"),
        (GITHUB, "page.html", "https://site.example/r/page.html"),
        (GITLAB, "100%.html", "https://gitlab.com/g/s/r/-/blob/main/100%25.html"),
        (GITEA, "docs/guide.md", "https://codeberg.org/o/r/src/branch/main/docs/guide.md"),
        (SITE, "docs/deep/page.md", "https://site.example/r/docs/deep/page.md"),
        (SITE, "gone.html", ""),
    ],
)
def test_a_file_has_a_url_where_one_leads_to_it(write: Callable[..., Path], settings: str, file: str, url: str) -> None:
    assert opened(write, settings, "README.md").published(file) == url


TABLE = [
    # settings, page, reference, kind, name
    (NONE, "docs/guide.md", "deep/page.md", "file", "docs/deep/page.md"),
    (NONE, "docs/guide.md", "../README.md?n1001", "file", "README.md"),
    (NONE, "docs/guide.md", "/README.md", "file", "README.md"),
    (NONE, "docs/guide.md", "%E6%B7%B1.md", "file", "docs/深.md"),
    (NONE, "docs/guide.md", "深.md", "file", "docs/深.md"),
    (NONE, "docs/guide.md", "./deep//page.md", "missing", "docs/deep//page.md"),
    (NONE, "docs/guide.md", "..\\README.md", "file", "README.md"),
    (NONE, "page.html", "100%.html", "file", "100%.html"),
    (NONE, "page.html", "100%25.html", "file", "100%.html"),
    (NONE, "docs/guide.md", "../../README.md", "outside", "../../README.md"),
    (NONE, "docs/guide.md", "deep/../../../README.md", "outside", "deep/../../../README.md"),
    (NONE, "docs/guide.md", "%2e%2e/.%2E/README.md", "outside", "%2e%2e/.%2E/README.md"),
    (
        NONE,
        "docs/guide.md",
        "https://github.com/o/r/blob/master/README.md",
        "remote",
        "https://github.com/o/r/blob/master/README.md",
    ),
    (NONE, "docs/guide.md", "", "self", ""),
    (NONE, "docs/guide.md", "?x=1", "self", ""),
    (NONE, "page.html", "dir/", "file", "dir/index.html"),
    (NONE, "page.html", "assets/", "missing", "assets/"),
    (NONE, "page.html", "mailto:a@example.test", "other", "mailto"),
    (NONE, "page.html", "/cdn-cgi/l/email-protection", "other", "mailto"),  # Cloudflare's for one
    (NONE, "page.html", "https://shop.test/cdn-cgi/l/email-protection", "other", "mailto"),
    (NONE, "page.html", "../cdn-cgi/l/email-protection.html", "other", "mailto"),
    (NONE, "page.html", "https://shop.test/cdn-cgi/l/email", "remote", "https://shop.test/cdn-cgi/l/email"),
    (NONE, "page.html", "http://[::1", "invalid", "http://[::1"),
    (NONE, "page.html", "C:\\a.html", "local-path", "C:\\a.html"),
    (NONE, "page.html", "//site.example/x", "remote", "http://site.example/x"),
    (GITHUB, "docs/guide.md", "deep/page.md", "file", "docs/deep/page.md"),
    (GITHUB, "docs/guide.md", "/docs/guide.md", "file", "docs/guide.md"),
    (GITHUB, "docs/guide.md", "../assets/", "file", "assets"),
    (GITHUB, ".github/pull_request_template.md", "/o/r/blob/master/README.md", "file", "README.md"),
    (GITHUB, ".github/ISSUE_TEMPLATE/bug.md", "../blob/master/GONE.md", "missing", "GONE.md"),
    (GITHUB, ".github/ISSUE_TEMPLATE/bug.md", "", "self", ""),
    (GITHUB, "PULL_REQUEST_TEMPLATE.md", "README.md", "remote", "https://github.com/o/r/pull/README.md"),
    (GITHUB, "docs/guide/issue_template.md", "/README.md", "file", "README.md"),
    (NONE, ".github/pull_request_template.md", "../README.md", "file", "README.md"),
    (GITHUB, "docs/guide.md", "../../../../../o/r/blob/master/README.md", "file", "README.md"),
    (
        GITHUB,
        "docs/guide.md",
        "../../../../basic/blob/master/README.md",
        "remote",
        "https://github.com/o/basic/blob/master/README.md",
    ),
    (GITHUB, "docs/guide.md", "https://github.com/O/R/raw/master/assets/a.png", "file", "assets/a.png"),
    (
        GITHUB,
        "docs/guide.md",
        "http://raw.githubusercontent.com/o/r/HEAD/assets/a.png",
        "file",
        "assets/a.png",
    ),
    (GITHUB, "docs/guide.md", "https://cdn.jsdelivr.net/gh/o/r@master/assets/a.png", "file", "assets/a.png"),
    (GITHUB, "docs/guide.md", "https://cdn.jsdelivr.net/gh/o/r/assets/b.png", "missing", "assets/b.png"),
    (GITHUB, "docs/guide.md", "https://cdn.statically.io/gh/o/r/master/assets/a.png", "file", "assets/a.png"),
    (GITHUB, "docs/guide.md", "https://raw.githack.com/o/r/master/assets/a.png", "file", "assets/a.png"),
    (
        GITHUB,
        "docs/guide.md",
        "https://proxy.example/https://github.com/o/r/raw/master/assets/a.png",
        "file",
        "assets/a.png",
    ),
    (GITHUB, "docs/guide.md", "https://github.com/o/r/blob/draft/README.md", "unknown", "draft/README.md"),
    (GITHUB, "docs/guide.md", "https://github.com/o/r/issues/1", "remote", "https://github.com/o/r/issues/1"),
    (GITHUB, "docs/guide.md", "http://site.example/r/page.html?x", "file", "page.html"),
    (GITHUB, "docs/guide.md", "https://site.example/r", "missing", ""),
    (GITHUB, "docs/guide.md", "https://site.example/other", "remote", "https://site.example/other"),
    (GITHUB + SIBLING, "docs/guide.md", "../../../../basic/blob/master/README.md", "file", "README.md"),
    (GITHUB + SIBLING, "docs/guide.md", "../../../../basic/blob/master/GONE.md", "missing", "GONE.md"),
    (GITLAB, "docs/guide.md", "../../../README.md", "file", "README.md"),
    (GITLAB, "docs/guide.md", "/README.md", "file", "README.md"),
    (GITLAB, "docs/guide.md", "assets/a.png", "file", "assets/a.png"),  # GitLab tries again from the root
    (GITLAB, "docs/guide.md", "https://gitlab.com/g/s/r/-/raw/main/assets/a.png", "file", "assets/a.png"),
    (GITEA, "docs/guide.md", "../../../README.md", "file", "README.md"),
    (GITEA, "docs/guide.md", "assets/a.png", "missing", "docs/assets/a.png"),
    (GITEA, "docs/guide.md", "https://codeberg.org/o/r/raw/branch/main/assets/a.png", "file", "assets/a.png"),
    (SITE, "docs/guide.md", "../../../README.md", "remote", "https://site.example/README.md"),
    (SITE, "docs/guide.md", "/r/README.md", "file", "README.md"),
    (SITE, "docs/guide.md", "/README.md", "remote", "https://site.example/README.md"),
    (PAGES, "dir/index.html", "../page", "file", "page.html"),
    (PAGES, "dir/index.html", "/r/dir/", "file", "dir/index.html"),
    (PAGES, "dir/index.html", "../page/", "missing", "page/"),
]


@pytest.mark.parametrize(
    ("settings", "page", "raw", "kind", "name"),
    TABLE,
    ids=[f"{n}-{row[1]}-{row[2]}" for n, row in enumerate(TABLE)],
)
def test_a_reference_leads_where_its_publisher_takes_it(
    resolve: Callable[..., Target], settings: str, page: str, raw: str, kind: str, name: str
) -> None:
    target = resolve(settings, page, raw)

    assert (target.kind, target.name) == (kind, name)


@pytest.mark.parametrize(
    ("base", "raw", "name"),
    [
        ("deep/", "page.md", "docs/deep/page.md"),
        ("/", "README.md", "README.md"),
        ("../assets/x", "a.png", "assets/a.png"),
        ("../README.md", "", "README.md"),
        ("http://[", "guide.md", "docs/guide.md"),
    ],
)
def test_a_base_moves_what_is_relative(resolve: Callable[..., Target], base: str, raw: str, name: str) -> None:
    assert resolve(NONE, "docs/guide.md", raw, base).name == name


def test_a_base_on_one_person_s_computer_leads_nowhere_else(resolve: Callable[..., Target]) -> None:
    target = resolve(NONE, "docs/guide.md", "a.html", base="file:///C:/pages/")

    assert (target.kind, target.name) == ("local-path", "a.html")


def test_an_absolute_base_leads_out(resolve: Callable[..., Target]) -> None:
    assert resolve(NONE, "page.html", "x.html", "https://site.example/r/") == Target(
        "remote", "https://site.example/r/x.html"
    )


def test_an_empty_reference_below_a_base_leads_to_the_base(resolve: Callable[..., Target]) -> None:
    assert resolve(NONE, "page.html", "", "dir/").name == "dir/index.html"


def test_a_copy_of_the_origin_is_a_leak(resolve: Callable[..., Target]) -> None:
    assert resolve(ORIGIN, "page.html", "http://origin.example/gb/docs/guide.md?x").leak == "docs/guide.md"
    assert resolve(ORIGIN, "page.html", "http://origin.example/gb/docs/gone.md").leak == ""


PIECES = [
    "..",
    ".",
    "/",
    "docs",
    "deep",
    "page.md",
    "guide.md",
    "深.md",
    "README.md",
    "%2e",
    "a",
    "-",
    "~",
    "?x=1",
    ":",
    "//",
    " ",
    "é",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=6), settings_=st.sampled_from([NONE, GITHUB, GITEA, SITE]))
def test_what_is_plainly_relative_leads_where_the_parser_takes_it(
    resolve: Callable[..., Target], pieces: list[str], settings_: str
) -> None:
    """`./` before a reference changes nothing but the way it is read: by the parser instead of by its looks."""
    raw = "".join(pieces)
    if not raw or raw.startswith((" ", "/", "?")) or urls.scheme(raw) or urls.local_path(raw):
        return

    by_looks = resolve(settings_, "docs/deep/page.md", raw)
    by_parser = resolve(settings_, "docs/deep/page.md", "./" + raw)

    assert (by_looks.kind, by_looks.number) == (by_parser.kind, by_parser.number)


HOSTS = [
    "example.test",
    "EXAMPLE.test",
    "a.b-c.example",
    "xn--bcher-kva.test",
    "xn--.test",
    "192.0.2.1",
    "192.0.2.256",
    "192.0.02.1",
    "192.0.2.1:10000",
    "0x7f.1",
    "a..b",
    "b_c.test",
    "example.test:443",
    "example.test:80",
    "example.test:08080",
    "example.test:70000",
    "u@example.test",
    "1.example",
]


@given(
    scheme=st.sampled_from(["http", "https", "HTTP"]),
    host=st.sampled_from(HOSTS),
    path=st.text(alphabet="/.%2eE3aé~'|^<(){}\\ ;:@&=+,$!*?#", max_size=12),
)
def test_what_is_taken_for_serialised_is(scheme: str, host: str, path: str) -> None:
    raw = f"{scheme}://{host}/{path}"
    if urls.serialised(raw):
        assert urls.resolve("http://base.invalid/x/y", raw) == raw


@pytest.mark.parametrize("hosts", [frozenset(), frozenset({"host.test"})], ids=["by the base", "by the host's folder"])
def test_a_query_is_in_its_page_s_charset_whatever_it_is_relative_to(hosts: frozenset[str]) -> None:
    nowhere = Addresses(())
    resolver = Resolver((), Home("http://mirror.test/", clamps=True, rooted=False, roots=hosts), nowhere, nowhere)
    resolver.open("host.test/a.html", encoding="gbk")

    assert resolver.url("/b?信").rpartition("/")[2] == "b?%D0%C5"


DEEP = '[mirror]\npublished = ["https://site.example/zim/docs/"]\n'


@pytest.mark.parametrize(
    ("raw", "copy"),
    [
        ("/docs/page.html", "page.html"),  # as when it was published one folder higher
        ("/page.html?x=1", "page.html"),  # as when it had the whole host
        ("/docs/dir/", "dir/index.html"),
        ("/other/page.html", ""),
        ("/", ""),  # the host has a home of its own
        ("/index.html", ""),
        ("https://site.example/page.html", ""),  # whoever writes the host means it
        ("//site.example/page.html", ""),
    ],
)
def test_a_slash_in_front_that_leaves_a_mirror_published_below_a_path_has_its_copy_in_it(
    raw: str, copy: str, resolve: Callable[..., Target]
) -> None:
    target = resolve(DEEP, "page.html", raw)

    assert (target.kind, target.leak) == ("remote", copy)


@pytest.mark.parametrize(
    ("raw", "copy"), [("/docs/", "index.html"), ("/docs/index.html", "index.html"), ("/", ""), ("/zim/", "")]
)
def test_the_first_page_of_such_a_mirror_is_here_unless_it_may_be_the_host_s(
    raw: str, copy: str, write: Callable[..., Path]
) -> None:
    opened = open_mirror(file.parse(DEEP, "test"), write({"index.html": "", "a.html": ""}))
    resolver = Resolver(opened.mounts, opened.home, opened.addresses, opened.origins)
    resolver.open("a.html")

    assert resolver.target(raw).leak == copy


@pytest.mark.parametrize("raw", ["Help:A.html", "File:A.html", "news:A.html"])
@pytest.mark.parametrize("page", ["index.html", "README.md"])
def test_a_name_that_browsers_take_for_a_scheme_is_missing_though_its_file_is_there(
    raw: str, page: str, write: Callable[..., Path]
) -> None:
    opened = open_mirror(file.parse(NONE, "test"), write({page: "", raw: ""}))
    resolver = Resolver(opened.mounts, opened.home, opened.addresses, opened.origins)
    resolver.open(page)

    assert resolver.target(raw)[:2] == ("missing", raw)
    assert resolver.target(raw + "x").kind in {"other", "local-path"}


def test_an_origin_is_the_folder_that_is_named_after_it(write: Callable[..., Path]) -> None:
    root = write({"old.example/a.html": "", "b.html": ""})
    settings = '[mirror]\norigin = ["http://old.example/", "http://other.example/"]\n'
    opened = open_mirror(file.parse(settings, "test"), root)
    resolver = Resolver(opened.mounts, opened.home, opened.addresses, opened.origins)
    resolver.open("b.html")

    leaks = [resolver.target(f"http://{host}.example/{name}.html").leak for host in ("old", "other") for name in "ab"]

    assert leaks == ["old.example/a.html", "", "", "b.html"]


@pytest.mark.parametrize("settings", [GITHUB, SIBLING, GITHUB + SIBLING, GITLAB, GITEA, SITE, PAGES, ORIGIN])
def test_what_is_told_foreign_at_once_is_what_the_resolver_takes_for_remote(
    write: Callable[..., Path], settings: str
) -> None:
    resolver = opened(write, settings, "docs/guide.md")
    references = [raw for _, _, raw, *_ in TABLE] + [
        "https://other.example/a/b?c=1#d",
        "https://shop.test/cdn-cgi/l/email-protection",
        "https://github.com/o/rest/blob/master/README.md",
        "https://github.com/elsewhere/else/issues/1",
        "https://GITHUB.com/o/r/blob/master/README.md",
        "https://user@github.com/o/r/blob/master/README.md",
        "https://github.com/O/R/blob/master/README.md",
        "https://github.com/o/%72/blob/master/README.md",
        "https://camo.githubusercontent.com/abc/" + b"https://github.com/o/r/raw/master/assets/a.png".hex(),
        "https://cdn.statically.io/img/raw.githubusercontent.com/o/r/master/assets/a.png",
        "https://proxy.example/github.com/o/r/blob/master/README.md",
        "https://web.archive.org/web/2020/https://site.example/r/page.html",
        "https://origin.example/gb/page.html",
        "https://other.example",
        "https://other.example?a",
        "https://site.example",
        "https://other.example/a/../b",
        "https://other.example/.well-known/x",
        "https://other.example/{{ page }}",
        "https://other.example/a b",
        "https://other.example/a\nhttps://third.example/b",
    ]
    foreign = resolver.foreign(references)
    assert ("https://other.example/a/b?c=1#d", "https://other.example/a/b?c=1") in foreign
    assert ("https://other.example", "https://other.example/") in foreign
    assert ("https://github.com/elsewhere/else/issues/1", "https://github.com/elsewhere/else/issues/1") in foreign
    for raw, url in foreign:
        assert resolver.target(raw.partition("#")[0]) == Target(TargetKind.REMOTE, url)
        assert urls.repaired(raw) is None
        assert prose.end_of_url(raw) == len(raw)
        assert not logins.of(raw)
