"""Bytes to text: marks, declarations and detection, as browsers have it."""

from __future__ import annotations

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.extract import charset
from checker.extract.charset import codec, decode
from checker.model import Kind

# WHATWG name, Python's codec, what is written in it
MATRIX = [
    ("gbk", "gb18030", "灯屋图书馆的第一盏灯在傍晚点亮,三位读者坐在窗边喝茶。河水从山上流下来,经过我们的村子。"),
    ("big5", "big5hkscs", "燈屋圖書館的第一盞燈在傍晚點亮,三位讀者坐在窗邊喝茶。河水從山上流下來,經過我們的村子。"),
    (
        "shift_jis",
        "cp932",
        "川の水は山から流れて、私たちの村を通り、海に入ります。図書館では夕方に最初のランプがともる。",
    ),
    (
        "euc-jp",
        "euc_jp",
        "川の水は山から流れて、私たちの村を通り、海に入ります。図書館では夕方に最初のランプがともる。",
    ),
    ("iso-2022-jp", "iso2022_jp", "川の水は山から流れて、私たちの村を通り、海に入ります。"),
    ("euc-kr", "cp949", "등대 도서관의 첫 번째 등불이 저녁에 켜지고, 세 명의 독자가 창가에서 차를 마신다."),
    ("windows-1251", "cp1251", "Первая лампа в библиотеке зажигается вечером, и трое читателей пьют чай у окна."),
    ("koi8-r", "koi8_r", "Первая лампа в библиотеке зажигается вечером, и трое читателей пьют чай у окна."),
    ("iso-8859-5", "iso8859_5", "Первая лампа в библиотеке зажигается вечером, и трое читателей пьют чай у окна."),
    ("ibm866", "cp866", "Первая лампа в библиотеке зажигается вечером, и трое читателей пьют чай у окна."),
    (
        "koi8-u",
        "koi8_u",
        "Перша лампа в бібліотеці запалюється ввечері, її світло падає на ґанок, і троє читачів п'ють чай.",
    ),
    ("windows-1253", "cp1253", "Η πρώτη λάμπα της βιβλιοθήκης ανάβει το βράδυ και τρεις αναγνώστες πίνουν τσάι."),
    (
        "windows-1250",
        "cp1250",
        "Pierwsza lampa w bibliotece zapala się wieczorem, a trzech czytelników pije gorącą herbatę.",
    ),
    (
        "iso-8859-2",
        "iso8859_2",
        "První lampa v knihovně se rozsvítí večer, když už je šero, a tři čtenáři pijí šťávu u okna.",
    ),
    (
        "windows-1252",
        "cp1252",
        "La première lampe de la bibliothèque s’allume le soir, et trois lecteurs boivent du thé.",
    ),
    ("windows-1254", "cp1254", "Kütüphanenin ilk lambası akşam yanar ve üç okuyucu pencerenin yanında sıcak çay içer."),
    ("windows-1255", "cp1255", "המנורה הראשונה בספרייה נדלקת בערב, ושלושה קוראים שותים תה ליד החלון."),
    ("windows-1256", "cp1256", "يضاء المصباح الأول في المكتبة مساء، ويشرب ثلاثة قراء الشاي قرب النافذة."),
    (
        "windows-1257",
        "cp1257",
        "Pirmoji bibliotekos lempa uždegama vakare, ir trys skaitytojai prie lango geria karštą arbatą.",
    ),
    ("windows-874", "cp874", "ตะเกียงดวงแรกของห้องสมุดจุดตอนเย็น และผู้อ่านสามคนดื่มชาริมหน้าต่าง"),
    ("utf-16le", "utf_16_le", "灯屋图书馆的第一盏灯在傍晚点亮"),
    ("utf-16be", "utf_16_be", "灯屋图书馆的第一盏灯在傍晚点亮"),
    ("utf-8", "utf_8", "灯屋图书馆的第一盏灯在傍晚点亮"),
]
CHARSETS = pytest.mark.parametrize(("encoding", "python", "words"), MATRIX, ids=[row[0] for row in MATRIX])


def page(words: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html><head>{head}<title>{words[:12]}</title></head><body><p><a href="x.html">{words}</a></p>'
    )


@CHARSETS
def test_a_charset_that_nothing_declares_is_detected(encoding: str, python: str, words: str) -> None:
    text = page(words)

    decoded = decode(text.encode(python), Kind.HTML)

    assert decoded == (text, encoding, encoding == "utf-8", 0)


@CHARSETS
def test_the_page_declares_its_charset(encoding: str, python: str, words: str) -> None:
    text = page(words, f"<meta charset={encoding}>")
    if encoding.startswith("utf-16"):  # bytes that can be read as a declaration are not UTF-16
        python, encoding = "utf-8", "utf-8"

    assert decode(text.encode(python), Kind.HTML) == (text, encoding, True, 0)


@CHARSETS
def test_the_transport_declares_the_charset(encoding: str, python: str, words: str) -> None:
    text = page(words, "<meta charset=windows-1252>")

    assert decode(text.encode(python), Kind.HTML, declared=encoding.upper()) == (text, encoding, True, 0)


@pytest.mark.parametrize(
    ("mark", "python", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16le"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16be"),
    ],
    ids=["utf-8", "utf-16le", "utf-16be"],
)
@pytest.mark.parametrize("kind", list(Kind))
def test_a_byte_order_mark_beats_every_declaration(mark: bytes, python: str, encoding: str, kind: Kind) -> None:
    text = page("灯屋", "<meta charset=gbk>")

    assert decode(mark + text.encode(python), kind, declared="big5") == (text, encoding, True, 0)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="gb2312">', "gbk"),
        ("<META CHARSET = 'x-gbk' >", "gbk"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=gb2312">', "gbk"),
        ("<meta content='text/html; charset = big5-hkscs;' http-equiv=content-type />", "big5"),
        ("<meta charset=iso-8859-1>", "windows-1252"),
        ("<meta charset=ascii>", "windows-1252"),
        ("<meta charset=x-sjis>", "shift_jis"),
        ("<meta charset=ks_c_5601-1987>", "euc-kr"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=utf-16>", "utf-8"),
        ('<meta name="a" content="charset=gbk">', "utf-8"),
        ('<meta content="text/html; charset=gbk">', "utf-8"),
        ("<!-- <meta charset=gbk> -->", "utf-8"),
        ("<!-- > <meta charset=gbk> --><meta charset=big5>", "big5"),
        ('<a title="<meta charset=gbk>"><meta charset=big5>', "big5"),
        ("<meta charset=nobody-knows><meta charset=gbk>", "gbk"),
        ("<meta charset=gbk><meta charset=big5>", "gbk"),
        ("</meta charset=gbk>", "utf-8"),
        ("<metal charset=gbk>", "utf-8"),
        ('<form accept-charset="gbk">', "utf-8"),
        ("<meta charset=iso-2022-kr>", "utf-8"),
        (" " * 1100 + "<meta charset=gbk>", "utf-8"),
    ],
)
def test_a_declaration_is_read_as_browsers_read_it(head: str, encoding: str) -> None:
    assert decode(head.encode(), Kind.HTML).encoding == encoding


@pytest.mark.parametrize(
    ("kind", "text", "encoding"),
    [
        (Kind.CSS, '@charset "gbk"; a{}', "gbk"),
        (Kind.CSS, "@charset 'gbk'; a{}", "utf-8"),
        (Kind.CSS, 'a{}@charset "gbk";', "utf-8"),
        (Kind.SVG, '<?xml version="1.0" encoding="gbk"?><svg/>', "gbk"),
        (Kind.FEED, "<?xml version='1.0' encoding='ISO-8859-1'?><rss/>", "windows-1252"),
        (Kind.SITEMAP, '<?xml version="1.0"?><urlset encoding="gbk"/>', "utf-8"),
        (Kind.HTML, '<?xml version="1.0" encoding="gbk"?><html>', "gbk"),
        (Kind.MARKDOWN, "<meta charset=gbk>", "utf-8"),
        (Kind.MANIFEST, '{"name": "charset=gbk"}', "utf-8"),
    ],
)
def test_each_kind_of_page_has_its_own_declaration(kind: Kind, text: str, encoding: str) -> None:
    assert decode(text.encode(), kind).encoding == encoding


def test_a_declaration_is_believed_and_what_it_damages_counted() -> None:
    decoded = decode(
        b"<meta charset=utf-8><a href='" + "美国".encode("gbk") + b".html'>\xef\xbf\xbd\xe8\x8c", Kind.HTML
    )

    assert decoded.text == "<meta charset=utf-8><a href='\ufffd\ufffd\ufffd\ufffd.html'>\ufffd\ufffd"
    assert (decoded.encoding, decoded.sure, decoded.damaged) == ("utf-8", True, 5)


def test_utf_8_with_some_bad_bytes_is_still_utf_8() -> None:
    decoded = decode("灯屋图书馆的第一盏灯".encode() + b"\xb5", Kind.MARKDOWN)

    assert decoded == ("灯屋图书馆的第一盏灯\ufffd", "utf-8", True, 1)


def test_bytes_that_a_code_page_leaves_open_are_controls_not_damage() -> None:
    assert decode(b"<meta charset=latin1>a\x81b", Kind.HTML).text.endswith("a\x81b")


@pytest.mark.parametrize("label", ["gbk", "gb2312", "gb18030"])
def test_the_byte_80_of_chinese_is_the_euro_sign(label: str) -> None:
    decoded = decode(f"<meta charset={label}>".encode() + b"\x805 \xb5\xc6\x80", Kind.HTML)

    assert (decoded.text[-5:], decoded.damaged) == ("€5 灯€", 0)


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("euc-jp", b"\xad\xa1\xad\xe2 \xf9\xa1 \x8f\xb0\xa1", "①№ 纊 丂"),  # NEC, IBM, JIS X 0212
        ("euc-jp", b"\xc2\xe81\xcf\xc3\xa1\xc1.html", "第1話～.html"),
        ("big5", b"\x87\x7a\xfd\xbb\xb4\xe4 \xa3\xe1", "㡵港港 €"),  # Hong Kong, of 1999 and 2008
        ("big5", b"\xa2\x44\xa1\x45", "￥‧"),
    ],
)
def test_what_a_codec_of_python_lacks_or_misreads_is_as_in_the_standard(label: str, data: bytes, text: str) -> None:
    decoded = decode(f"<meta charset={label}>".encode() + data, Kind.HTML)

    assert (decoded.text.partition(">")[2], decoded.damaged) == (text, 0)


@pytest.mark.parametrize(("label", "data"), [("euc-jp", b"\xad\xff"), ("euc-jp", b"\xa9\xa1"), ("big5", b"\x87\x30")])
def test_what_the_standard_lacks_too_is_damage(label: str, data: bytes) -> None:
    assert decode(f"<meta charset={label}>".encode() + data, Kind.HTML).damaged


@pytest.mark.parametrize("words", [b"\xa9 2004", b"caf\xe9", b"5\xa3 a day"])
def test_a_byte_or_two_beyond_ascii_are_windows_1252(words: bytes) -> None:
    assert decode(b"<p>" + words, Kind.HTML)[:3] == ("<p>" + words.decode("cp1252"), "windows-1252", False)


@given(st.text())
def test_text_that_is_utf_8_is_left_alone(text: str) -> None:
    text = text.lstrip("\ufeff").replace("\0", "").replace("\x1b", "")

    assert decode(text.encode(), Kind.MARKDOWN) == (text, "utf-8", True, 0)


@pytest.mark.parametrize("encoding", [row[0] for row in MATRIX] + ["macintosh", "x-mac-cyrillic", "iso-8859-8-i"])
def test_every_charset_has_a_codec_for_queries(encoding: str) -> None:
    assert "é".encode(codec(encoding), "ignore") is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16le", "utf-16be"])
def test_the_query_of_a_unicode_page_is_utf_8(encoding: str) -> None:
    assert codec(encoding) == "utf-8"


BINARY = {
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0",
    "PDF": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "ZIP": b"PK\x03\x04\x14\0\0\0\x08\0",
    "a page in gzip": gzip.compress(b"<!doctype html><p>a lamp in the evening", mtime=0),
    "a large page in gzip": gzip.compress(b"".join(b"%d lamp " % (n * n) for n in range(3_000)), mtime=0),
    "zeros": bytes(4_096),
}


@pytest.mark.parametrize("data", BINARY.values(), ids=BINARY)
def test_what_is_no_text_is_told(data: bytes) -> None:
    assert not charset.is_text(data)


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        *((name, "灯屋") for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")),
        ("big5", "燈屋"),
        ("shift_jis", "あかり"),
        ("iso2022_jp", "あかり"),
        ("euc_kr", "등불"),
        ("koi8_r", "лампа"),
    ],
)
def test_a_page_in_any_charset_is_text(encoding: str, word: str) -> None:
    assert charset.is_text(f"<!doctype html><p>{word * 9} lamp {word}</p>".encode(encoding))


@pytest.mark.parametrize(
    "data", [b"", b"a", b"<p>a lamp, and a\0 stray byte in all of this text</p>", b"\x0b" + b"words " * 20]
)
def test_a_stray_byte_makes_no_binary_file(data: bytes) -> None:
    assert charset.is_text(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\x1b$B-!\x1b(Bb", "a①b"),
        (b"\x1b$@F|K\\\x1b(J\\1~\x1b(B\\", "日本¥1‾\\"),
        (b"\x1b(I12\x1b(B", "ｱｲ"),
        (b"\x1b$B!A\n", "～\ufffd"),
    ],
)
def test_the_sets_of_iso_2022_jp_are_those_of_the_standard(data: bytes, text: str) -> None:
    assert decode(b"." + data, Kind.HTML, declared="iso-2022-jp").text == f".{text}"
