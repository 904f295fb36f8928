"""What plain text, reStructuredText, AsciiDoc and notebooks refer to, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.extract import Options, extractor
from checker.extract.suppress import suppressions
from checker.model import Kind, Role

RST = """\
Title
=====

See `the guide <guide.rst>`_, `a page
<https://example.org/a>`__ and `Python`_, `anchor <#here>`_, ``http://code.test/``, https://bare.test/x.

.. _Python: https://example.org/python
.. _here:
.. _alias: Python_
__ other.rst
.. image:: img/a.png
   :alt: a
   :target: linked.rst
.. |logo| image:: img/logo.png
.. include:: parts/b.txt

.. note::

   In a note, `c <c.rst>`_. Built: `api <api/index.html>`_.

.. code-block:: rst

   `no <no-1.rst>`_ http://no-2.test/

An example::

   http://no-3.test/

.. a comment with `no <no-4.rst>`_
   that goes on http://no-5.test/

:download:`file <data/d.csv>`
"""
ADOC = """\
= Title
:imagesdir: img

link:guide.adoc[guide] and https://example.org/a[text], xref:b.adoc#part[b], xref:own[own], <<c.adoc#x,c>>, <<own>>.
image::a.png[A] image:icon.svg[] include::parts/p.adoc[] include::partial$q.adoc[] image::https://cdn.test/i.png[]
link:{base}/t.adoc[t] link:built.html[built] https://bare.test/x.

// link:no-1.adoc[x] http://no-1.test/
----
link:no-2.adoc[x] http://no-2.test/
----
////
link:no-3.adoc[x]
////

 $ cat link:no-4.adoc[x] http://no-4.test/
   link:no-5.adoc[x]

 * link:item.adoc[an indented item]

----

 indented in code
----
xref:module:page.adoc[antora] link:last.adoc[]
video::no-6[youtube] video::no-7[vimeo,width=9] video::no-8[width=9,poster=wistia] video::a.mp4[poster=youtube.png]
"""
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": ["# [no](no.md)\n", "print('http://no.test/')"],
            "outputs": [{"text": ["http://no.test/"]}],
        },
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": [
                '# É "quoted"\n',
                "\n",
                "[a](a.md) ![i](img/i.png)\n",
                "![x](attachment:x.png) [h](#Heading)\n",
                "https://example.org/a\n",
            ],
        },
        {"cell_type": "raw", "source": "[no](no-2.md)"},
        {
            "cell_type": "markdown",
            "source": "$[f](no-3)$ \\\\([g](no-4)\\\\)\n\\\\[[h](no-5)\\\\]\n\\begin{align*}\n[i](no-6)\n\\end{align*}\n",
        },
        {"cell_type": "markdown", "source": "😀 [b](b.ipynb)"},
    ],
    "metadata": {"cell_type": "markdown"},
    "nbformat": 4,
}

CASES = {
    "text": (Kind.TEXT, "a https://example.org/a, (see http://b.test/x_(y)) \"https://c.test/q?a=b&c=d\" ftp://d.test/ xhttp://e.test/\nhttps://", {
        ("bare", "https://example.org/a"), ("bare", "http://b.test/x_(y)"), ("bare", "https://c.test/q?a=b&c=d"),
    }),
    "rst": (Kind.RST, RST, {
        ("link", "guide.rst"), ("link", "https://example.org/a"), ("bare", "https://bare.test/x"), ("link", "https://example.org/python"),
        ("link", "other.rst"), ("image", "img/a.png"), ("link", "linked.rst"), ("image", "img/logo.png"), ("link", "parts/b.txt"),
        ("link", "c.rst"), ("link", "data/d.csv"),
    }),
    "asciidoc": (Kind.ASCIIDOC, ADOC, {
        ("link", "guide.adoc"), ("bare", "https://example.org/a"), ("link", "b.adoc#part"), ("link", "c.adoc#x"), ("image", "img/a.png"),
        ("image", "img/icon.svg"), ("link", "parts/p.adoc"), ("image", "https://cdn.test/i.png"), ("bare", "https://bare.test/x"),
        ("link", "last.adoc"), ("link", "item.adoc"),
    }),
    "notebook": (Kind.NOTEBOOK, json.dumps(NOTEBOOK, indent=1), {
        ("link", "a.md"), ("image", "img/i.png"), ("bare", "https://example.org/a"), ("link", "b.ipynb"),
    }),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "expected"), CASES.values(), ids=CASES)
def test_what_a_page_refers_to(kind: Kind, text: str, expected: set[tuple[str, str]]) -> None:
    found = extractor(kind).extract(text, Options())

    assert {(str(role), raw) for role, raws in found.references.items() for raw in raws} == expected


@pytest.mark.parametrize(("kind", "text", "expected"), CASES.values(), ids=CASES)
def test_a_place_is_where_the_reference_is_written(kind: Kind, text: str, expected: set[tuple[str, str]]) -> None:
    places = list(extractor(kind).places(text, Options()))

    assert len(places) >= len(expected)
    for place in places:
        written = text[place.start : place.end]
        assert "".join(written.split()) == place.raw or f"img/{written}" == place.raw


@pytest.mark.parametrize(("kind", "text", "expected"), CASES.values(), ids=CASES)
def test_bare_urls_count_unless_they_are_switched_off(kind: Kind, text: str, expected: set[tuple[str, str]]) -> None:
    found = extractor(kind).extract(text, Options(bare=False))

    assert {(str(role), raw) for role, raws in found.references.items() for raw in raws} == {
        each for each in expected if each[0] != "bare"
    }


@pytest.mark.parametrize(("kind", "mark"), [(Kind.RST, ".."), (Kind.ASCIIDOC, "//")])
def test_a_comment_of_the_syntax_silences_the_next_line(kind: Kind, mark: str) -> None:
    text = f"text\n\n{mark} mirrorcheck: ignore local/missing-file -- not written yet\n`x <gone.rst>`_\n"

    (found,) = suppressions(text, kind)
    assert (found.rules, found.line, found.at, found.reason) == (("local/missing-file",), 4, (3, 1), "not written yet")
    assert suppressions(text, Kind.TEXT) == ()


def test_such_pages_are_checked_and_their_faults_are_found_where_they_stand(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {
            "README.rst": "`x <docs/a.adoc>`_ and `y <gone.rst>`_\n",
            "docs/a.adoc": "image::lost.png[]\nlink:../n.ipynb[]\n",
            "n.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": ["[x](nowhere.md)"]}]}, indent=1),
            "notes.txt": "a file:///home/me/x and http://[bad/ \xff",
            "data.txt": b"\x00\x01\x02" * 100,
            "latin.txt": b"caf\xe9 https://example.org/",
        }
    )
    report = run("check", root, "--offline", "--no-history", "--ignore", "mirror", "--format", "json").report

    assert {(f["rule"], f["page"], f["line"], f["reference"]) for f in report["findings"]} == {
        ("local/missing-file", "README.rst", 1, "gone.rst"),
        ("local/missing-file", "docs/a.adoc", 1, "lost.png"),
        ("local/missing-file", "n.ipynb", 6, "nowhere.md"),
    }
    assert report["totals"]["unchecked"] == {"offline": 1}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.TEXT, ["https://example.org/oil", "https://example.org/灯/wick", "https://example.org/gas"]),
        (Kind.RST, ["https://example.org/oil", "https://example.org/灯/wick", "https://example.org/gas"]),
        (
            Kind.ASCIIDOC,
            ["https://example.org/oil)，请给亲友", "https://example.org/灯/wick", "https://example.org/gas。Then"],
        ),
    ],
)
def test_a_url_ends_where_its_reader_sees_it_unless_the_format_makes_a_link_of_it(
    kind: Kind, expected: list[str]
) -> None:
    text = "[灯](https://example.org/oil)，请给亲友\nhttps://example.org/灯/wick, https://example.org/gas。Then\n"

    assert extractor(kind).extract(text, Options()).references == {Role.BARE: set(expected)}
