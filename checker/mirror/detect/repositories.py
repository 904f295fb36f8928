"""Signs in git: the addresses of a clone's remotes and submodules, and of repositories that its links climb to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from checker.mirror import forge_views, forges, git, publishing
from checker.mirror.detect.seen import HEAD, SAMPLE, Seen
from checker.mirror.signs import Sign, Trust
from checker.web import urls
from checker.words import counted


def remotes(seen: Seen, clone: git.Clone | None) -> Iterator[Sign]:
    """The addresses at which forges show the remotes of a clone, and the site that the first of them makes of it."""
    if clone is None:
        return
    trust = Trust.EXACT
    for name in sorted(clone.remotes, key=lambda name: name != "origin"):
        known = forges.repository(clone.remotes[name])
        if known is None:
            continue
        repository, ref = known[0], clone.branch or clone.default
        url = forge_views.page_prefix(repository, ref, "") if ref else f"https://{repository.host}/{repository.name}"
        branch = f", branch {ref}" if ref else ""
        here = Sign(url, f"git remote {name}{branch}", trust)
        site = publishing.site(seen.names, seen.text, clone, repository) if trust else None
        yield from [here] if site is None else [site, here] if site.trust is Trust.EXACT else [here, site]
        trust = Trust.GUESSED  # other remotes: an upstream, a fork


def submodules(seen: Seen, clone: git.Clone | None) -> Iterator[Sign]:
    """https://git-scm.com/docs/gitmodules"""
    values: dict[str, str] = {}
    for line in [*(seen.text(".gitmodules") or "").splitlines(), "["]:
        key, equals, value = line.partition("=")
        if equals:
            values[key.strip()] = value.strip().strip('"')
        elif line.lstrip().startswith("["):
            if values.get("path") and values.get("url"):
                yield from _submodule(seen, clone, values["path"], values["url"])
            values = {}


def _submodule(seen: Seen, clone: git.Clone | None, path: str, url: str) -> Iterator[Sign]:
    if url.startswith(("./", "../")) and clone and "origin" in clone.remotes:
        home = forges.repository(clone.remotes["origin"])
        url = urls.resolve(f"https://{home[0].host}/{home[0].name}/", url) if home else url
    known = forges.repository(url)
    if known:
        here = any(name.startswith(f"{path}/") for name in (*seen.html, *seen.markdown))
        evidence = ".gitmodules" if here else ".gitmodules, but it is not checked out"
        yield Sign(f"https://{known[0].host}/{known[0].name}", evidence, Trust.EXACT if here else Trust.GUESSED, path)


_CLIMBING = re.compile(r"(?:\.\./){2,40}[^\s()<>\"'#?]{1,300}")


def neighbours(seen: Seen, clone: git.Clone | None) -> Iterator[Sign]:
    """Other repositories that relative links climb to, as they can where a forge shows the pages."""
    own = next((sign.value for sign in remotes(seen, clone) if forges.repository(sign.value)), "")
    home = forges.locate(own)
    root = seen.names.root
    if (
        clone is None
        or root is None
        or home is None
        or not own.endswith("/")
        or forge_views.clamps(home.repository.forge)
    ):
        return
    below = root.resolve().relative_to(clone.top.resolve()).parts
    base = own + "".join(f"{part}/" for part in below)
    links: Counter[forges.Repository] = Counter()
    sample = seen.markdown[:: len(seen.markdown) // SAMPLE + 1]
    for name in sample:
        for link in _CLIMBING.findall(seen.text(name, HEAD) or ""):
            try:
                target = forges.locate(urls.resolve(base + urls.encode_path(name), link))
            except urls.InvalidURL:
                continue
            if target and target.repository.key != home.repository.key:
                links[target.repository] += 1
    for repository, count in links.most_common(10):
        last = repository.name.rpartition("/")[2]
        here = repository.key in _keys(clone.top.parent / last)
        yield Sign(
            f"https://{repository.host}/{repository.name}",
            f"{counted(count, 'climbing link')} in {counted(len(sample), 'page')}"
            + (", and its clone lies there" if here else ""),
            Trust.HIGH if here else Trust.GUESSED,
            "../" * (len(below) + 1) + last,
        )


def _keys(folder: Path) -> set[tuple[str, str]]:
    """The repositories that a folder is a clone of."""
    try:
        clone = git.open_clone(folder) if folder.is_dir() else None
    except git.GitError:
        return set()
    known = [forges.repository(url) for url in clone.remotes.values()] if clone else []
    return {found[0].key for found in known if found}
