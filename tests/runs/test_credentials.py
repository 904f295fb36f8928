"""A user name or password in a URL is printed nowhere."""

from __future__ import annotations

import html
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import reports

PAGE = """<!doctype html>
<a href="https://user:secret@example.test:99999/">no port</a>
<a href="https://user:secret@example.test/a b">repaired</a>
<a href="https://user:secret@example.test/">remote</a>
<a href="https://user:secret@origin.example/index.html">copied</a>
"""


@pytest.mark.parametrize(
    "command",
    [
        ["check", "--format", "json", "--all", "--offline", "--config", "{config}"],
        ["check", "--by", "page", "--offline", "--config", "{config}"],
        ["check", "--verbose", "--offline", "--config", "{config}"],
        ["explain", "{page}", "--config", "{config}"],
    ],
    ids=["json", "by page", "by target", "explain"],
)
def test_credentials_are_printed_nowhere(
    command: list[str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    config = '[mirror]\norigin = ["https://origin.example/"]\npublished = ["https://user:secret@mirror.example/"]\n'
    root = write({"index.html": PAGE, "config.toml": config})

    result = run(*[part.format(config=root / "config.toml", page=root / "index.html") for part in command])

    assert "secret" not in result.out + result.err
    assert "https://***@example.test" in result.out
    assert "mirror/leak" in result.out


WRITTEN = [
    "http://user:s3cret@example.test/a b",
    "http://user:s3cret@example.test:99999/",
    "http://user:s3/cret@example.test/",
    "http://user:x，s3cret@example.test/",
    "http:/user:s3cret@example.test/",
    "http:user:s3cret@example.test/",
    "https:user:s3cret@example.test/x#y",
    "http:\\\\user:s3cret@example.test/",
    "\\\\user:s3cret@example.test/",
    "//user:s3cret@example.test/x",
    "ht\ntp://user:s3cret@example.test/",
    "h\tttp://user:s3\ncret@example.test/",
    "\x01http://user:s3cret@example.test/",
    "view-source:http://user:s3cret@example.test/",
    "feed:https://user:s3cret@example.test/",
    "blob:http://user:s3cret@example.test/1",
    "unheard-of://user:s3cret@example.test/",
    "http%3A%2F%2Fuser%3As3cret%40example.test/",
    "http://example.test/?to=http://user:s3cret@example.test/",
    "http://user:s3cret@origin.example/index.html",
    "http://user:s3cret@mirror.example/gone.html#gone",
]


def spelt(text: str) -> str:
    """A reference as HTML and XML can hold it."""
    return "".join(f"&#{ord(each)};" if each in "\t\n\x01" else html.escape(each) for each in text)


def everywhere() -> dict[str, str]:
    """Pages of every kind, with each reference wherever one can stand."""
    rows = [spelt(each) for each in WRITTEN]
    plain = [each for each in WRITTEN if each.isprintable()]
    css = [each.replace("\\", "\\\\") for each in plain]
    xml = [each.replace("&#1;", "") for each in rows]
    pages = {
        "index.html": "<!doctype html><title>t</title>"
        + "".join(
            f'<a href="{each}">x</a><img src="{each}"><img srcset="{each.replace(" ", "%20")} 2x"><ok href="{each}">'
            f'<script src="{each}" integrity="sha256-x"></script><link rel=stylesheet href="{each}"><form action="{each}">'
            f'<meta http-equiv=refresh content="0;url={each}"><link rel=canonical href="{each}">\n'
            for each in rows
        )
        + "".join(f"<p style=\"background:url('{html.escape(each)}')\">" for each in css),
        "README.md": "\n\n".join(f'<a href="{each}">x</a>' for each in rows)
        + "".join(f"\n\n[x](<{each}>) ![x](<{each}>)" for each in css)
        + "".join(f"\n\n见：{each}，后" for each in plain if each.startswith("http://")),
        "a.css": "".join(f'@import "{each}";' for each in css)
        + "".join(f'p{{background:url("{each}")}}' for each in css),
        "a.svg": '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(f'<a href="{each}"/>' for each in xml) + "</svg>",
        "sitemap.xml": '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(f"<url><loc>{each}</loc></url>" for each in xml)
        + "</urlset>",
        "feed.xml": '<rss version="2.0"><channel><title>t</title>'
        + "".join(f"<item><link>{each}</link><enclosure url='{each}'/></item>" for each in xml)
        + "</channel></rss>",
    }
    for number, each in enumerate(rows):
        pages[f"base{number}.html"] = f'<base href="{each}"><a href="page">x</a><img src="i.png"><a href="#x">x</a>'
    return pages


def shown(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What the runs wrote."""
    return ((path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("address", ["", "http://mirror.example/", "https://user:s3cret@mirror.example/"])
def test_no_spelling_of_a_login_is_written_anywhere(
    address: str, write: Callable[..., Path], run: Callable[..., Any], tmp_path: Path
) -> None:
    published = f'published = ["{address}"]\n' if address else ""
    config = f'[mirror]\norigin = ["https://origin.example/"]\n{published}'
    root = write({**everywhere(), "mirrorcheck.toml": config})
    out = tmp_path / "out"
    out.mkdir()
    formats = [option for name in reports.FORMATS for option in ("--format", f"{name}={out / name}")]
    named = ["--config", root / "mirrorcheck.toml"]
    history = ["--history", out / "h.sqlite"]

    said = [
        run("check", root, "--offline", "--all", *named, *formats, "--no-history"),
        *(run("check", root, "--offline", *named, *history, *formats) for _ in range(2)),
        run("check", root, "--offline", "--by", "page", "-v", *named, "--no-history"),
        run("report", *history, "--format", "html"),
        run("history", "list", *history),
        run("baseline", "write", root, "--offline", *named, "--baseline", out / "baseline.toml"),
        run("check", root, "--offline", *named, "--baseline", out / "baseline.toml", *formats, "--no-history"),
        *(run("explain", root / page, *named) for page in ("index.html", "README.md", "base0.html", "base4.html")),
        *(run("page", root / page, "--offline", *named) for page in ("README.md", "base0.html")),
    ]

    assert {each.code for each in said} <= {0, 1}
    for each in said:
        assert "cret" not in each.out + each.err
    for name, data in shown(out):
        assert b"s3cret" not in data, name
    assert b"***@example.test" in (out / "json").read_bytes()
    assert {"h.sqlite", "h.pages", "baseline.toml", *reports.FORMATS} <= {name for name, _ in shown(out)}


@pytest.mark.parametrize("address", [each for each in WRITTEN if "，" not in each])
def test_no_message_repeats_a_login(address: str, write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": "<title>t</title>", "mirrorcheck.toml": f'[remote]\nproxy = "x:{spelt(address)}"\n'})

    for arguments in (
        ["check", address, "--offline"],
        ["check", root, address, "--offline"],
        ["page", address, "--offline"],
        ["check", root, "--offline", "--published", address],
        ["check", root, "--offline", "--select", address],
        ["check", root, "--format", address],
        ["check", root, "--jobs", address],
        ["check", root, "--config", root / "mirrorcheck.toml"],
        ["explain", root / "index.html", address],
        ["init", address],
        ["seal", address],
        [address],
    ):
        result = run(*arguments)
        assert "cret" not in result.out + result.err, arguments


@pytest.mark.needs("git")
def test_the_token_of_a_remote_is_in_no_address(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"README.md": "[x](gone.md)\n"})
    for arguments in (["init", "-q"], ["remote", "add", "origin", "https://user:s3cret@github.com/owner/mirror.git"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    monkeypatch.chdir(root)

    checked = run("check", root, "--offline", "--format", "json", "--no-history")
    detected = run("init", root, "--stdout")

    assert checked.report["mirror"]["addresses"] == ["https://github.com/owner/mirror"]
    assert "github.com/owner/mirror" in detected.out
    assert "s3cret" not in checked.out + checked.err + detected.out + detected.err
