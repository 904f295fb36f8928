"""Where the tables of https://encoding.spec.whatwg.org/ differ from Python's codecs, which lack some characters and
read others as their look-alikes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import product

# For each Python codec: bytes in hexadecimal, and the standard's characters for them and for the bytes that follow.
_TABLES = {
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


@cache
def written(codec: str) -> Mapping[str, bytes]:
    """Map characters to the bytes that only the standard writes for them, not a codec.

    Hong Kong's characters are left out: the standard reads them, but does not write them.
    """
    return {character: data for data, character in sorted(_table(codec).items(), reverse=True) if data >= b"\xa1"}
