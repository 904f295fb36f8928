"""What a finding is known by from run to run."""

from __future__ import annotations

from hashlib import blake2b

from checker.model import Finding


def of_place(finding: Finding, occurrence: int) -> str:
    """Stable when lines move: the rule, the page, the reference and which of its places it is."""
    return _digest(f"{finding.rule}\0{finding.page}\0{finding.reference or finding.target}\0{occurrence}")


def of_host(rule: str, key: int) -> str:
    """Of what is found once for all pages, by its `third_party_key`: its name is not that of the first page."""
    return _digest(f"{rule}\0{key}")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
