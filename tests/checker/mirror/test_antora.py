"""Antora: what pages take in, and components of which other repositories hold a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from told import verdicts

DESCRIPTOR = "name: mill\nversion: '1'\nnav: [modules/ROOT/nav.adoc]\n"


def write_site(write: Callable[..., Path], files: dict[str, str]) -> Path:
    return write({"antora.yml": DESCRIPTOR, **{f"modules/{name}": text for name, text in files.items()}})


def test_a_page_has_the_ids_of_what_it_takes_in_and_no_others(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    files = {
        "ROOT/nav.adoc": "* xref:wheel.adoc[]\n",
        "ROOT/pages/wheel.adoc": "= Wheel\n\ninclude::stones:partial$oak.adoc[leveloffset=+1]\n\n== Axle\n",
        "ROOT/pages/parts.adoc": "= Parts\n\ninclude::stones:partial$oak.adoc[tag=one]\n",
        "ROOT/pages/index.adoc": "\n\n".join(
            f"xref:{target}[x]" for target in ("wheel.adoc#oak", "wheel.adoc#_axle", "wheel.adoc#elm", "parts.adoc#elm")
        ),
        "stones/partials/oak.adoc": "[#oak]\n== Oak\n",
    }

    said = verdicts(run, write_site(write, files))

    assert [reference for reference, verdict in said.items() if verdict == "broken"] == ["xref:wheel.adoc#elm"]


def test_a_module_of_which_pages_name_much_that_is_not_here_is_one_of_several_repositories(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    others = "\n\n".join(f"xref:stones:page{number}.adoc[x]" for number in range(8))
    files = {
        "ROOT/nav.adoc": "include::wind:partial$nav.adoc[]\n\n* xref:index.adoc[]\n",
        "ROOT/pages/index.adoc": f"= Mill\n\n{others}\n\nxref:gone.adoc[x]\n\ninclude::partial$gone.adoc[]\n",
        "stones/pages/here.adoc": "= Here\n",
    }

    def broken(files: dict[str, str]) -> list[str]:
        said = verdicts(run, write_site(write, files))
        return [reference for reference, verdict in said.items() if verdict == "broken"]

    assert broken(files) == ["xref:gone.adoc"]
    assert len(broken({**files, "ROOT/nav.adoc": "* xref:index.adoc[]\n"})) == 10


def test_files_outside_the_families_are_published_nowhere(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        "ROOT/nav.adoc": "* xref:index.adoc[]\n",
        "ROOT/pages/index.adoc": "= Mill\n",
        "ROOT/sheets/mill.html": '<link rel="stylesheet" href="/home/miller/sheet.css">\n',
    }

    assert "/home/miller/sheet.css" not in verdicts(run, write_site(write, files))


def test_what_an_extension_collects_of_a_build_is_unchecked(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    page = "include::partial$made.adoc[]\n\nxref:api/java/index.html[x]\n\nxref:gone.adoc[x]\n\nvideo::a1b2[youtube]\n"
    files = {"modules/ROOT/pages/index.adoc": f"= Mill\n\n{page}"}
    where = "code/mill/plugins/stones/src/docs/antora"  # far below, as builds have it
    collects = "name: mill\nversion: true\next:\n  collector:\n  - scan: build\n"

    def said(descriptor: str) -> dict[str, str]:
        root = write({f"{where}/antora.yml": descriptor} | {f"{where}/{name}": text for name, text in files.items()})
        return verdicts(run, root)

    assert said("name: mill\n") == {
        "include:partial$made.adoc": "broken",
        "xref:api/java/index.html": "broken",
        "xref:gone.adoc": "broken",
    }
    assert said(collects) == {
        "include:partial$made.adoc": "unchecked",
        "xref:api/java/index.html": "unchecked",
        "xref:gone.adoc": "broken",
    }
