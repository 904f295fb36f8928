"""`mirrorcheck fix` on whole mirrors: what it mends, what it leaves alone, and how it keeps work from being lost."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.extract import Options, charset, extractor
from checker.kinds import kind_of
from checker.mend import files
from checker.mend.plan import Change
from checker.model import Kind, ReportError

EXAMPLE = Path(__file__).parents[2] / "examples" / "mirror"
OFFLINE = ("--offline", "--fail-on", "never")

Write = Callable[..., Path]
RunCommand = Callable[..., Any]


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=given, timeout=60).stdout


def committed(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


@pytest.fixture
def mirror(write: Write) -> Path:
    return write(
        {
            "index.md": "# Home\n\n[guide](Docs/guide.md#First-Steps) [typo](docs/giude.md) [fine](docs/guide.md)\n",
            "docs/guide.md": "# Guide\n\n## First steps\n",
        }
    )


def on_a_terminal(*arguments: object, **variables: str) -> str:
    """What `fix` shows on a terminal."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "checker", "fix", *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | variables
    done = subprocess.run(command, stdout=follower, stderr=subprocess.PIPE, env=env, timeout=60, check=False)
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that nobody writes there any more
        while part := os.read(leader, 65_536):
            shown += part
    os.close(leader)
    assert done.returncode == 1, done.stderr
    return shown.decode("utf-8").replace("\r\n", "\n")


def test_a_person_sees_a_diff_in_colour_and_no_page_speaks_to_the_terminal(write: Write) -> None:
    text = "# H\n\n[é\tx](#h) [a](#H)\x1b]0;owned\x07\n"
    root = write({"a.md": text, "b.html": b"<!DOCTYPE html><p id=h>\xd6\xd0<meta charset=gbk><a href='#H'>x</a>\n"})
    (root / "c.html").write_text("<!DOCTYPE html>\n<p id=h>Ċ\n<a href='#H'>x</a>\n", "utf-16")

    shown = on_a_terminal(root)

    assert "\x1b[1m--- a/a.md\x1b[0m\n" in shown
    assert "\x1b[36m@@ -1,3 +1,3 @@\x1b[0m\n" in shown
    assert "\x1b[31m-[é\tx](#h) [a](#H)\\x1b]0;owned\\x07\x1b[0m\n" in shown
    assert "\x1b[32m+[é\tx](#h) [a](#h)\\x1b]0;owned\\x07\x1b[0m\n" in shown
    assert "+<!DOCTYPE html><p id=h>中<meta charset=gbk><a href='#h'>x</a>" in shown
    assert "\n <p id=h>Ċ\n" in shown
    assert "+<a href='#h'>x</a>" in shown
    assert set(re.findall(r"\x1b[^m]*m?", shown)) == {"\x1b[1m", "\x1b[36m", "\x1b[31m", "\x1b[32m", "\x1b[0m"}
    assert "\x1b" not in on_a_terminal(root, NO_COLOR="1")


def test_a_diff_is_shown_and_nothing_is_written(run: RunCommand, mirror: Path) -> None:
    before = (mirror / "index.md").read_bytes()
    result = run("fix", mirror)

    assert result.code == 1
    assert "-[guide](Docs/guide.md#First-Steps)" in result.out
    assert "+[guide](docs/guide.md#First-Steps)" in result.out
    assert "giude" in result.out
    assert "can be mended; --write writes the pages" in result.err
    assert (mirror / "index.md").read_bytes() == before


def test_check_says_what_fix_writes_of_a_renamed_file(run: RunCommand, write: Write) -> None:
    root = committed(write({"a.md": "[b](guide-fr.md)\n", "guide-fr.md": "Bonjour\n", "guide-mr.md": "Namaskar\n"}))
    (root / "guide-fr.md").rename(root / "salut.md")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "renamed")

    assert "git knows it as salut.md\n        did you mean salut.md" in run("check", root, "--no-history").out
    assert "+[b](salut.md)" in run("fix", root).out
    assert (
        "did you mean" not in run("check", root, "--offline").out
    )  # git is not asked, and another language is no guess


def test_check_counts_what_fix_mends(run: RunCommand, write: Write) -> None:
    a, b = "http://a.example/x（说明）。", "http://a.example/x`よりも`http://b.example/y`の方がよい。"
    root = write({"a.md": f"[x](B.md)\n\n{a}\n\n{b}\n", "b.md": "B\n"})

    told = run("check", root, "--offline").out
    fixed = run("fix", root)

    assert "did you mean http://a.example/x\n" in told
    assert "2 of these can be mended with `mirrorcheck fix`\n" in told
    assert fixed.err == "2 findings on 1 page can be mended; --write writes the pages\n"
    assert "+<http://a.example/x>（说明）。" in fixed.out


def test_what_is_written_is_checked_again_and_a_second_fix_finds_nothing(run: RunCommand, mirror: Path) -> None:
    first, second = run("fix", mirror, "--write"), run("fix", mirror, "--write")
    likely, last = run("fix", mirror, "--write", "--likely"), run("fix", mirror, "--write", "--likely")

    assert "mended 2 findings on 1 page" in first.err  # once the file was found, its fragment was not
    assert first.code == 1  # the likely one is left
    assert "nothing to mend; 1 suggestion is likely" in second.err
    assert "mended 1 finding on 1 page" in likely.err
    assert likely.code == 0
    assert "nothing to mend" in last.err
    assert last.code == 0
    assert (mirror / "index.md").read_text() == (
        "# Home\n\n[guide](docs/guide.md#first-steps) [typo](docs/guide.md) [fine](docs/guide.md)\n"
    )


def test_a_mirror_without_faults_is_left_alone(run: RunCommand, write: Write) -> None:
    result = run("fix", write({"a.md": "[b](b.md)", "b.md": ""}), "--write")

    assert (result.code, result.out) == (0, "")
    assert "nothing to mend" in result.err


@pytest.mark.needs("git")
def test_git_takes_the_diff_of_the_example(run: RunCommand, tmp_path: Path) -> None:
    patched, written = tmp_path / "patched", tmp_path / "written"
    for copy in (patched, written):
        shutil.copytree(EXAMPLE, copy)
    patch = subprocess.run(
        [sys.executable, "-m", "checker", "fix", patched, *OFFLINE], capture_output=True, timeout=60, check=False
    ).stdout
    git(patched, "apply", "--whitespace=nowarn", "-", given=patch)
    run("fix", written, "--write", *OFFLINE)

    assert contents(patched) == contents(written) != contents(EXAMPLE)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_example_has_fewer_findings_and_no_other_bytes(run: RunCommand, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(EXAMPLE, copy)
    before = run("check", copy, "--offline", "--format", "json", "--no-history").report["findings"]
    run("fix", copy, "--write", *OFFLINE)
    after = run("check", copy, "--offline", "--format", "json", "--no-history").report["findings"]

    known = {finding["fingerprint"] for finding in before}
    assert len(after) < len(before)
    assert {finding["fingerprint"] for finding in after} <= known
    for name, data in contents(copy).items():
        assert without_urls(name, data) == without_urls(name, (EXAMPLE / name).read_bytes()), name


def without_urls(name: str, data: bytes) -> str:
    """A page's text without its references, and without the lines on which a URL swallowed some of the text."""
    kind = kind_of(name)
    if not isinstance(kind, Kind):
        return data.decode("latin-1")
    text = charset.decode(data, kind).text
    for place in sorted(extractor(kind).places(text, Options()), key=lambda place: -place.start):
        text = text[: place.start] + text[place.end :]
    return "".join(line for line in text.splitlines(keepends=True) if "swallowed" not in line)


@pytest.mark.needs("git")
def test_what_git_could_not_give_back_is_not_overwritten(run: RunCommand, mirror: Path) -> None:
    committed(mirror)
    edited = (mirror / "index.md").read_text() + "\nmore\n"
    (mirror / "index.md").write_text(edited)
    refused = run("fix", mirror, "--write")

    assert refused.code == 2
    assert "index.md (not committed)" in refused.err
    assert (mirror / "index.md").read_text() == edited
    assert run("fix", mirror, "--write", "--force").code == 1
    assert "docs/guide.md" in (mirror / "index.md").read_text()


@pytest.mark.needs("git")
def test_a_page_that_git_does_not_know_is_not_overwritten(run: RunCommand, mirror: Path) -> None:
    committed(mirror)
    (mirror / "new.md").write_text("[x](Docs/guide.md)")

    assert "new.md (unknown to git)" in run("fix", mirror, "--write").err
    assert (mirror / "new.md").read_text() == "[x](Docs/guide.md)"


@pytest.mark.needs("git")
def test_committed_pages_are_written_and_keep_their_mode(run: RunCommand, mirror: Path) -> None:
    page = mirror / "index.md"
    page.chmod(0o755)
    committed(mirror)
    run("fix", mirror, "--write")

    assert "docs/guide.md#" in page.read_text()
    assert stat.S_IMODE(page.stat().st_mode) == 0o755


@pytest.mark.needs("git")
def test_git_knows_where_a_file_went(run: RunCommand, write: Write) -> None:
    lines = "\n".join(f"line {number}" for number in range(60))
    mirror = committed(
        write(
            {
                "index.md": "[same](old.md) [edited](notes/edited.md) [gone](gone.md)\n",
                "old.md": "kept\n",
                "notes/edited.md": lines,
                "gone.md": "nothing like it\n",
            }
        )
    )
    git(mirror, "mv", "old.md", "a-completely-different-name.md")
    (mirror / "log").mkdir()
    git(mirror, "mv", "notes/edited.md", "log/2021.md")
    (mirror / "log/2021.md").write_text(lines + "\nand more\n")
    git(mirror, "rm", "--quiet", "gone.md")
    git(mirror, "commit", "--quiet", "--all", "--message", "moved")

    run("fix", mirror, "--write")
    assert (
        (mirror / "index.md").read_text().startswith("[same](a-completely-different-name.md) [edited](notes/edited.md)")
    )
    git(mirror, "commit", "--quiet", "--all", "--message", "mended")
    run("fix", mirror, "--write", "--likely")
    assert "[edited](log/2021.md) [gone](gone.md)" in (mirror / "index.md").read_text()


def test_of_several_files_none_is_taken(run: RunCommand, write: Write) -> None:
    mirror = write({"a.md": "[x](GuIdE.html)", "GUIDE.html": "", "Guide.html": "", "guide.html": ""})
    if len(list(mirror.iterdir())) < 4:
        pytest.fail("this disk does not tell these names apart")

    assert "nothing to mend" in run("fix", mirror, "--likely").err


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_other_charsets_and_line_ends_stay(run: RunCommand, write: Write, encoding: str) -> None:
    text = f"<meta charset={encoding}>\r\n<p>中文\r\n<a href=Docs/x.html>中文</a>\r\n"
    mirror = write({"a.html": text.encode(encoding), "docs/x.html": "<p>"})
    run("fix", mirror, "--write")

    assert (mirror / "a.html").read_bytes() == text.replace("Docs", "docs").encode(encoding)


def test_a_login_is_masked_in_the_diff_which_says_so(run: RunCommand, write: Write) -> None:
    mirror = write(
        {"a.html": '<a href="Docs/x.html">x</a> <a href="https://ann:secret@example.org/">', "docs/x.html": "<p>"}
    )
    result = run("fix", mirror)

    assert "secret" not in result.out + result.err
    assert "logins are masked" in result.err
    run("fix", mirror, "--write")
    assert (mirror / "a.html").read_text() == ('<a href="docs/x.html">x</a> <a href="https://ann:secret@example.org/">')


def test_an_address_or_an_archive_is_refused(run: RunCommand, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "site"), "zip", EXAMPLE)

    assert run("fix", "https://example.org/").code == 2
    refused = run("fix", tmp_path / "site.zip")
    assert refused.code == 2
    assert "archive" in refused.err


def test_what_is_said_to_be_mendable_is_mended(run: RunCommand, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE.parent, tmp_path / "examples")
    said = run("check", tmp_path / "examples/mirror", *OFFLINE, "--no-history").out
    done = run("fix", tmp_path / "examples/mirror", *OFFLINE)

    number = said.partition(" of these can be mended")[0].rpartition("\n")[2]
    assert done.err.startswith(f"{number} findings on ")


@pytest.mark.parametrize("published", ["", 'published = ["https://m.test/x/"]'])
def test_a_bare_url_of_the_origin_stays_a_url(run: RunCommand, write: Write, published: str) -> None:
    text = (
        "[link](https://o.test/b.md) [link](<https://o.test/b.md>) 原文：https://o.test/b.md#b <https://o.test/b.md>\n"
    )
    sitemap = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://o.test/b.md</loc></url>'
    files = {"a.md": text, "b.md": "# b\n", "sitemap.xml": sitemap + "</urlset>"}
    mirror = write({**files, "config.toml": f'[mirror]\norigin = ["https://o.test/"]\n{published}\n'})
    run("fix", "--config", mirror / "config.toml", "--write", *OFFLINE)

    own = "https://m.test/x/" if published else "https://o.test/"
    assert (mirror / "a.md").read_text() == (f"[link](b.md) [link](<b.md>) 原文：{own}b.md#b <{own}b.md>\n")
    assert f"<loc>{own}b.md</loc>" in (mirror / "sitemap.xml").read_text()


def test_an_escape_of_markdown_is_no_part_of_what_is_suggested(run: RunCommand, write: Write) -> None:
    text = "[a](Docs/x.html?a=1\\&b=2#One) [b][l]\n\n[l]: Docs/f\\(1\\).html?a=1\\&b=2#One\n"
    mirror = write({"a.md": text, "docs/x.html": "<p id=one>", "docs/f(1).html": "<p id=one>"})
    run("fix", mirror, "--write")

    assert (mirror / "a.md").read_text() == text.replace("Docs", "docs").replace("One", "one")


def test_a_manifest_that_lists_a_page_has_to_be_sealed_again(run: RunCommand, mirror: Path) -> None:
    run("seal", mirror)
    said = run("fix", mirror, "--write", "--ignore", "fixity", *OFFLINE).err
    command = said.partition("`mirrorcheck ")[2].partition("`")[0]

    assert f"{mirror / 'SHA256SUMS'} lists 1 page that has other bytes now" in said
    assert run("check", mirror, "--select", "fixity", *OFFLINE).out.count("fixity/changed") == 1
    assert run(*shlex.split(command)).code == 0
    assert "fixity" not in run("check", mirror, *OFFLINE).out


def test_another_manifest_has_to_be_written_by_its_own_program(run: RunCommand, mirror: Path) -> None:
    (mirror / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (mirror / "data").mkdir()
    (mirror / "data/a.md").write_text("[x](../Docs/guide.md)")
    (mirror / "manifest-sha256.txt").write_text(f"{'0' * 64}  data/a.md\n")
    said = run("fix", mirror, "--write", *OFFLINE).err

    assert "manifest-sha256.txt lists 1 page that has other bytes now: write it with the program that made it" in said


@pytest.mark.parametrize("line", ["", f"{'0' * 64}  other.md\n", "no checksum\n"])
def test_a_manifest_that_lists_no_page_that_was_written_is_not_named(run: RunCommand, mirror: Path, line: str) -> None:
    (mirror / "SHA256SUMS").write_text(line)
    said = run("fix", mirror, "--write", *OFFLINE).err

    assert "mended" in said
    assert "SHA256SUMS" not in said


def test_a_read_only_page_is_not_overwritten(run: RunCommand, mirror: Path) -> None:
    page = mirror / "index.md"
    before = page.read_bytes()
    page.chmod(0o444)
    refused = run("fix", mirror, "--write", *OFFLINE)

    assert (refused.code, page.read_bytes()) == (2, before)
    assert "index.md: read-only" in refused.err
    assert run("fix", mirror, "--write", "--force", *OFFLINE).code == 0
    assert page.read_bytes() != before
    assert stat.S_IMODE(page.stat().st_mode) == 0o444


@pytest.mark.needs("git")
@pytest.mark.parametrize("where", ["submodule", "clone"])
def test_a_clone_within_the_mirror_answers_for_its_own_pages(run: RunCommand, write: Write, where: str) -> None:
    text = "[x](Docs/guide.md)\n"
    inner = committed(write({"inner/a.md": text, "inner/b.md": text, "inner/docs/guide.md": ""}) / "inner")
    mirror = inner.parent
    git(mirror, "init", "--quiet")
    if where == "submodule":
        git(mirror, "-c", "advice.addEmbeddedRepo=false", "add", "inner")
        git(mirror, "commit", "--quiet", "--message", "inner")
    (inner / "b.md").write_text(text * 2)
    refused = run("fix", mirror, "--write", *OFFLINE)

    assert refused.code == 2
    assert "inner/b.md (not committed)" in refused.err
    assert "a.md" not in refused.err
    git(inner, "commit", "--quiet", "--all", "--message", "more")
    assert run("fix", mirror, "--write", *OFFLINE).code == 0
    assert (inner / "a.md").read_text() == text.lower()


def test_a_page_that_changed_meanwhile_is_not_overwritten_nor_any_other(tmp_path: Path) -> None:
    def change(page: str) -> Change:
        (tmp_path / page).write_bytes(b"before")
        return Change(page, b"before", b"after", "utf-8", ())

    changes = [change("a.md"), change("b.md"), change("c.md")]
    (tmp_path / "b.md").write_bytes(b"edited")
    with pytest.raises(ReportError, match=r"b\.md: it was changed meanwhile"):
        files.write(tmp_path, changes)
    (tmp_path / "b.md").unlink()
    with pytest.raises(ReportError, match=r"b\.md: cannot be read again"):
        files.write(tmp_path, changes)

    assert contents(tmp_path) == {"a.md": b"before", "c.md": b"before"}


def test_a_link_to_a_mirror_is_followed_and_a_link_in_it_stays(run: RunCommand, mirror: Path, tmp_path: Path) -> None:
    (mirror / "link.md").symlink_to("index.md")
    (tmp_path / "way").symlink_to(mirror)
    run("fix", tmp_path / "way", "--write", *OFFLINE)
    again = run("fix", mirror / "link.md", "--write", "--likely", *OFFLINE)

    assert (mirror / "link.md").is_symlink()
    assert "mended 1 finding on 1 page" in again.err
    assert (mirror / "index.md").read_text() == (
        "# Home\n\n[guide](docs/guide.md#first-steps) [typo](docs/guide.md) [fine](docs/guide.md)\n"
    )


def test_names_of_image_maps_and_ids_that_differ_by_case_are_mended_where_one_is_meant(
    run: RunCommand, write: Write
) -> None:
    page = (
        '<map name="Lamp ö"></map><img alt="" src="i.svg" usemap="#{3}">'
        '<map name="Plan"></map><map name="town"></map><map name="TOWN"></map><p id="plan"><p id="a"><p id="A"><p id="b">'
        '<img alt="" src="i.svg" usemap="#{0}"><img alt="" src="i.svg" usemap="#Town"><img alt="" src="i.svg" usemap="#Plaan">'
        '<a href="#{1}">x</a> <a href="#{2}">x</a> <a href="o.html#Á">x</a>'
    )
    mirror = write(
        {"p.html": page.format("plan", "PLAN", "B", "lamp ö"), "o.html": '<p id="á"><p id="ᴬ">', "i.svg": "<svg/>"}
    )
    run("fix", mirror, "--write")

    assert (mirror / "p.html").read_text() == page.format("Plan", "plan", "b", "Lamp ö").replace("#Á", "#á")
    told = run("check", mirror, *OFFLINE, "--format", "json", "--no-history").report["findings"]
    left = [(each["reference"], each["suggestion"], each["message"]) for each in told if each["role"]]
    assert left == [
        ("#Town", None, "the map is called 'TOWN' or 'town'"),
        ("#Plaan", "#Plan", "no map has this name"),
    ]


def test_of_two_ids_that_differ_by_case_none_is_suggested(run: RunCommand, write: Write) -> None:
    mirror = write(
        {"p.html": '<p id="aa"><p id="AA"><a href="#Aa">x</a><a href="q.html#Aa">x</a>', "q.html": "<p id=aA>"}
    )
    run("fix", mirror, "--write", "--likely")

    assert (mirror / "p.html").read_text().endswith('<a href="#Aa">x</a><a href="q.html#aA">x</a>')


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        (r"..\..\docs\guide.md#x", "../../docs/guide.md#x"),
        (r".\page.md", "./page.md"),
        (r"..\_other\a.md?v=1", "../_other/a.md?v=1"),
        (r"..\..\.x\a.md", "../../.x/a.md"),
        (r"..\..\docs/guide.md", "../../docs/guide.md"),
        ("....gone.md", "....gone.md"),
    ],
)
@pytest.mark.parametrize("page", ["a/b/x.md", "a/b/x.html"])
def test_a_path_of_windows_gets_its_slashes(
    run: RunCommand, write: Write, page: str, written: str, mended: str
) -> None:
    """In Markdown, its backslashes may be escapes, and gone before anyone sees them."""
    text = "[x]({})\n" if page.endswith(".md") else "<!DOCTYPE html><a href='{}'>x</a>\n"
    files = {"docs/guide.md": "# x", "a/b/page.md": "", "a/_other/a.md": "", ".x/a.md": ""}
    mirror = write({**files, page: text.format(written)})
    run("fix", mirror, "--write")

    assert (mirror / page).read_text() == text.format(mended)
