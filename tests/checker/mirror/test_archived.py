"""What a URL of a web archive is a snapshot of."""

from __future__ import annotations

import pytest

from checker.mirror import archived

PAGE = "http://lamps.test/oil.html"


@pytest.mark.parametrize(
    "url",
    [
        f"https://web.archive.org/web/20200102030405/{PAGE}",
        f"https://web.archive.org/web/2020id_/{PAGE}",
        f"https://web.archive.org/web/{PAGE}",
        f"http://web.archive.org/{PAGE}",
        "https://web.archive.org/web/20200102030405/lamps.test/oil.html",
        "https://web.archive.org/web/2020/http%3A//lamps.test/oil.html",
        "https://web.archive.org/web/2020/http:/lamps.test/oil.html",
        "https://web.archive.org/web/2020/http://lamps.test:80/oil.html",
        f"https://archive.example/collection/20200102030405/{PAGE}",
        f"https://archive.today/2020.01.02-030405/{PAGE}",
        f"https://archive.ph/20200102030405/{PAGE}",
        f"https://archive.ph/o/a1B2c/{PAGE}",
    ],
)
def test_the_page_of_a_snapshot_is_told(url: str) -> None:
    assert archived.of(url) == PAGE


@pytest.mark.parametrize(
    "url",
    [
        f"https://web.archive.org/web/2020*/{PAGE}",  # the list of all copies
        f"https://web.archive.org/web/*/{PAGE}",
        f"https://web.archive.org/save/{PAGE}",
        f"https://web.archive.org/web/2020/https://web.archive.org/web/2019/{PAGE}",
        "https://web.archive.org/_static/js/lamp.js",
        "https://web.archive.org/web/2020/http://[lamps/",
        f"https://lamps.test/news/{PAGE}",
        f"https://lamps.test/?to={PAGE}",
    ],
)
def test_other_urls_are_no_snapshots(url: str) -> None:
    assert archived.of(url) == ""


@pytest.mark.parametrize(
    ("folder", "is_root"),
    [
        ("web.archive.org/web/20200102030405/http:/lamps.test", True),
        ("web/2020im_/https:/lamps.test", True),
        ("web/2020/http:/lamps.test/oil", False),
        ("http:/lamps.test", False),
        ("2020", False),
    ],
)
def test_the_root_of_a_host_below_a_snapshot_is_told(folder: str, is_root: bool) -> None:
    assert archived.is_root(folder) is is_root
