"""What a user's name for a mirror is: a URL, the address of a store, or else a place on this machine."""

from __future__ import annotations


def is_url(name: str) -> bool:
    return name.lower().startswith(("http://", "https://"))


STORES = frozenset({"s3", "gs", "az", "sftp", "listing+http", "listing+https"})  # schemes of what is read as a folder


def is_store(name: str) -> bool:
    """Whether a name is the address of an object store, or of the listing of a server."""
    scheme, colon, _ = name.partition("://")
    return bool(colon) and scheme.lower() in STORES
