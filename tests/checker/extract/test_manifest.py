"""What a web app manifest names."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import Options
from checker.extract.manifest import extract, places, strings

CASES = [
    ("icons", {"icons": [{"src": "a.png"}, {"src": "b.png"}]}, [("icon", "a.png"), ("icon", "b.png")]),
    ("screenshots", {"screenshots": [{"src": "a.png", "label": "no"}]}, [("image", "a.png")]),
    ("start_url", {"start_url": "./?a"}, [("link", "./?a")]),
    (
        "shortcuts",
        {"shortcuts": [{"name": "no", "url": "a", "icons": [{"src": "b.png"}]}]},
        [("link", "a"), ("icon", "b.png")],
    ),
    ("related_applications", {"related_applications": [{"url": "https://x.test/"}]}, [("link", "https://x.test/")]),
    ("share_target", {"share_target": {"action": "a"}}, [("form", "a")]),
    ("file_handlers", {"file_handlers": [{"action": "a", "icons": [{"src": "b"}]}]}, [("link", "a"), ("icon", "b")]),
    ("scope and id: none", {"scope": "/", "id": "/", "name": "https://no.test/"}, []),
    ("the same keys elsewhere: none", {"other": {"start_url": "no", "icons": [{"src": "no"}]}, "src": "no"}, []),
]


@pytest.mark.parametrize(("manifest", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_finds(manifest: dict[str, object], expected: list[tuple[str, str]]) -> None:
    found = extract(json.dumps(manifest), Options())

    assert sorted((role, raw) for role, raws in found.references.items() for raw in raws) == sorted(expected)
    assert found.count == len(expected)


def test_escapes_are_decoded_and_a_span_is_the_string_as_written() -> None:
    text = r'{"start_url": "\u8336\/a"}'

    (place,) = places(text, Options())
    assert place.raw == "茶/a"
    assert text[place.start : place.end] == r"\u8336\/a"


def test_what_stands_before_and_behind_an_error_is_found() -> None:
    text = '{"start_url": "a", "icons": [{"src": "b",}, oops, {"src": "c"'

    assert [place.raw for place in places(text, Options())] == ["a", "b", "c"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, 2]))
def test_every_string_is_found_under_its_keys(value: object, indent: int | None) -> None:
    assert [(path, text) for path, text, _, _ in strings(json.dumps(value, indent=indent))] == list(walk(value, 0, ()))


def walk(value: object, depth: int, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    """The strings of a value, down to the depth at which keys stop to matter."""
    match value:
        case str():
            return [(path, value)] if depth <= 8 else []
        case list():
            return [found for item in value for found in walk(item, depth + 1, path)]
        case dict():
            return [found for key, item in value.items() for found in walk(item, depth + 1, (*path, key))]
    return []
