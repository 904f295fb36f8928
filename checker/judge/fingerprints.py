"""Fingerprints: short hashes by which a finding is known from run to run."""

from __future__ import annotations

from hashlib import blake2b

from checker.model import Finding


def of_place(finding: Finding, occurrence: int) -> str:
    """The fingerprint of a finding at one place. `occurrence` counts the places of its rule and reference on the page,
    so that it does not change when lines move.
    """
    return _digest(f"{finding.rule}\0{finding.page}\0{finding.reference or finding.target}\0{occurrence}")


def of_host(rule: str, key: int) -> str:
    """The fingerprint of a finding for all pages, from its `third_party_key`; it does not depend on the first page."""
    return _digest(f"{rule}\0{key}")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
