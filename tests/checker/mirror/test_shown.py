"""Whatever shows a layout leads `init` and `check` to the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.config import file
from checker.mirror.detect import Detected, detect
from checker.mirror.detect.written import write_config
from checker.mirror.layouts import LAYOUTS, Trace
from checker.mirror.opening import open_mirror
from checker.sources.folder import Folder

TRACES = [(layout.name, trace) for layout in LAYOUTS.values() for trace in layout.traces]
HOSTS = [(layout.name, suffix) for layout in LAYOUTS.values() for suffix in layout.hosts]
CONTENTS = {
    ("cloudflare-pages", "wrangler.toml"): 'name = "site"\npages_build_output_dir = "."\n',
    ("vercel-clean", "vercel.json"): '{"cleanUrls" : true}',
    ("gitlab-pages", ".gitlab-ci.yml"): "image: x\npages:\n  script: make\n",
}
COPIES = {  # names that wget and HTTrack give, and the layout that they show
    "p.php?id=1": "wget",
    "p.php@id=1": "wget",
    "p.php%3Fid=1": "wget",
    "old.example/index.html": None,
    "a.html.orig": None,
    "p.php.html": None,
    "b.html.1": None,
}
NAMES = sorted({trace.file for _, trace in TRACES} | COPIES.keys())


def content(layout: str, trace: Trace) -> str:
    """What must stand in the file to show the layout."""
    text = CONTENTS[layout, trace.file] if trace.holds else ""
    assert trace.holds is None or trace.holds.search(text)
    return text


def plant(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"index.html": "<p>x", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def by_init(folder: Path) -> Detected:
    return detect(Folder(folder))


def by_check(folder: Path, *published: str, config: str = "") -> str:
    text = config or f"[mirror]\npublished = {list(published)}\n".replace("'", '"')
    return open_mirror(file.parse(text, "config.toml"), folder).mounts[0].layout.name


@pytest.mark.parametrize(("layout", "trace"), TRACES, ids=lambda value: getattr(value, "file", value))
def test_a_file_of_a_layout_s_row_shows_it(tmp_path: Path, layout: str, trace: Trace) -> None:
    found = by_init(plant(tmp_path, {trace.file: content(layout, trace)}))

    assert [(sign.value, sign.trust) for sign in found.layouts] == [(layout, trace.trust)]
    assert by_check(tmp_path) == (layout if trace.trust else "plain")
    assert by_check(tmp_path, config=write_config(found)) == by_check(tmp_path)


@pytest.mark.parametrize(("layout", "suffix"), HOSTS)
def test_an_address_of_a_layout_s_row_shows_it(tmp_path: Path, layout: str, suffix: str) -> None:
    address = f"https://name{suffix}/"
    found = by_init(plant(tmp_path, {"_config.yml": f"url: {address}"}))

    assert [sign.value for sign in found.layouts] == [layout]
    assert by_check(tmp_path, address) == layout
    assert by_check(tmp_path, config=write_config(found)) == layout


@pytest.mark.parametrize("suffix", [".github.io.example", "github.io"])
def test_a_host_that_only_resembles_one_shows_nothing(tmp_path: Path, suffix: str) -> None:
    assert by_check(plant(tmp_path, {}), f"https://name{suffix}/") == "plain"


@pytest.mark.parametrize("name", ["What is wget%3F.html", "wget%3F why=not.html"])
def test_a_question_mark_in_a_title_is_no_query(tmp_path: Path, name: str) -> None:
    assert by_init(plant(tmp_path, {name: ""})).layouts == ()


@pytest.mark.parametrize(("name", "layout"), COPIES.items())
def test_one_name_that_a_mirroring_tool_gives_proves_nothing_unless_it_holds_a_query(
    tmp_path: Path, name: str, layout: str | None
) -> None:
    found = by_init(plant(tmp_path, {name: ""}))

    assert [sign.value for sign in found.layouts] == ["wget"]
    assert (found.layout and found.layout.value) == layout
    assert by_check(tmp_path) == (layout or "plain")


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["old.example/index.html", "a.html.orig"], "wget"),
        (["backblue.gif", "fade.gif", "old.example/index.html"], "httrack"),
        (["p.php?id=1", "CNAME"], "wget"),
        (["p.php?id=1", "hts-cache/new.txt"], "httrack"),
        (["netlify.toml", "vercel.json", "CNAME"], "netlify"),
        (["_redirects", ".nojekyll"], "netlify"),
        (["vercel.json", ".nojekyll"], "vercel"),
        ([".gitlab-ci.yml", "render.yaml"], "render"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_of_several_signs_the_same_wins(tmp_path: Path, names: list[str], layout: str) -> None:
    found = by_init(plant(tmp_path, dict.fromkeys(names, "")))

    assert found.layout
    assert found.layout.value == by_check(tmp_path) == layout


def every(names: Iterable[str]) -> dict[str, str]:
    texts = {trace.file: content(layout, trace) for layout, trace in TRACES if trace.holds}
    return {name: texts.get(name, "") for name in names}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(NAMES), max_size=5), st.sampled_from(["", *(suffix for _, suffix in HOSTS)]))
def test_whatever_lies_together_leads_both_to_the_same_layout(names: set[str], suffix: str) -> None:
    with TemporaryDirectory() as folder:
        address = f"https://name{suffix}/" if suffix else ""
        root = plant(Path(folder), every(names) | ({"_config.yml": f"url: {address}"} if suffix else {}))
        found = by_init(root)

        assert by_check(root, *([address] if suffix else [])) == (found.layout.value if found.layout else "plain")
