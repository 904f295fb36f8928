"""Google Cloud Storage and Azure Blob Storage, by the libraries that fsspec knows for them."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from checker.sources.address import Entry
from checker.sources.clients.looped import Looped

# gcsfs itself gives a class that asks about each bucket by gRPC first, whatever endpoint is configured.
_LIBRARIES = {"gs": ("gcsfs.core", "GCSFileSystem"), "az": ("adlfs", "AzureBlobFileSystem")}


def opened(url: str) -> Buckets:
    """The client for a URL."""
    return Buckets(url)


class Buckets(Looped):
    """A bucket, or a container. Credentials come from where the tools of its owner take them."""

    def __init__(self, url: str) -> None:
        """Connect with the first request."""
        super().__init__(url)
        self._scheme = url.partition(":")[0]
        self._files: Any = None

    async def listed(self) -> AsyncIterator[list[Entry]]:
        """All objects at once, as the library gives them."""
        files = await self._opened()
        path = f"{self.top}/{self.below}".rstrip("/")
        cut = len(path) + 1
        found: Mapping[str, Mapping[str, Any]] = await files._find(path, detail=True)
        yield [_entry(name.lstrip("/")[cut:], row) for name, row in found.items() if row.get("type") == "file"]

    async def looked(self, name: str) -> Entry:
        """What the library tells of an object."""
        row: Mapping[str, Any] = await (await self._opened())._info(f"{self.top}/{self.key(name)}")
        if row.get("type") != "file":
            raise FileNotFoundError(errno.ENOENT, "there is no such object")
        return _entry(name, row)

    async def got(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of an object."""
        data: bytes = await (await self._opened())._cat_file(f"{self.top}/{self.key(name)}", start=start, end=end)
        return data

    async def ended(self) -> None:
        """Close the connections."""
        for name in ("_session", "service_client", "credential"):  # of gcsfs; of adlfs
            close = getattr(getattr(self._files, name, None), "close", None)
            if close is not None:
                await close()

    def said(self, error: BaseException) -> str:
        """What went wrong; of what is missing, the libraries say only its name."""
        if isinstance(error, FileNotFoundError):
            return "there is no such bucket, or no such object"
        return super().said(error)

    async def _opened(self) -> Any:
        if self._files is None:
            module, name = _LIBRARIES[self._scheme]
            make = getattr(import_module(module), name)
            self._files = make(asynchronous=True, skip_instance_cache=True, use_listings_cache=False)
        return self._files


def _entry(name: str, row: Mapping[str, Any]) -> Entry:
    settings = row.get("content_settings") or {}
    media = row.get("contentType") or settings.get("content_type") or ""
    moment = row.get("mtime") or row.get("last_modified")
    modified = int(moment.timestamp()) * 1_000_000_000 if isinstance(moment, datetime) else 0
    return Entry(name, row.get("size") or 0, str(row.get("generation") or row.get("etag") or ""), modified, media)
