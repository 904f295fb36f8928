"""`--deep` through the command line: what only decoding shows, remembered, without Pillow, and beside the walk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus import SAMPLES

pytest.importorskip("PIL")

PAGE = '<!doctype html>\n<img src="whole.jpg">\n<img src="damaged.gif">\n<a href="damaged.gif">it</a>\n'
FOUND = [("asset/undecodable", "index.html", 3)]


def damaged() -> bytes:
    """A GIF whose blocks are whole, and whose picture is not."""
    data = bytearray(SAMPLES["still.gif"]())
    at = len(data) * 2 // 5
    data[at : at + len(data) // 20] = bytes(len(data) // 20)
    return bytes(data)


@pytest.fixture
def mirror(write: Callable[..., Path]) -> Path:
    return write({"index.html": PAGE, "whole.jpg": SAMPLES["baseline.jpg"](), "damaged.gif": damaged()})


@pytest.fixture
def found(run: Callable[..., Any]) -> Callable[..., list[tuple[str, str, int]]]:
    """(rule, page, line) of each finding."""

    def findings(command: str, *arguments: str | Path) -> list[tuple[str, str, int]]:
        result = run(command, *arguments, "--offline", "--format", "json")
        assert result.err == ""
        return [(each["rule"], each["page"], each["line"]) for each in result.report["findings"]]

    return findings


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_damage_that_only_decoding_shows_is_found(mirror: Path, found: Callable[..., Any], jobs: str) -> None:
    assert found("check", mirror, "--no-history") == []
    assert found("check", mirror, "--no-history", "--deep", "--jobs", jobs) == FOUND


def test_one_page_and_a_configuration_decode_too(mirror: Path, found: Callable[..., Any]) -> None:
    (mirror / "config.toml").write_text("[assets]\ndeep = true\n")

    assert found("page", mirror / "index.html", "--deep") == FOUND
    assert found("check", "--config", mirror / "config.toml", "--no-history") == FOUND


def test_many_files_are_decoded_in_processes_of_their_own(
    write: Callable[..., Path], found: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from checker.verify import raster

    images = {f"{number}.gif": SAMPLES["still.gif"]() for number in range(400)}
    shown = "".join(f'<img src="{name}">\n' for name in (*images, "damaged.gif"))
    root = write({"index.html": f"<!doctype html>\n{shown}", "damaged.gif": damaged(), **images})
    here: list[bytes] = []
    decode = raster.decode

    def noted(data: bytes) -> Any:
        here.append(data)  # a fork has a list of its own
        return decode(data)

    monkeypatch.setattr(raster, "decode", noted)

    assert found("check", root, "--no-history", "--deep", "--jobs", "2") == [("asset/undecodable", "index.html", 402)]
    assert here == []


def test_what_was_sound_to_the_walk_is_decoded_once_that_is_asked(
    mirror: Path, tmp_path: Path, found: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from checker.sweep import cache
    from checker.verify import asset, raster

    monkeypatch.setattr(cache, "_GRAIN", -(10**12))  # files are taken for old ones
    looked: list[str] = []
    look, decode = asset._examine, raster.decode
    decoded: list[int] = []

    def looking(source: Any, name: str, *rest: Any) -> Any:
        looked.append(Path(name).name)
        return look(source, name, *rest)

    def decoding(data: bytes) -> Any:
        decoded.append(len(data))
        return decode(data)

    monkeypatch.setattr(asset, "_examine", looking)
    monkeypatch.setattr(raster, "decode", decoding)
    history = ("--history", tmp_path / "history.sqlite")

    def seen(*options: str) -> tuple[list[tuple[str, str, int]], list[str], int]:
        looked.clear()
        decoded.clear()
        result = found("check", mirror, *history, *options)
        return result, sorted(looked), len(decoded)

    both = ["damaged.gif", "whole.jpg"]
    assert seen() == ([], both, 0)
    assert seen() == ([], [], 0)
    assert seen("--deep") == (FOUND, both, 2)
    assert seen("--deep") == (FOUND, ["damaged.gif"], 1)
    assert seen() == ([], ["damaged.gif"], 0)
    assert seen("--deep") == (FOUND, ["damaged.gif"], 1)


def test_without_pillow_the_error_names_the_extra(
    mirror: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name == "PIL" or name.startswith("PIL.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PIL", None)
    (mirror / "config.toml").write_text("[assets]\ndeep = true\n")

    for command in (
        ("check", mirror, "--deep", "--offline"),
        ("check", "https://mirror.example/", "--deep"),
        ("page", mirror / "index.html", "--deep", "--offline"),
        ("check", "--config", mirror / "config.toml", "--offline"),
    ):
        result = run(*command)
        assert result.code == 2
        assert result.err == "mirrorcheck: --deep ([assets] deep) needs an extra: pip install 'mirrorcheck[deep]'\n"
        assert result.out == ""
    assert run("check", mirror, "--offline", "--no-history").code == 0
