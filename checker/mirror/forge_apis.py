"""What the API of a forge is asked for, to learn whether a place in a repository is there. There is no I/O.

https://docs.github.com/en/rest, https://docs.gitlab.com/api/rest/, https://docs.gitea.com/api/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from checker.mirror.forges import Location
from checker.web import urls


class Api(NamedTuple):
    """The grammar of an API. In paths, which are relative to its address, `{…}` are percent-encoded."""

    address: str  # at a forge's own host
    header: tuple[str, str]  # the header field that carries a token
    whole: bool  # whether a slash within a name is encoded
    repository: str
    file: str
    folder: str
    pages: tuple[tuple[re.Pattern[str], str], ...]  # of pages below a repository, and where the API has them


_NUMBER = r"(\d{1,15})(?:/.*)?"
_COMMIT = r"commits?/([0-9A-Fa-f]{7,64})(?:/.*)?"

APIS: Mapping[str, Api] = MappingProxyType(
    {
        "github": Api(
            "https://{host}/api/v3",
            ("Authorization", "Bearer {token}"),
            False,
            "/repos/{name}",
            "/repos/{name}/contents/{path}?ref={ref}",
            "/repos/{name}/contents/{path}?ref={ref}",
            (
                (re.compile(f"(?:issues|pull)/{_NUMBER}"), "/issues/{0}"),  # a pull request is an issue as well
                (re.compile(_COMMIT), "/commits/{0}"),
                (re.compile("releases/tag/(.+)"), "/releases/tags/{0}"),
            ),
        ),
        "gitlab": Api(
            "https://{host}/api/v4",
            ("PRIVATE-TOKEN", "{token}"),
            True,
            "/projects/{name}",
            "/projects/{name}/repository/files/{path}?ref={ref}",
            "/projects/{name}/repository/tree?path={path}&ref={ref}&per_page=1",
            (
                (re.compile(f"(?:-/)?(?:issues|work_items)/{_NUMBER}"), "/issues/{0}"),
                (re.compile(f"(?:-/)?merge_requests/{_NUMBER}"), "/merge_requests/{0}"),
                (re.compile(f"(?:-/)?{_COMMIT}"), "/repository/commits/{0}"),
                (re.compile("(?:-/)?releases/([^/]+)"), "/releases/{0}"),
            ),
        ),
        "gitea": Api(
            "https://{host}/api/v1",
            ("Authorization", "token {token}"),
            False,
            "/repos/{name}",
            "/repos/{name}/contents/{path}?ref={ref}",
            "/repos/{name}/contents/{path}?ref={ref}",
            (
                (re.compile(f"(?:issues|pulls)/{_NUMBER}"), "/issues/{0}"),
                (re.compile(_COMMIT), "/git/commits/{0}"),
                (re.compile("releases/tag/(.+)"), "/releases/tags/{0}"),
            ),
        ),
    }
)
_ADDRESSES: Mapping[str, str] = MappingProxyType({"github.com": "https://api.github.com"})
# Pages that each repository has.
_SECTIONS = re.compile(
    r"(?:-/)?(?:actions|activity|branches|commits|discussions|forks|issues|labels|merge_requests|milestones|network|"
    r"packages|pipelines|projects|pulls|pulse|releases|security|settings|stargazers|tags|wikis?)?/?"
)
_SPLITS = 4  # segments that a ref may have
_UP = frozenset({".", ".."})


def address_of(forge: str, host: str) -> str:
    """The address of a forge's API, without a slash at its end."""
    return _ADDRESSES.get(host) or APIS[forge].address.format(host=host)


def repository_of(location: Location) -> str | None:
    """The path at which the API has a repository; None for a name that none can have."""
    api, name = APIS[location.repository.forge], location.repository.name
    if not _UP.isdisjoint(name.split("/")):
        return None
    return api.repository.format(name=_encoded(name, whole=api.whole))


def places_of(location: Location, below: str) -> Iterator[str] | None:
    """Paths at which the API has a place in a repository: one of them, if it is there. None: the API cannot tell.

    `below`: what follows the repository in the path of the place's URL. Without a path, the repository itself is it.
    """
    api = APIS[location.repository.forge]
    repository = repository_of(location)
    if repository is None:
        return None
    if location.view in {"root", "other"}:
        if _SECTIONS.fullmatch(below):
            return iter((repository,))
        for pattern, path in api.pages:
            if match := pattern.fullmatch(below):
                return iter((repository + path.format(_encoded(urls.decode(match[1]), whole=True)),))
        return None
    return _contents(api, location)


def _contents(api: Api, location: Location) -> Iterator[str]:
    """Where a file or folder may be: the first segments of its path may all belong to the ref."""
    rest = location.rest.strip("/")
    if not _UP.isdisjoint(rest.split("/")):
        return
    name = _encoded(location.repository.name, whole=api.whole)
    for ref, path in _splits(location.ref, rest):
        parts = {"name": name, "path": _encoded(path, whole=api.whole), "ref": _encoded(ref or "HEAD", whole=True)}
        for grammar in dict.fromkeys((api.file, api.folder) if path else (api.folder,)):  # forges lead to the other one
            yield grammar.format(**parts)


def _splits(ref: str | None, rest: str) -> Iterator[tuple[str, str]]:
    if ref is not None:
        yield ref, rest
        return
    segments = rest.split("/")
    for end in range(1, min(len(segments), _SPLITS) + 1):
        yield "/".join(segments[:end]), "/".join(segments[end:])


def _encoded(text: str, *, whole: bool) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="" if whole else "/")
