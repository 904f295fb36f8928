"""Seeded mirrors of the usual shape, with planted faults: `python -m benchmarks.generate --pages N --seed S --out DIR`.

Of each page some 9.5 kB are text and 6.3 kB an image; both come from small pools, so that 100,000 pages are
written in seconds. The faults stand in DIR.faults.json. What is right and wrong is written down here by hand and never
asked of the checker.
"""

from __future__ import annotations

import argparse
import json
import posixpath
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

OWN = "https://github.com/example-owner/example-mirror/blob/master/"
CDN = "https://cdn.jsdelivr.net/gh/example-owner/example-mirror/"
ORIGIN = "https://origin.example/gb/"
CONFIG = f"""\
# The configuration of a generated mirror.
[mirror]
published = ["{OWN}"]
"""

FAULTY = 200  # one page in so many has a fault
SECTION = 50  # pages in a folder
IMAGES = 16  # distinct images
IMAGE_SIDE = 78  # pixels; noise does not compress, so that an image is 6.2 kB
PARAGRAPHS = 600  # in the pool
SENTENCES = 7  # in a paragraph

PLACES = (
    "ドイツ", "美国", "英国", "法国", "日本", "カナダ", "Québec", "Malmö", "長江", "信濃川", "Ötztal", "Łódź",
)  # fmt: skip
DECOMPOSED = frozenset({"ドイツ", "Québec"})  # whose index has its name in NFD

# A heading, and the anchor that GitHub makes of it
HEADINGS = (
    ("🌙 夜读 Night reading", "-夜读-night-reading"),
    ("📚 借书 & 还书", "-借书--还书"),
    ("渡口的钟声", "渡口的钟声"),
    ("The *old* mill", "the-old-mill"),
    ("信濃川の舟", "信濃川の舟"),
    ("Letters, 1923 — 1931", "letters-1923--1931"),
)

TIMES = ("清晨", "午后", "傍晚", "半夜", "下雪的那天", "集市散了以后", "春天第一场雨里", "Before the bell ")
PEOPLE = ("摆渡人", "灯匠", "抄书的老人", "磨坊主的女儿", "邮差", "七个孩子", "船の大工", "the lamp keeper ")
PLACED = ("在渡口", "在图书馆的窗边", "沿着旧河堤", "在钟楼下面", "到邻村的桥头", "坂の上で", "beside the mill ")
DEEDS = (
    "把一本旧书交给下一位读者", "数着水面上的灯影", "修好了漏风的窗户", "记下今天的水位", "等最后一班木船",
    "教孩子们认星星的名字", "把信按月份排好", "听雨点落在铁皮屋顶上", "copied the ledger once more",
)  # fmt: skip
ENDINGS = (
    "，谁也没有说话。",
    "，然后慢慢走回家。",
    "；后来这件事写进了村志。",
    "，灯一直亮到天明。",
    "。",
    ", and went home. ",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the generator broke. `target` is as the checker reports it: a file of the mirror, or the URL."""

    page: str
    line: int
    rule: str
    target: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the pages of a mirror lie, all known from its size."""

    pages: int

    @property
    def sections(self) -> int:
        return -(-self.pages // SECTION)

    def page(self, number: int) -> str:
        """The file of the page of a number, from 0."""
        section, letters = number // SECTION, ""
        for _ in range(3):
            section, letter = divmod(section, 26)
            letters = chr(ord("a") + letter) + letters
        return f"pages/{letters}/{name(number)}"

    @staticmethod
    def index(section: int) -> str:
        """The index page of a section: its name is not ASCII, and of some in NFD."""
        place, again = PLACES[section % len(PLACES)], section // len(PLACES)
        form = unicodedata.normalize("NFD" if place in DECOMPOSED else "NFC", place)
        return f"indexes/E{form}{again or ''}.md"


def name(number: int) -> str:
    """The name of a page without its folder."""
    return f"n{1001 + number}.md"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generate", description="Write a mirror with known faults."
    )
    parser.add_argument("--pages", type=int, required=True, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="must not exist")
    parser.add_argument(
        "--faulty", type=int, default=FAULTY, metavar="N", help="one page in N has a fault (%(default)s)"
    )
    arguments = parser.parse_args()
    faults = generate(arguments.out, arguments.pages, arguments.seed, arguments.faulty)
    print(f"{arguments.out}: {arguments.pages} pages and their indexes, {len(faults)} faults")


def faults_of(out: Path) -> Path:
    """The list of the faults of a mirror, beside its folder."""
    return out.with_name(f"{out.name}.faults.json")


def generate(out: Path, pages: int, seed: int, faulty: int = FAULTY) -> list[Fault]:
    """Write a mirror into a new folder and its faults beside it; the same bytes for the same arguments.

    Raises FileExistsError where the folder exists.
    """
    random, shape = Random(seed), Shape(pages)
    out.mkdir(parents=True)
    images = [_png(random) for _ in range(IMAGES)]
    paragraphs = [_paragraph(random) for _ in range(PARAGRAPHS)]
    faults: list[Fault] = []
    broken = _faulty(random, pages, faulty)
    for number in range(pages):
        path = shape.page(number)
        if number % SECTION == 0:
            (out / path).parent.mkdir(parents=True, exist_ok=True)  # three letters name 17,576 folders
        lines = list(_page(random, shape, number, paragraphs))
        if number in broken:
            faults.append(_plant(random, shape, number, broken[number], lines))
        (out / path).write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
        (out / f"{path}.png").write_bytes(images[number % IMAGES])
    _fronts(out, shape)
    (out / "config.toml").write_text(CONFIG, "utf-8", newline="\n")
    rows = [json.dumps(asdict(fault), ensure_ascii=False) for fault in faults]
    text = "[\n" + ",\n".join(rows) + "\n]\n"
    faults_of(out).write_text(text, "utf-8", newline="\n")
    return faults


def _fronts(out: Path, shape: Shape) -> None:
    """The front page and the indexes: no page is an orphan."""
    (out / "indexes").mkdir()
    front = ["# 镜像 The mirror", ""]
    for section in range(shape.sections):
        index = shape.index(section)
        front.append(f"- [{posixpath.basename(index)}]({quote(index)})")
        numbers = range(section * SECTION, min((section + 1) * SECTION, shape.pages))
        lines = [f"# {posixpath.basename(index)}", "", "[首页](../README.md?index)", ""]
        lines += [
            f"{place}. [第 {number} 篇](../{shape.page(number)}?{1001 + number})"
            for place, number in enumerate(numbers, 1)
        ]
        (out / index).write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    (out / "README.md").write_text("\n".join(front) + "\n", "utf-8", newline="\n")


def _page(random: Random, shape: Shape, number: int, paragraphs: list[str]) -> Iterator[str]:
    """The lines of a page: every kind of reference that such a mirror holds, and all are right."""
    stem = f"n{1001 + number}"
    index = posixpath.basename(shape.index(number // SECTION))
    written = index if random.random() < 0.5 else quote(index)
    yield (
        "### [ 💌 写信给图书馆 ](https://origin.example/letters.html) &nbsp; "
        f"[ 📖 回到首页 ](../../README.md?{stem}) &nbsp; [ 🏮 基本资料 ](../../../../../basic/blob/master/README.md)"
    )
    yield from ("", f"# 第 {number} 篇 {random.choice(PEOPLE)}的一天", "")
    yield from (f'<img src="http://192.0.2.1/{stem}.md" width="0px">', "")
    tags = " &nbsp; ".join(
        f'<ok href="{ORIGIN}tag/{random.randrange(400)}.html">{random.choice(PEOPLE)}</ok>' for _ in range(4)
    )
    yield from (f"{tags} &nbsp; [{index}](../../indexes/{written}?{stem})", "")
    yield from (f"![{stem}]({CDN}{shape.page(number)}.png)", "")
    yield from (f'<img src="https://origin.example/pictures/{random.randrange(2000)}.jpg" class="photo">', "")
    yield from (f"[窗台的录像](http://192.0.2.1:10000/videos/res{number % 90}/news/../../res/{stem}/index.html)", "")
    for heading, _ in HEADINGS:
        yield from (f"## {heading}", "")
        yield from _article(random, number, paragraphs)
    yield from ("## 续", "", "上接 [前文](#续-1)。", "", "## 续", "", "下接 [后文](#续)。", "")
    own = f"{OWN}{shape.page(number)}"
    yield from ("<hr/>", "长按并复制下列链接，或者扫描图片：<br/>", f"{own} <br/>")
    yield from (f"<a href='{own}'><img src='{CDN}{shape.page(number)}.png'/></a> <br/>",)
    yield from (f"原文地址：{ORIGIN}23/3/{number % 28 + 1}/{stem}.htm", "")
    yield from (f"原文地址：{ORIGIN}23/3/{number % 28 + 1}/{stem}.htm", "")
    yield from (f"本页地址：[{stem}]({OWN}{shape.page(number)})", "")
    for _ in range(12):
        other = random.randrange(shape.pages)
        _heading, anchor = random.choice(HEADINGS)
        fragment = f"#{anchor if random.random() < 0.5 else quote(anchor)}" if random.random() < 0.4 else ""
        yield f"- [第 {other} 篇](../../{shape.page(other)}?{stem}{fragment})"


def _article(random: Random, number: int, paragraphs: list[str]) -> Iterator[str]:
    """A section as programs write it that copy a site's pages into Markdown: one block of HTML with long lines of text,
    with links of an element that no browser knows, and with a URL that is no link.
    """
    text = "".join(random.sample(paragraphs, 2))
    half = len(text) // 2
    yield from ('<div class="article">', " <p>", f"  {text[:half]}")
    yield from (f'  <ok href="{ORIGIN}tag/{random.randrange(400)}.html">', f"   {random.choice(PEOPLE)}", "  </ok>")
    yield from (
        f"  {text[half:]}",
        " </p>",
        f"  图片来源：{ORIGIN}pictures/{number % 2000}.jpg",
        "  <br/>",
        "</div>",
        "",
    )


def _faulty(random: Random, pages: int, faulty: int) -> dict[int, int]:
    """Number of a page -> which fault it gets; each kind about as often."""
    numbers = sorted(random.sample(range(pages), pages // faulty))
    return {number: place % len(_KINDS) for place, number in enumerate(numbers)}


_KINDS = (
    "local/missing-file", "local/missing-fragment", "local/wrong-case", "local/wrong-normalisation", "own", "cdn",
    "url/invalid", "url/double-encoded", "url/repaired-by-browsers", "url/swallowed-punctuation", "url/unknown-scheme",
    "url/local-path", "url/empty",
)  # fmt: skip


def _plant(random: Random, shape: Shape, number: int, kind: int, lines: list[str]) -> Fault:
    """Put one faulty line on a page, between two of its blocks."""
    other = shape.page(random.randrange(shape.pages))
    index = shape.index(number // SECTION)
    rule = _KINDS[kind]
    match rule:
        case "local/missing-file":
            target = other.replace(".md", "0.md")
            line = f"[不见了的一篇](../../{target}?{number})"
        case "own" | "cdn":
            rule, target = "local/missing-file", other.replace(".md", ".txt")
            line = f'<img src="{(OWN if rule == "own" else CDN) + target}">'
        case "local/missing-fragment":
            target = f"{other}#没有这一节"
            line = f"[没有这一节](../../{target})"
        case "local/wrong-case":
            target = other.replace("/n", "/N")
            line = f"[大小写](../../{target})"
        case "local/wrong-normalisation":
            target = unicodedata.normalize("NFC", shape.index(0))
            line = f"[写法](../../{quote(target)})"
        case "url/invalid":
            target = f"http://192.0.2.1:100000/videos/{number}/index.html"
            line = f"[录像]({target})"
        case "url/double-encoded":
            target = quote(index)
            line = f"[目录](../../{quote(target)})"
        case "url/repaired-by-browsers":
            target = "README.md"
            line = '<a href="..\\..\\README.md">首页</a>'
        case "url/swallowed-punctuation":
            url = f"{ORIGIN}23/4/{number}.htm"
            target = f"{url}{quote('。本页由村里的孩子抄写')}"
            line = f"原文地址：{url}。本页由村里的孩子抄写"
        case "url/unknown-scheme":
            target = "htpp"
            line = "[旧址](htpp://origin.example/)"
        case "url/empty":
            target = shape.page(number)
            line = '<img src="">'
        case _:
            target = "file:///home/keeper/letters.html"
            line = f'<a href="{target}">信</a>'
    blank = random.choice([place for place, text in enumerate(lines[:-12]) if not text])
    lines[blank : blank + 1] = ["", line, ""]
    return Fault(shape.page(number), blank + 2, rule, target)


def _paragraph(random: Random) -> str:
    parts = (TIMES, PEOPLE, PLACED, DEEDS, ENDINGS)
    return "".join(random.choice(words) for _ in range(SENTENCES) for words in parts)


def _png(random: Random) -> bytes:
    """A grey square of noise: a whole PNG that does not compress."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", IMAGE_SIDE, IMAGE_SIDE, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + random.randbytes(IMAGE_SIDE) for _ in range(IMAGE_SIDE))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


if __name__ == "__main__":
    main()
