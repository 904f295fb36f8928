"""Which file of which repository a URL names, host by host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mirror import forge_views, forges
from checker.mirror.forges import Location, Repository

DOCS = Path(__file__).parents[3] / "docs" / "addresses.md"
SHA = "0123456789abcdef0123456789abcdef01234567"
HOSTS = {
    "git.example.org": "gitea",
    "lab.example.org:8443": "gitlab",
    "hub.example.org": "github",
    "web.example.org": "gitweb",
    "odd.example.org": "no-such-forge",
}

GITHUB = Repository("github", "github.com", "ann/site")
GITLAB = Repository("gitlab", "gitlab.com", "group/site")
NESTED = Repository("gitlab", "gitlab.com", "group/sub/deeper/site")
BERG = Repository("gitea", "codeberg.org", "ann/site")
GITEE = Repository("gitee", "gitee.com", "ann/site")
BUCKET = Repository("bitbucket", "bitbucket.org", "ann/site")
HUT = Repository("sourcehut", "git.sr.ht", "~ann/site")
AZURE = Repository("azure", "dev.azure.com", "org/project/site")


def camo(url: str) -> str:
    return "https://camo.githubusercontent.com/ab12/" + url.encode().hex()


JOINED = None  # the ref is still in front of the path

# URL, repository, view, ref, path (or ref and path, joined)
ROWS: list[tuple[str, Repository, str, str | None, str]] = [
    # GitHub
    ("https://github.com/ann/site", GITHUB, "root", "", ""),
    ("https://github.com/ann/site/", GITHUB, "root", "", ""),
    ("https://github.com/ann/site.git", GITHUB, "root", "", ""),
    ("https://github.com/ann/site?tab=readme-ov-file", GITHUB, "root", "", ""),
    ("http://github.com/ann/site/blob/main/a.md", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://www.github.com/ann/site/blob/main/a.md", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://user:secret@github.com/ann/site/blob/main/a.md", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://github.com/ann/site/blob/main/docs/", GITHUB, "blob", JOINED, "main/docs/"),
    ("https://github.com/ann/site/blob/main/a.png?raw=true", GITHUB, "blob", JOINED, "main/a.png"),
    ("https://github.com/ann/site/blob/main/a.md?plain=1", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://github.com/ann/site/blob/main/a.md?n1001", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://github.com/ann/site/blob/topic/new/a.md", GITHUB, "blob", JOINED, "topic/new/a.md"),
    ("https://github.com/ann/site/blob/topic%2Fnew/a.md", GITHUB, "blob", JOINED, "topic/new/a.md"),
    ("https://github.com/ann/site/blob/refs/heads/topic/new/a.md", GITHUB, "blob", JOINED, "topic/new/a.md"),
    ("https://github.com/ann/site/blob/HEAD/a.md", GITHUB, "blob", "", "a.md"),
    ("https://github.com/ann/site/blob/HEAD", GITHUB, "blob", "", ""),
    ("https://github.com/ann/site/blob/HEADS/a.md", GITHUB, "blob", JOINED, "HEADS/a.md"),
    (f"https://github.com/ann/site/blob/{SHA}/a.md", GITHUB, "blob", JOINED, f"{SHA}/a.md"),
    ("https://github.com/ann/site/blob/main/%E7%BE%8E%E5%9B%BD.md", GITHUB, "blob", JOINED, "main/美国.md"),
    ("https://github.com/ann/site/blob/main/%D6%D0.md", GITHUB, "blob", JOINED, "main/\udcd6\udcd0.md"),
    ("https://github.com/ann/site/blob/main/a%2520b.md", GITHUB, "blob", JOINED, "main/a%20b.md"),
    ("https://github.com/ann/site/blob/main/what%3F.md", GITHUB, "blob", JOINED, "main/what?.md"),
    ("https://github.com/ann/site/tree/main", GITHUB, "tree", JOINED, "main"),
    ("https://github.com/ann/site/tree/main/", GITHUB, "tree", JOINED, "main/"),
    ("https://github.com/ann/site/tree/main/docs/en", GITHUB, "tree", JOINED, "main/docs/en"),
    ("https://github.com/ann/site/raw/main/a.png", GITHUB, "raw", JOINED, "main/a.png"),
    ("https://github.com/ann/site/raw/refs/heads/main/a.png", GITHUB, "raw", JOINED, "main/a.png"),
    ("https://github.com/ann/site/raw/refs/tags/v1/a.png", GITHUB, "raw", JOINED, "v1/a.png"),
    ("https://github.com/ann/site/edit/main/a.md", GITHUB, "edit", JOINED, "main/a.md"),
    ("https://github.com/ann/site/blame/main/a.md", GITHUB, "blame", JOINED, "main/a.md"),
    ("https://github.com/ann/site/issues/7", GITHUB, "other", "", ""),
    ("https://github.com/ann/site/wiki/Home", GITHUB, "other", "", ""),
    ("https://github.com/ann/site/releases/download/v1/a.zip", GITHUB, "other", "", ""),
    ("https://github.com/ann/site/archive/refs/heads/main.zip", GITHUB, "other", "", ""),
    ("https://github.com/ann/site/blob", GITHUB, "other", "", ""),
    ("https://github.com/ann/site/commits/main/a.md", GITHUB, "other", "", ""),
    ("https://github.dev/ann/site/blob/main/a.md", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://vscode.dev/github/ann/site/blob/main/a.md", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://codeload.github.com/ann/site/zip/main", GITHUB, "other", "", ""),
    # GitHub's raw hosts
    ("https://raw.githubusercontent.com/ann/site/main/a.md", GITHUB, "raw", JOINED, "main/a.md"),
    ("https://raw.githubusercontent.com/ann/site/main/a.md?token=x", GITHUB, "raw", JOINED, "main/a.md"),
    ("https://raw.githubusercontent.com/ann/site/HEAD/a.md", GITHUB, "raw", "", "a.md"),
    ("https://raw.githubusercontent.com/ann/site/refs/heads/main/a.md", GITHUB, "raw", JOINED, "main/a.md"),
    ("https://raw.githubusercontent.com/ann/site", GITHUB, "other", "", ""),
    ("https://raw.github.com/ann/site/main/a.md", GITHUB, "raw", JOINED, "main/a.md"),
    ("https://media.githubusercontent.com/media/ann/site/main/a.mp4", GITHUB, "raw", JOINED, "main/a.mp4"),
    ("https://raw.githack.com/ann/site/main/a.html", GITHUB, "raw", JOINED, "main/a.html"),
    (f"https://rawcdn.githack.com/ann/site/{SHA}/a.html", GITHUB, "raw", JOINED, f"{SHA}/a.html"),
    ("https://rawgit.com/ann/site/main/a.html", GITHUB, "raw", JOINED, "main/a.html"),
    ("https://cdn.rawgit.com/ann/site/v1/a.html", GITHUB, "raw", JOINED, "v1/a.html"),
    # GitHub Pages
    ("https://ann.github.io/site/", GITHUB, "pages", "", ""),
    ("https://ann.github.io/site/a/b.html?x=1", GITHUB, "pages", "", "a/b.html"),
    ("https://ann.github.io/site", GITHUB, "pages", "", ""),
    ("https://ann.github.io/", GITHUB._replace(name="ann/ann.github.io"), "pages", "", ""),
    ("https://ann.github.io/a.html", GITHUB._replace(name="ann/ann.github.io"), "pages", "", "a.html"),
    # gists
    (
        "https://gist.github.com/ann/abc123",
        Repository("github", "gist.github.com", "ann/abc123"),
        "other",
        "",
        "",
    ),
    (
        "https://gist.githubusercontent.com/ann/abc123/raw/a.py",
        Repository("github", "gist.github.com", "ann/abc123"),
        "other",
        "",
        "",
    ),
    # what GitHub made of remote images
    (camo("https://github.com/ann/site/raw/main/a.png"), GITHUB, "raw", JOINED, "main/a.png"),
    (camo("https://raw.githubusercontent.com/ann/site/main/x/../a.png"), GITHUB, "raw", JOINED, "main/a.png"),
    (camo(camo("https://gitlab.com/group/site/-/raw/main/a.png")), GITLAB, "raw", JOINED, "main/a.png"),
    (camo("https://github.com/ann/site/raw/main/美.png#x"), GITHUB, "raw", JOINED, "main/美.png"),
    # GitLab
    ("https://gitlab.com/group/site", GITLAB, "root", "", ""),
    ("https://gitlab.com/group/site.git", GITLAB, "root", "", ""),
    ("https://gitlab.com/group/sub/deeper/site", NESTED, "root", "", ""),
    ("https://gitlab.com/group/site/-/blob/main/a.md", GITLAB, "blob", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/-/blob/main/a.md?ref_type=heads", GITLAB, "blob", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/-/blob/topic/new/a.md", GITLAB, "blob", JOINED, "topic/new/a.md"),
    ("https://gitlab.com/group/site/-/blob/HEAD/a.md", GITLAB, "blob", "", "a.md"),
    ("https://gitlab.com/group/sub/deeper/site/-/blob/main/a.md", NESTED, "blob", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/-/raw/main/a.png?inline=false", GITLAB, "raw", JOINED, "main/a.png"),
    ("https://gitlab.com/group/site/-/tree/main/docs", GITLAB, "tree", JOINED, "main/docs"),
    ("https://gitlab.com/group/site/-/blame/main/a.md", GITLAB, "blame", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/-/edit/main/a.md", GITLAB, "edit", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/-/blob/main/x/-/blob/y", GITLAB, "blob", JOINED, "main/x/-/blob/y"),
    ("https://gitlab.com/group/site/blob/main/a.md", GITLAB, "blob", JOINED, "main/a.md"),
    ("https://gitlab.com/group/sub/deeper/site/raw/main/a.md", NESTED, "raw", JOINED, "main/a.md"),
    ("https://gitlab.com/group/site/tree/main", GITLAB, "tree", JOINED, "main"),
    ("https://gitlab.com/group/site/-/issues/blob/raw/3", GITLAB, "other", "", ""),
    ("https://gitlab.com/group/sub/deeper/site/-/wikis/home", NESTED, "other", "", ""),
    ("https://gitlab.com/group/site/-/", GITLAB, "other", "", ""),
    ("https://gitlab.com/group/site/issues/3", GITLAB, "other", "", ""),
    ("https://gitlab.com/group/site/uploads/0a/a.png", GITLAB, "other", "", ""),
    ("https://group.gitlab.io/site/a.html", GITLAB, "pages", "", "a.html"),
    ("https://group.gitlab.io/", GITLAB._replace(name="group/group.gitlab.io"), "pages", "", ""),
    (
        "https://lab.example.org:8443/g/s/p/-/blob/main/a.md",
        Repository("gitlab", "lab.example.org:8443", "g/s/p"),
        "blob",
        JOINED,
        "main/a.md",
    ),
    # Gitea, Forgejo, Codeberg
    ("https://codeberg.org/ann/site", BERG, "root", "", ""),
    ("https://codeberg.org/ann/site/src/branch/main/a.md", BERG, "blob", JOINED, "main/a.md"),
    ("https://codeberg.org/ann/site/src/branch/main", BERG, "blob", JOINED, "main"),
    ("https://codeberg.org/ann/site/src/branch/topic/new/a.md", BERG, "blob", JOINED, "topic/new/a.md"),
    ("https://codeberg.org/ann/site/src/tag/v1/a.md?display=source", BERG, "blob", JOINED, "v1/a.md"),
    (f"https://codeberg.org/ann/site/src/commit/{SHA}/a.md", BERG, "blob", SHA, "a.md"),
    (f"https://codeberg.org/ann/site/src/commit/{SHA}", BERG, "blob", SHA, ""),
    ("https://codeberg.org/ann/site/raw/branch/main/a.png", BERG, "raw", JOINED, "main/a.png"),
    ("https://codeberg.org/ann/site/media/branch/main/a.png", BERG, "raw", JOINED, "main/a.png"),
    ("https://codeberg.org/ann/site/blame/branch/main/a.md", BERG, "blame", JOINED, "main/a.md"),
    (f"https://codeberg.org/ann/site/blame/commit/{SHA}/a.md", BERG, "blame", SHA, "a.md"),
    ("https://codeberg.org/ann/site/_edit/main/a.md", BERG, "edit", JOINED, "main/a.md"),
    ("https://codeberg.org/ann/site/src/main/a.md", BERG, "blob", JOINED, "main/a.md"),
    ("https://codeberg.org/ann/site/raw/main/a.png", BERG, "raw", JOINED, "main/a.png"),
    ("https://codeberg.org/ann/site/src/branches/a.md", BERG, "blob", JOINED, "branches/a.md"),
    ("https://codeberg.org/ann/site/issues/1", BERG, "other", "", ""),
    ("https://ann.codeberg.page/site/a.html", BERG, "pages", "", "a.html"),
    ("https://ann.codeberg.page/a.html", BERG._replace(name="ann/pages"), "pages", "", "a.html"),
    (
        "https://gitea.com/ann/site/src/tag/v1/a.md",
        Repository("gitea", "gitea.com", "ann/site"),
        "blob",
        JOINED,
        "v1/a.md",
    ),
    (
        "http://git.example.org/ann/site/raw/branch/main/a.png",
        Repository("gitea", "git.example.org", "ann/site"),
        "raw",
        JOINED,
        "main/a.png",
    ),
    # Gitee
    ("https://gitee.com/ann/site", GITEE, "root", "", ""),
    ("https://gitee.com/ann/site/blob/master/a.md", GITEE, "blob", JOINED, "master/a.md"),
    ("https://gitee.com/ann/site/raw/master/a.png", GITEE, "raw", JOINED, "master/a.png"),
    ("https://gitee.com/ann/site/tree/master/docs", GITEE, "tree", JOINED, "master/docs"),
    ("https://gitee.com/ann/site/edit/master/a.md", GITEE, "edit", JOINED, "master/a.md"),
    ("https://gitee.com/ann/site/blame/master/a.md", GITEE, "blame", JOINED, "master/a.md"),
    ("https://gitee.com/ann/site/issues/I1", GITEE, "other", "", ""),
    ("https://raw.giteeusercontent.com/ann/site/raw/master/a.png", GITEE, "raw", JOINED, "master/a.png"),
    ("https://ann.gitee.io/site/a.html", GITEE, "pages", "", "a.html"),
    ("https://ann.gitee.io/", GITEE._replace(name="ann/ann"), "pages", "", ""),
    # Bitbucket
    ("https://bitbucket.org/ann/site/", BUCKET, "root", "", ""),
    ("https://bitbucket.org/ann/site/src/main/a.md", BUCKET, "blob", JOINED, "main/a.md"),
    (f"https://bitbucket.org/ann/site/src/{SHA}/a.md?at=main", BUCKET, "blob", JOINED, f"{SHA}/a.md"),
    ("https://bitbucket.org/ann/site/src/main/a.md?mode=edit", BUCKET, "blob", JOINED, "main/a.md"),
    ("https://bitbucket.org/ann/site/raw/main/a.png", BUCKET, "raw", JOINED, "main/a.png"),
    ("https://bitbucket.org/ann/site/annotate/main/a.md", BUCKET, "blame", JOINED, "main/a.md"),
    ("https://bitbucket.org/ann/site/pull-requests/3", BUCKET, "other", "", ""),
    # SourceHut
    ("https://git.sr.ht/~ann/site", HUT, "root", "", ""),
    ("https://git.sr.ht/~ann/site/tree/main/item/a.md", HUT, "tree", "main", "a.md"),
    ("https://git.sr.ht/~ann/site/tree/topic/new/item/docs/a.md", HUT, "tree", "topic/new", "docs/a.md"),
    ("https://git.sr.ht/~ann/site/tree/main/item/x/item/a.md", HUT, "tree", "main", "x/item/a.md"),
    ("https://git.sr.ht/~ann/site/tree/HEAD/item/a.md", HUT, "tree", "", "a.md"),
    ("https://git.sr.ht/~ann/site/tree/main", HUT, "tree", JOINED, "main"),
    ("https://git.sr.ht/~ann/site/blob/main/a.png", HUT, "blob", JOINED, "main/a.png"),
    ("https://git.sr.ht/~ann/site/blob/main/x/item/a.png", HUT, "blob", JOINED, "main/x/item/a.png"),
    ("https://git.sr.ht/~ann/site/blame/main/a.md", HUT, "blame", JOINED, "main/a.md"),
    ("https://git.sr.ht/~ann/site/archive/v1.tar.gz", HUT, "other", "", ""),
    # path and ref in the query
    ("https://dev.azure.com/org/project/_git/site", AZURE, "root", "", ""),
    (
        "https://dev.azure.com/org/project/_git/site?path=%2Fdocs%2Fa.md&version=GBtopic%2Fnew",
        AZURE,
        "blob",
        "topic/new",
        "docs/a.md",
    ),
    ("https://dev.azure.com/org/project/_git/site?version=GTv1&path=/a.md", AZURE, "blob", "v1", "a.md"),
    (
        f"https://dev.azure.com/org/_git/site?path=/a.md&version=GC{SHA}",
        AZURE._replace(name="org/site/site"),
        "blob",
        SHA,
        "a.md",
    ),
    (
        "https://web.example.org/?p=site.git;a=blob;f=docs/a.md;hb=refs/heads/main",
        Repository("gitweb", "web.example.org", "site"),
        "blob",
        "main",
        "docs/a.md",
    ),
    (
        "https://web.example.org/?p=site.git&a=blob_plain&f=a%20b.md&hb=HEAD",
        Repository("gitweb", "web.example.org", "site"),
        "raw",
        "",
        "a b.md",
    ),
    ("https://web.example.org/?p=site.git", Repository("gitweb", "web.example.org", "site"), "root", "", ""),
    (
        "https://web.example.org/?p=site.git;a=shortlog",
        Repository("gitweb", "web.example.org", "site"),
        "other",
        "",
        "",
    ),
    # jsDelivr
    ("https://cdn.jsdelivr.net/gh/ann/site@main/a.png", GITHUB, "cdn", "main", "a.png"),
    ("https://cdn.jsdelivr.net/gh/ann/site/a.png", GITHUB, "cdn", "", "a.png"),
    ("https://cdn.jsdelivr.net/gh/ann/site@latest/a.png", GITHUB, "cdn", "", "a.png"),
    ("https://cdn.jsdelivr.net/gh/ann/site@1.2/a.png", GITHUB, "cdn", "1.2", "a.png"),
    ("https://cdn.jsdelivr.net/gh/ann/site@^1/a.min.js", GITHUB, "cdn", "^1", "a.min.js"),
    ("https://cdn.jsdelivr.net/gh/ann/site@topic%2Fnew/a.png", GITHUB, "cdn", "topic/new", "a.png"),
    (f"https://cdn.jsdelivr.net/gh/ann/site@{SHA}/x/a.png?v=2", GITHUB, "cdn", SHA, "x/a.png"),
    ("https://cdn.jsdelivr.net/gh/ann/site@main/x/", GITHUB, "cdn", "main", "x/"),
    ("https://cdn.jsdelivr.net/gh/ann/site@main/", GITHUB, "cdn", "main", ""),
    ("https://cdn.jsdelivr.net/gh/ann/site/", GITHUB, "cdn", "", ""),
    ("https://cdn.jsdelivr.net/gh/ann/site/x@2/a.png", GITHUB, "cdn", "", "x@2/a.png"),
    ("https://fastly.jsdelivr.net/gh/ann/site@main/a.png", GITHUB, "cdn", "main", "a.png"),
    ("https://gcore.jsdelivr.net/gh/ann/site@main/a.png", GITHUB, "cdn", "main", "a.png"),
    ("https://testingcf.jsdelivr.net/gh/ann/site/a.png", GITHUB, "cdn", "", "a.png"),
    # Statically
    ("https://cdn.statically.io/gh/ann/site/main/a.png", GITHUB, "cdn", JOINED, "main/a.png"),
    ("https://cdn.statically.io/gh/ann/site/refs/heads/main/a.png", GITHUB, "cdn", JOINED, "main/a.png"),
    ("https://cdn.statically.io/gh/ann/site@main/a.png", GITHUB, "cdn", "main", "a.png"),
    ("https://cdn.statically.io/gl/group/site/main/a.png", GITLAB, "cdn", JOINED, "main/a.png"),
    ("https://cdn.statically.io/bb/ann/site/main/a.png", BUCKET, "cdn", JOINED, "main/a.png"),
    (
        "https://cdn.statically.io/img/raw.githubusercontent.com/ann/site/main/a.png?w=64",
        GITHUB,
        "raw",
        JOINED,
        "main/a.png",
    ),
    (
        "https://cdn.statically.io/img/ann.github.io/f=auto,w=64/site/a.png",
        GITHUB,
        "pages",
        "",
        "a.png",
    ),
    # raw.githack for other forges
    ("https://gl.githack.com/group/site/raw/main/a.html", GITLAB, "raw", JOINED, "main/a.html"),
    ("https://glcdn.githack.com/group/sub/deeper/site/-/raw/v1/a.html", NESTED, "raw", JOINED, "v1/a.html"),
    ("https://bb.githack.com/ann/site/raw/main/a.html", BUCKET, "raw", JOINED, "main/a.html"),
    ("https://cb.githack.com/ann/site/raw/branch/main/a.html", BERG, "raw", JOINED, "main/a.html"),
    # download proxies
    ("https://proxy.test/https://github.com/ann/site/raw/main/a.zip", GITHUB, "raw", JOINED, "main/a.zip"),
    ("https://proxy.test/https://github.com/ann/site/blob/main/a.md?x", GITHUB, "blob", JOINED, "main/a.md"),
    ("https://proxy.test/http:/github.com/ann/site/raw/main/a.zip", GITHUB, "raw", JOINED, "main/a.zip"),
    ("https://proxy.test/https:/raw.githubusercontent.com/ann/site/main/a", GITHUB, "raw", JOINED, "main/a"),
    ("https://proxy.test/raw.githubusercontent.com/ann/site/main/a", GITHUB, "raw", JOINED, "main/a"),
    ("http://192.0.2.7:8080/github.com/ann/site/raw/main/a", GITHUB, "raw", JOINED, "main/a"),
    ("https://proxy.test/https://github.com/ann/site/raw/HEAD/a", GITHUB, "raw", "", "a"),
    # a configured host speaks the grammar of its forge
    (
        "https://hub.example.org/ann/site/blob/main/a.md",
        Repository("github", "hub.example.org", "ann/site"),
        "blob",
        JOINED,
        "main/a.md",
    ),
]


@pytest.mark.parametrize(("url", "repository", "view", "ref", "rest"), ROWS, ids=[row[0] for row in ROWS])
def test_a_url_names_a_place_in_a_repository(
    url: str, repository: Repository, view: str, ref: str | None, rest: str
) -> None:
    assert forges.locate(url, HOSTS) == Location(repository, rest, ref, view)


ELSEWHERE = [
    "https://origin.example/gb/23/3/2/n1001.htm",
    "https://github.com/",
    "https://github.com/ann",
    "https://github.example/ann/site/blob/main/a.md",
    "https://notgithub.com/ann/site/blob/main/a.md",
    "https://a.b.github.io/site/",
    "https://github.io/site/",
    "https://git.example.org:8080/ann/site/src/branch/main/a.md",
    "https://odd.example.org/ann/site/blob/main/a.md",
    "https://gitlab.com/group",
    "https://git.sr.ht/projects",
    "https://dev.azure.com/org/project/_build?path=/a.md",
    "https://web.example.org/?a=project_list",
    "https://cdn.jsdelivr.net/npm/site@1/a.js",
    "https://cdn.jsdelivr.net/combine/gh/ann/site@1/a.js,gh/ann/site@1/b.js",
    "https://cdn.jsdelivr.net/gh/ann",
    "https://cdn.statically.io/img/origin.example/a.png",
    "https://cdn.statically.io/avatar/A",
    "https://vscode.dev/",
    "https://camo.githubusercontent.com/ab12/not-hexadecimal",
    "https://camo.githubusercontent.com/ab12/abc",
    camo("https://origin.example/a.png"),
    camo("javascript:alert(1)"),
    camo("https://[broken"),
    camo("/ann/site/raw/main/a.png"),
    "https://proxy.test/https://github.com/ann/site",
    "https://proxy.test/https://github.com/ann/site/releases/download/v1/a.zip",
    "https://proxy.test/https://origin.example/a.png",
    "https://proxy.test/deeper/https://github.com/ann/site/raw/main/a",
    "https://proxy.test/?u=https://github.com/ann/site/raw/main/a",
    "https://packages.test/github.com/ann/site",
    "https://web.archive.org/https://github.com/ann/site/blob/main/a.md",
    "https://web.archive.org/web/2020/https://github.com/ann/site/blob/main/a.md",
    "https://host-without-path.test",
    "mailto:ann@example.org",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_any_other_url_names_no_repository(url: str) -> None:
    assert forges.locate(url, HOSTS) is None


def test_a_url_wrapped_too_often_is_given_up() -> None:
    inner = "raw.githubusercontent.com/ann/site/main/a.png"

    assert forges.locate("https://" + "cdn.statically.io/img/" * 3 + inner) is not None
    assert forges.locate("https://" + "cdn.statically.io/img/" * 10_000 + inner) is None


STRANGE = (
    "a",
    "~u",
    "-",
    "@",
    "a@b",
    "/",
    "%zz",
    "%00",
    "%ff",
    "?",
    "https:",
    "github.com",
    "img",
    "gh",
    "_git",
)
WORDS = ("blob", "raw", "tree", "src", "branch", "commit", "item")


@given(
    st.sampled_from(sorted({*forges.HOSTS, *HOSTS, "ann.github.io", "proxy.test"})),
    st.lists(st.sampled_from(STRANGE + WORDS)),
)
def test_no_path_is_too_strange(host: str, parts: list[str]) -> None:
    url = f"https://{host}/{'/'.join(parts)}"

    found = forges.locate(url, HOSTS)

    assert found is None or found.repository.name
    forges.repository(url, HOSTS)


@pytest.mark.parametrize(
    ("url", "numbered"),
    [
        ("https://github.com/o/r/issues/12", True),
        ("https://github.com/o/r/pull/7", True),
        ("https://github.com/o/r/pull/7/files", False),
        ("https://github.com/o/r/issues", False),
        ("https://github.com/o/r/blob/issues/12", False),
        ("https://github.com/o/r/raw/pull/7", False),
        ("https://github.com/o/r?x=/a/issues/1", False),
        ("https://raw.githubusercontent.com/o/r/issues/12", False),
        ("https://git.example/github.com/o/r/issues/12", False),
    ],
)
def test_the_url_of_an_issue_or_a_request_is_told_at_a_glance_and_is_no_file(url: str, numbered: bool) -> None:
    assert forges.is_numbered(url) is numbered
    if numbered:
        location = forges.locate(url)
        assert location is not None
        assert location.view == "other"


def test_repositories_are_compared_without_case() -> None:
    assert GITHUB.key == Repository("github", "github.com", "Ann/SITE").key
    assert GITHUB.key != GITEE.key


REFS = frozenset({"main", "v1", "v1/beta", "topic/new", "deadbeef"})
SPLITS = {
    "a branch": ("main/docs/a.md", ("main", "docs/a.md")),
    "a branch alone": ("main", ("main", "")),
    "a branch and a slash": ("main/", ("main", "")),
    "a folder": ("main/docs/", ("main", "docs/")),
    "a branch with a slash": ("topic/new/a.md", ("topic/new", "a.md")),
    "the longer of a tag and a branch": ("v1/beta/a.md", ("v1/beta", "a.md")),
    "the shorter where the longer does not fit": ("v1/betas/a.md", ("v1", "betas/a.md")),
    "a commit": (f"{SHA}/a.md", (SHA, "a.md")),
    "a commit alone": (SHA, (SHA, "")),
    "a short commit": ("0123abc/a.md", ("0123abc", "a.md")),
    "a SHA-256 commit": ("a" * 64 + "/a.md", ("a" * 64, "a.md")),
    "a ref that looks like a commit": ("deadbeef/a.md", ("deadbeef", "a.md")),
    "too short for a commit": ("abc123/a.md", None),
    "an unknown ref": ("other/a.md", None),
    "half a ref": ("topic/a.md", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("rest", "expected"), SPLITS.values(), ids=SPLITS)
def test_a_ref_ends_where_the_clones_own_refs_say(rest: str, expected: tuple[str, str] | None) -> None:
    assert forges.split_ref(rest, REFS) == expected


def test_a_hostile_path_is_split_as_far_as_a_ref_can_reach() -> None:
    deep = "a/" * 500_000

    assert forges.split_ref(deep, REFS) is None
    assert forges.split_ref("main/" + deep, REFS) == ("main", deep)


REMOTES: dict[str, tuple[Repository, str | None, str]] = {
    "https://github.com/ann/site": (GITHUB, None, ""),
    "https://github.com/ann/site.git": (GITHUB, None, ""),
    "https://github.com/ann/site.git/": (GITHUB, None, ""),
    "https://ann:ghp_secret@github.com/ann/site.git": (GITHUB, None, ""),
    "https://www.github.com/ann/site": (GITHUB, None, ""),
    "HTTPS://GitHub.com/ann/site": (GITHUB, None, ""),
    "git@github.com:ann/site.git": (GITHUB, None, ""),
    "git@github.com:/ann/site.git": (GITHUB, None, ""),
    "github.com:ann/site": (GITHUB, None, ""),
    "ssh://git@github.com/ann/site.git": (GITHUB, None, ""),
    "ssh://git@ssh.github.com:443/ann/site.git": (GITHUB, None, ""),
    "git+ssh://git@github.com/ann/site.git": (GITHUB, None, ""),
    "git://github.com/ann/site.git": (GITHUB, None, ""),
    "git@gitlab.com:group/sub/deeper/site.git": (NESTED, None, ""),
    "git@bitbucket.org:ann/site.git": (BUCKET, None, ""),
    "git@git.sr.ht:~ann/site": (HUT, None, ""),
    "git@ssh.dev.azure.com:v3/org/project/site": (AZURE, None, ""),
    "https://org@dev.azure.com/org/project/_git/site": (AZURE, None, ""),
    "ssh://git@lab.example.org:2222/g/p.git": (
        Repository("gitlab", "lab.example.org:8443", "g/p"),
        None,
        "",
    ),
    "https://github.com/ann/site/blob/master/": (GITHUB, "master", ""),
    "https://github.com/ann/site/blob/master/docs/en/": (GITHUB, "master", "docs/en"),
    "https://github.com/ann/site/tree/master": (GITHUB, "master", ""),
    "https://github.com/ann/site/blob/topic/new/docs": (GITHUB, "topic/new", "docs"),
    "https://github.com/ann/site/blob/other/new/docs": (GITHUB, "other", "new/docs"),
    "https://github.com/ann/site/blob/HEAD/docs/#top": (GITHUB, None, "docs"),
    "https://codeberg.org/ann/site/src/branch/main/docs": (BERG, "main", "docs"),
    "https://git.sr.ht/~ann/site/tree/topic/other/item/docs": (HUT, "topic/other", "docs"),
}


@pytest.mark.parametrize(("url", "expected"), REMOTES.items(), ids=REMOTES)
def test_a_remote_or_an_address_names_its_repository(url: str, expected: tuple[Repository, str | None, str]) -> None:
    assert forges.repository(url, HOSTS, REFS) == expected


SITES = [
    "https://mirror.example/",
    "https://ann.github.io/site/",
    "https://raw.githubusercontent.com/ann/site/main/",
    "https://cdn.jsdelivr.net/gh/ann/site@main/",
    "https://github.com/ann/site/releases",
    "https://proxy.test/https://github.com/ann/site/blob/main/",
    "https://[broken/",
    "/srv/git/site.git",
    "../site.git",
    "file:///srv/git/site.git",
    "C:\\git\\site",
    "ext::sh -c touch",
    "",
]


@pytest.mark.parametrize("url", SITES)
def test_what_is_published_elsewhere_is_no_repository(url: str) -> None:
    assert forges.repository(url, HOSTS) is None


PAGE_URLS = [
    (GITHUB, "master", "a.md", "https://github.com/ann/site/blob/master/a.md"),
    (GITHUB, "master", "", "https://github.com/ann/site/blob/master/"),
    (GITHUB, "", "a.md", "https://github.com/ann/site/blob/HEAD/a.md"),
    (
        GITHUB,
        "topic/new",
        "x y/美#?%.md",
        "https://github.com/ann/site/blob/topic/new/x%20y/%E7%BE%8E%23%3F%25.md",
    ),
    (NESTED, "main", "a.md", "https://gitlab.com/group/sub/deeper/site/-/blob/main/a.md"),
    (BERG, "main", "a.md", "https://codeberg.org/ann/site/src/branch/main/a.md"),
    (BERG, SHA, "a.md", f"https://codeberg.org/ann/site/src/commit/{SHA}/a.md"),
    (BERG, "", "a.md", "https://codeberg.org/ann/site/src/HEAD/a.md"),
    (GITEE, "master", "a.md", "https://gitee.com/ann/site/blob/master/a.md"),
    (BUCKET, "main", "a.md", "https://bitbucket.org/ann/site/src/main/a.md"),
    (HUT, "main", "a.md", "https://git.sr.ht/~ann/site/tree/main/item/a.md"),
    (
        AZURE,
        "main",
        "d/a&b.md",
        "https://dev.azure.com/org/project/_git/site?path=/d/a%26b.md&version=GBmain",
    ),
    (AZURE, SHA, "a.md", f"https://dev.azure.com/org/project/_git/site?path=/a.md&version=GC{SHA}"),
    (AZURE, "", "a.md", "https://dev.azure.com/org/project/_git/site?path=/a.md"),
    (
        Repository("gitweb", "web.example.org", "site"),
        "main",
        "a;b.md",
        "https://web.example.org/?p=site;a=blob;f=a%3Bb.md;hb=main",
    ),
]


@pytest.mark.parametrize(("repository", "ref", "path", "url"), PAGE_URLS, ids=[row[3] for row in PAGE_URLS])
def test_a_page_is_read_at_its_blob_url_and_found_again_there(
    repository: Repository, ref: str, path: str, url: str
) -> None:
    assert forge_views.page_url(repository, ref, path) == url

    found = forges.locate(url, HOSTS)
    assert found is not None
    assert found.repository == repository
    assert (found.ref, found.rest) in {(ref, path), (None, f"{ref}/{path}")}


def test_only_some_forges_keep_a_climbing_reference_inside_the_repository() -> None:
    assert not forge_views.clamps("github")
    assert forge_views.clamps("gitlab")
    assert forge_views.clamps("gitea")


MINIFIED = {
    "https://cdn.jsdelivr.net/gh/ann/site@1/x/a.min.js": "x/a.js",
    "https://cdn.jsdelivr.net/gh/ann/site@1/a.min.css": "a.css",
    "https://cdn.jsdelivr.net/gh/ann/site@1/a.js": None,
    "https://cdn.jsdelivr.net/gh/ann/site@1/a.min.png": None,
    "https://raw.githack.com/ann/site/main/a.min.js": None,
}


@pytest.mark.parametrize(("url", "original"), MINIFIED.items(), ids=MINIFIED)
def test_a_cdn_minifies_what_is_asked_for_as_minified(url: str, original: str | None) -> None:
    found = forges.locate(url)

    assert found is not None
    assert forges.original(found) == original


LINES = {
    "L10": (10, 10),
    "L10-L20": (10, 20),
    "L20-L10": (10, 20),
    "L1-5": (1, 5),
    "L10C3-L12C5": (10, 12),
    "L10C3": (10, 10),
    "l12": (12, 12),
    "lines-1:6": (1, 6),
    "lines-7": (7, 7),
    "L0": (0, 0),
    "L": None,
    "L10-": None,
    "L10-L": None,
    "L1-5-9": None,
    "L١": None,
    "lines-": None,
    "lines-1:": None,
    "Line10": None,
    "10": None,
    "L" + "9" * 5000: None,
    "": None,
}


@pytest.mark.parametrize(("fragment", "expected"), LINES.items(), ids=[key[:12] for key in LINES])
def test_a_fragment_may_name_lines(fragment: str, expected: tuple[int, int] | None) -> None:
    assert forge_views.lines(fragment) == expected


def test_the_documentation_lists_every_host_and_its_examples_are_true() -> None:
    text = DOCS.read_text("utf-8")
    known = {*forges.HOSTS, *("*" + domain for domain in forges.PAGES)}
    listed = set()
    for row in re.findall(r"^\| (.+?) \|", text, re.M):
        listed |= set(re.findall(r"`([^`]+)`", row))

    assert listed == known
    examples = re.findall(r"^    (https?://\S+) +(\S+) +(\S+) +(\S+)$", text, re.M)
    assert len(examples) > 10
    for url, name, ref, path in examples:
        found = forges.locate(url)
        assert found is not None, url
        split = (found.ref, found.rest) if found.ref is not None else forges.split_ref(found.rest, {"main"})
        assert (found.repository.name, *(split or ())) == (name, ref.replace("(default)", ""), path), url
