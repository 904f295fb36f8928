"""S3 and what speaks like it: https://docs.aws.amazon.com/AmazonS3/latest/API/ListObjectsV2, GetObject, HeadObject."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from s3fs import S3FileSystem

from checker.sources.address import Entry
from checker.sources.base import GZIP, gunzip
from checker.sources.clients.looped import Looped

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_BEYOND = "InvalidRange"
_CODED = frozenset({"gzip", "x-gzip"})


def opened(url: str) -> S3:
    """The client for a URL."""
    return S3(url)


class S3(Looped):
    """A bucket. Credentials, region and endpoint come from where AWS's own tools take them."""

    tells = False  # a listing has no content types
    passing = (*Looped.passing, aiohttp.ClientError)

    def __init__(self, url: str) -> None:
        """Connect with the first request."""
        super().__init__(url)
        self._fs = S3FileSystem(asynchronous=True, skip_instance_cache=True, use_listings_cache=False)

    async def listed(self) -> AsyncIterator[list[Entry]]:
        """The objects, a thousand at a time as the server gives them."""
        prefix = f"{self.below}/" if self.below else ""
        more: dict[str, str] = {}
        while True:
            page = await self._call("list_objects_v2", Prefix=prefix, **more)
            rows = page.get("Contents", ())
            yield [
                Entry(row["Key"][len(prefix) :], row["Size"], row.get("ETag", ""), _since(row.get("LastModified")))
                for row in rows
                if row["Key"].startswith(prefix)
            ]
            before = more.get("ContinuationToken")
            more = {"ContinuationToken": page.get("NextContinuationToken", "")}
            if not page.get("IsTruncated"):
                return
            if more["ContinuationToken"] in {"", before}:
                raise OSError(errno.EIO, "its listing does not go on, and does not end")

    async def looked(self, name: str) -> Entry:
        """What the head of an object says."""
        try:
            head = await self._call("head_object", Key=self.key(name))
        except Exception as error:
            if _code(error) in _ABSENT:
                raise FileNotFoundError(errno.ENOENT, "there is no such object") from error
            raise
        size, tag, modified = head.get("ContentLength", -1), head.get("ETag", ""), _since(head.get("LastModified"))
        return Entry(name, size, tag, modified, head.get("ContentType", ""))

    async def got(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of an object."""
        try:
            answer = await self._call("get_object", Key=self.key(name), Range=f"bytes={start}-{end - 1}")
        except Exception as error:
            if _code(error) == _BEYOND:
                return b""  # it has become shorter
            raise
        data, body = bytearray(), answer["Body"]
        try:
            while len(data) < end - start and (more := await body.read(end - start - len(data))):
                data += more
        finally:
            body.close()  # a server may send all of it, though a part was asked for
        whole = not start and len(data) >= _length(answer)
        if whole and answer.get("ContentEncoding", "").lower() in _CODED and data.startswith(GZIP):
            return gunzip(bytes(data), end)
        return bytes(data)

    async def ended(self) -> None:
        """Close the connections."""
        session = await self._fs.set_session()
        await session.close()

    def said(self, error: BaseException) -> str:
        """The store's own code and words."""
        found = _client_error(error)
        if found is not None:
            row = found.response.get("Error", {})
            return f"the store says {row.get('Code', 'no code')}: {row.get('Message', '')}".rstrip(": ")
        if isinstance(error, NoCredentialsError) or isinstance(error.__cause__, NoCredentialsError):
            return "there are no credentials in the environment (AWS_PROFILE, AWS_ACCESS_KEY_ID …; docs/stores.md)"
        cause = error.__cause__ if isinstance(error.__cause__, BotoCoreError) else error
        return super().said(cause)

    async def _call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = await self._fs._call_s3(method, Bucket=self.top, **arguments)
        return answer


def _client_error(error: BaseException | None) -> ClientError | None:
    while error is not None and not isinstance(error, ClientError):
        error = error.__cause__
    return error


def _code(error: BaseException) -> str:
    found = _client_error(error)
    return str(found.response.get("Error", {}).get("Code", "")) if found else ""


def _since(moment: datetime | None) -> int:
    return int(moment.timestamp()) * 1_000_000_000 if moment else 0


def _length(answer: Mapping[str, Any]) -> int:
    """The length of an object, of which an answer has a part: RFC 9110 section 14.4."""
    length = str(answer.get("ContentRange", "")).rpartition("/")[2]
    return int(length) if length.isdecimal() else int(answer.get("ContentLength", 0))
