"""The forms of an HTML page, with what a browser would send that fills in some of their fields.

https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from checker.extract.treeless import is_treeless

_UNSENT = frozenset({"submit", "button", "image", "reset", "file"})
_CHECKED = frozenset({"checkbox", "radio"})


class Form(NamedTuple):
    """A form: where it is sent, how, and its fields with the values that it has at first."""

    action: str  # as written
    method: str  # in lower case
    fields: tuple[tuple[str, str], ...]  # in the order of the page
    names: frozenset[str]  # of all fields, also of boxes that are not ticked
    secret: frozenset[str]  # of the fields for passwords


class Forms(NamedTuple):
    """The forms of a page."""

    base: str  # <base href>, as written; "": there is none
    forms: tuple[Form, ...]


def forms_of(text: str) -> Forms:
    """The forms of a page. A page that is no person's has none: it is nested too deep, or too large."""
    if is_treeless(text):
        return Forms("", ())
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    base = tree.css_first("base[href]")
    forms = (_form(form) for form in tree.css("form"))
    return Forms(_of(base, "href") if base else "", tuple(forms))


def _form(form: Any) -> Form:
    fields: list[tuple[str, str]] = []
    names, secret = set(), set()
    pressed = False
    for each in form.css("input[name],select[name],textarea[name],button[name]"):
        name, kind = _of(each, "name"), _of(each, "type").lower()
        if "disabled" in each.attributes:
            continue
        names.add(name)
        if kind == "password":
            secret.add(name)
        if each.tag == "button" or (each.tag == "input" and kind == "submit"):  # the first is the one that is pressed
            if kind in {"", "submit"} and not pressed:
                pressed = True
                fields.append((name, _of(each, "value")))
        elif each.tag == "textarea":
            fields.append((name, each.text()))
        elif each.tag == "select":
            fields += ((name, value) for value in _chosen(each))
        elif kind in _CHECKED:
            if "checked" in each.attributes:
                fields.append((name, _of(each, "value") or "on"))
        elif kind not in _UNSENT:
            fields.append((name, _of(each, "value")))
    method = _of(form, "method").lower() or "get"
    return Form(_of(form, "action"), method, tuple(fields), frozenset(names), frozenset(secret))


def _chosen(select: Any) -> Iterator[str]:
    options = select.css("option")
    chosen = [each for each in options if "selected" in each.attributes] or options[:1]
    for each in chosen[-1:]:
        value = each.attributes.get("value")
        yield each.text() if value is None else value


def _of(node: Any, name: str) -> str:
    value: str | None = node.attributes.get(name)
    return value or ""
