"""The address of a mirror that is on no disk of this machine: an object store, or the listing of a web server."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from checker import logins
from checker.config.names import is_store
from checker.model import SourceError

if TYPE_CHECKING:  # takes as long to load as a small mirror to check
    from concurrent.futures import Future


class Entry(NamedTuple):
    """What a store says of an object."""

    name: str  # below the address
    size: int = -1  # bytes; -1: it does not say
    tag: str = ""  # changes with the content: an ETag (RFC 9110 section 8.8.3), a generation; "": there is none
    modified: int = 0  # nanoseconds since 1970
    media: str = ""  # media type with its parameters; "": it does not say
    fault: str = ""  # why a folder, whose name ends with a slash, cannot be listed


class Client(Protocol):
    """The connections of one process to a store. It can read while its owner does something else.

    Futures raise OSError, with a `strerror` that ends the sentence "cannot be read: …".
    """

    tells: bool  # whether listings say what there is to know of an object; else `look` does
    width: int  # requests at a time

    def pages(self) -> Iterator[list[Entry]]:
        """All objects, some at a time. Raises OSError."""

    def look(self, name: str) -> Future[Entry]:
        """What there is to know of an object."""

    def get(self, name: str, start: int, end: int) -> Future[bytes]:
        """The bytes of an object from `start`, and before `end`: fewer if it ends before. What was coded for the way
        (`Content-Encoding`) is decoded, if it is asked for from its start.
        """

    def is_object(self) -> bool:
        """Whether the address itself is that of an object. Raises OSError."""

    def close(self) -> None:
        """End the connections, and the threads."""


Opens = Callable[[str], Client]  # the client for a URL; it raises SourceError if there can be none


class Address(NamedTuple):
    """Where a store, or a folder in it, is."""

    url: str  # s3://bucket/folder, without a slash at its end
    opens: Opens
    memory: Path | None = None  # the file of what the last run learnt as it opened the mirror

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: object) -> Address:
        """A folder or an object below, or beside by `..`; nothing is above the top."""
        top, below = self._split()
        path = posixpath.normpath(f"/{below}/{name}").strip("/")
        return self._replace(url=f"{top}/{path}" if path else top)

    @property
    def parent(self) -> Address:
        """The folder in which it is."""
        return self / ".."

    def inside(self, other: Address) -> str | None:
        """The name of another address below this one; "" if it is the same, None if it is elsewhere."""
        if other.url == self.url:
            return ""
        return other.url[len(self.url) + 1 :] if other.url.startswith(f"{self.url}/") else None

    def _split(self) -> tuple[str, str]:
        scheme, _, rest = self.url.partition("://")
        top, _, below = rest.partition("/")
        return f"{scheme}://{top}", below


Root = Path | Address  # where a mirror is


def address_of(name: str, opens: Opens) -> Address | None:
    """The address that a user names; None if it names a place on this machine. Raises SourceError for one with a
    login, which would stand in reports and in lists of processes.
    """
    if not is_store(name):
        return None
    scheme, _, rest = name.partition("://")
    top, _, below = rest.partition("/")
    user, at, host = top.rpartition("@")
    scheme = scheme.lower()
    shown = f"{scheme}://{logins.HIDDEN}@{host}" if at else f"{scheme}://{top}"
    if at and (scheme != "sftp" or ":" in user or "%" in user):
        raise SourceError(f"{shown}: a login does not belong in an address; the environment has it (docs/stores.md)")
    if not (host or below):
        raise SourceError(f"{name}: no bucket or host is named")
    if scheme.startswith("listing+") and ("?" in below or "#" in below):
        raise SourceError(f"{shown}: the address of a listing has no query and no fragment")
    if any(part in {".", ".."} for part in below.split("/")):
        raise SourceError(f"{shown}/{below}: write the address without `.` and `..`")
    return Address(f"{scheme}://{top}/{below}".rstrip("/"), opens)
