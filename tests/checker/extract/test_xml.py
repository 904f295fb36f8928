"""The scan of XML, held against expat."""

from __future__ import annotations

from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given
from hypothesis import strategies as st

from checker.extract import xml

WORDS = st.text("ab <>&\"'=/é茶;#-\n", max_size=8)
NAMES = st.sampled_from(["a", "b", "x:c"])


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, attributes, parts: (
            f"<{name}{attributes}>{''.join(parts)}</{name}>" if parts else f"<{name}{attributes} />"
        ),
        NAMES,
        st.dictionaries(NAMES, WORDS, max_size=2).map(
            lambda values: "".join(f"\n{name} = {quoteattr(value)}" for name, value in values.items())
        ),
        st.lists(inner, max_size=4),
    )


PARTS = st.one_of(
    WORDS.map(escape),
    WORDS.map(lambda text: f"<![CDATA[{text.replace(']', '')}]]>"),
    WORDS.map(lambda text: f"<!-- {text.replace('-', '')} -->"),
    WORDS.map(lambda text: f"<?go {text.replace('?', '')}?>"),
    st.sampled_from(["&#33600;", "&#x8336;", "&quot;"]),
)
DOCUMENTS = element(st.recursive(PARTS, element, max_leaves=12))


@given(DOCUMENTS)
def test_it_sees_what_expat_sees(document: str) -> None:
    seen: list[object] = []
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: seen.append((name, attributes))
    parser.EndElementHandler = seen.append
    parser.CharacterDataHandler = lambda text: seen.append([text])
    parser.Parse(document.encode(), True)

    assert joined(scanned(document)) == joined(seen)


def scanned(document: str) -> list[object]:
    """The scan as expat would tell it."""
    seen: list[object] = []
    for event in xml.scan(document):
        if isinstance(event, xml.Text):
            seen.append([xml.value(document, (event,))])
        elif isinstance(event, xml.Tag):
            # expat keeps the prefix of a name, the scan does not
            if event.opens:
                seen.append((event.name, {name: found.value for name, found in event.attributes.items()}))
            if event.closes:
                seen.append(event.name)
    return seen


def joined(events: list[object]) -> list[object]:
    """Text in one piece and with its white space as in attributes; names without prefix."""
    result: list[object] = []
    for event in events:
        match event:
            case [text]:
                if not text:
                    continue
                if result and isinstance(result[-1], list):
                    result[-1] = [result[-1][0] + text]
                else:
                    result.append([text])
            case (name, attributes):
                result.append(
                    (name.removeprefix("x:"), {key: value.replace("\n", " ") for key, value in attributes.items()})
                )
            case _:
                result.append(str(event).removeprefix("x:"))
    return result


def test_it_reads_on_behind_an_error() -> None:
    document = "<a><b c='1>lost</b><d e='2'>&nbsp;&oops; & <f/></a></a><g"

    tags = [event.name for event in xml.scan(document) if isinstance(event, xml.Tag) and event.opens]
    assert tags == ["a", "b", "d", "f", "g"]


def test_no_entity_of_a_dtd_is_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;"><!ENTITY d SYSTEM "file:///x">]><a>&c;&d;</a>'

    texts = [xml.value(bomb, (event,)) for event in xml.scan(bomb) if isinstance(event, xml.Text)]
    assert "&c;&d;" in texts
    assert not any("bb" in text for text in texts)


def test_an_offset_in_a_text_leads_to_its_source() -> None:
    document = "<a>1&amp;2<![CDATA[3]]>&#52;5</a>"
    spans = tuple(event for event in xml.scan(document) if isinstance(event, xml.Text))
    position = xml.source(document, spans)

    assert xml.value(document, spans) == "1&2345"
    assert [document[position(offset)] for offset in range(6)] == ["1", "&", "2", "3", "&", "5"]


SIGNED = st.sampled_from([" href='1'", " href = '2'", "\nHREF='3'", " width='4'", " x:href='5'", " style='6'"])
DRAWINGS = st.lists(
    st.one_of(
        st.builds(
            lambda name, attributes, end: f"<{name}{''.join(attributes)}{end}>",
            st.sampled_from(["g", "style", "x:style", "/style", "STYLE", "tstyle"]),
            st.lists(SIGNED, max_size=2),
            st.sampled_from(["", "/"]),
        ),
        st.sampled_from(["text", "<!-- href='7' -->", "<![CDATA[<g href='8'>]]>", "<?go href='9'?>", "<g 'href=", "<"]),
    )
).map("".join)


@given(DRAWINGS)
def test_what_is_scanned_for_is_what_the_scan_has_of_it(drawing: str) -> None:
    def is_reference(name: str) -> bool:
        return name.endswith("href")

    found = list(xml.scan_for(drawing, ("href=",), is_reference, "style"))

    kept: list[object] = []
    opened = False
    for event in xml.scan(drawing):
        if isinstance(event, xml.Tag):
            opened = event.name == "style" and event.opens and not event.closes
            attributes = {name: value for name, value in event.attributes.items() if is_reference(name)}
            if attributes:
                kept.append(event._replace(attributes=attributes))
        elif not isinstance(event, xml.Text) or event.verbatim or opened:
            kept.append(event)
    assert [event for event in found if not isinstance(event, xml.Tag) or event.attributes] == kept
