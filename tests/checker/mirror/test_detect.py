"""What `mirrorcheck init` finds in a folder, and the configuration it writes of it."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.config import file
from checker.mirror.detect import Detected, detect
from checker.mirror.detect.written import write_config
from checker.mirror.saved import page_origin
from checker.mirror.signs import Sign, Trust
from checker.sources.folder import Folder

GUESSED, HIGH, EXACT = Trust.GUESSED, Trust.HIGH, Trust.EXACT


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def look(folder: Path) -> Detected:
    return detect(Folder(folder))


def values(signs: tuple[Sign, ...]) -> list[tuple[str, Trust, str]]:
    return [(sign.value, sign.trust, sign.folder) for sign in signs]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


def repository(folder: Path, files: Mapping[str, str], **remotes: str) -> Path:
    write(folder, files)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    for name, url in remotes.items():
        git(folder, "remote", "add", name, url)
    return folder


def canonical(url: str) -> str:
    return f'<!doctype html><title>x</title><link rel="canonical" href="{url}"><p>x'


def test_a_folder_that_tells_nothing_has_nothing_detected(tmp_path: Path) -> None:
    assert look(write(tmp_path, {"a.html": "<p>x", "b.md": "# x"})) == Detected()


@pytest.mark.parametrize(
    ("files", "address", "trust", "folder"),
    [
        ({"CNAME": "Docs.example.org\n"}, "https://docs.example.org/", HIGH, ""),
        ({"docs/CNAME": "docs.example.org"}, "https://docs.example.org/", HIGH, "docs"),
        (
            {"mkdocs.yml": "site_name: X\nsite_url: https://x.example/m/ # here\n", "site/index.html": "x"},
            "https://x.example/m/",
            HIGH,
            "site",
        ),
        ({"mkdocs.yml": "site_url: 'https://x.example/m'\n"}, "https://x.example/m/", GUESSED, ""),
        (
            {
                "website/docusaurus.config.js": "  url: 'https://x.example',\n  baseUrl: '/d/',\n",
                "website/build/index.html": "x",
            },
            "https://x.example/d/",
            HIGH,
            "website/build",
        ),
        ({"_config.yml": 'url: "https://x.example"\nbaseurl: /j\n'}, "https://x.example/j/", HIGH, ""),
        ({"docs/_config.yml": "url: https://x.example\n"}, "https://x.example/", HIGH, "docs"),
        (
            {"book.toml": '[output.html]\ncname = "b.example"\nsite-url = "/v1/"\n', "book/index.html": "x"},
            "https://b.example/v1/",
            HIGH,
            "book",
        ),
        (
            {"hugo.toml": 'baseURL = "https://h.example/"\n', "public/index.html": "x"},
            "https://h.example/",
            HIGH,
            "public",
        ),
        (
            {"config.yaml": "baseURL: https://h.example/\n", "public/i.html": ""},
            "https://h.example/",
            HIGH,
            "public",
        ),
        (
            {"docs/conf.py": "html_baseurl = 'https://s.example/en/'\n", "docs/_build/html/index.html": "x"},
            "https://s.example/en/",
            HIGH,
            "docs/_build/html",
        ),
        (
            {f"{n}.html": canonical(f"https://c.example/m/{n}.html") for n in range(10)},
            "https://c.example/m/",
            HIGH,
            "",
        ),
        ({"index.html": canonical("https://c.example/m/")}, "https://c.example/m/", GUESSED, ""),
        (
            {f"{n}.html": f'<meta property="og:url" content="https://c.example/{n}.html">' for n in range(10)},
            "https://c.example/",
            HIGH,
            "",
        ),
        (
            {
                "sitemap.xml": "".join(f"<url><loc>\nhttps://x.example/s/p{n}.html</loc></url>" for n in range(10)),
                **{f"p{n}.html": "x" for n in range(10)},
            },
            "https://x.example/s/",
            HIGH,
            "",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_address_is_found(tmp_path: Path, files: dict[str, str], address: str, trust: Trust, folder: str) -> None:
    found = look(write(tmp_path, files))

    assert values(found.published) == [(address, trust, folder)]


@pytest.mark.parametrize(
    "files",
    [
        {"CNAME": "not a domain"},
        {"CNAME": ""},
        {"mkdocs.yml": "site_url: !ENV [URL]\n"},
        {"mkdocs.yml": "extra:\n  site_url: https://x.example/\n"},
        {"docusaurus.config.js": "url: process.env.URL,\n"},
        {"docusaurus.config.ts": "url: `https://${host}/`,\n"},
        {"book.toml": "[output.html]\nsite-url = '/v1/'\n"},
        {"book.toml": "= broken"},
        {"_config.yml": "url: javascript:alert(1)\n"},
        {"_config.yml": "url: https://ann:secret@x.example\n"},
        {"hugo.toml": "baseURL = 3\n"},
        {"a.html": canonical("/a.html"), "b.html": canonical("b.html")},
        {f"{n}.html": canonical(f"https://h{n}.example/{n}.html") for n in range(10)},
        {"sitemap.xml": "<loc>https://x.example/</loc><loc>https://x.example/gone.html</loc>", "a.html": ""},
        {"sitemap.xml": "<loc>" * 1000},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_is_no_address_is_not_taken_for_one(tmp_path: Path, files: dict[str, str]) -> None:
    assert look(write(tmp_path, files)).published == ()


@pytest.mark.parametrize(("agreeing", "trust"), [(10, HIGH), (19, HIGH), (9, GUESSED), (6, GUESSED)])
def test_canonical_links_must_nearly_all_agree(tmp_path: Path, agreeing: int, trust: Trust) -> None:
    others = {10: 0, 19: 1, 9: 1, 6: 4}[agreeing]
    files = {f"{n}.html": canonical(f"https://c.example/{n}.html") for n in range(agreeing)}
    files |= {f"o{n}.html": canonical(f"https://o.example/{n}/x.html") for n in range(others)}

    found = look(write(tmp_path, files))

    assert values(found.published) == [("https://c.example/", trust, "")]
    assert f"{agreeing} of {agreeing + others} pages" in found.published[0].evidence


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("remotes", "published"),
    [
        (
            {"origin": "https://github.com/Owner/mirror.git"},
            [("https://github.com/Owner/mirror/blob/main/", EXACT, "")],
        ),
        (
            {"upstream": "https://github.com/first/mirror", "origin": "git@github.com:Owner/mirror.git"},
            [
                ("https://github.com/Owner/mirror/blob/main/", EXACT, ""),
                ("https://github.com/first/mirror/blob/main/", GUESSED, ""),
            ],
        ),
        (
            {"origin": "https://github.com/owner/owner.github.io"},
            [
                ("https://github.com/owner/owner.github.io/blob/main/", EXACT, ""),
                ("https://owner.github.io/", HIGH, ""),
            ],
        ),
        ({"origin": "/srv/git/mirror.git"}, []),
    ],
    ids=["https", "scp form and upstream", "Pages site", "a path"],
)
def test_a_git_remote_is_an_address(
    tmp_path: Path, remotes: dict[str, str], published: list[tuple[str, Trust, str]]
) -> None:
    found = look(repository(tmp_path, {"README.md": "# x"}, **remotes))

    assert values(found.published) == published


@pytest.mark.needs("git")
@pytest.mark.parametrize("site", ["html", "md"])
def test_the_site_comes_before_its_forge_only_if_its_pages_are_html(tmp_path: Path, site: str) -> None:
    remote = "https://github.com/owner/mirror"

    found = look(repository(tmp_path, {"CNAME": "x.example", f"a.{site}": "x"}, origin=remote))

    addresses = [sign.value for sign in found.published]
    assert addresses.index("https://x.example/") == (0 if site == "html" else 1)
    assert set(addresses) == {"https://x.example/", f"{remote}/blob/main/"}


@pytest.mark.needs("git")
def test_canonical_links_in_a_repository_may_be_the_site_or_the_origin(tmp_path: Path) -> None:
    pages = {f"{n}.html": canonical(f"https://c.example/{n}.html") for n in range(10)}

    found = look(repository(tmp_path, pages, origin="https://github.com/owner/mirror"))

    assert ("https://c.example/", GUESSED, "") in values(found.published)


def test_canonical_links_to_another_site_than_the_known_one_are_the_origin(tmp_path: Path) -> None:
    pages = {f"{n}.html": canonical(f"https://old.example/{n}.html") for n in range(10)}

    found = look(write(tmp_path, {"CNAME": "new.example", **pages}))

    assert values(found.published) == [("https://new.example/", HIGH, "")]
    assert values(found.origin) == [("https://old.example/", GUESSED, "")]


@pytest.mark.parametrize(
    ("files", "layout", "trust"),
    [
        ({"netlify.toml": ""}, "netlify", HIGH),
        ({"vercel.json": "{}"}, "vercel", HIGH),
        ({"vercel.json": '{"cleanUrls": true}'}, "vercel-clean", HIGH),
        ({"render.yaml": ""}, "render", HIGH),
        ({".nojekyll": ""}, "github-pages", HIGH),
        ({"CNAME": "x.example"}, "github-pages", HIGH),
        ({"wrangler.toml": 'pages_build_output_dir = "."'}, "cloudflare-pages", HIGH),
        ({".gitlab-ci.yml": "pages:\n  script: make\n"}, "gitlab-pages", GUESSED),
        ({"_redirects": "/a /b"}, "netlify", HIGH),
        ({"_config.yml": "url: https://x.netlify.app\n"}, "netlify", HIGH),
        ({f"{n}.html": canonical(f"https://c.example/{n}") for n in range(10)}, "clean", HIGH),
        ({"p.php?id=1": "x", "p.php?id=2": "x"}, "wget", HIGH),
        ({"old.example/index.html": "x", "old.example/p.php@id=1.html": "x"}, "wget", HIGH),
        ({"old.example/index.html": "x", "old.example/index.html.orig": "x"}, "wget", HIGH),
        ({"node.js/index.html": "x"}, "wget", GUESSED),
        ({"backblue.gif": "x", "fade.gif": "x", "old.example/index.html": "x"}, "httrack", HIGH),
        ({"hts-cache/new.txt": "x"}, "httrack", EXACT),
        ({"a.html": "<!-- Mirrored from old.example/a by HTTrack Website Copier/3.x -->"}, "httrack", HIGH),
        ({"a.html": "<!-- saved from url=(0021)https://old.example/a -->"}, "saved", HIGH),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_layout_is_found(tmp_path: Path, files: dict[str, str], layout: str, trust: Trust) -> None:
    found = look(write(tmp_path, files))

    assert [(sign.value, sign.trust) for sign in found.layouts] == [(layout, trust)]
    assert found.layout == (found.layouts[0] if trust else None)


RECORD = "12:00\t1/1\t-\t200\tOK\ttext/html\t-\thttp://old.example/a\tx/old.example/a.html\t(from )\n"


@pytest.mark.parametrize(
    ("files", "origin"),
    [
        (
            {
                "old.example/index.html": "x",
                "o2.example+8080/index.html": "x",
                "old.example/a.html.orig": "x",
            },
            [
                ("http://o2.example:8080/", HIGH, "o2.example+8080"),
                ("http://old.example/", HIGH, "old.example"),
            ],
        ),
        (
            {
                "hts-cache/new.txt": RECORD,
                "old.example/a.html": "x",
            },
            [("http://old.example/", EXACT, "")],
        ),
        (
            {f"a/{n}.html": f"<!-- Mirrored from old.example/m/a/{n}.html by HTTrack x -->" for n in range(9)},
            [("http://old.example/m/", HIGH, "")],
        ),
        (
            {f"page {n}.html": f"<!-- saved from url=(0099)https://old.example/x/{n} -->" for n in range(9)},
            [("https://old.example/", HIGH, "")],
        ),
        (
            {f"{n}.html": canonical(f"https://old.example/{n}.html") for n in range(9)}
            | {"0.html.orig": "x", "q?a=1.html": "x"},
            [("https://old.example/", HIGH, "")],
        ),
    ],
    ids=[
        "host folders",
        "HTTrack's record",
        "HTTrack's comments",
        "a browser's comments",
        "canonical links of a copy",
    ],
)
def test_the_origin_of_a_copy_is_found(
    tmp_path: Path, files: dict[str, str], origin: list[tuple[str, Trust, str]]
) -> None:
    found = look(write(tmp_path, files))

    assert values(found.origin) == origin
    assert found.published == ()


@pytest.mark.needs("git")
def test_submodules_are_siblings(tmp_path: Path) -> None:
    modules = (
        '[submodule "basic"]\n\tpath = parts/basic\n\turl = ../basic.git\n'
        '[submodule "other"]\n\tpath = other\n\turl = https://github.com/someone/other\n'
        '[submodule "broken"]\n\tpath = broken\n'
    )
    files = {".gitmodules": modules, "parts/basic/README.md": "# x"}

    found = look(repository(tmp_path, files, origin="https://github.com/owner/mirror"))

    assert values(found.siblings) == [
        ("https://github.com/owner/basic", EXACT, "parts/basic"),
        ("https://github.com/someone/other", GUESSED, "other"),
    ]


CLIMBING = "[b](../../../../../basic/blob/master/README.md) [o](../../README.md) [x](../../x)"


@pytest.mark.needs("git")
@pytest.mark.parametrize("cloned", [False, True])
def test_links_that_climb_out_lead_to_siblings(tmp_path: Path, cloned: bool) -> None:
    if cloned:
        (tmp_path / "basic").mkdir()
        repository(tmp_path / "basic", {"README.md": "# x"}, origin="https://github.com/owner/basic")
    (tmp_path / "mirror").mkdir()
    mirror = repository(tmp_path / "mirror", {"pages/abc/n1.md": CLIMBING}, origin="https://github.com/owner/mirror")

    found = look(mirror)

    assert values(found.siblings) == [("https://github.com/owner/basic", HIGH if cloned else GUESSED, "../basic")]
    assert values(look(mirror / "pages").siblings) == [
        ("https://github.com/owner/basic", HIGH if cloned else GUESSED, "../../basic")
    ]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("<!-- saved from url=(0023)https://www.contoso.com/ -->\n<html>", "https://www.contoso.com/"),
        ("<!doctype html>\r\n<!-- saved from url=(0021)https://old.example/a -->", "https://old.example/a"),
        ("<!-- saved from url=(0014)about:internet -->", None),
        ("<!-- saved from url=(0020)file:///home/ann/x.html -->", None),
        (
            "<html><!--\n Page saved with SingleFile \n url: https://old.example/新?q=1 \n saved date: -->",
            "https://old.example/%E6%96%B0?q=1",
        ),
        (
            "<!-- Archive processed by SingleFile\n url: http://old.example/x\n saved -->",
            "http://old.example/x",
        ),
        (
            "<html>\n<!-- Mirrored from old.example/p?id=1 by HTTrack Website Copier/3.x [XR&CO'2014] -->",
            "http://old.example/p?id=1",
        ),
        ("<p>saved from url=(0023)https://www.contoso.com/", None),
        ("<!-- saved from url=(0023)http://[ -->", None),
        ("", None),
    ],
)
def test_a_saved_page_says_where_it_is_from(text: str, origin: str | None) -> None:
    assert page_origin(text) == origin


@pytest.mark.parametrize(
    "start", ["<!--", "<!-- saved from url=(9)", "<!-- Page saved with SingleFile url:", "../", "<loc>"]
)
def test_a_page_of_beginnings_only_is_no_trap(tmp_path: Path, start: str) -> None:
    text = start * 20_000

    assert page_origin(text) is None
    assert look(write(tmp_path, {"a.html": text, "b.md": text, "sitemap.xml": text})) == Detected()


def test_everything_together_is_written_as_a_configuration_that_can_be_read(tmp_path: Path) -> None:
    found = look(
        write(
            tmp_path,
            {
                "CNAME": "new.example",
                "docs/CNAME": "docs.example",
                "mkdocs.yml": "site_url: https://maybe.example/\n",
                "netlify.toml": "",
                "old.example/index.html": "x",
                "old.example/p.php?id=1": "x",
            },
        )
    )

    text = write_config(found)
    table = file.parse(text, "config.toml").mirror

    assert table.root == "."
    assert table.published == ("https://new.example/",)
    assert table.origin == ("http://old.example/",)
    assert table.layout == found.layout.value if found.layout else None
    assert [(row.url, row.folder) for row in table.address] == [("https://docs.example/", "docs")]
    assert '    # "https://maybe.example/",' in text.splitlines()
    for sign in (*found.published, *found.origin, *found.layouts):
        assert sign.evidence in text


def test_what_is_written_for_nothing_is_a_configuration_too() -> None:
    table = file.parse(write_config(Detected()), "config.toml").mirror

    assert (table.published, table.origin, table.layout, table.address) == ((), (), "auto", ())


HOSTILE = [
    'a"b',
    "a\nb = 1",
    'a"""\n[rules]',
    "a\\",
    "a\x00\x7f\x1b[2J",
    "'''",
    "a\u2028b",
    "#\t]",
    "美\r\n国",
]


@pytest.mark.parametrize("trust", list(Trust))
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_values_stay_inside_their_strings(value: str, trust: Trust) -> None:
    sign = Sign(value, value, trust, value)
    found = Detected((sign, sign._replace(folder="")), (sign,), (sign,), (sign._replace(value="wget"),))

    table = tomllib.loads(write_config(found))

    assert table.keys() == {"mirror"}
    mirror = table["mirror"]
    expected = [value] if trust else []
    assert mirror["published"] == expected
    assert mirror["origin"] == expected
    assert mirror.get("address", []) == [{"url": value, "folder": value}] * (2 if trust else 0)


@given(st.text(), st.sampled_from(Trust))
def test_any_text_is_written_as_toml(value: str, trust: Trust) -> None:
    sign = Sign(value, value, trust, value)

    table = tomllib.loads(write_config(Detected((sign,), (sign,), (sign,), (sign,))))

    assert table["mirror"].keys() <= {"root", "published", "origin", "layout", "generator", "address"}


def test_a_name_that_is_no_text_is_written_with_replacement() -> None:
    sign = Sign("https://x.example/", "x", HIGH, "a\udcff")

    assert tomllib.loads(write_config(Detected((sign,))))["mirror"]["address"][0]["folder"] == "a?"
