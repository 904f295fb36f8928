"""Whose rules of a robots.txt hold for us, however many there are for others."""

from __future__ import annotations

import pytest

from checker.fetch.robots import Robots


@pytest.mark.parametrize(
    ("agent", "ours"),
    [
        ("mirrorcheck", True),
        ("MirrorCheck", True),
        ("mirror*", True),
        ("*", True),
        ("mirrorcheck # that is us", True),
        ("mirrorcheck/0.5", True),  # a version does not count
        ("MirrorCheck/9.9 # that is us", True),
        ("another/0.5", False),
        ("/0.5", False),
        ("another", False),
        ("check", False),
        ("mirrorchecker", False),
    ],
)
@pytest.mark.parametrize("word", ["User-agent:", "user-agent :", "User agent", "USERAGENT:"])
def test_a_group_is_ours_by_its_name(word: str, agent: str, ours: bool) -> None:
    rules = Robots(f"{word} {agent}\nDisallow: /a\nCrawl-delay: 2\n")

    assert rules.allows("http://a.test/b")
    assert rules.allows("http://a.test/a") is not ours
    assert rules.delay == (2.0 if ours else None)


def test_the_group_that_names_us_takes_the_place_of_the_one_for_all() -> None:
    rules = Robots("User-agent: *\nDisallow: /\n\nUser-agent: x\nUser-agent: mirrorcheck\nDisallow: /a\n")

    assert rules.allows("http://a.test/b")
    assert not rules.allows("http://a.test/a")


def test_rules_for_tens_of_thousands_of_others_are_one_set_of_rules() -> None:
    """Each for itself, they would be hundreds of millions."""
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    rules = Robots(f"{agents}{agents[:100_000]}{''.join(f'Disallow: /{n}' + chr(10) for n in range(10_000))}")

    assert rules.allows("http://a.test/1")
    assert len(rules._rules._user_agents) == 1


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "1e999", "soon", ""])
def test_a_delay_that_is_none(delay: str) -> None:
    assert Robots(f"User-agent: *\nCrawl-delay: {delay}\n").delay is None


@pytest.mark.parametrize(
    ("agent", "obeyed"),
    [
        ("ExampleBot/1.0", "ExampleBot"),
        ("examplebot", "ExampleBot"),
        ("Mozilla/5.0 (compatible; ExampleBot/2.1; +https://example.org/bot)", "ExampleBot"),
        ("", "mirrorcheck"),
        ("/1.0", "mirrorcheck"),
    ],
)
def test_the_name_that_is_sent_is_the_name_that_obeys(agent: str, obeyed: str) -> None:
    groups = {name: f"User-agent: {name}\nDisallow: /{name}\n" for name in ("ExampleBot", "mirrorcheck", "mozilla")}
    rules = Robots("\n".join(groups.values()), agent)

    assert [name for name in groups if not rules.allows(f"http://a.test/{name}")] == [obeyed]
