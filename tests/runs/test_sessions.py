"""Both ways to send a request send the same; where aiohttp's private parts are missing, a run uses its public session."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from lab import PATIENCE
from lab.behaviours import HTML, PAGE, says, to
from lab.certificates import contexts
from lab.dns import Names
from lab.process import ALLOWED, found, running, started
from lab.server import Behaviour, Lab
from lab.socks import Socks

from checker.config.schema import RemoteTable
from checker.fetch import Fault, FetchError, Request
from checker.fetch.hosts import Hosts
from checker.fetch.http import Client
from checker.fetch.session import PublicSession
from checker.fetch.wire import Wire, lacking

HERE = "127.0.0.1"


def client(**settings: Any) -> Client:
    config = RemoteTable(**{"allow_private": (HERE, "site.test"), "proxy": "", **settings})
    return Client(config, Hosts(config), resolver=lambda: Names({"site.test": [[HERE]]}))


# --- what is sent


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://HOST/", ()),
        ("http://HOST/a//b/?q=a+b%20c%2F&q=%zz", ()),
        ("http://HOST/caf%C3%A9/%e4;a=b,c/|x'(y)!", ()),
        ("http://ann:s3cret@HOST/", ()),
        ("http://ann@HOST/", ()),
        ("http://ann:%C3%A9%40@HOST/", ()),
        ("http://ann:s3cret@HOST/a%2Fb", (("Authorization", "Bearer token"),)),
        ("http://HOST/", (("Cookie", "a=b; c=\u00e9"), ("Range", "bytes=0-1"), ("X-Two", "1"), ("X-Two", "2"))),
        ("http://HOST/", (("user-agent", "Another/1.0"), ("Accept", "text/html"))),
    ],
)
async def test_both_send_the_same_request(method: str, url: str, headers: tuple[tuple[str, str], ...]) -> None:
    fixed = (("User-Agent", "mirrorcheck"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))
    async with Lab({"*": says(200)}) as lab:
        asked = url.replace("HOST", f"{HERE}:{lab.ports['']}")
        for kind in (Wire, PublicSession):
            session = kind(aiohttp.TCPConnector, fixed)
            answer = await session.ask(method, asked, headers)
            await answer.content.read()
            answer.release()
            await session.close()

    wire, public = lab.log
    assert (public.method, public.path) == (wire.method, wire.path)
    assert public.headers == wire.headers


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_form_is_sent_with_its_length_and_type() -> None:
    async with Lab({"/": says(200)}) as lab, client() as asking:
        await asking.fetch(Request(lab.url("/"), "POST", 1000, form=b"a=1&b=%C3%A4"))

    [asked] = lab.log
    assert (asked.method, asked.body) == ("POST", b"a=1&b=%C3%A4")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["content-length"] == "12"


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_header_that_holds_a_line_break_is_not_sent() -> None:
    async with Lab({"/": says(200)}) as lab, client() as asking:
        with pytest.raises(FetchError) as raised:
            await asking.fetch(Request(lab.url("/"), headers=(("X", "a\r\nY: b"),)))

    assert (raised.value.fault, raised.value.asked) == (Fault.PROTOCOL, False)
    assert lab.log == []


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_no_cookie_is_kept_and_no_proxy_or_login_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine site.test login ann password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with Lab({"/": says(200, PAGE, "Set-Cookie: a=b; Path=/", *HTML)}) as lab, client() as asking:
        answers = [await asking.fetch(Request(lab.url("/", "site.test"), "GET", 1000)) for _ in range(2)]

    assert [answer.cookies for answer in answers] == [("a=b; Path=/",)] * 2
    assert not any({"cookie", "authorization"} & asked.headers.keys() for asked in lab.log)


# --- proxies


async def between(one: asyncio.StreamReader, other: asyncio.StreamWriter) -> None:
    while block := await one.read(65_536):
        other.write(block)
        await other.drain()
    other.close()


class Tunnel:
    """An HTTP proxy for CONNECT, which notes what it was asked for and may answer something else."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connected\r\n\r\n") -> None:
        self.heads: list[bytes] = []
        self._answer = answer

    async def __aenter__(self) -> Tunnel:
        self._server = await asyncio.start_server(self._serve, HERE, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def url(self, login: str = "") -> str:
        return f"http://{login}{HERE}:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        writer.write(self._answer)
        if b" 200 " in self._answer:
            host, _, port = head.split()[1].decode().partition(":")
            other, to_other = await asyncio.open_connection(host, int(port))
            await asyncio.gather(between(other, writer), between(reader, to_other), return_exceptions=True)
        writer.close()


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_proxy_gets_the_whole_url_and_its_login() -> None:
    async with Lab({"*": says(200)}) as lab, client(proxy=lab.url("").replace("//", "//ann:s3cret@")) as asking:
        answer = await asking.fetch(Request("http://host.example.org/a?b=c", "GET", 1000))

    assert (answer.status, answer.body) == (200, PAGE)
    (asked,) = lab.log
    assert (asked.path, asked.headers["host"]) == ("http://host.example.org/a?b=c", "host.example.org")
    assert asked.headers["proxy-authorization"] == "Basic YW5uOnMzY3JldA=="
    assert "authorization" not in asked.headers


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
async def test_a_proxy_tunnels_tls(tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    async with (
        Lab({"/page": says(200)}, made) as lab,
        Tunnel() as tunnel,
        client(proxy=tunnel.url("ann:s3cret@"), ca_file=str(authority)) as asking,
    ):
        answers = [await asking.fetch(Request(lab.url("/page", tls="valid"), "GET", 1000)) for _ in range(2)]
        with pytest.raises(FetchError) as raised:
            await asking.fetch(Request(lab.url("/page", tls="expired")))

    assert [(answer.status, answer.body) for answer in answers] == [(200, PAGE)] * 2
    assert raised.value.fault is Fault.TLS
    assert len(tunnel.heads) == 2
    assert tunnel.heads[0].startswith(f"CONNECT {HERE}:{lab.ports['valid']} ".encode())
    assert b"Proxy-Authorization: Basic YW5uOnMzY3JldA==" in tunnel.heads[0]


@pytest.mark.asyncio
@pytest.mark.usefixtures("either_session")
@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b""]
)
@pytest.mark.parametrize("url", ["http://host.example.org/", "https://host.example.org/"])
async def test_a_proxy_that_fails_tells_nothing_of_the_host(url: str, answer: bytes) -> None:
    async with Tunnel(answer) as tunnel, client(proxy=tunnel.url()) as asking:
        if answer.startswith(b"HTTP") and url.startswith("http:"):
            assert (await asking.fetch(Request(url))).status == 407
            return
        with pytest.raises(FetchError) as raised:
            await asking.fetch(Request(url))

    assert raised.value.fault is Fault.PROXY


# --- how a session is chosen


RENAMES = """
import re, sys
from importlib.machinery import PathFinder, SourceFileLoader

OLD, NEW = {old!r}, {new!r}

class Renaming(SourceFileLoader):
    def get_code(self, name):
        source = self.get_source(name)
        return compile(re.sub(OLD, NEW, source), self.path, "exec")

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = super().find_spec(name, path, target)
        if spec and name.startswith("aiohttp.") and type(spec.loader) is SourceFileLoader:
            spec.loader = Renaming(spec.loader.name, spec.loader.path)
        return spec

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""
PARTS = [
    "ResponseHandler",
    "ConnectionKey",
    "HttpProcessingError",
    "connection_key",
    "set_response_params",
    "skip_payload",
    "_factory",
]


@pytest.fixture
def aiohttp_with(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Let programs that are started from here on have an aiohttp in whose source a pattern is replaced throughout: as a
    release would be that has changed what it does not document.
    """

    def replaced(old: str, new: str) -> None:
        monkeypatch.syspath_prepend(write({"sitecustomize.py": RENAMES.format(old=old, new=new)}, "replaced"))

    return replaced


CHOOSES = """
import asyncio, aiohttp
from checker.fetch.session import opened

async def main():
    session = opened(aiohttp.TCPConnector, ())
    await session.close()
    return type(session).__name__

print(asyncio.run(main()))
"""


async def chosen() -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHOOSES), env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode().strip()


@pytest.mark.asyncio
async def test_the_private_parts_of_this_aiohttp_are_as_they_are_needed() -> None:
    assert lacking() == ""
    assert await chosen() == "Wire"


@pytest.mark.asyncio
@pytest.mark.parametrize("part", PARTS)
async def test_an_aiohttp_that_lacks_a_private_part_is_used_by_its_public_session(
    part: str, aiohttp_with: Callable[[str, str], None]
) -> None:
    aiohttp_with(rf"\b{part}\b", "something_else")

    assert await chosen() == "PublicSession"


SITE: dict[str, Behaviour] = {
    "/page": says(200),
    "/gone": says(410),
    "/moved": to("/page"),
    "/inside": to("http://10.0.0.1/"),
}


def test_a_run_without_the_private_parts_finds_the_same(
    aiohttp_with: Callable[[str, str], None], write: Callable[..., Path]
) -> None:
    rules = []
    for part in (r"\bno_such_name\b", r"\bset_response_params\b"):
        aiohttp_with(part, "something_else")
        with running(SITE) as lab:
            links = "".join(f"<{lab.url(path)}>\n\n" for path in SITE)
            root = write({"README.md": f"{links}<{lab.url('/page#here')}>\n\n<{lab.url('/page#lost')}>\n"})
            (root / "config.toml").write_text(ALLOWED)
            out, err = started("check", "--format", "json", cwd=root).communicate(timeout=PATIENCE)
        rules.append(sorted(rule for rule, _ in found(json.loads(out or err))))

    assert rules == [["remote/gone", "remote/missing-fragment", "remote/moved", "remote/private-address"]] * 2


def test_a_run_by_the_public_session_opens_no_more_files_than_it_may(
    aiohttp_with: Callable[[str, str], None], write: Callable[..., Path]
) -> None:
    aiohttp_with(r"\bset_response_params\b", "something_else")
    hosts = [f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(300)]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with running({"/": says(200)}, hosts) as lab:
        text = "".join(f"<{lab.url('/', host)}>\n\n" for host in hosts)
        root = write({"README.md": text, "config.toml": f"{ALLOWED}second_pass = false\n"})
        process = started("check", "--format", "json", cwd=root, files=(150, hard))
        out, err = process.communicate(timeout=PATIENCE)

    assert json.loads(out)["findings"] == [], err
    assert {asked.host for asked in lab.log} == set(hosts)


# --- SOCKS proxies, for which there is no documented place


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(r"\b_wrap_create_connection\b", "something_else", id="another-name"),
        pytest.param(r"\baddr_infos\b", "something_else", id="another-parameter"),
        pytest.param(
            r"\bself\._wrap_create_connection\(", "TCPConnector._wrap_create_connection(self, ", id="not-called"
        ),
    ],
)
@pytest.mark.asyncio
async def test_an_aiohttp_that_connects_in_another_way_makes_no_connection_past_a_socks_proxy(
    old: str, new: str, aiohttp_with: Callable[[str, str], None], write: Callable[..., Path]
) -> None:
    aiohttp_with(old, new)
    async with Lab({"/page": says(200)}) as lab, Socks({HERE: HERE}) as proxy:
        config = f"{ALLOWED}second_pass = false\n".replace('proxy = ""', f'proxy = "{proxy.url("socks5")}"')
        root = write({"README.md": f"<{lab.url('/page')}>\n", "config.toml": config})
        process = started("check", "--format", "json", cwd=root)
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)

    assert (lab.log, proxy.log) == ([], [])
    assert process.returncode == 2
    assert json.loads(out)["totals"]["unchecked"] == {"no network here": 1}
    assert f"SOCKS proxies do not work with aiohttp {aiohttp.__version__}" in err
