"""From a place in a mount to the file that is there, by the rules of its host, its forge or its generator."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checker.mirror import forge_views, layouts
from checker.mirror.address import PRIVATE, Mount, Place
from checker.mirror.generators.row import Built
from checker.mirror.redirects import Redirects
from checker.mirror.target import Generated, Target
from checker.model import TargetKind
from checker.web import urls

_OTHER_TAB = re.compile(r"(?:^|&)tab=(?!readme)", re.I)  # of the front page of a repository on GitHub
_PART = "the site's host has it of another program, if at all"
_MOST_REDIRECTS = 20  # https://fetch.spec.whatwg.org/#http-redirect-fetch


class Lookup:
    """The files of a mirror's mounts, as URLs name them."""

    __slots__ = ("_mounts", "_online", "_prefixes", "_readmes")

    def __init__(self, mounts: tuple[Mount, ...], sites: Iterable[Generated], *, online: bool) -> None:
        """`online`: a path that only a generator can tell is remote, to be asked for, where its site has an address."""
        self._mounts = mounts
        self._prefixes = {site.home.mount: site.home.prefix for site in sites}
        self._online = online
        self._readmes: dict[int, dict[str, str]] = {}  # by mount and folder, once a folder on a forge is a target

    def at(self, place: Place) -> Target:
        """The target of a place."""
        if place.unknown:
            return Target(TargetKind.UNKNOWN, place.path, place.mount, why=place.unknown)
        if place.ref:
            return Target(TargetKind.ELSEWHERE, place.path, place.mount, why=place.ref)
        mount = self._mounts[place.mount]
        if isinstance(mount.names, Built):
            return self._of_site(mount, mount.names, place)
        if mount.redirects is not None and place.layout.redirects:
            return self._redirected(mount, mount.redirects, place)
        found = _find(mount, place)
        if found is not None and found.number < 0 and place.forge:
            return self._listed(found, place)
        if found is None and mount.sparse and place.forge:
            return Target(TargetKind.ELSEWHERE, place.path, place.mount, why=mount.sparse)
        if found is None and place.layout.wiki and forge_views.makes(place.path, place.layout.wiki_of):
            return Target(TargetKind.UNKNOWN, place.path, place.mount, why="the forge makes it of the wiki")
        return found or _missing(place)

    def _of_site(self, mount: Mount, site: Built, place: Place) -> Target:
        """The source file that a path of a site is built of."""
        if mount.redirects is not None and place.layout.redirects:
            found = self._redirected(mount, mount.redirects, place)
        else:
            found = _find(mount, place) or _missing(place)
        if found.kind is TargetKind.FILE:
            return found._replace(name=site.sources[found.name], mount=0)
        if found.kind is TargetKind.MISSING and (why := site.decides(place.path)):
            return self._undecided(site, place, why)
        return found

    def beyond(self, target: Target) -> Target:
        """What a whole URL leads to of which a site of the mirror has nothing. Another program may serve a part of the
        site's host of its own; whoever writes the host means one at times.
        """
        site = self._mounts[target.mount].names
        if not isinstance(site, Built) or site.is_all or not target.name or site.holds_like(target.name):
            return target
        return self._unknown(target.name, target.mount, _PART)

    def _unknown(self, path: str, mount: int, why: str) -> Target:
        """The target of a path that the sources of a site do not tell: the site itself does in an online run."""
        prefix = self._prefixes.get(mount, PRIVATE)
        if self._online and not prefix.startswith(PRIVATE):
            return Target(TargetKind.REMOTE, prefix + urls.encode_path(path))
        return Target(TargetKind.UNKNOWN, path, mount, why=why)

    def _undecided(self, site: Built, place: Place, why: str) -> Target:
        """The target of a path that only the generator can tell: what was built tells too, or the site itself."""
        if (built := site.witness) is not None:
            if found := layouts.find(place.layout, built, place.path, place.query):
                return Target(TargetKind.FILE, found.file, place.mount)
            return Target(TargetKind.MISSING, place.path, place.mount, why=f"{why}, and it is not in what was built")
        return self._unknown(place.path, place.mount, why)

    def _listed(self, folder: Target, place: Place) -> Target:
        """A folder on a forge: its listing shows its README, with the anchors of that."""
        if _OTHER_TAB.search(place.query):
            return folder._replace(forge="")  # not the README, and no clone can tell what
        names = self._mounts[place.mount].names
        if place.mount not in self._readmes:
            self._readmes[place.mount] = forge_views.readmes(names.files)
        readme = self._readmes[place.mount].get(names.real(folder.name.rstrip("/")))
        if readme is None:
            return folder._replace(listed=True)
        return folder._replace(name=readme, number=names.files[readme], listed=True)

    def _redirected(self, mount: Mount, rules: Redirects, place: Place) -> Target:
        """The target of a path after the redirects of the host's `_redirects`, as many as browsers follow."""
        missing = _missing(place)
        for _ in range(_MOST_REDIRECTS):
            found = _find(mount, place)
            answer = rules.resolve(
                "/" + place.path, place.query, exists=found is not None and place.layout.redirects == "after"
            )
            if answer is None or answer[0] >= 400:
                return found or missing
            try:
                url = urls.resolve(PRIVATE, answer[1]).partition("#")[0]
            except urls.InvalidURL:
                return missing
            if not url.startswith(PRIVATE):
                return Target(TargetKind.REMOTE, url)
            path, _, query = url[len(PRIVATE) :].partition("?")
            before, place = place.path, place._replace(path=urls.decode(path), query=query)
            if answer[0] < 300 or before.strip("/") == place.path.strip("/"):
                break  # a rewrite, after which no rule is asked; or a rule that leads to itself, which hosts ignore
        return _find(mount, place) or missing


def _find(mount: Mount, place: Place) -> Target | None:
    """The file at a place by the rules of its layout, through symbolic links; None if there is none."""
    index = mount.names
    path = place.path
    number = index.files.get(path)
    if number is None and index.links:
        path = index.real(path)
        number = index.files.get(path)
    if number is None or (place.query and place.layout.queries):
        found = layouts.find(place.layout, index, path, place.query)
        number = None  # what has the path alone may be another page
        if found is not None and found.how == "exact":
            path = index.real(found.file)
            number = index.files.get(path, -1)
    if number is None and place.original in index.files:
        path, number = place.original, index.files[place.original]
    return None if number is None else Target(TargetKind.FILE, path, place.mount, number, forge=place.forge)


def _missing(place: Place) -> Target:
    query = place.query if place.layout.queries else ""
    return Target(TargetKind.MISSING, place.path, place.mount, forge=place.forge, query=query)
