"""SOCKS proxies: each version asks for what it should, by name or by address, and none is a way around the guard."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, PAGE, says
from lab.certificates import contexts
from lab.dns import Names
from lab.server import Lab
from lab.socks import GENERAL, REFUSED, UNREACHABLE, Socks, Wanted

from checker.config.file import check as check_configuration
from checker.config.schema import Config, RemoteTable, VantageTable
from checker.extract import Options
from checker.fetch.hosts import Hosts
from checker.model import ConfigError
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.known import Answer

LOGIN = "reader:pa:ss"
HERE = "127.0.0.1"


async def ask(urls: list[str], names: Names, proxy: str, **settings: Any) -> list[Answer]:
    defaults = {"interval": 0.0, "soft_404": False, "retries": 0, "second_pass": False}
    config = RemoteTable(proxy=proxy, **{**defaults, **settings})
    async with Frontier(config, Options(), resolver=lambda: names) as frontier:
        for url in urls:
            frontier.add(url, "")
        await frontier.finish()
    return [frontier.verdicts.answers.get(remote_key(url, ""), Answer()) for url in urls]


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    ("scheme", "login", "wanted"),
    [
        ("socks5", LOGIN, Wanted(5, HERE, 0, LOGIN)),
        ("socks5h", LOGIN, Wanted(5, "other.test", 0, LOGIN)),
        ("socks5", "", Wanted(5, HERE, 0, "")),
        ("socks5h", "", Wanted(5, "other.test", 0, "")),
        ("socks4", "reader", Wanted(4, HERE, 0, "reader")),
        ("socks4a", "reader", Wanted(4, "other.test", 0, "reader")),
        ("socks4", "", Wanted(4, HERE, 0, "")),
        ("SOCKS5H", "", Wanted(5, "other.test", 0, "")),
    ],
)
@pytest.mark.parametrize("tls", ["", "wrong-host"])
async def test_a_proxy_is_asked_for_a_name_or_for_an_address(
    scheme: str, login: str, wanted: Wanted, tls: str, tmp_path: Path
) -> None:
    made, authority = contexts(tmp_path)  # the wrong host is this one
    names = Names({"other.test": [[HERE]]})
    table = {"other.test": HERE, HERE: HERE}
    async with Lab({"/page": says(200), "/gone": says(410)}, made) as lab, Socks(table, login) as proxy:
        urls = [lab.url(path, "other.test", tls) for path in ("/page", "/gone")]
        sent = proxy.url(scheme, login.replace(":ss", "%3Ass"))

        answers = await ask(urls, names, sent, allow_private=("other.test",), ca_file=str(authority), per_host=1)

    assert [answer.rule for answer in answers] == ["", "remote/gone"]
    assert set(proxy.log) == {wanted._replace(port=lab.ports[tls])}
    assert len(proxy.log) == len({asked.connection for asked in lab.log}) == 1
    assert names.asked == ({} if "other.test" in wanted else {"other.test": 1})
    assert {asked.headers["host"] for asked in lab.log} == {f"other.test:{lab.ports[tls]}"}


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize("scheme", ["socks4", "socks5"])
async def test_an_address_that_the_proxy_cannot_reach_is_not_the_last(scheme: str) -> None:
    names = Names({"site.test": [["192.0.2.1", HERE]]})
    async with Lab({"/page": says(200)}) as lab, Socks({HERE: HERE}) as proxy:
        (answer,) = await ask([lab.url("/page", "site.test")], names, proxy.url(scheme), allow_private=True)

    if scheme == "socks5":  # version 4 does not say whose fault it is
        assert answer.rule == ""
    assert [wanted.host for wanted in proxy.log][:2] == ["192.0.2.1", HERE]


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    ("scheme", "url", "allowed", "asked"),
    [
        pytest.param("socks5", "http://10.0.0.1/", (), [], id="an-address"),
        pytest.param("socks5h", "http://10.0.0.1/", (), [], id="an-address-by-the-proxy"),
        pytest.param("socks4", "http://127.0.0.1/", (), [], id="an-address-by-version-4"),
        pytest.param("socks4a", "http://[::ffff:10.0.0.1]/", (), [], id="an-address-in-IPv6"),
        pytest.param("socks5", "http://inside.test/", (), [], id="a-name-of-one"),
        pytest.param("socks4", "http://inside.test/", (), [], id="a-name-of-one-by-version-4"),
        pytest.param("socks5", "http://both.test/", (), ["9.9.9.9"], id="a-name-of-one-among-others"),
        pytest.param("socks5h", "http://inside.test/", (), ["inside.test"], id="a-name-that-only-the-proxy-knows"),
        pytest.param("socks5", "http://inside.test/", ("inside.test",), ["10.0.0.1"], id="a-name-that-is-allowed"),
        pytest.param("socks5h", "http://10.0.0.1/", ("10.0.0.0/8",), ["10.0.0.1"], id="a-network-that-is-allowed"),
    ],
)
async def test_a_proxy_is_no_way_around_the_guard(
    scheme: str, url: str, allowed: tuple[str, ...], asked: list[str]
) -> None:
    names = Names({"inside.test": [["10.0.0.1"]], "both.test": [["10.0.0.1", "9.9.9.9"]]})
    async with Socks({}) as proxy:
        (answer,) = await ask([url], names, proxy.url(scheme), allow_private=allowed or False)

    assert answer.rule == ("remote/connection" if asked else "remote/private-address")
    assert {wanted.host for wanted in proxy.log} == set(asked)


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    ("scheme", "login", "reply", "message"),
    [
        ("socks5h", LOGIN, REFUSED, "the connection is refused"),
        ("socks5h", LOGIN, UNREACHABLE, "the host cannot be reached"),
        ("socks5h", LOGIN, GENERAL, "the proxy does not connect: General SOCKS server failure"),
        ("socks4a", LOGIN, GENERAL, "the proxy does not connect: Request rejected or failed"),
        ("socks5h", "reader:wrong", 0, "the proxy does not connect: Username and password authentication failure"),
        ("socks5h", "", 0, "the proxy does not connect: No acceptable authentication methods were offered"),
        ("socks4a", "stranger", 0, "the proxy does not connect: Request rejected or failed"),
    ],
)
async def test_what_a_proxy_says_is_in_the_finding_and_no_login_is(
    scheme: str, login: str, reply: int, message: str
) -> None:
    async with Socks({"site.test": reply}, "reader" if scheme == "socks4a" else LOGIN) as proxy:
        said = login.partition(":")[0] if scheme == "socks4a" else login

        (answer,) = await ask(["http://site.test/"], Names({}), proxy.url(scheme, said))

    assert answer.rule == ("remote/proxy" if "proxy" in message else "remote/connection")
    assert answer.message == message


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_proxy_that_is_not_there_is_said_to_be_the_fault() -> None:
    (answer,) = await ask(["http://site.test/"], Names({}), "socks5h://127.0.0.1:1")

    assert answer.rule == "remote/proxy"
    assert answer.message.startswith("the proxy does not connect: ")


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_certificate_is_told_from_a_proxy(tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    async with Lab({"/": says(200)}, made) as lab, Socks({HERE: HERE}) as proxy:
        url = lab.url("/", tls="expired")

        (answer,) = await ask([url], Names({}), proxy.url("socks5"), ca_file=str(authority), allow_private=(HERE,))

    assert (answer.rule, answer.message) == ("remote/tls", "the certificate has expired")


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_vantage_point_whose_proxy_is_not_there_tells_nothing() -> None:
    async with Lab({}) as lab:
        gone = lab.url("/")
    vantages = (VantageTable(name="from nowhere", proxy="socks5h://127.0.0.1:1"),)

    (answer,) = await ask([gone], Names({}), "", vantage=vantages, allow_private=(HERE,))

    assert (answer.rule, answer.message) == ("remote/connection", "the connection is refused")


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_vantage_point_may_be_a_socks_proxy() -> None:
    async with Lab({"/page": says(200)}) as lab, Socks({"site.test": HERE}) as proxy:
        vantage = VantageTable(name="from Tokyo", proxy=proxy.url("socks5h"))

        (answer,) = await ask([lab.url("/page", "site.test")], Names({}), "", vantage=(vantage,))

    assert answer.rule == "remote/unreachable-here"


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize("scheme", ["socks4a", "socks5h"])
async def test_a_proxy_has_no_more_time_than_its_host(scheme: str) -> None:
    async with Socks({"site.test": None}) as proxy:
        (answer,) = await ask(["http://site.test/"], Names({}), proxy.url(scheme), timeout=0.1)

    assert answer.rule == "remote/timeout"


# --- the configuration


async def check(root: Path, **environment: str) -> tuple[int | None, dict[str, Any], str]:
    """`mirrorcheck check` in a folder: its exit code, report and messages."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MIRRORCHECK_TRUST_CONFIG": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "checker", "check", "--format", "json"),
        cwd=root,
        env=clean | own | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, json.loads(out or b"{}"), err.decode()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("scheme", "login", "wanted"),
    [
        ("socks5", LOGIN, [(5, HERE)]),
        ("socks5h", LOGIN, [(5, "site.test")]),
        ("socks4", "reader", [(4, HERE)]),
    ],
)
async def test_a_check_goes_through_the_proxy_of_its_configuration(
    scheme: str, login: str, wanted: list[tuple[int, str]], write: Callable[..., Path]
) -> None:
    host = wanted[0][1]
    async with Lab({"/page": says(200, PAGE, *HTML), "/gone": says(410)}) as lab, Socks({host: HERE}, login) as proxy:
        page, gone = lab.url("/page", host), lab.url("/gone", host)
        sent = proxy.url(scheme, login.replace(":ss", "%3Ass"))
        config = f'[remote]\nproxy = "{sent}"\nper_host = 1\nallow_private = ["127.0.0.1"]\nsoft_404 = false\n'
        root = write({"README.md": f"<{page}#here>\n\n<{gone}>\n", "config.toml": config})

        code, report, err = await check(root)

    assert (code, [(found["rule"], found["reference"]) for found in report["findings"]]) == (
        1,
        [("remote/gone", gone)],
    ), err
    assert {(asked.version, asked.host) for asked in proxy.log} == set(wanted)
    assert {asked.login for asked in proxy.log} == {login}
    assert len(lab.log) == 3


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("names", "asked"),
    [
        pytest.param(("ALL_PROXY",), True, id="all"),
        pytest.param(("HTTPS_PROXY",), False, id="https-only"),
    ],
)
async def test_a_check_goes_through_the_proxy_of_its_environment(
    names: tuple[str, ...], asked: bool, write: Callable[..., Path]
) -> None:
    async with Lab({"/page": says(200)}) as lab, Socks({"site.test": HERE}) as proxy:
        config = "[remote]\nretries = 0\nsoft_404 = false\nsecond_pass = false\n"
        root = write({"README.md": f"<{lab.url('/page', 'site.test')}>\n", "config.toml": config})

        code, _, err = await check(root, **dict.fromkeys(names, proxy.url("socks5h")))

    assert (code, bool(proxy.log)) == (0 if asked else 1, asked), err


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"all_proxy": "socks5h://192.0.2.1"}, "https://site.test/", "socks5h://192.0.2.1"),
        ({"all_proxy": "socks5h://192.0.2.1", "http_proxy": "http://192.0.2.2"}, "http://a.test/", "http://192.0.2.2"),
        ({"all_proxy": "socks5h://192.0.2.1", "no_proxy": "site.test"}, "https://site.test/", None),
        ({"https_proxy": "192.0.2.3:3128"}, "https://site.test/", "http://192.0.2.3:3128"),
    ],
)
def test_the_environment_names_the_proxy(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert Hosts(RemoteTable()).proxy(url) == proxy


@pytest.mark.parametrize(
    "proxy", ["socks6://192.0.2.1", "192.0.2.1:1080", "socks5://", "socks5://h:x", "http://h:99999"]
)
def test_what_is_no_proxy_is_an_error_before_anything_is_asked(proxy: str) -> None:
    for remote in (RemoteTable(proxy=proxy), RemoteTable(proxy="", vantage=(VantageTable(name="x", proxy=proxy),))):
        with pytest.raises(ConfigError, match=r"remote\.(vantage\.)?proxy: not a proxy's URL") as raised:
            check_configuration(Config(remote=remote), ".".join)

        assert proxy not in str(raised.value)


HIDES = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in {"python_socks", "aiohttp_socks"}
        return None if hidden else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


@pytest.fixture
def without(write: Callable[..., Path]) -> str:
    """A path for modules on which the extra is not installed."""
    return os.pathsep.join((str(write({"sitecustomize.py": HIDES}, "hidden")), *filter(None, sys.path)))


@pytest.mark.asyncio
@pytest.mark.parametrize("scheme", ["socks4", "socks5h"])
async def test_without_the_extra_a_proxy_is_an_error_that_says_what_to_install(
    scheme: str, without: str, write: Callable[..., Path]
) -> None:
    root = write({"README.md": "<http://site.test/>\n", "config.toml": f'[remote]\nproxy = "{scheme}://192.0.2.1"\n'})

    code, report, err = await check(root, PYTHONPATH=without)

    assert (code, report) == (2, {})
    assert (
        err
        == "mirrorcheck: config.toml:2: remote.proxy: a SOCKS proxy needs an extra: pip install 'mirrorcheck[socks]'\n"
    )


@pytest.mark.asyncio
async def test_without_the_extra_all_else_works(without: str, write: Callable[..., Path]) -> None:
    async with Lab({"/gone": says(410)}) as lab:
        config = '[remote]\nproxy = ""\nallow_private = ["127.0.0.1"]\n'
        root = write({"README.md": f"<{lab.url('/gone')}>\n", "config.toml": config})

        code, report, err = await check(root, PYTHONPATH=without)

    assert (code, [found["rule"] for found in report["findings"]]) == (1, ["remote/gone"]), err
