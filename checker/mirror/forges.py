"""Forges, raw hosts and CDNs: the file of a repository that a URL names, by the grammar of each host. There is no I/O.

A ref may contain slashes, and most grammars do not say where it ends. Then it stays joined to the path until
`split_ref` gets the refs of the clone. docs/addresses.md lists the hosts; a test compares the list with this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from checker.web import urls


class Repository(NamedTuple):
    """The identity of a repository on a forge."""

    forge: str  # a key of FORGES
    host: str  # of the forge itself, even if the URL is on a raw host or a CDN: "github.com"
    name: str  # as written: "owner/repo"; GitLab has groups at any depth

    @property
    def key(self) -> tuple[str, str]:
        """The same for all spellings of a repository: forges ignore the case of owners and repositories."""
        return self.host.lower(), self.name.lower()


class Location(NamedTuple):
    """The place in a repository that a URL names.

    `rest` is the decoded path; if `ref` is None, it is the ref and the path, still joined by a slash.
    A `ref` of "" is the default branch. `view` is how it is shown: `blob` (a file; a folder too on forges
    with one word for both), `tree`, `raw`, `blame`, `edit`, `cdn`, `root` (the front page), `pages` (a
    published site: the layout of its host finds the file), `other` (issues, wiki, releases, archives:
    nothing a clone holds as a file).
    """

    repository: Repository
    rest: str
    ref: str | None
    view: str


class Host(NamedTuple):
    """The grammar of one host's paths, and the forge that they lead to."""

    read: _Grammar
    forge: str
    host: str


class Site(NamedTuple):
    """A domain of published sites: each subdomain is an account, each folder a repository."""

    forge: str
    host: str
    own: str  # the repository of an account's own site; {} is the account
    branch: str = ""  # of any repository, which is served as it is


# (row, path, query) -> the place that they name; a string is a URL that was wrapped in this one
_Grammar = Callable[[Host, str, str], Location | str | None]

_VIEWS = {"src": "blob", "media": "raw", "annotate": "blame", "_edit": "edit"}  # words in URLs for the views
_UNWRAPPED = 4  # layers of wrapping that are removed
_LONGEST_REF = 4096  # code points: longer than any file system lets git store one

_OWNED = r"/(?P<name>[^/]++/[^/]++)"
_BLOBS = _OWNED + r"/(?P<view>blob|tree|raw|edit|blame)/(?P<rest>.+)"

# Forge -> the paths that name a file or folder; with a group `ref` if the grammar says where the ref ends.
FORGES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "github": re.compile(_BLOBS),
        "gitlab": re.compile(
            r"/(?P<name>[^/]++(?:/(?!-/)[^/]++)+?)/(?:-/)?(?P<view>blob|tree|raw|edit|blame)/(?P<rest>.+)"
        ),
        "gitea": re.compile(
            _OWNED + r"/(?P<view>src|raw|media|blame|_edit)/"
            r"(?:branch/|tag/|commit/(?P<ref>[^/]++)(?:/|$))?(?P<rest>.*)"
        ),
        "gitee": re.compile(_BLOBS),
        "bitbucket": re.compile(_OWNED + r"/(?P<view>src|raw|annotate)/(?P<rest>.+)"),
        "sourcehut": re.compile(
            r"/(?P<name>~[^/]++/[^/]++)/(?P<view>tree|blob|blame)/(?:(?<=/tree/)(?P<ref>.+?)/item/)?(?P<rest>.*)"
        ),
        "azure": re.compile(r"/(?P<owner>[^/]++)(?:/(?P<project>[^/]++))?/_git/(?P<repo>[^/]++)/?"),
        "gitweb": re.compile(r".*"),
    }
)
_NAMED = re.compile(_OWNED + r"(?P<below>/.*)?")
_GROUPED = re.compile(  # `-` ends the name of a GitLab project; in older URLs, one of these words does
    r"/(?P<name>[^/]++(?:/[^/]++)+?)(?P<below>/(?:-|issues|merge_requests|wikis|uploads|commits?|tags)(?:/.*)?)?"
)
_RAW = re.compile(_OWNED + r"/(?P<rest>.+)")
_JSDELIVR = re.compile(r"/gh/(?P<name>[^/@]++/[^/@]++)(?:@(?P<ref>[^/]*+))?(?:/(?P<rest>.*))?")
_STATICALLY = re.compile(r"/(?P<site>gh|gl|bb)/(?P<name>[^/@]++/[^/@]++)(?:@(?P<ref>[^/]++)(?:/|$)|/)(?P<rest>.*)")
_IMAGE = re.compile(r"/img/(?P<url>[^/]++)(?:/[a-z]+=[^/]*+)?(?P<path>/.*)")  # HOST/[f=auto,w=64/]PATH
_CAMO = re.compile(r"/[0-9a-f]++/(?P<hex>(?>(?:[0-9a-f]{2})+))")
_PROXY = re.compile(r"/(?:https?:/{1,2})?(?P<url>(?:github|raw\.github|raw\.githubusercontent)\.com/.*)")
_HEX_HOST = "camo.githubusercontent.com"
_PLAIN_NAME = re.compile(r"[\w.~/-]+", re.A)  # it stands in a URL as it is
_COMMIT = re.compile(r"[0-9A-Fa-f]{7,64}")
_SCP = re.compile(r"(?:[^/:@]*@)?(?P<host>[^/:@]+):(?!//)(?P<path>.+)")
_SSH = re.compile(r"(?:ssh|git|git\+ssh)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::[0-9]*)?/(?P<path>.+)", re.I)


def _at(row: Host, name: str, view: str, rest: str = "", ref: str | None = None) -> Location:
    rest = urls.decode(rest)
    if ref is None:
        rest = rest.removeprefix("refs/heads/").removeprefix("refs/tags/")
        head, _, below = rest.partition("/")
        if head == "HEAD":
            rest, ref = below, ""
    else:
        ref = "" if ref == "HEAD" else urls.decode(ref)
    repository = Repository(row.forge, row.host, urls.decode(name).removesuffix(".git"))
    return Location(repository, rest, ref, _VIEWS.get(view, view))


def _forge(row: Host, path: str, _query: str = "") -> Location | None:
    match = FORGES[row.forge].fullmatch(path)
    if match is not None:
        parts = match.groupdict()
        return _at(row, parts["name"], parts["view"], parts["rest"], parts.get("ref"))
    return _front(row, path)


def _front(row: Host, path: str, _query: str = "") -> Location | None:
    match = (_GROUPED if row.forge == "gitlab" else _NAMED).fullmatch(path.removesuffix("/"))
    if match is None:
        return None
    return _at(row, match["name"], "other" if match["below"] else "root", ref="")


def _other(row: Host, path: str, _query: str) -> Location | None:
    front = _front(row, path)
    return front and front._replace(view="other")


def _raw(row: Host, path: str, query: str) -> Location | None:
    match = _RAW.fullmatch(path)
    return _at(row, match["name"], "raw", match["rest"]) if match else _other(row, path, query)


def _media(row: Host, path: str, query: str) -> Location | None:
    return _raw(row, path.removeprefix("/media"), query)


def _editor(_row: Host, path: str, _query: str) -> str | None:
    return "https://github.com" + path.removeprefix("/github") if path.startswith("/github/") else None


def _azure(row: Host, path: str, query: str) -> Location | None:
    match = FORGES["azure"].fullmatch(path)
    if match is None:
        return None
    asked = _asked(query)
    name = f"{match['owner']}/{match['project'] or match['repo']}/{match['repo']}"
    below = asked.get("path", "").lstrip("/")
    ref = asked.get("version", "")[2:]  # GBbranch, GTtag, GCcommit
    return _at(row, name, "blob" if below else "root")._replace(rest=below, ref=ref)


def _gitweb(row: Host, _path: str, query: str) -> Location | None:
    asked = _asked(query)
    if "p" not in asked:
        return None
    below = asked.get("f", "")
    view = {"blob": "blob", "blob_plain": "raw", "tree": "tree", "blame": "blame"}.get(asked.get("a", ""))
    ref = asked.get("hb", "").removeprefix("refs/heads/").removeprefix("refs/tags/")
    if view is None:
        view, below = ("other" if "a" in asked and asked["a"] != "summary" else "root"), ""
    return _at(row, asked["p"], view)._replace(rest=below, ref="" if ref == "HEAD" else ref)


def _asked(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.replace(";", "&").split("&"))
    return {key: urls.decode(value.replace("+", " ")) for key, _, value in pairs}


def _jsdelivr(row: Host, path: str, _query: str) -> Location | None:
    match = _JSDELIVR.fullmatch(path)
    if match is None:
        return None
    ref = match["ref"] or ""
    return _at(row, match["name"], "cdn", match["rest"] or "", "" if ref == "latest" else ref)


def _statically(_row: Host, path: str, _query: str) -> Location | str | None:
    image = _IMAGE.fullmatch(path)
    if image is not None:
        return _inner(f"https://{image['url']}{image['path']}")
    match = _STATICALLY.fullmatch(path)
    if match is None:
        return None
    return _at(_BEHIND_STATICALLY[match["site"]], match["name"], "cdn", match["rest"], match["ref"])


def _camo(_row: Host, path: str, _query: str) -> str | None:
    match = _CAMO.fullmatch(path)
    return _inner(bytes.fromhex(match["hex"]).decode("utf-8", "replace")) if match else None


def _inner(url: str) -> str | None:
    """A wrapped URL, serialised; None if it is not http(s)."""
    try:
        whole = urls.resolve(url, "")  # drops the fragment
    except urls.InvalidURL:
        return None
    return whole if whole.startswith(("http://", "https://")) else None


def _pages(site: Site, account: str, path: str) -> Location:
    """A first segment with an extension and nothing below it is a file of the account's own site."""
    project, slash, below = path[1:].partition("/")
    if not project or (not slash and "." in project):
        project, below = site.own.format(account), path[1:]
    return _at(Host(_forge, site.forge, site.host), f"{account}/{project}", "pages", below, "")


_BEHIND_STATICALLY = {
    "gh": Host(_forge, "github", "github.com"),
    "gl": Host(_forge, "gitlab", "gitlab.com"),
    "bb": Host(_forge, "bitbucket", "bitbucket.org"),
}

_ROWS: tuple[tuple[str, _Grammar, str, str], ...] = (
    ("github.com www.github.com github.dev", _forge, "github", "github.com"),
    ("gitlab.com", _forge, "gitlab", "gitlab.com"),
    ("codeberg.org", _forge, "gitea", "codeberg.org"),
    ("gitea.com", _forge, "gitea", "gitea.com"),
    ("gitee.com raw.giteeusercontent.com", _forge, "gitee", "gitee.com"),
    ("bitbucket.org", _forge, "bitbucket", "bitbucket.org"),
    ("git.sr.ht", _forge, "sourcehut", "git.sr.ht"),
    ("dev.azure.com", _azure, "azure", "dev.azure.com"),
    ("raw.githubusercontent.com raw.github.com", _raw, "github", "github.com"),
    ("raw.githack.com rawcdn.githack.com rawgit.com cdn.rawgit.com", _raw, "github", "github.com"),
    ("gl.githack.com glcdn.githack.com", _forge, "gitlab", "gitlab.com"),
    ("bb.githack.com bbcdn.githack.com", _forge, "bitbucket", "bitbucket.org"),
    ("gt.githack.com gtcdn.githack.com", _forge, "gitea", "gitea.com"),
    ("cb.githack.com cbcdn.githack.com", _forge, "gitea", "codeberg.org"),
    ("media.githubusercontent.com", _media, "github", "github.com"),
    ("codeload.github.com", _other, "github", "github.com"),
    ("gist.github.com gist.githubusercontent.com", _other, "github", "gist.github.com"),
    ("vscode.dev", _editor, "github", "github.com"),
    (_HEX_HOST, _camo, "", ""),
    ("cdn.jsdelivr.net fastly.jsdelivr.net gcore.jsdelivr.net", _jsdelivr, "github", "github.com"),
    ("testingcf.jsdelivr.net test1.jsdelivr.net quantil.jsdelivr.net", _jsdelivr, "github", "github.com"),
    ("cdn.statically.io", _statically, "", ""),
)
HOSTS: Mapping[str, Host] = MappingProxyType(
    {name: Host(read, forge, host) for names, read, forge, host in _ROWS for name in names.split()}
)
PAGES: Mapping[str, Site] = MappingProxyType(
    {
        ".github.io": Site("github", "github.com", "{}.github.io", "gh-pages"),
        ".gitlab.io": Site("gitlab", "gitlab.com", "{}.gitlab.io"),
        ".codeberg.page": Site("gitea", "codeberg.org", "pages", "pages"),
        ".gitee.io": Site("gitee", "gitee.com", "{}"),
    }
)
_KINDS: Mapping[str, _Grammar] = dict.fromkeys(FORGES, _forge) | {"azure": _azure, "gitweb": _gitweb}
_ARCHIVES = frozenset({"web.archive.org", "archive.org", "archive.ph", "archive.is", "archive.today"})
_PROXIED = ("/https:/", "/http:/", "/github.com/", "/raw.githubusercontent.com/", "/raw.github.com/")
NO_HOSTS: Mapping[str, str] = MappingProxyType({})


def locate(url: str, hosts: Mapping[str, str] = NO_HOSTS) -> Location | None:
    """The place in a repository that an absolute http(s) URL names; None if it names none.

    `url` is serialised by the URL Standard, without fragment. `hosts` maps self-hosted hosts, with the port
    if there is one, to their forge (a key of FORGES). Only the shape of the URL decides: `github.com/about/x`
    counts as a repository.
    """
    for _ in range(_UNWRAPPED):
        found = _locate(url, hosts)
        if not isinstance(found, str):
            return found
        url = found
    return None


def _locate(url: str, hosts: Mapping[str, str]) -> Location | str | None:
    start = url.find("//") + 2
    end = url.find("/", start)
    host = url[start:end]
    if "@" in host:
        host = host.rpartition("@")[2]
    row = HOSTS.get(host)
    if row is None:
        if host in hosts and hosts[host] in _KINDS:
            row = Host(_KINDS[hosts[host]], hosts[host], host)
        elif url.startswith(_PROXIED, end):
            return _proxied(host, url[end:])
        else:
            account, dot, domain = host.partition(".")
            site = PAGES.get(dot + domain)
            return site and _pages(site, account, url[end:].partition("?")[0])
    path, _, query = url[end:].partition("?")
    return row.read(row, path, query)


def _proxied(host: str, path: str) -> Location | None:
    """The place that a download proxy (`PROXY/https://github.com/…`) fetches. A web archive is no such proxy."""
    match = _PROXY.fullmatch(path)
    if match is None or host in _ARCHIVES:
        return None
    found = locate("https://" + match["url"])
    return found if found and found.view in {"blob", "raw"} else None


# Issues and requests: in a long list of changes, most URLs of a repository.
_NUMBERED = re.compile(r"https://github\.com/[^/?#]+/[^/?#]+/(?:issues|pull)/[0-9]+")


def is_numbered(url: str) -> bool:
    """Whether a serialised URL certainly is that of an issue or a request, which is no file of any repository."""
    return _NUMBERED.fullmatch(url) is not None


def marks(repositories: Iterable[Repository]) -> tuple[str, ...]:
    """Texts in lower case, one of which is in each URL without a percent sign that leads into one of these
    repositories: their names, and the host that has URLs in hexadecimal digits.
    """
    found = {_HEX_HOST}
    for repository in repositories:
        name = repository.key[1]
        name = name.rpartition("/")[2] if repository.forge == "azure" else name  # which puts a word in between
        found.add(name if _PLAIN_NAME.fullmatch(name) else "")
    return tuple(sorted(found))  # in the same order in every process: the page cache compares them


def split_ref(rest: str, refs: Collection[str]) -> tuple[str, str] | None:
    """Split a joined `REF/PATH` after the longest known ref, else a commit's name; None for an unknown ref.

    Git keeps refs as files, so the name of a branch is never the first part of another's. A tag can have
    such a name, so the longest ref counts.
    """
    found = None
    end = rest.find("/")
    while 0 <= end <= _LONGEST_REF:
        if rest[:end] in refs:
            found = rest[:end], rest[end + 1 :]
        end = rest.find("/", end + 1)
    if end < 0 and rest in refs:
        found = rest, ""
    if found is None:
        head, _, path = rest.partition("/")
        if _COMMIT.fullmatch(head):
            return head, path
    return found


def repository(
    url: str, hosts: Mapping[str, str] = NO_HOSTS, refs: Collection[str] = ()
) -> tuple[Repository, str | None, str] | None:
    """(repository, ref, path below its root) of a git remote or an address on a forge; else None.

    If neither the grammar nor `refs` shows where the ref ends, it is taken to be one segment. A ref of None is
    the default branch. For raw hosts, CDNs and Pages, the result is None: references there are relative to
    their own URLs.
    """
    web = web_url(url, hosts)
    found = locate(web, hosts)
    if found is None or found.view not in {"blob", "tree", "raw", "blame", "edit", "root"}:
        return None
    if web.split("/", 3)[2].removeprefix("www.") != found.repository.host:
        return None
    if found.view == "root":
        return found.repository, None, ""
    if found.ref is not None:
        return found.repository, found.ref or None, found.rest.strip("/")
    ref, path = split_ref(found.rest, refs) or found.rest.partition("/")[::2]
    return found.repository, ref, path.strip("/")


_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
}
_AZURE_SSH = re.compile(r"v3/([^/]+)/([^/]+)/([^/]+)")


def web_url(url: str, hosts: Mapping[str, str]) -> str:
    """The https URL of a remote, without credentials; "" if it has none."""
    match = _SSH.fullmatch(url.strip()) or _SCP.fullmatch(url.strip())
    if match is not None:
        host = match["host"].lower()
        host = _SSH_HOSTS.get(host) or next((known for known in hosts if known.partition(":")[0] == host), host)
        path = _AZURE_SSH.sub(r"\1/\2/_git/\3", match["path"].lstrip("/"))
        url = f"https://{host}/{path}"
    whole = _inner(url) or ""
    return re.sub(r"//[^/@]*@", "//", whole, count=1)


def original(location: Location) -> str | None:
    """The file that jsDelivr and Statically minify if the `.min.js` or `.min.css` itself is missing."""
    if location.view != "cdn":
        return None
    stem, dot, suffix = location.rest.rpartition(".min.")
    return f"{stem}.{suffix}" if dot and suffix in {"js", "css"} else None
