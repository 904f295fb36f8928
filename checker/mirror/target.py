"""What references resolve to, and how the pages are published on which they stand."""

from __future__ import annotations

from typing import NamedTuple

from checker.logins import Login
from checker.mirror.generators.row import Built
from checker.model import TargetKind


class Target(NamedTuple):
    """What a reference resolves to, without its fragment."""

    kind: TargetKind
    name: str = ""  # a file's path in its mount, a URL, or a scheme
    mount: int = 0
    number: int = -1  # of a file in its mount's index; -1 for a folder
    why: str = ""  # UNKNOWN: why the clone cannot look it up; ELSEWHERE: the ref
    leak: str = ""  # the file of the mirror that is a copy of a remote URL
    forge: str = ""  # that shows it
    listed: bool = False  # a folder on a forge, shown as its listing with its README
    odd: bool = False  # browsers repair the reference: urls.repaired() says how
    query: str = ""  # of a missing file, if its name would contain the query
    snapshot: bool = False  # a remote URL is that of an archive's copy of `leak`
    other: str = ""  # of what is missing: the file that the other readers of a site's source are led to
    at_site: bool = False  # whether it is missing on the site, and not where the forge shows the source; or leaves it


SELF = Target(TargetKind.SELF)


class Home(NamedTuple):
    """How the pages of one mount are published, which decides how their references resolve."""

    prefix: str  # URL of the mount's root, ends with `/`; PRIVATE if it has no address
    clamps: bool  # whether `../` stops at the root instead of leaving it
    rooted: bool  # whether `/x` is relative to the mount's root, not to the host's, as in a forge's Markdown
    roots: frozenset[str] = frozenset()  # folders that are the root of a host: `/x` is relative to them
    retries: bool = False  # whether a file that is not found from the page is looked for from the root (GitLab; wikis)
    forge: str = ""  # that shows the pages
    site: str = ""  # where the pages that no forge shows are published beside it; "" where nobody says
    address: str = ""  # where readers find the file {page}, whose path is encoded; "" where nobody says
    proxies: bool = False  # whether its texts load nothing from foreign hosts: see forge_views.proxies
    live: bool = False  # pages are named by their URLs
    login: Login = Login()  # of a live mirror, whose URLs are the same with and without it
    serves_folders_bare: bool = False  # `/dir` answers with its index and no slash, so its base is one folder up
    mount: int = 0  # whose files the paths below the prefix name


class Generated(NamedTuple):
    """A site that a generator makes of pages of the mirror, and how its pages resolve."""

    home: Home
    built: Built
