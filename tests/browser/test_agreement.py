"""The sweep and headless Chromium, scripts off, read the same from pages that are hard to read."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.browser import Compared, Seen, Swept, compare, differences, html_pages

PAGES = Path(__file__).with_name("pages")
EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"

# Where Chromium departs from the standard that the sweep follows; one that no longer does is as welcome.
DEVIATIONS = {
    # https://html.spec.whatwg.org/multipage/semantics.html#set-the-frozen-base-url: a base that fails is no base
    "base-invalid.html": {
        "base: browser 'about:blank', sweep 'http://mirror.test/base-invalid.html'",
        "only the browser: '(invalid) x' of a href",
        "only the sweep: 'http://mirror.test/x' of 'x'",
    },
    # https://url.spec.whatwg.org/#file-host-state and #windows-drive-letter, on every platform
    "file-hosts-and-drives.html": {
        "only the browser: 'file:///' of a href",
        "only the browser: 'file://localhost/x' of a href",
        "only the sweep: 'file:///C:/' of 'file:///C|/x/../..'",
        "only the sweep: 'file:///x' of 'file://localhost/x'",
    },
    # https://url.spec.whatwg.org/#query-state: UTF-8 where a URL is not special, or a web socket's
    "query-of-an-opaque-url.html": {
        "only the browser: 'foo://example.com/?%D0%C5' of a href",
        "only the browser: 'ws://example.com/?%D0%C5' of a href",
        "only the sweep: 'foo://example.com/?%E4%BF%A1' of 'foo://example.com/?信'",
        "only the sweep: 'ws://example.com/?%E4%BF%A1' of 'ws://example.com/?信'",
    },
    # https://url.spec.whatwg.org/#forbidden-host-code-point has the space
    "space-in-a-host.html": {
        "only the browser: 'http://a%20b.example/' of a href",
        "only the sweep: '(invalid) http://a b.example/' of 'http://a b.example/'",
    },
    # https://url.spec.whatwg.org/#path-percent-encode-set has no vertical bar
    "vertical-bar-in-a-path.html": {
        "only the browser: 'http://mirror.test/a%7Cb?c|d#e|f' of a href",
        "only the sweep: 'http://mirror.test/a|b?c|d#e|f' of 'a|b?c|d#e|f'",
    },
}


@pytest.fixture(scope="module")
def compared() -> dict[str, Compared]:
    async def read(folder: Path) -> list[Compared]:
        return [each async for each in compare(folder, html_pages(folder))]

    return {each.page: each for folder in (PAGES, EXAMPLE) for each in asyncio.run(read(folder))}


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("page", [*html_pages(PAGES), *html_pages(EXAMPLE)])
def test_the_browser_and_the_sweep_agree(compared: dict[str, Compared], page: str) -> None:
    assert set(compared[page].differences) - DEVIATIONS.get(page, set()) == set()


def test_every_deviation_is_a_page() -> None:
    assert DEVIATIONS.keys() <= set(html_pages(PAGES))


@pytest.mark.needs("chromium")
def test_every_embedding_element_is_collected_from_the_browser(compared: dict[str, Compared]) -> None:
    seen = compared["every-embedding-element.html"].seen.references

    numbers = {int(url.rpartition("/")[2].partition(".")[0]) for url in seen}
    assert numbers == set(range(1, 25)) - {7, 8, 11, 12}  # these are srcset's


@pytest.mark.needs("chromium")
def test_identifiers_are_collected_from_the_browser(compared: dict[str, Compared]) -> None:
    assert compared["anchors-with-names.html"].seen.ids == {"one", "two", "three", "four", "Nine", " ten ", "twelve"}


@pytest.mark.needs("chromium")
def test_no_script_of_a_page_runs(compared: dict[str, Compared]) -> None:
    assert compared["scripts-do-not-run.html"].seen.ids == {"p"}


@pytest.mark.needs("chromium")
def test_no_page_is_left_for_another(compared: dict[str, Compared]) -> None:
    assert compared["meta-refresh.html"].seen.ids == {"x"}


SEEN = Seen("http://a.test/", {"http://a.test/x": "a href"}, frozenset({"i"}), frozenset({"y.png"}))
SWEPT = Swept("http://a.test/", {"http://a.test/x": "x"}, frozenset({"i"}))


@pytest.mark.parametrize(
    ("swept", "expected"),
    [
        pytest.param(SWEPT, [], id="agreement"),
        pytest.param(
            SWEPT._replace(base="http://b.test/"), ["base: browser 'http://a.test/', sweep 'http://b.test/'"], id="base"
        ),
        pytest.param(
            SWEPT._replace(references={}), ["only the browser: 'http://a.test/x' of a href"], id="reference missed"
        ),
        pytest.param(
            SWEPT._replace(references=SWEPT.references | {"http://a.test/n": "n"}),
            ["only the sweep: 'http://a.test/n' of 'n'"],
            id="reference invented",
        ),
        pytest.param(
            SWEPT._replace(references=SWEPT.references | {"http://a.test/y.png": "y.png"}), [], id="of a srcset"
        ),
        pytest.param(
            SWEPT._replace(references=SWEPT.references | {"http://a.test/y": "y"}),
            ["only the sweep: 'http://a.test/y' of 'y'"],
            id="part of what a srcset names",
        ),
        pytest.param(SWEPT._replace(ids=frozenset()), ["only the browser: id 'i'"], id="id missed"),
        pytest.param(SWEPT._replace(ids=frozenset("ij")), ["only the sweep: id 'j'"], id="id invented"),
    ],
)
def test_a_difference_is_told(swept: Swept, expected: list[str]) -> None:
    assert differences(SEEN, swept) == expected
