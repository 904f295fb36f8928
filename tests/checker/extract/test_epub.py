"""What the package of a book names."""

from __future__ import annotations

from checker.extract import Options
from checker.extract.epub import extract, places
from checker.model import Role

PACKAGE = """<?xml version="1.0"?>
<package><metadata><meta name="cover" content="p"/><link rel="record" href="r.xml"/></metadata>
<manifest><item id="a" href="a&amp;b.xhtml"/><opf:item id="p" href="p.png"/><!-- <item href="no"/> --></manifest>
<spine toc="n"><itemref idref="a"/></spine><guide><reference type="toc" href="a.xhtml#toc"/></guide></package>"""
CONTENTS = '<ncx><navMap><navPoint id="n"><navLabel><text>1</text></navLabel><content src="a.xhtml#b"/></navPoint></navMap></ncx>'


def test_a_package_lists_its_files() -> None:
    found = extract(PACKAGE, Options())

    assert found.references == {Role.LINK: {"r.xml", "a&b.xhtml", "p.png", "a.xhtml#toc"}}
    assert found.count == 4


def test_a_container_names_its_package_from_the_root_of_the_book() -> None:
    found = extract('<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>', Options())

    assert (found.references, found.base) == ({Role.LINK: {"OPS/a.opf"}}, "../")


def test_an_overlay_names_text_and_speech() -> None:
    found = extract('<smil><body><par><text src="a.xhtml#b"/><audio src="c.mp3"/></par></body></smil>', Options())

    assert (found.references, found.base) == ({Role.LINK: {"a.xhtml#b", "c.mp3"}}, None)


def test_a_table_of_contents_names_the_beginnings_of_chapters() -> None:
    (place,) = places(CONTENTS, Options())

    assert (place.role, place.raw) == (Role.LINK, "a.xhtml#b")
    assert CONTENTS[place.start : place.end] == place.raw
