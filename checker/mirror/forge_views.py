"""How forges show a repository: addresses of files and wikis, line fragments, the README of a folder. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from checker.mirror.forges import NO_HOSTS, Repository, locate, web_url
from checker.web import urls

_SHOWN_ITSELF = re.compile(
    r"\.(?:github|gitlab|gitea|forgejo)/|(?:docs/)?(?:README|LICEN[SC]E|COPYING|CONTRIBUTING|CODE_OF_CONDUCT|SECURITY"
    r"|SUPPORT|GOVERNANCE|ISSUE_TEMPLATE|PULL_REQUEST_TEMPLATE)(?:\.[^/]*)?\Z",
    re.I,
)
_LINES = re.compile(
    r"[Ll](?P<first>[0-9]{1,9})(?:C[0-9]+)?(?:-L?(?P<last>[0-9]{1,9})(?:C[0-9]+)?)?"
    r"|lines-(?P<from>[0-9]{1,9})(?::(?P<to>[0-9]{1,9}))?"
)


def wiki(url: str, hosts: Mapping[str, str] = NO_HOSTS) -> str | None:
    """The address at which a forge shows the wiki that an address, or a remote (`r.wiki.git`), is of; else None."""
    found = locate(web_url(url, hosts), hosts)
    if found is None or found.repository.forge not in _WIKIS:
        return None
    host, name, below = found.repository.host, found.repository.name, _WIKIS[found.repository.forge]
    if found.view == "root" and name.endswith(".wiki"):
        return f"https://{host}/{urls.encode_path(name.removesuffix('.wiki'))}/{below}/"
    return url if found.view == "other" and url.rstrip("/").endswith(f"/{below}") else None


def raw_wiki(url: str) -> str:
    """The address at which GitHub serves the files of a wiki (at `url`) as they are; "" for another forge's."""
    host, path = urls.host_and_path(url)
    if host != "github.com":
        return ""
    return f"https://raw.githubusercontent.com/wiki{path.rstrip('/').removesuffix('/wiki')}/"


def makes(path: str, forge: str) -> bool:
    """Whether a path below a wiki is of what the forge makes of its pages: their lists, histories and editors."""
    pattern = _OF_WIKIS.get(forge)
    return pattern is not None and pattern.fullmatch(path) is not None


_OF_WIKIS = {
    "github": re.compile(r"(?:.*/)?_(?:new|edit|history|pages|compare|access)(?:/.*)?|.+/[0-9a-f]{40}", re.S),
    "gitea": re.compile(r"_(?:new|pages)|(?:commit|raw|search)(?:/.*)?", re.S),
    "gitlab": re.compile(r"(?:pages|new|git_access|templates)|.+/(?:edit|history|diff)", re.S),
}
_WIKIS = {"github": "wiki", "gitea": "wiki", "gitlab": "-/wikis"}


def page_url(repository: Repository, ref: str, path: str) -> str:
    """The URL at which a forge shows a file or folder. Relative references on it are resolved against this URL.

    A `ref` of "" is the default branch. With `azure` and `gitweb`, the path is in the query, so references are
    not resolved against it.
    """
    host, name = repository.host, urls.encode_path(repository.name)
    commit = re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", ref)
    ref, path = urls.encode_path(ref or "HEAD"), urls.encode_path(path)
    view = _SHOWN.get(repository.forge, "blob/{}")
    match repository.forge:
        case "azure":
            project, _, repo = name.rpartition("/")
            version = "" if ref == "HEAD" else f"&version={'GC' if commit else 'GB'}{ref.replace('&', '%26')}"
            return f"https://{host}/{project}/_git/{repo}?path=/{path.replace('&', '%26')}{version}"
        case "gitweb":
            return f"https://{host}/?p={name};a=blob;f={path.replace(';', '%3B')};hb={ref}"
        case "gitea" if ref != "HEAD":
            view = "src/commit/{}" if commit else "src/branch/{}"
    return f"https://{host}/{name}/{view.format(ref)}/{path}"


_SHOWN = {"gitlab": "-/blob/{}", "gitea": "src/{}", "bitbucket": "src/{}", "sourcehut": "tree/{}/item"}


def file_url(repository: Repository, ref: str, folder: str) -> str:
    """The URL at which a forge shows `{page}`, the encoded path of a file below a folder ("" or "a/")."""
    return page_url(repository, ref, f"{folder}\0").replace("%00", "{page}")


def line_url(repository: Repository, ref: str, folder: str) -> str:
    """The same for its line `{line}`: a forge that renders a file shows lines only where it is asked for the source."""
    return file_url(repository, ref, folder) + _LINE.get(repository.forge, "#L{line}")


_LINE = {
    "github": "?plain=1#L{line}",
    "gitlab": "?plain=1#L{line}",
    "gitea": "?display=source#L{line}",
    "bitbucket": "#lines-{line}",
    "gitweb": "#l{line}",
    "azure": "&line={line}&lineEnd={line}&lineStartColumn=1&lineEndColumn=999&_a=contents",
}


def clamps(forge: str) -> bool:
    """Whether `../` on a rendered page stops at the repository's root instead of leading into a sibling.

    GitHub documents that it leads out. GitLab and Gitea join paths inside the repository. Azure and gitweb
    have no path to climb. The others document nothing, so their paths are read as a browser reads them.
    """
    return forge in {"gitlab", "gitea", "azure", "gitweb"}


def proxies(host: str) -> bool:
    """Whether a text loads nothing from foreign hosts: the forge shows pictures from a host of its own, by
    https, and drops scripts, frames and players. Nothing is mixed, and no foreign host sees the reader. Self-hosted
    ones may or may not.

    https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-anonymized-urls
    https://docs.gitlab.com/security/asset_proxy/
    """
    return host in {"github.com", "gitlab.com"}


def folds(forge: str) -> bool:
    """Whether a page looks for a fragment that it does not have a second time, in lower case."""
    return forge == "github"


def readmes(files: Iterable[str]) -> dict[str, str]:
    """The README that a forge shows below the listing of each folder that has one.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-readmes
    """
    found: dict[str, str] = {}
    for name in files:
        folder, _, base = name.rpartition("/")
        if base[:6].lower() == "readme" and base[6:7] in {"", "."}:
            best = found.get(folder)
            if best is None or _rank(name) < _rank(best):
                found[folder] = name
    shown = [found[folder] for folder in (".github", "", "docs") if folder in found]
    return found | {"": shown[0]} if shown else found


def shows_itself(name: str) -> bool:
    """Whether a forge leads readers to a file by itself: the README and the files for contributors, in any case, and
    what lies in its own folder.

    https://docs.github.com/en/communities/setting-up-your-project-for-healthy-contributions
    """
    return _SHOWN_ITSELF.match(name) is not None


def _rank(readme: str) -> tuple[bool, str]:
    return not readme.lower().endswith((".md", ".markdown")), readme


def lines(fragment: str) -> tuple[int, int] | None:
    """The (first, last) line that a fragment names where a forge shows source; None if it names no line."""
    match = _LINES.fullmatch(fragment)
    if match is None:
        return None
    first = int(match["first"] or match["from"])
    last = int(match["last"] or match["to"] or first)
    return min(first, last), max(first, last)


def page_prefix(repository: Repository, ref: str, folder: str) -> str:
    """The URL below which a forge shows the files of a folder of a repository."""
    return page_url(repository, ref, folder).rstrip("/") + "/"
