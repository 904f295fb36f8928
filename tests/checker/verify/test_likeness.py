"""A suggestion is like what was written, of the same number and in the same language."""

from __future__ import annotations

import pytest

from checker.verify.likeness import is_another, likest, series


@pytest.mark.parametrize(
    ("name", "names", "best"),
    [
        ("fig-02.png", ["fig-01.png", "fig-03.png"], None),
        ("fig-02.png", ["fig-01.png", "fig-2.png"], "fig-2.png"),
        ("fug-02.png", ["fig-01.png", "fig-02.png", "fug-03.png"], "fig-02.png"),
        ("chapter.html", ["chapter2.html"], None),
        ("chaptre.html", ["chapter.html", "chapter2.html"], "chapter.html"),
        ("v1.2-guid", ["v1.3-guide", "v1.2-guide", "v2.1-guide"], "v1.2-guide"),
        ("guide-fr.md", ["guide-mr.md", "guide-en.md"], None),
        ("guide-fr.md", ["guide-mr.md", "giude-fr.md"], "giude-fr.md"),
        ("guide-langs.md", ["guide-bn.md", "guide-lang.md"], "guide-lang.md"),
        (
            "guides-and-more.pt.html",
            ["guides-and-more.pt_BR.html", "guides-and-more.fr.html"],
            "guides-and-more.pt_BR.html",
        ),
        ("README.zh-CN.md", ["README.en-US.md"], None),
        ("colour-of-it", ["color-of-it", "colour-of-is"], "color-of-it"),
        ("guide-qq.md", ["guide-qx.md"], "guide-qx.md"),  # no languages
        ("appendix-b.html", ["appendix-a.html", "appendix-c.html"], None),
        ("figure2B.png", ["figure2a.png", "figure2b.png"], "figure2b.png"),
        ("figurs-a.png", ["figures-a.png", "figures-b.png"], "figures-a.png"),
        ("a" * 5000, ["a-" * 2500], None),
        ("-" * 5000 + "fr-", ["x"], None),
        ("9" * 5000, ["9" * 4999 + "8"], None),
        ("lamp", [], None),
    ],
)
def test_the_likest_name_has_the_same_numbers_and_language(name: str, names: list[str], best: str | None) -> None:
    assert likest(name, series(names), 0.8) == best


@pytest.mark.parametrize(
    ("path", "other", "another"),
    [
        ("v1.2/lamp.html", "v1.10/lamp.html", True),
        ("docs/fr/lamp.html", "docs/en/lamp.html", True),
        ("2019/05/lamp.html", "2020/05/lamp.html", True),
        ("old/lamp.html", "new/lamp.html", False),
        ("v1.2/lamp.html", "lamp.html", False),
        ("fr/lamp.html", "lamp.html", False),
    ],
)
def test_a_file_of_another_version_or_language_is_another(path: str, other: str, another: bool) -> None:
    assert is_another(path, other) is another
