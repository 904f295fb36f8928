"""A file that is not there: what it was meant to be, told from what merely looks like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mirror.address import Mount
from checker.mirror.layouts import LAYOUTS
from checker.model import Grade
from checker.sources.folder import Folder
from checker.verify import local
from checker.verify.local import Examiner, Miss

FILES: dict[str, str | bytes] = dict.fromkeys(
    [
        "README.md",
        "a b.html",
        "a%20c.html",
        "bare/page.html",
        "clean.html",
        "guide/Index.html",
        "guide/install.html",
        "guide/installed.html",
        "img/logo.svg",
        "notes.md",
        "one/only-here.png",
        "one/twice.png",
        "two/twice.png",
        "caf\u00e9.html",
        "nfd-e\u0301.html",
        "Straße/页.html",
        "美国.md",
        "\udcd5\udcc2.html",
        "\udcd0\udcc2/\udcd5\udcc2.html",
        "fa\udce7ade.html",
        "one/╡╞.html",
        "\udce6\udca3%8B.html",
        "one/%E6%A3%8B.html",
        "one/Help:Contents.html",
        "one/Plan:Lamp/oil.html",
        "lamp%20oil.html",
        "\udce6\udca3%8B/c%20d.html",
        "one/shop.example.com/index.html",
    ],
    "",
)

NEAR = ("lamp-extra.css", "oil-lamp-old.jpg", "installation.md")

Examine = Callable[..., Miss]


@pytest.fixture
def examine(write: Callable[..., Path]) -> Examine:
    """Examine one path of the mirror, under a layout."""
    root = write(FILES)

    def of(path: str, layout: str = "plain") -> Miss:
        return Examiner(Mount("", Folder(root), LAYOUTS[layout])).examine(path)

    return of


@pytest.mark.parametrize(
    ("path", "rule", "nearest"),
    [
        # in another case
        ("readme.md", "local/wrong-case", "README.md"),
        ("Guide/install.html", "local/wrong-case", "guide/install.html"),
        ("IMG/LOGO.SVG", "local/wrong-case", "img/logo.svg"),
        ("Img/", "local/wrong-case", "img/"),
        ("STRASSE/页.html", "local/wrong-case", "Straße/页.html"),
        ("CAFE\u0301.html", "local/wrong-case", "caf\u00e9.html"),
        ("Clean", "local/wrong-case", "clean.html"),
        ("guide/index.html", "local/wrong-case", "guide/Index.html"),
        # in another Unicode form
        ("cafe\u0301.html", "local/wrong-normalisation", "caf\u00e9.html"),
        ("nfd-\u00e9.html", "local/wrong-normalisation", "nfd-e\u0301.html"),
        ("cafe\u0301", "local/wrong-normalisation", "caf\u00e9.html"),
        # a folder that answers nothing
        ("bare", "local/missing-index", None),
        ("bare/", "local/missing-index", None),
        ("", "local/missing-index", None),
        # encoded twice
        ("a%20b.html", "url/double-encoded", "a b.html"),
        ("%E7%BE%8E国.md", "url/double-encoded", "美国.md"),
        ("%67uide/install.html", "url/double-encoded", "guide/install.html"),
        # written as in a form, or without what the name ends with
        ("a+b.html", "local/missing-file", "a b.html"),
        ("notes", "local/missing-file", "notes.md"),
        ("clean", "local/missing-file", "clean.html"),
        ("clean/", "local/missing-file", "clean.html"),
        # nearly the name
        ("guide/instal.html", "local/missing-file", "guide/install.html"),
        ("guide/isntall.html", "local/missing-file", "guide/install.html"),
        ("img/logo.png", "local/missing-file", None),
        ("notess.md", "local/missing-file", "notes.md"),
        # the name in another folder
        ("only-here.png", "local/missing-file", "one/only-here.png"),
        ("three/only-here.png", "local/missing-file", "one/only-here.png"),
        ("three/twice.png", "local/missing-file", None),
        # a name that a tool made of another encoding, or percent-encoded, in part or whole
        ("章.html", "local/missing-file", "\udcd5\udcc2.html"),
        ("新/章.html", "local/missing-file", "\udcd0\udcc2/\udcd5\udcc2.html"),
        ("façade.html", "local/missing-file", "fa\udce7ade.html"),
        ("one/灯.html", "local/missing-file", "one/╡╞.html"),
        ("棋.html", "local/missing-file", "\udce6\udca3%8B.html"),
        ("one/棋.html", "local/missing-file", "one/%E6%A3%8B.html"),
        ("lamp oil.html", "local/missing-file", "lamp%20oil.html"),
        ("棋/c d.html", "local/missing-file", "\udce6\udca3%8B/c%20d.html"),
        # a name whose beginning browsers take for a scheme
        ("one/Help:Contents.html", "local/missing-file", "one/Help:Contents.html"),
        ("one/Plan:Lamp/oil.html", "local/missing-file", "one/Plan:Lamp/oil.html"),
        # nothing of the kind
        ("guide/entirely-else.html", "local/missing-file", None),
        ("no/such/folder/", "local/missing-file", None),
        ("a%20b%20c.html", "local/missing-file", None),
        ("\udcd6\udcd0.html", "local/missing-file", None),
        ("x" * 5000, "local/missing-file", None),
    ],
)
def test_a_miss_is_named_by_what_comes_nearest(path: str, rule: str, nearest: str | None, examine: Examine) -> None:
    miss = examine(path)

    assert (miss.rule, miss.nearest) == (rule, nearest)
    assert miss.message


def test_a_name_that_only_a_mirroring_tool_made_is_suggested(write: Callable[..., Path]) -> None:
    index = Folder(write({"about.html": "", "n" * 236: ""}))
    examiner = Examiner(Mount("", index, LAYOUTS["wget"]))

    message = "exists only as about.html (added extension)"
    assert examiner.examine("about") == Miss("local/missing-file", message, "about.html", grade=Grade.LIKELY)
    assert examiner.examine("n" * 250).nearest == "n" * 236


def test_the_page_without_the_query_is_not_suggested_under_a_longer_name_either(write: Callable[..., Path]) -> None:
    index = Folder(write(dict.fromkeys(["list.php.html", "list.php?id=1.html"], "")))
    examiner = Examiner(Mount("", index, LAYOUTS["wget"]))

    assert examiner.examine("list.php", "id=9").nearest is None
    assert Examiner(Mount("", index, LAYOUTS["plain"])).examine("list.php").nearest == "list.php.html"


def test_a_port_of_a_host_s_folder_is_no_scheme(write: Callable[..., Path]) -> None:
    index = Folder(write(dict.fromkeys(["a.test:80/list.php", "a.test:80/list.php?id=1"], "")))
    examiner = Examiner(Mount("", index, LAYOUTS["wget"]._replace(converted=True)))

    assert examiner.examine("a.test:80/list.php", "id=1").nearest == "a.test:80/list.php?id=1"


def test_an_index_that_has_the_query_in_its_name_is_suggested(write: Callable[..., Path]) -> None:
    index = Folder(write(dict.fromkeys(["a.html", "d/index.html?id=1"], "")))
    examiner = Examiner(Mount("", index, LAYOUTS["wget"]._replace(converted=True)))

    assert examiner.examine("d/", "id=1").nearest == "d/index.html?id=1"
    assert examiner.examine("d/", "id=2").rule == "local/missing-index"


@pytest.mark.parametrize(("path", "page"), [("list.php", "list.php"), ("d/", "d/index.html")])
def test_a_query_that_was_not_copied_has_no_other_page_for_a_mend(
    path: str, page: str, write: Callable[..., Path]
) -> None:
    index = Folder(write(dict.fromkeys(["list.php", "list.php?id=1", "d/index.html", "d/index.html?id=1"], "")))
    layout = LAYOUTS["wget"]._replace(asked=frozenset({"d/index.html"}))

    assert Examiner(Mount("", index, layout)).examine(path, "id=2") == Miss(
        "local/missing-file", f"{path}?id=2 was not copied, and {page} is another page"
    )


@pytest.mark.parametrize(
    ("path", "rule", "nearest"),
    [
        ("latest/Page.html", "local/wrong-case", "v1/page.html"),
        ("latest/pagee.html", "local/missing-file", "v1/page.html"),
        ("latest/bare/", "local/missing-index", None),
        ("latest", "local/missing-index", None),
        ("latest/again/again/Page.html", "local/wrong-case", "v1/page.html"),
    ],
)
def test_a_miss_behind_a_symbolic_link_is_examined_where_it_leads(
    path: str, rule: str, nearest: str | None, write: Callable[..., Path]
) -> None:
    root = write({"v1/page.html": "", "v1/bare/other.txt": ""})
    (root / "latest").symlink_to("v1")
    (root / "v1" / "again").symlink_to(".")

    miss = Examiner(Mount("", Folder(root), LAYOUTS["plain"])).examine(path)

    assert (miss.rule, miss.nearest) == (rule, nearest)


def test_a_symbolic_link_that_leads_out_is_named_as_the_reason(write: Callable[..., Path]) -> None:
    root = write({"index.html": ""})
    (root / "out.html").symlink_to("../elsewhere.html")
    (root / "gone.html").symlink_to("nowhere.html")
    examiner = Examiner(Mount("", Folder(root), LAYOUTS["plain"]))

    assert examiner.examine("out.html") == Miss(
        "local/missing-file", "out.html is not part of the mirror: the symbolic link leaves the mirror"
    )
    assert "dangles" in examiner.examine("gone.html").message


def test_the_words_say_what_differs(examine: Examine) -> None:
    assert examine("readme.md").message == "exists only as README.md"
    assert "(NFC)" in examine("cafe\u0301.html").message
    assert "(NFD)" in examine("nfd-\u00e9.html").message
    assert examine("").message == "the folder ./ has no index"
    assert examine("a+b.html").message.endswith("with spaces for `+`")


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("www.site.example/page", "www.site.example"),
        ("guide/www.site.example", "www.site.example"),
        ("guide/video.example.com/list", "video.example.com"),
        ("one/none/example.org", ""),  # where it stands, it is no host
        ("guide/example.co.uk/x", "example.co.uk"),
        ("guide/setup.io", ""),
        ("guide/main.js/x", ""),
        ("one/shop.example.com/gone.html", ""),  # a folder of the mirror
        ("guide/www.html", ""),
    ],
)
def test_a_host_without_its_scheme_is_told_as_such(path: str, host: str, examine: Examine) -> None:
    miss = examine(path)

    assert miss.host == host
    assert ("scheme" in miss.message) == bool(host)


def test_names_are_tried_as_long_as_that_takes_seconds(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_COMPARED", 5)
    root = write(dict.fromkeys(["many/first.html", "many/second.html", "many/third.html", "few/only.html"], ""))
    examiner = Examiner(Mount("", Folder(root), LAYOUTS["plain"]))

    assert examiner.examine("many/frist.html").nearest == "many/first.html"
    assert examiner.examine("many/secnod.html").nearest is None
    assert examiner.examine("few/onyl.html").nearest == "few/only.html"


@pytest.mark.parametrize(
    ("missing", "nearest"),
    [
        ("lamp-extra.js", None),
        ("lamp-extras.css", "lamp-extra.css"),
        ("oil-lamp-old.png", "oil-lamp-old.jpg"),
        ("oil-lamp-old.mp4", None),
        ("installation.html", "installation.md"),
        ("installation.htm", "installation.md"),
        ("user/733.html", None),
        ("user/2020-7.html", None),
        ("user/index.html", None),
        ("user/index-of-lamps.html", "node/index-of-lamps.html"),
        ("user/368770.html", "node/368770.html"),
        ("user/第7回.html", "node/第7回.html"),
    ],
)
def test_what_is_suggested_may_stand_in_for_what_is_missing(
    missing: str, nearest: str | None, write: Callable[..., Path]
) -> None:
    """A picture of another format can be shown in its place, but a style sheet is no script, and a short number in one
    folder is not that in another.
    """
    root = write(
        dict.fromkeys(
            [*NEAR, *(f"node/{name}.html" for name in ("733", "2020-7", "368770", "第7回", "index", "index-of-lamps"))],
            "x",
        )
    )

    assert Examiner(Mount("", Folder(root), LAYOUTS["plain"])).examine(missing).nearest == nearest


def test_only_what_is_there_is_suggested(write: Callable[..., Path]) -> None:
    root = write(FILES)
    examiner = Examiner(Mount("", Folder(root), LAYOUTS["clean"]))
    segments = [*(part for name in FILES for part in name.split("/")), "..", ".", "", "GUIDE", "a+b.html", "%2e"]

    @given(st.lists(st.sampled_from(segments), max_size=3).map("/".join))
    def property_holds(path: str) -> None:
        nearest = examiner.examine(path).nearest

        assert nearest is None or (root / nearest).exists()

    property_holds()
