"""A folder on a server with SSH: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02, by asyncssh.

The implementations of fsspec do not compare a server's key with `known_hosts` unless they are told to; asyncssh does.
"""

from __future__ import annotations

import asyncio
import errno
import stat
from collections import deque
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import asyncssh

from checker.sources.address import Entry
from checker.sources.clients.looped import Looped

_LONG = 30.0  # seconds to connect, and to log in
_SECOND = 1_000_000_000  # nanoseconds
_DEEPEST = 128  # nested folders
_LOST = (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)


def opened(url: str) -> Sftp:
    """The client for a URL."""
    return Sftp(url)


class Sftp(Looped):
    """A folder, named from the top of the server: `sftp://host/srv/site`; or below the login's own, as `/~/site`.

    The user, keys, the agent and `~/.ssh/config` are those of `ssh`; nobody is asked for a password.
    """

    passing = (*Looped.passing, *_LOST)

    def __init__(self, url: str) -> None:
        """Connect with the first request."""
        super().__init__(url)
        user, _, place = self.top.rpartition("@")
        host, colon, port = place.rpartition(":")
        named = bool(colon) and port.isdecimal() and not host.endswith(":")
        self._host = (host if named else place).strip("[]")
        self._options: dict[str, Any] = {"port": int(port)} if named else {}
        if user:
            self._options["username"] = unquote(user)
        self._root = self.below[2:] or "." if f"{self.below}/".startswith("~/") else f"/{self.below}"
        self._connection: asyncssh.SSHClientConnection | None = None
        self._files: asyncssh.SFTPClient | None = None
        self._connecting = asyncio.Lock()

    async def listed(self) -> AsyncIterator[list[Entry]]:
        """The files, folder by folder. Links are not followed."""
        waiting = deque([""])
        while waiting:
            now = [waiting.popleft() for _ in range(min(self.width, len(waiting)))]
            for page in await asyncio.gather(*map(self._inside, now)):
                folders = (entry.name for entry in page if entry.name.endswith("/") and not entry.fault)
                waiting += [name for name in folders if name.count("/") <= _DEEPEST]
                yield page

    async def looked(self, name: str) -> Entry:
        """The size and the time of a file."""
        attributes = await (await self._opened()).stat(self._path(name))
        if not stat.S_ISREG(attributes.permissions or 0):
            raise FileNotFoundError(errno.ENOENT, "it is no file")
        return _entry(name, attributes)

    async def got(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of a file."""
        files = await self._opened()
        try:
            async with files.open(self._path(name), "rb") as file:
                data: bytes = await file.read(end - start, start)
                return data
        except _LOST:
            if self._files is files:
                self._files = None  # the next attempt connects anew
            raise

    async def ended(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()

    def said(self, error: BaseException) -> str:
        """What went wrong."""
        match error:
            case asyncssh.HostKeyNotVerifiable():
                return (
                    f"the key of {self._host} is not in ~/.ssh/known_hosts, or is another: `ssh {self._host}` shows it"
                )
            case asyncssh.PermissionDenied():
                return f"{self._host} lets in none of the keys of `ssh` (agent, ~/.ssh); it is not asked by password"
            case asyncssh.SFTPNoSuchFile():
                return "there is no such file"
            case asyncssh.SFTPPermissionDenied():
                return "the server does not permit it"
        return super().said(error)

    async def _inside(self, folder: str) -> list[Entry]:
        page: list[Entry] = []
        try:
            rows = await (await self._opened()).readdir(self._path(folder))
        except asyncssh.SFTPError as error:
            if not folder:
                raise
            return [Entry(folder, fault=self.said(error))]
        for row in rows:
            name, kind = str(row.filename), stat.S_IFMT(row.attrs.permissions or 0)
            if name in {".", ".."} or "/" in name:
                continue
            if kind == stat.S_IFDIR:
                page.append(Entry(f"{folder}{name}/"))
            elif kind == stat.S_IFREG:
                page.append(_entry(folder + name, row.attrs))
        return page

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}".rstrip("/") or "/"

    async def _opened(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._files is None:
                self._connection = await asyncssh.connect(
                    self._host,
                    known_hosts=(),  # those of the user, and not: any
                    connect_timeout=_LONG,
                    login_timeout=_LONG,
                    password_auth=False,
                    kbdint_auth=False,
                    **self._options,
                )
                self._files = await self._connection.start_sftp_client(path_errors="surrogateescape")
        return self._files


def _entry(name: str, attributes: asyncssh.SFTPAttrs) -> Entry:
    return Entry(name, attributes.size or 0, "", (attributes.mtime or 0) * _SECOND)
