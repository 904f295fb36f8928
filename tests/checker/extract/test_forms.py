"""What a browser would send of a form: https://html.spec.whatwg.org/#constructing-the-form-data-set."""

from __future__ import annotations

import pytest

from checker.extract.forms import Form, forms_of


def form(inside: str, attributes: str = "") -> Form:
    [found] = forms_of(f"<!doctype html><form {attributes}>{inside}</form>").forms
    return found


@pytest.mark.parametrize(
    ("inside", "fields"),
    [
        ("<input name=a value=1><input name=b><input value=2>", [("a", "1"), ("b", "")]),
        ("<input type=hidden name=csrf value='x&amp;y'>", [("csrf", "x&y")]),
        ("<input type=checkbox name=a><input type=radio name=b value=1 checked>", [("b", "1")]),
        ("<input type=checkbox name=a checked>", [("a", "on")]),
        ("<select name=a><option value=1>x<option selected>y</select>", [("a", "y")]),
        ("<select name=a><option value=1>x<option>y</select><select name=b></select>", [("a", "1")]),
        ("<textarea name=a>x &lt; y</textarea>", [("a", "x < y")]),
        ("<input name=a disabled><input type=file name=b><input type=reset name=c><input type=image name=d>", []),
        ("<input type=submit name=a value=in><button name=b value=out>x</button>", [("a", "in")]),
        ("<button type=button name=a></button><button name=b value=go>x</button>", [("b", "go")]),
        ("<div><p><INPUT NAME=a TYPE=PassWord></div>", [("a", "")]),
    ],
)
def test_the_fields_of_a_form_have_the_values_that_would_be_sent(inside: str, fields: list[tuple[str, str]]) -> None:
    assert list(form(inside).fields) == fields


def test_a_form_knows_where_it_goes_and_what_is_secret() -> None:
    found = form("<input type=password name=p><input type=checkbox name=c>", "action=../in METHOD=Post")

    assert (found.action, found.method, found.names, found.secret) == ("../in", "post", {"p", "c"}, {"p"})
    assert form("").method == "get"
    assert forms_of("<base href=/x/><form>").base == "/x/"


def test_a_page_that_is_no_persons_has_no_forms() -> None:
    assert forms_of("<b>" * 200_000 + "<form><input name=a>").forms == ()
