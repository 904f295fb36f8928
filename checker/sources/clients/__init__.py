"""The clients of stores: a row for each scheme, which names its module and the package that the user has to install."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from checker.model import SourceError
from checker.sources.address import Client


class _Scheme(NamedTuple):
    module: str
    needs: str  # what it imports
    install: str


_EXTRA = "'mirrorcheck[stores]'"

SCHEMES = {
    "s3": _Scheme("s3", "s3fs", _EXTRA),
    "gs": _Scheme("buckets", "gcsfs", f"{_EXTRA} gcsfs"),
    "az": _Scheme("buckets", "adlfs", f"{_EXTRA} adlfs"),
    "sftp": _Scheme("sftp", "asyncssh", "'mirrorcheck[sftp]'"),
}


def opened(url: str) -> Client:
    """The client for a URL. Raises SourceError if the package that it needs is missing."""
    scheme = url.partition(":")[0]
    row = SCHEMES[scheme]
    try:
        import_module(row.needs)
    except ImportError as error:
        raise SourceError(f"{scheme}:// needs another package: pip install {row.install}") from error
    client: Client = import_module(f"{__name__}.{row.module}").opened(url)
    return client
