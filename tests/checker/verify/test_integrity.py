"""Subresource Integrity, by the cases of https://www.w3.org/TR/SRI/."""

from __future__ import annotations

import base64
import hashlib

import pytest

from checker.extract.beacons import is_beacon
from checker.verify.integrity import mismatch, stated

DATA = b"console.log('lamp');\n"


def sri(kind: str, data: bytes = DATA) -> str:
    return f"{kind}-{base64.b64encode(hashlib.new(kind, data).digest()).decode()}"


WRONG = b"another"


@pytest.mark.parametrize(
    ("metadata", "fits"),
    [
        (sri("sha256"), True),
        (sri("sha384"), True),
        (sri("sha512"), True),
        (sri("sha256", WRONG), False),
        (f"{sri('sha256', WRONG)} {sri('sha256')}", True),
        (f"{sri('sha256', WRONG)} {sri('sha512')}", True),
        (f"{sri('sha256')} {sri('sha512', WRONG)}", False),
        (f"{sri('sha256')}?ct=application/javascript", True),
        (f"  {sri('sha256')}\n\t", True),
        (sri("sha256").rstrip("="), True),
        (sri("sha256").replace("+", "-").replace("/", "_"), True),
        ("", True),
        ("md5-1B2M2Y8AsgTpgAmY7PhCfg==", True),
        ("sha256 sha384- -sha512", True),
        ("SHA256-" + sri("sha256", WRONG)[7:], True),
        ("sha256-short", False),
        (f"sha512-AAAA {sri('sha256')}", False),
    ],
    ids=[
        "sha256",
        "sha384",
        "sha512",
        "another file's",
        "any of one strength",
        "the strongest counts, and fits",
        "the strongest counts, and does not",
        "options",
        "white space",
        "no padding",
        "base64url",
        "empty asks nothing",
        "an unknown kind asks nothing",
        "what is no hash asks nothing",
        "kinds are in lower case",
        "a hash too short fits nothing",
        "a strong hash too short fits nothing",
    ],
)
def test_bytes_fit_what_is_asked_of_them(metadata: str, fits: bool) -> None:
    assert (mismatch(DATA, metadata) == "") is fits


def test_the_file_s_own_hash_is_told() -> None:
    assert sri("sha256").partition("-")[2] in mismatch(DATA, sri("sha256", WRONG))


def test_nothing_is_asked_by_what_browsers_do_not_know() -> None:
    assert stated("sha1-AAAA foo") is None


@pytest.mark.parametrize(
    ("url", "beacon"),
    [
        ("https://www.google-analytics.com/g/collect?v=2", True),
        ("https://www.facebook.com/tr?id=1&ev=PageView", True),
        ("https://www.facebook.com/travel/photo.jpg", False),
        ("https://stats.wp.com/g.gif?v=ext", True),
        ("https://count.example/matomo/matomo.php?idsite=1", True),
        ("https://docs.example/matomo.png", False),
        ("https://img.example/a/pixel.gif?u=1", True),
        ("https://img.example/pixel.gifs/cat.png", False),
        ("https://img.example/pixels/cat.png", False),
        ("https://example.test/google-analytics.com/collect", False),
        ("https://notgoogle-analytics.com/collect", False),
    ],
)
def test_a_beacon_is_told_by_its_shape(url: str, beacon: bool) -> None:
    assert is_beacon(url) is beacon
