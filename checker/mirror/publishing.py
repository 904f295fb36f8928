"""Where the folder of a clone is published: on the forge of its remote, and as the site that the forge makes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from checker.kinds import kind_of
from checker.mirror import forges, git, shown
from checker.mirror.referred import Read
from checker.mirror.signs import Sign, Trust
from checker.model import Kind
from checker.sources.base import Source

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.I)
_INDEX = "index.html"
_BUILT = ".nojekyll"  # asks GitHub Pages to serve a folder as it is


def addresses(names: Source, clone: git.Clone | None, hosts: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses of a clone without configuration, if its remote is on a known forge. The site comes first where the
    folder is what its readers get: a branch that is there for that alone, or mostly HTML, with an index.
    """
    if clone is None or not clone.remotes:
        return ()
    known = forges.repository(clone.remotes.get("origin") or next(iter(clone.remotes.values())), hosts)
    if known is None:
        return ()
    home = site(names, partial(shown.beginning, names), clone, known[0])
    repository = f"https://{known[0].host}/{known[0].name}"
    return (home.value, repository) if home and (home.trust is Trust.EXACT or _is_built(names)) else (repository,)


def _is_built(names: Source) -> bool:
    if _INDEX not in names.files:
        return False
    kinds = [kind_of(name) for name in names.files]
    return kinds.count(Kind.HTML) > kinds.count(Kind.MARKDOWN)


def site(names: Source, read: Read, clone: git.Clone, repository: forges.Repository) -> Sign | None:
    """The site that a forge makes of a folder as it is checked out.

    https://docs.github.com/en/pages/getting-started-with-github-pages/configuring-a-publishing-source-for-your-github-pages-site
    https://docs.codeberg.org/codeberg-pages/
    """
    account, _, project = repository.name.partition("/")
    host, row = next(((name, row) for name, row in forges.PAGES.items() if row.host == repository.host), ("", None))
    at_top = names.root is not None and clone.top.resolve() == names.root.resolve()
    own_branch = bool(row and at_top and row.branch and clone.branch == row.branch)
    trust = Trust.EXACT if own_branch else Trust.HIGH
    if domain := custom_domain(read, ""):
        return Sign(f"https://{domain}/", "CNAME", trust)
    if row is None or not at_top:
        return None
    if project.lower() == row.own.format(account).lower():
        evidence, path = "the repository bears the name of its Pages site", ""
    elif own_branch:
        evidence, path = f"git remote, branch {row.branch}", f"{project}/"
    elif row.forge == "github" and {_BUILT, _INDEX} <= names.files.keys():
        evidence, path = f"git remote, {_BUILT}", f"{project}/"
    else:
        return None
    return Sign(f"https://{account.lower()}{host}/{path}", evidence, trust)


def custom_domain(read: Read, folder: str) -> str | None:
    """The domain that a folder's `CNAME` names to GitHub Pages. `folder` is "" or ends with `/`."""
    lines = (read(f"{folder}CNAME") or "").split()
    return lines[0].lower() if lines and _DOMAIN.fullmatch(lines[0]) else None
