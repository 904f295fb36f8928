"""A mirror in an object store is checked as the folder is; a second run reads only what changed."""

from __future__ import annotations

import gzip
import json
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from lab.process import ALLOWED, started
from lab.stores import KEYS, Store, hadro, moto

from checker.sources.named import open_source

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"
Run = Callable[..., Any]
Objects = dict[str, bytes | tuple[bytes, dict[str, str]]]
HTML = {"ContentType": "text/html; charset=utf-8"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with moto(tmp_path_factory.mktemp("moto")) as store:
        yield store


@pytest.fixture
def s3(server: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A server whose users need to name nothing."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def bucket() -> str:
    return f"mirror-{uuid.uuid4().hex}"


def checked(run: Run, *arguments: str | Path) -> dict[str, Any]:
    result = run("check", *arguments, "--offline", "--format", "json", "--fail-on", "never")
    assert result.code == 0, result.err
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in result.out + result.err
    report: dict[str, Any] = result.report
    return report


def rows(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((each["rule"], each["page"], each["reference"]) for each in report["findings"])


def reads(asked: list[tuple[str, str]]) -> Counter[str]:
    """The objects that were read, or looked at, by their names in the bucket."""
    return Counter(
        unquote(path.partition("?")[0]).split("/", 2)[2] for _, path in asked if path.partition("?")[0].count("/") > 1
    )


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in {"started", "finished", "mirror", "source"}}


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("faults", [(), ("--error-rate", "0.05", "--fault-seed", "7")], ids=["sound", "faulty"])
def test_the_example_in_a_store_has_the_findings_of_its_folder(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, jobs: str, faults: tuple[str, ...]
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "served" / "bucket" / "mirror", ignore_dangling_symlinks=True)
    for number in range(100):  # enough for workers
        (tmp_path / "served" / "bucket" / "mirror" / f"more-{number}.html").write_text(f"<a href={number}>n</a>")
    folder = checked(run, tmp_path / "served" / "bucket" / "mirror", "--no-history")

    with hadro(tmp_path / "served", tmp_path / "log", *faults) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        stored = checked(run, "s3://bucket/mirror", "--no-history", "--jobs", jobs)

    assert len(folder["findings"]) > 200
    assert without_times(stored) == without_times(folder)
    assert any(" 503" in line or " 500" in line for line in store.log.read_text().splitlines()) is bool(faults)


def test_a_second_run_reads_no_object_and_a_third_what_changed(s3: Store, bucket: str, run: Run) -> None:
    pages: Objects = {
        f"site/{n}.html": f'<p id=x><a href="{n + 1}.html#x">n</a><img src=p.gif>'.encode() for n in range(99)
    }
    others: Objects = {
        "site/99.html": b"<p id=x><a href=lost.html>",
        "site/about": (b"<p><a href=1.html>", HTML),
        "site/_redirects": b"/old /1.html\n",
        "site/p.gif": b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    }
    address = s3.fill(bucket, others | pages) + "/site"
    Path(".mirrorcheck").mkdir()

    began = len(s3.asked())
    first = checked(run, address)
    after = len(s3.asked())
    second = checked(run, address)
    between = len(s3.asked())
    s3.client().put_object(Bucket=bucket, Key="site/7.html", Body=b"<p id=x><a href=gone.html>")
    changed = len(s3.asked())
    third = checked(run, address)

    log = s3.asked()
    assert reads(log[began:after]).keys() >= pages.keys() | {"site/about", "site/p.gif"}
    assert max(reads(log[began:after]).values()) <= 3  # what it is; for the opening of the mirror; for the sweep
    assert not reads(log[after:between]) - Counter(["site"])  # the address itself is looked at
    assert reads(log[changed:]) - Counter(["site"]) == Counter(["site/7.html"])
    assert rows(first) == rows(second)
    assert {row[:2] for row in rows(third)} - {row[:2] for row in rows(second)} >= {("local/missing-file", "7.html")}


def test_what_the_store_says_decides_where_a_name_does_not(s3: Store, bucket: str, run: Run) -> None:
    link = b"<!doctype html><p><a href=lost>x</a>"
    address = s3.fill(
        bucket,
        {
            "index.html": (b"<a href=about>a</a><a href=raw>r</a><a href=told>t</a>", {"ContentType": "image/png"}),
            "about": (b"<p>\xe4<a href=lost>x</a>", {"ContentType": "text/html; charset=iso-8859-1"}),
            "raw": (link, {"ContentType": "application/pdf"}),
            "told": (link, {"ContentType": "binary/octet-stream"}),
            "notes": (b"[x](lost)", {"ContentType": "text/markdown"}),
            "packed.html": (gzip.compress(link), {"ContentType": "text/html", "ContentEncoding": "gzip"}),
        },
    )

    found = rows(checked(run, address, "--select", "local/missing-file", "--select", "local/undecodable"))

    assert found == [("local/missing-file", page, "lost") for page in ("about", "notes", "packed.html", "told")]


def test_a_type_that_changed_is_seen(s3: Store, bucket: str, run: Run) -> None:
    data = b"<p><a href=lost>x</a>"
    address = s3.fill(bucket, {"index.html": b"<a href=about>a</a>", "about": (data, HTML)})
    Path(".mirrorcheck").mkdir()
    checked(run, address)

    s3.client().put_object(Bucket=bucket, Key="about", Body=data, ContentType="text/markdown")

    assert ("local/missing-file", "about", "lost") in rows(checked(run, address))
    report = checked(run, address, "--all", "--no-history")
    assert report["totals"]["pages"] == 2


def test_hostile_names_are_told_and_lead_nowhere(s3: Store, bucket: str, run: Run) -> None:
    page = b"<p>x"
    names = ["../out.html", "a//b.html", "a/./b.html", "/top.html", "x/" * 200 + "deep.html", "\x07bell.html"]
    objects: Objects = {f"m/{name}": page for name in names}
    objects |= {"m/": b"", "m/a/": b"", "m/.git/x.html": page, "m/A.html": page, "elsewhere.html": page}
    objects |= {"m/b": (page, HTML), "m/b/in.html": page}
    objects |= {"m/index.html": b"<a href=a.html>n</a><a href=a/>f</a><a href=b>b</a>"}
    address = s3.fill(bucket, objects)

    report = checked(run, f"{address}/m")
    found = rows(report)

    assert [row[1] for row in found if row[0] == "local/unreadable"] == sorted(names[:-1])
    assert ("local/wrong-case", "index.html", "a.html") in found
    assert not [row for row in found if row[2] == "b"]  # an object may have the name of a folder
    assert report["totals"]["pages"] == 5
    out = run("check", f"{address}/m", "--offline", "--no-history").out
    assert "\x07" not in out


def test_one_page_of_a_store_is_checked_and_explained(s3: Store, bucket: str, run: Run) -> None:
    address = s3.fill(bucket, {"m/index.html": b"<a href=lost.html>x</a>", "m/b.html": b"<a href=gone.html>"})

    page = run("page", f"{address}/m/index.html", "--offline")
    some = run("check", f"{address}/m/b.html", "--offline", "--no-history")
    told = run("explain", f"{address}/m/index.html", "lost.html")

    assert page.code == 1
    assert "lost.html" in page.out
    assert "gone.html" in some.out
    assert "lost.html" not in some.out
    assert "local/missing-file" in told.out


def test_a_configuration_may_name_a_store_and_its_addresses(s3: Store, bucket: str, run: Run) -> None:
    address = s3.fill(
        bucket,
        {
            "site/docs/index.html": b'<a href="https://www.example.org/lost.html">x</a><a href="/here.html">y</a>'
            b'<a href="https://static.example.org/p.css">z</a><a href="https://static.example.org/q.css">z</a>',
            "site/here.html": b"<p>x",
            "static/p.css": b"p { color: red }",
        },
    )
    Path("mirrorcheck.toml").write_text(
        f'[mirror]\nroot = "{address}/site"\npublished = ["https://www.example.org/"]\n'
        '[[mirror.address]]\nurl = "https://static.example.org/"\nfolder = "../static"\n'
    )

    refused = run("check", "--offline")
    whole = checked(run, "--trust-config", "--no-history")
    part = checked(run, f"{address}/site/docs", "--trust-config", "--no-history")

    assert refused.code == 2
    assert "--trust-config" in refused.err
    missing = [("local/missing-file", "docs/index.html", f"https://{name}")
               for name in ("static.example.org/q.css", "www.example.org/lost.html")]  # fmt: skip
    assert [row for row in rows(whole) if row[0] == "local/missing-file"] == missing
    assert [row for row in rows(part) if row[0] == "local/missing-file"] == missing
    assert whole["mirror"]["source"] == f"{address}/site"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://nowhere-{0}", "the store says NoSuchBucket"),
        ("s3://{0}/empty", "no page to check"),
        ("s3://ann:not-to-be-shown@{0}/x", "a login does not belong in an address"),
        ("s3://ann@{0}", "a login does not belong in an address"),
        ("s3://{0}/../x", "without `.` and `..`"),
        ("s3://", "no bucket"),
        ("sftp://", "no bucket or host"),
        ("gs://{0}", "pip install 'mirrorcheck[stores]' gcsfs"),
        ("az://{0}", "pip install 'mirrorcheck[stores]' adlfs"),
    ],
)
def test_what_cannot_be_checked_is_told(s3: Store, bucket: str, run: Run, address: str, said: str) -> None:
    s3.fill(bucket, {"index.html": b"<p>x"})

    result = run("check", address.format(bucket), "--offline", "--no-history")

    assert result.code == 2
    assert said in result.err
    assert "not-to-be-shown" not in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["fix", "seal"])
def test_what_writes_into_a_folder_refuses_a_store(s3: Store, bucket: str, run: Run, command: str) -> None:
    address = s3.fill(bucket, {"index.html": b"<p>x"})

    result = run(command, address)

    assert result.code == 2
    assert "store" in result.err


def test_a_store_is_detected_and_its_configuration_written_here(s3: Store, bucket: str, run: Run) -> None:
    address = s3.fill(bucket, {"site/index.html": b"<a href=lost.html>x</a>", "site/_redirects": b"/a /b\n"})

    begun = run("init", f"{address}/site")
    result = run("check", "--offline", "--config", "config.toml", "--no-history")

    assert begun.code == 0, begun.err
    assert f'root = "{address}/site"' in Path("config.toml").read_text()
    assert "lost.html" in result.out, result.err


def test_without_credentials_the_message_says_where_they_come_from(
    s3: Store, bucket: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.fill(bucket, {"index.html": b"<p>x"})
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(Path.cwd()))

    result = run("check", f"s3://{bucket}", "--offline", "--no-history")

    assert result.code == 2
    assert "no credentials in the environment" in result.err


def test_a_wrong_key_is_told_in_the_stores_words(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "served" / "bucket").mkdir(parents=True)
    with hadro(tmp_path / "served", tmp_path / "log") as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
        result = run("check", "s3://bucket", "--offline", "--no-history")

    assert result.code == 2
    assert "cannot be listed: the store says" in result.err or "cannot be read: the store says" in result.err
    assert "guessed" not in result.err


def test_an_object_that_vanishes_after_the_listing_is_unreadable(
    s3: Store, bucket: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = s3.fill(bucket, {"index.html": b"<a href=gone.html>x</a>", "gone.html": b"<p>x"})

    def listed(root: Any) -> Any:
        source = open_source(root)
        s3.client().delete_object(Bucket=bucket, Key="gone.html")
        return source

    monkeypatch.setattr("checker.mirror.opening.open_source", listed)
    report = checked(run, address, "--no-history")

    (finding,) = [each for each in report["findings"] if each["rule"] == "local/unreadable"]
    assert finding["page"] == "gone.html"
    assert "NoSuchKey" in finding["message"]


def test_a_page_beyond_the_limit_is_not_read_to_its_end(s3: Store, bucket: str, run: Run) -> None:
    address = s3.fill(bucket, {"index.html": b"<p>x", "large.html": b"<p>x" * 2_000_000, "wide.html": b"<p>x" * 50_000})
    Path("mirrorcheck.toml").write_text("[pages]\nmax_bytes = 100_000\n")

    found = rows(checked(run, address, "--no-history"))

    assert [row[1] for row in found if row[0] == "local/too-large"] == ["large.html", "wide.html"]


def test_a_large_asset_is_read_in_pieces(s3: Store, bucket: str, run: Run) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = head + chunk(b"tEXt", b"x\0" + b"y" * (20 << 20)) + chunk(b"IDAT", zlib.compress(b"\0\0"))
    whole = picture + chunk(b"IEND", b"")
    address = s3.fill(bucket, {"index.html": b"<img src=a.png><img src=b.png>", "a.png": whole, "b.png": picture[:-9]})

    found = rows(checked(run, address, "--no-history"))

    assert [row[2] for row in found if row[0].startswith("asset/")] == ["b.png"]


def test_a_run_leaves_no_thread_and_its_workers_are_forks(s3: Store, bucket: str, run: Run) -> None:
    import threading

    address = s3.fill(bucket, {f"{n}.html": b"<p>x" for n in range(100)})
    before = threading.active_count()

    checked(run, address, "--jobs", "2", "--no-history")

    assert threading.active_count() == before


def test_a_run_with_the_network_reads_a_store_too(s3: Store, bucket: str, tmp_path: Path) -> None:
    address = s3.fill(bucket, {f"{n}.html": f'<a href="{s3.url}/{bucket}/0.html">x</a>'.encode() for n in range(99)})
    (tmp_path / "mirrorcheck.toml").write_text(f"{ALLOWED}second_pass = false\n")

    out, err = started("check", address, "--format", "json", cwd=tmp_path).communicate()

    report = json.loads(out)
    assert report["totals"]["pages"] == 99, err
    assert report["totals"]["targets"]["remote"] == 1
