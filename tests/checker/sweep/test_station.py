"""What a worker of a cluster must see of the mirror."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from checker.sources.folder import Folder
from checker.sweep.station import Packed, RefusedError, Sample, Terms, compared, refuse, sampled
from checker.verify.fixity.digests import Files

FILES = {f"{number}.md": f"page {number}" for number in range(40)}


@pytest.fixture
def here(write: Callable[..., Path]) -> Folder:
    return Folder(write(FILES))


def terms(here: Folder) -> Terms:
    return Terms("run", "/", ("mirror",), sampled([here]))


def seen(here: Folder, there: Mapping[str, str], write: Callable[..., Path]) -> list[tuple[Sample, bytes]]:
    """What a worker sees that has other files at the place of the mirror."""
    return compared(Files(Folder(write({"0": "", **there}, "there"))), sampled([here]))


def test_a_sample_is_small_and_of_the_whole_mirror(here: Folder) -> None:
    names = [sample.name for sample in sampled([here])]

    assert len(names) == 16
    assert names == sorted(names)
    assert names[0] == "0.md"
    assert names[-1] > "35.md"


def test_who_sees_the_mirror_or_nearly_so_is_welcome(here: Folder, write: Callable[..., Path]) -> None:
    refuse(terms(here), seen(here, FILES, write))
    refuse(terms(here), seen(here, FILES | {"0.md": "changed meanwhile"}, write))


def test_a_file_that_nobody_can_read_does_not_count(here: Folder) -> None:
    sample = [(each._replace(digest=b""), b"") for each in sampled([here])]

    refuse(terms(here), sample)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({}, "does not see mirror, which"),
        ({name: text + "." for name, text in FILES.items()}, "another state of mirror: 0.md, for one"),
        (dict(list(FILES.items())[:9]), "another state of mirror: 10.md, for one"),
    ],
    ids=["nothing", "other bytes", "a part"],
)
def test_who_sees_something_else_is_refused(
    there: dict[str, str], said: str, here: Folder, write: Callable[..., Path]
) -> None:
    with pytest.raises(RefusedError, match=said):
        refuse(terms(here), seen(here, there, write))


def test_who_reads_nothing_is_refused(here: Folder) -> None:
    with pytest.raises(RefusedError, match="ends before it reads a page"):
        refuse(terms(here), [])


def test_what_is_packed_is_unpacked_by_who_gets_it() -> None:
    assert pickle.loads(pickle.dumps((1, Packed(pickle.dumps({"a": 2}))))) == (1, {"a": 2})  # noqa: S301
