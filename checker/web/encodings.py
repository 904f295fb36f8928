"""The charsets of https://encoding.spec.whatwg.org/ where they differ from Python's codecs, which lack some characters,
read others as their look-alikes, and write what no browser writes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import groupby, product

# For each Python codec: bytes in hexadecimal, and the standard's characters for them and for the bytes that follow.
_TABLES = {
    "cp1255": "ca\u05ba",
    "koi8-u": "aeў beЎ",
    "gb18030": "80€ a8bcḿ",
    "euc_jp": "a1c1～∥ a1dd－ a1f1￠￡ a2cc￢",
    "big5hkscs": """
        877a㡵𡵓𣚞𦀡㻬
        87a1𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹
        87c1瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋
        8e69箸 8e6f簆 8e7e糎 8eab緒 8eb4縝 8ecd者 8ed0耨 8f57菁 8f69蒨 8f6e萏 8fcb覦覩 8ffe起 906d都
        907a銹 90dc靜 90f1響 91bf鼖 9244蔃 92af兙兛兝兞 92c8鍮 92d1瑹 9447浧 94ca禛 95d9邗 9644靝 96ed瀞
        96fc嬨 9b76爁 9b78矗 9b7b纇 9bc6駖 9bde釔 9bec惞 9bf6澶 9c42輶 9c53侻 9c62營 9c68鄄 9c6b鷰
        9c77菏 9cbc尐秣 9cd0婧 9d57輋 9d5a筑 9dc4拐 9ea9恢 9eef痹 9efd汊 9f60鬮 9f66鼗 9fcb僭 9fd8弌
        a063蠏 a077拎 a0d5瑨 a0df煢 a0e4牐 a145‧ a14e﹑ a1c2¯ a1e3～ a1f2⊕⊙ a244￥ a246￠￡
        a3c0␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟
        a3e0␡€
        c6cf廴 c6d3无 c6d5癶 c6d7隶 c6de〃仝 fa5f倩
        fa66偽 fabd包 fac5卄 fad5卿 fb48嘅 fbb8婷 fbf3幵 fbf9廐 fc4f彘 fc6c悤 fcb9撐 fce2晴 fcf1杞
        fdb7沜渝 fdbb港 fdf1煮 fe52猪 fe6f瑜 feaa瓩 fedd砉
    """,
}


@cache
def _table(codec: str) -> Mapping[bytes, str]:
    found = dict(_of_shift_jis()) if codec == "euc_jp" else {}
    for first, characters in _RUN.findall(_TABLES.get(codec, "")):
        before, last = bytes.fromhex(first[:-2]), int(first[-2:], 16)
        found |= {before + bytes((last + number,)): character for number, character in enumerate(characters)}
    return found


_RUN = re.compile(r"([0-9a-f]+)(\S+)")


def _of_shift_jis() -> Iterator[tuple[bytes, str]]:
    """The rows of NEC and IBM, which the standard's EUC-JP shares with Shift_JIS."""
    for lead, trail in product((0xAD, *range(0xF9, 0xFD)), range(0xA1, 0xFF)):
        row, cell = divmod((lead - 0xA1) * 94 + trail - 0xA1, 188)
        shifted = bytes((row + (0x81 if row < 0x1F else 0xC1), cell + (0x40 if cell < 0x3F else 0x41)))
        with suppress(UnicodeDecodeError):
            yield bytes((lead, trail)), shifted.decode("cp932")


def read(codec: str, data: bytes) -> tuple[str, int] | None:
    """Return the standard's character where a codec fails, and the number of its bytes; None if there is none."""
    table = _table(codec)
    return next(((table[start], len(start)) for start in (data[:2], data[:1]) if start in table), None)


@cache
def misread(codec: str) -> tuple[tuple[str, str], ...]:
    """Return pairs of the character that a codec reads, and the one that the standard reads in its place."""
    pairs = ((data.decode(codec, "replace"), character) for data, character in _table(codec).items())
    return tuple((wrong, right) for wrong, right in pairs if "\ufffd" not in wrong)


_ONE_BYTE = ("cp125", "cp866", "cp874", "iso8859", "koi8", "mac-")
_HOLES = range(0x80, 0xA0)  # bytes that are C1 controls where a charset of one byte a character has none for them


@cache
def one_byte(codec: str) -> str:
    """Return the characters of the 256 bytes, U+FFFD where there is none; "" for a charset with more for one."""
    if not codec.startswith(_ONE_BYTE):
        return ""
    own = {data[0]: character for data, character in _table(codec).items()}
    held = bytes(range(0x100)).decode(codec, "replace")
    return "".join(
        own.get(byte) or (chr(byte) if character == "\ufffd" and byte in _HOLES else character)
        for byte, character in enumerate(held)
    )


def write(codec: str, text: str) -> bytes:
    """Encode a query as https://url.spec.whatwg.org/#string-percent-encode-after-encoding says: a character that the
    charset lacks becomes a reference, percent-encoded.
    """
    codec = codecs.lookup(codec).name
    if codec == "iso2022_jp":
        rows = {character: data for character, data in _written("euc_jp").items() if len(data) > 1 and data[0] > _KANA}
        return b"".join(
            b"\x1b$B%b\x1b(B" % bytes(byte & 0x7F for character in run for byte in rows[character])
            if shifted
            else b"".join(character.encode("ascii", "ignore") or _reference(character) for character in run)
            for shifted, run in groupby(text, rows.__contains__)
        )
    table = _written(codec)
    return b"".join(
        table.get(character) or character.encode("ascii", "ignore") or _by_range(codec, character) for character in text
    )


def _by_range(codec: str, character: str) -> bytes:
    whole = character.encode("gb18030", "ignore") if codec == "gb18030" else b""
    return whole if len(whole) == _FOUR else _reference(character)


def _reference(character: str) -> bytes:
    return b"%%26%%23%d%%3B" % ord(character)


_FOUR = 4  # bytes of the characters that GB 18030 has beyond GBK
_KANA = 0x8E  # before a narrow kana in EUC-JP
# What the standard's encoders leave out of what its decoders read: Hong Kong's characters, and in Shift_JIS the rows
# that stand there twice, and those for private use.
_WRITTEN_LEADS = {"big5hkscs": {*range(0xA1, 0xFF)}, "cp932": {*range(0x81, 0xFD)} - {0xED, 0xEE, *range(0xF0, 0xFA)}}
_LAST = frozenset("═╞╡╪十卅")  # of these, Big5 writes the last place
_VERTICAL = (  # which Python's gb18030 reads for private use
    "a6d9︐ a6da︒ a6db︑ a6dc︓ a6dd︔ a6de︕ a6df︖ a6ec︗ a6ed︘ a6f3︙ "
    "fe59龴 fe61龵 fe66龶 fe67龷 fe6d龸 fe7e龹 fe90龺 fea0龻"
)


@cache
def _written(codec: str) -> Mapping[str, bytes]:
    """Map the characters beyond ASCII that the standard writes to their bytes: to the first that it reads so."""
    if characters := one_byte(codec):
        places = enumerate(characters)
        return {character: bytes((byte,)) for byte, character in places if character > "\x7f" and character != "\ufffd"}
    own = _table("gb18030" if codec == "gbk" else codec)
    leads = _WRITTEN_LEADS.get(codec, range(0x81, 0xFF))
    pairs = [bytes(pair) for pair in product(leads, range(0x40, 0xFF))]
    read = b"\n".join(pairs).decode("gb18030" if codec == "gbk" else codec, "replace").split("\n")
    found: dict[str, bytes] = {}
    for pair, character in zip(pairs, read, strict=True):
        known = own.get(pair, character)
        if (len(known) == 1 and known not in found) or (known in _LAST and codec == "big5hkscs"):
            found[known] = pair
    if codec in {"cp932", "euc_jp"}:
        found |= {"¥": b"\\", "‾": b"~", "−": found["－"]}
    if codec == "cp932":
        found |= {chr(0xFF61 + byte): bytes((0xA1 + byte,)) for byte in range(0x3F)}
    if codec in {"gbk", "gb18030"}:
        found |= {character: bytes.fromhex(data) for data, character in _RUN.findall(_VERTICAL)}
    if codec == "gbk":
        found["€"] = b"\x80"
    for nothing in ("\ufffd", "\ue5e5"):
        found.pop(nothing, None)
    return found
