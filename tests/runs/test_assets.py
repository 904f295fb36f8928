"""What pages embed from the network is what it claims to be, and a few bytes tell."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from corpus import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import PATIENCE
from lab.assets import DRAWING, NOSNIFF, PNG, SMALL, TABLE, Row, png, serves
from lab.behaviours import HTML, OK, PAGE, Do, after, says, sends, to
from lab.process import ALLOWED, nginx, running, started
from lab.server import Lab

from checker.config.schema import HostTable, RemoteTable
from checker.extract import Options
from checker.fetch import Response
from checker.roles import ASSETS
from checker.rules import RULES, Needs, needing
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.containers import media
from checker.verify.known import Answer
from checker.verify.placeholder import SAME
from checker.verify.remote_asset import look

SETTINGS: dict[str, Any] = {
    "allow_private": ("127.0.0.0/8",),
    "interval": 0.0,
    "proxy": "",
    "soft_404": False,
    "retries": 0,
}


async def ask(
    lab: Lab, wanted: Iterable[tuple[str, str]], *, assets: bool = True, deep: bool = False, **limits: Any
) -> list[Answer]:
    """The answers to (path, role) of each, in the order in which they are asked for."""
    rows = list(wanted)
    async with Frontier(RemoteTable(**{**SETTINGS, **limits}), Options(), assets=assets, deep=deep) as frontier:
        for path, role in rows:
            frontier.add(lab.url(path), "", role)
        await frontier.finish()
    return [frontier.verdicts.answers.get(remote_key(lab.url(path), ""), Answer()) for path, _ in rows]


def rules(answer: Answer) -> tuple[str, ...]:
    found = answer.flaw.rule if answer.flaw else "", answer.rule
    return tuple(filter(None, found))


def test_the_table_is_of_real_rules() -> None:
    assert {rule for row in TABLE for rule in row.rules} <= RULES.keys()
    assert len({row.path for row in TABLE}) == len(TABLE)


@pytest.mark.asyncio
@pytest.mark.parametrize("row", [row for row in TABLE if row.role], ids=lambda row: row.path.strip("/"))
async def test_an_embedded_url_gets_its_verdict_from_few_bytes(row: Row) -> None:
    others = {other.path: other for other in TABLE if not other.role or row.path.startswith("/to/")}
    made = {path: other.do() for path, other in {**others, row.path: row}.items()}
    async with Lab(made) as lab:
        (answer,) = await ask(lab, [(row.path, row.role)])

    assert rules(answer) == row.rules, answer
    assert row.sent is None or lab.sent[row.path] <= row.sent
    repeated = 2 if answer.passing else 1  # what may pass is asked for once more at the end
    assert lab.counts[row.path] == row.asked * repeated
    assert {asked.method for asked in lab.log} == {"GET"}


@pytest.mark.asyncio
async def test_what_the_flaw_says_and_how_the_server_answered() -> None:
    cut = PNG + "\r\nContent-Length: 900\r\n\r\n"
    behaviours = {
        "/page": says(200, PAGE, *HTML),
        "/cut": sends(OK + cut.encode() + SMALL[:300]),
        "/font": serves(SMALL, PNG),
        "/style": serves(b"a{}", "Content-Type: text/plain"),
    }
    async with Lab(behaviours) as lab:
        page, cut_, font, style = await ask(
            lab, [("/page", "image"), ("/cut", "image"), ("/font", "font"), ("/style", "stylesheet")]
        )

    assert [answer.flaw and answer.flaw.message for answer in (page, cut_, font, style)] == [
        "an HTML page in place of the image: 'A page'",
        "the connection ends after 300 of 900 bytes",
        "image/png in place of the font",
        "sent as text/plain: browsers accept a style sheet of another host only as text/css",
    ]
    assert (page.status, font.status) == (200, 206)


@pytest.mark.asyncio
async def test_the_first_bytes_are_asked_for_as_a_browser_would_and_unpacked() -> None:
    roles = {"/image": "image", "/style": "stylesheet", "/script": "script", "/media": "media"}
    async with Lab({"/*": says(410)}) as lab:
        await ask(lab, roles.items())
        headers = {asked.path: asked.headers for asked in lab.log}

    assert {path: each["range"] for path, each in headers.items()} == {
        "/image": "bytes=0-65535",
        "/style": "bytes=0-65535",
        "/script": "bytes=0-65535",
        "/media": "bytes=0-4095",
    }
    assert {each["accept-encoding"] for each in headers.values()} == {"identity"}
    assert headers["/image"]["accept"].startswith("image/avif")
    assert headers["/script"]["accept"] == "*/*"


@pytest.mark.asyncio
async def test_ranges_keep_the_connection() -> None:
    large = png(200_000)
    async with Lab({"/*": serves(large, PNG)}) as lab:
        await ask(lab, [(f"/{n}.png", "image") for n in range(SAME - 1)], per_host=1)

        assert len({asked.connection for asked in lab.log}) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "roles", [("", "image"), ("image", ""), ("image", "image"), ("image", "", "stylesheet")], ids=str
)
async def test_what_is_linked_and_embedded_is_asked_for_once(roles: tuple[str, ...]) -> None:
    async with Lab({"/x": says(200, PAGE, *HTML)}) as lab:
        answer, *_ = await ask(lab, [("/x", role) for role in roles])

        assert rules(answer) == ("asset/error-page",)
        assert lab.counts["/x"] == 1


@pytest.mark.asyncio
async def test_what_was_answered_as_a_link_is_asked_for_once_more() -> None:
    async with Lab({"/x": says(200, PAGE, *HTML)}) as lab:
        async with Frontier(RemoteTable(**SETTINGS), Options()) as frontier:
            frontier.add(url := lab.url("/x"), "")
            await frontier.finish()
            assert frontier.verdicts.answers == {}
            frontier.add(url, "", "image")
            frontier.add(url, "", "image")
            await frontier.finish()

        assert rules(frontier.verdicts.answers[remote_key(url, "")]) == ("asset/error-page",)
        assert [asked.method for asked in lab.log] == ["HEAD", "GET"]


@pytest.mark.asyncio
async def test_a_fragment_of_a_page_is_looked_for_though_the_page_is_embedded() -> None:
    async with Lab({"/x": says(200, PAGE, *HTML)}) as lab, Frontier(RemoteTable(**SETTINGS), Options()) as frontier:
        url = lab.url("/x")
        frontier.add(url, "", "image")
        frontier.add(url, "nowhere")
        await frontier.finish()

    assert frontier.verdicts.answers[remote_key(url, "nowhere")].missing == ("nowhere",)
    assert rules(frontier.verdicts.answers[remote_key(url, "")]) == ("asset/error-page",)


@pytest.mark.asyncio
async def test_without_a_rule_on_assets_what_is_embedded_is_a_link() -> None:
    async with Lab({"/x": says(200, PAGE, *HTML)}) as lab:
        (answer,) = await ask(lab, [("/x", "image")], assets=False)

        assert answer == Answer()
        assert [asked.method for asked in lab.log] == ["HEAD"]


@pytest.mark.asyncio
async def test_hosts_may_be_spared_a_rule() -> None:
    hosts = (HostTable(host="127.0.0.1:*", path="/old/*", ignore=("asset/error-page", "asset/placeholder")),)
    paths = ["/old/page", "/new/page", *(f"/{place}/{n}.png" for place in ("old", "new") for n in range(SAME))]
    async with Lab(
        {"/old/page": says(200, PAGE, *HTML), "/new/page": says(200, PAGE, *HTML), "/*": serves(SMALL)}
    ) as lab:
        answers = await ask(lab, [(path, "image") for path in paths], host=hosts)

    found = {path: rules(answer) for path, answer in zip(paths, answers, strict=True) if rules(answer)}
    assert found == {
        "/new/page": ("asset/error-page",),
        **{f"/new/{n}.png": ("asset/placeholder",) for n in range(SAME)},
    }


# --- placeholders


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"/photos/{n}.png" for n in range(SAME + 1)], True),
        ([f"/photos/{n}.png" for n in range(SAME - 1)], False),
        ([f"/logo.png?v={n}" for n in range(SAME + 1)], False),
        ([f"/{language}/logo.png" for language in ("de", "en", "fr", "ja", "nl", "zh")], False),
        ([f"/image.php?id={n}" for n in range(SAME + 1)], True),
    ],
    ids=["many", "few", "cache-busters", "copies-by-name", "by-query"],
)
async def test_the_same_picture_under_many_names_is_a_placeholder(paths: list[str], expected: bool) -> None:
    async with Lab({"/*": serves(SMALL, PNG)}) as lab:
        answers = await ask(lab, [(path, "image") for path in paths])

    assert [rules(answer) for answer in answers] == [("asset/placeholder",) if expected else ()] * len(paths)


@pytest.mark.asyncio
async def test_a_placeholder_is_of_one_host_and_of_pictures() -> None:
    async with Lab({"/*": serves(SMALL, PNG), "/a.js": serves(b"", PNG)}) as lab:
        await lab.listen(["127.0.0.2"])
        async with Frontier(RemoteTable(**SETTINGS), Options()) as frontier:
            for n in range(SAME - 1):
                for host in ("127.0.0.1", "127.0.0.2"):
                    frontier.add(lab.url(f"/{n}.png", host), "", "image")
                frontier.add(lab.url(f"/icon{n}.png"), "", "icon")
            await frontier.finish()

    assert frontier.verdicts.answers == {}


@pytest.mark.asyncio
async def test_large_pictures_are_the_same_if_their_size_is_too() -> None:
    large = png(200_000)
    others = {f"/other/{n}.png": serves(large + bytes(n + 1), PNG) for n in range(SAME)}
    async with Lab({"/same/*": serves(large, PNG), **others}) as lab:
        same, other = [f"/same/{n}.png" for n in range(SAME)], list(others)
        answers = await ask(lab, [(path, "image") for path in (*same, *other)])

    assert [rules(answer) for answer in answers] == [("asset/placeholder",)] * SAME + [()] * SAME


# --- whole runs

PAGES = {
    "a.html": """<!doctype html><link rel=stylesheet href="{lab}/style.css">
<a href="{lab}/page.png">the link is fine</a> <a href="{lab}/style.css">this too</a>
<img src="{lab}/page.png"> <img src="{lab}/page.png#frag"> <img src="{lab}/fine.png">""",
    "b.md": "![a]({lab}/page.png)\n\n[fine]({lab}/fine.png)\n\n![moved]({lab}/moved.png)\n",
    "d.html": "<!doctype html><img src={lab}/large.png>",
    "sub/c.css": "@font-face {{ src: url({lab}/font.woff2) }}",
}
BEHAVIOURS: dict[str, Do] = {
    "/page.png": says(200, PAGE, *HTML),
    "/fine.png": serves(SMALL, PNG),
    "/moved.png": to("/page.png", 301),
    "/style.css": serves(b"a { color: red }", "Content-Type: text/plain"),
    "/large.png": serves(png(300_000)[:200_000], PNG),
    "/font.woff2": serves(b"", "Content-Type: font/woff2"),
}


def checked(
    write: Callable[..., Path], *arguments: str, config: str = ""
) -> tuple[list[tuple[Any, ...]], Lab, dict[str, Any]]:
    with running(BEHAVIOURS) as lab:
        pages = {name: text.format(lab=lab.url("")) for name, text in PAGES.items()}
        root = write({**pages, "config.toml": ALLOWED + config})
        elsewhere = ("--ignore", "mirror", "--ignore", "asset/hot-link")  # everything here comes from the lab
        process = started("check", "--format", "json", *elsewhere, *arguments, cwd=root)
        out, err = process.communicate(timeout=PATIENCE)
    assert out, err
    report = json.loads(out)
    rows = [(f["rule"], f["page"], f["line"], f["column"], f["role"], f["status"]) for f in report["findings"]]
    return rows, lab, report


def test_a_finding_is_where_it_is_embedded_and_not_where_it_is_linked(write: Callable[..., Path]) -> None:
    rows, lab, report = checked(write)
    base = len(lab.url(""))

    assert rows == [
        ("asset/wrong-type", "a.html", 1, 43, "stylesheet", 206),
        ("asset/error-page", "a.html", 3, 11, "image", 200),
        ("asset/error-page", "a.html", 3, 11 + base + 22, "image", 200),
        ("asset/error-page", "b.md", 1, 6, "image", 200),
        ("asset/error-page", "b.md", 5, 10, "image", 200),
        ("remote/moved", "b.md", 5, 10, "image", 200),
        ("asset/empty", "sub/c.css", 1, 23, "font", 200),
    ]
    assert report["findings"][4]["hops"] == [{"status": 301, "url": lab.url("/page.png")}]
    assert report["totals"]["verdicts"] == {"ok": 2, "redirected": 0, "broken": 3, "suspect": 1, "unchecked": 0}
    assert {asked.method for asked in lab.log} <= {"GET", "HEAD"}


def test_no_asset_is_looked_at_when_no_rule_on_that_counts(write: Callable[..., Path]) -> None:
    rows, lab, _ = checked(write, "--select", "remote")

    assert [rule for rule, *_ in rows] == ["remote/moved"]
    assert all("range" not in asked.headers for asked in lab.log)


def test_the_configuration_downloads_what_a_beginning_does_not_tell(write: Callable[..., Path]) -> None:
    found, _, _ = checked(write, config="[assets]\ndeep = true\n")

    assert ("asset/truncated", "d.html", 1, 25, "image", 206) in found


def test_a_live_walk_looks_at_what_its_pages_embed(write: Callable[..., Path]) -> None:
    page = (
        b"<!doctype html><link rel=stylesheet href=s.css><link rel=stylesheet href=u.css>"
        b"<img src=a.png><img src=b.svg><script src=c.js></script><img src=e>"
    )
    site: dict[str, Do] = {
        "/": says(200, page, *HTML),
        "/s.css": serves(b"a { color: red }", "Content-Type: text/plain"),
        "/u.css": serves(b"@import url(t.css); a { background: url(d.png) }", "Content-Type: text/css"),
        "/a.png": says(200, PAGE, *HTML),
        "/b.svg": serves(DRAWING, "Content-Type: image/svg+xml"),
        "/d.png": serves(SMALL, PNG),
        "/e": serves(SMALL, PNG),
        "/t.css": serves(PAGE, "Content-Type: text/css"),
        "/c.js": serves(b"let a", "Content-Type: text/plain", NOSNIFF),
    }
    with running(site) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("check", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

    found = sorted((f["rule"], f["target"].removeprefix(lab.url("/"))) for f in json.loads(out)["findings"])
    assert found == [
        ("asset/error-page", "a.png"),
        ("asset/error-page", "t.css"),
        ("asset/wrong-type", "c.js"),
        ("asset/wrong-type", "s.css"),
    ], err
    assert {path: lab.counts[path] for path in site} == {
        **dict.fromkeys(site, 1),
        "/e": 2,
    }  # what may be a page, and is none


SERVED = [
    name for name in SAMPLES if media.named(name).startswith(("image/", "font/", "text/css")) and "svgz" not in name
]


def embedding(names: Iterable[str]) -> str:
    """A page that embeds files, and its style sheet's fonts."""
    fonts = "".join(f"@font-face {{ src: url({name}) }}\n" for name in names if media.named(name).startswith("font/"))
    images = "".join(f'<img src="{name}">\n' for name in names if media.named(name).startswith("image/"))
    sheets = "".join(f'<link rel="stylesheet" href="{name}">\n' for name in names if name.endswith(".css"))
    return f"<!doctype html><style>{fonts}</style>{sheets}{images}"


ASKED = ("--select", "asset", "--select", "remote", "--ignore", "asset/hot-link")


@pytest.mark.needs("nginx")
def test_what_nginx_serves_is_whole_where_its_files_are(write: Callable[..., Path], tmp_path: Path) -> None:
    whole = {name: SAMPLES[name]() for name in SERVED}
    cut = {f"cut-{name}": data[: len(data) * 7 // 11] for name, data in whole.items()}
    large = {"large.png": png(300_000), "cut-large.png": png(300_000)[:200_000]}
    site = write({**whole, **cut, **large, "empty.png": b"", "page.gif": PAGE}, "site")

    with nginx(tmp_path / "nginx", site) as start:
        names = [path.name for path in sorted(site.iterdir())]
        page = embedding([f"{start}{name}" for name in names])
        root = write({"index.html": page, "config.toml": ALLOWED})
        process = started("check", "--format", "json", *ASKED, cwd=root)
        out, err = process.communicate(timeout=60)

    assert out, err
    found = {f["target"].removeprefix(start): f["rule"] for f in json.loads(out)["findings"]}
    assert found == {
        **dict.fromkeys(cut, "asset/truncated"),
        "empty.png": "asset/empty",
        "page.gif": "asset/error-page",
    }, err


# --- downloaded


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "ignores", "rule", "asked"),
    [
        (png(300_000), False, (), 2),
        (png(300_000)[:200_000], False, ("asset/truncated",), 2),
        (png(300_000)[:200_000], True, ("asset/truncated",), 2),
        (png(300_000)[:200_000] + bytes(len(png(300_000)) - 200_000), False, ("asset/undecodable",), 2),
        (SMALL, False, (), 1),
        (SMALL[:300], False, ("asset/truncated",), 1),
        (png(500_000)[:450_000], False, (), 1),
    ],
    ids=["whole", "cut", "cut-without-ranges", "half-zeros", "small", "small-and-cut", "beyond-the-limit"],
)
async def test_a_download_finds_what_the_first_bytes_cannot_tell(
    data: bytes, ignores: bool, rule: tuple[str, ...], asked: int
) -> None:
    async with Lab({"/x": serves(data, PNG, ignores=ignores)}) as lab:
        (answer,) = await ask(lab, [("/x", "image")], deep=True, max_body=400_000)

        assert rules(answer) == rule
        assert lab.counts["/x"] == asked


@pytest.mark.asyncio
async def test_a_download_that_fails_leaves_what_the_first_bytes_tell() -> None:
    async with Lab({"/x": after(1, serves(png(300_000), PNG), says(503))}) as lab:
        (answer,) = await ask(lab, [("/x", "image")], deep=True)

    assert answer == Answer()


# --- decoded


def broken_gif() -> bytes:
    """Blocks that are whole, of a picture that is not."""
    data = bytearray(SAMPLES["still.gif"]())
    at = len(data) * 2 // 5
    data[at : at + len(data) // 20] = bytes(len(data) // 20)
    return bytes(data)


def vast_png() -> bytes:
    header = bytes.fromhex("0000c3500000c3500806000000")  # 50,000 x 50,000
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(999))), (b"IEND", b""))
    parts = (
        struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "deep", "rule"),
    [
        (SAMPLES["still.gif"], True, ()),
        (SAMPLES["lossy.webp"], True, ()),
        (broken_gif, False, ()),
        (broken_gif, True, ("asset/undecodable",)),
        (vast_png, False, ()),
        (vast_png, True, ("asset/bomb",)),
        (SAMPLES["drawing.svg"], True, ("asset/wrong-type",)),
    ],
    ids=["whole", "webp", "broken", "broken-deep", "bomb", "bomb-deep", "svg"],
)
async def test_a_picture_that_came_whole_is_decoded(
    data: Callable[[], bytes], deep: bool, rule: tuple[str, ...]
) -> None:
    async with Lab({"/x": serves(data(), PNG)}) as lab:
        (answer,) = await ask(lab, [("/x", "image")], deep=deep)

        assert rules(answer) == rule
        assert lab.counts["/x"] == 1


@pytest.mark.asyncio
async def test_decoding_does_not_hold_up_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from checker.verify import raster

    here: list[bytes] = []
    monkeypatch.setattr(raster, "_decoded", lambda data, *_rest: here.append(data))
    async with Lab({"/x": serves(broken_gif(), "Content-Type: image/gif"), "/y": serves(vast_png(), PNG)}) as lab:
        answers = await ask(lab, [("/x", "image"), ("/y", "image")], deep=True)

    assert [rules(answer) for answer in answers] == [("asset/undecodable",), ("asset/bomb",)]
    assert here == []


def test_the_option_decodes_what_is_remote(write: Callable[..., Path]) -> None:
    found, _, _ = checked(write, "--deep")

    assert ("asset/truncated", "d.html", 1, 25, "image", 206) in found


# --- whatever comes back


@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=300)
    | st.sampled_from([SMALL, DRAWING, PAGE, b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"RIFF\0\0\0\0WEBP"]),
    status=st.sampled_from([200, 204, 206, 416]),
    stated=st.sampled_from(["bytes 0-9/10", "bytes 0-299/300", "bytes */0", "", "bytes 0-" + "9" * 30 + "/*"]),
    length=st.sampled_from(["", "0", "300", "9" * 5000, "-1", "\u0663"]),
    sent=st.sampled_from(["", "image/png", "text/html", "a/b; c", "image/svg+xml", "text/css", "\xff"]),
    role=st.sampled_from(sorted(ASSETS)),
    whole=st.booleans(),
)
def test_nothing_that_a_server_says_breaks_the_look(
    body: bytes, status: int, stated: str, length: str, sent: str, role: str, whole: bool
) -> None:
    headers = {"Content-Range": stated, "Content-Length": length, "Content-Type": sent, "X-Content-Type-Options": sent}
    flaw = look(Response("https://example.org/x", status, headers, (), body, whole), role)

    assert flaw is None or flaw.rule in needing(Needs.ASSETS)
