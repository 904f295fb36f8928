"""What a hostile mirror can call its pages and write on them."""

from __future__ import annotations

from checker.model import Finding, Health, Hop, Host, Level, Report, Role, Section, State, Totals, Verdict

PAYLOADS = {
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "line feed and a workflow command": "a\n::error file=x::owned",
    "workflow command": "::stop-commands::token",
    "workflow command after spaces": "  ::add-mask::a",
    "workflow command without a name": "::",
    "old workflow command": "a ##[set-env name=PATH;]b",
    "command of Azure Pipelines": "##vso[task.setvariable variable=PATH]x",
    "section of a GitLab log": "section_start:1:x\r\x1b[0K",
    "encoded line feed": "a%0A::error::b%0D",
    "property of a command": "a,line=1::b:c",
    "formula": "=cmd|' /C calc'!A0",
    "formula with a quote": '"=HYPERLINK("http://example.test/","x")',
    "formula with plus": "+1+1",
    "formula with minus": "-2+3+cmd|' /C calc'!A0",
    "formula with at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula after a tab": "\t=1+1",
    "formula after a carriage return": "\r=1+1",
    "formula in full width": "\uff1d1+1",
    "formula after a semicolon": "a;=1+1",
    "row of a table": "a|b|c",
    "backslash before a pipe": "a\\|b\\",
    "backticks": "a`b``c```",
    "a fence": "```\nx\n```",
    "mention": "@octocat and @org/team",
    "issue": "#1 GH-1 org/repo#2 !3",
    "image": "![x](https://example.test/pixel.png)",
    "link": "[x](javascript:alert(1))",
    "reference definition": "[x]: https://example.test/",
    "bare URL": "https://example.test/a_b www.example.test",
    "mail": "a@example.test mailto:b@example.test",
    "autolink": "<https://example.test/>",
    "heading": "# x\n===",
    "rule": "***",
    "task": "- [x] done",
    "math": "$`x`$ $x$",
    "scheme": "javascript:alert(1)//x.md",
    "host": "//example.test/x.md",
    "footnote": "[^1]",
    "emphasis": "*a* _b_ ~~c~~",
    "script": "<script>alert(1)</script>",
    "image element": '<img src="https://example.test/x" onerror="alert(1)">',
    "attribute": "\" onmouseover=\"alert(1)' x='",
    "comment": "--><!-- -->",
    "details": "</details></td></table><details open>",
    "entity": "&lt;script&gt; &#64;octocat &amp;amp;",
    "external entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "end of CDATA": "]]>",
    "escape sequence": "\x1b[2J\x1b]0;owned\x07",
    "link of a terminal": "\x1b]8;;https://example.test/\x1b\\x\x1b]8;;\x1b\\",
    "C1 control": "\x9b31m\x9d0;x\x9c\x85",
    "backspaces": "safe\x08\x08\x08\x08evil\x7f",
    "nul": "a\x00b",
    "bidi override": "\u202egnp.exe\u202c",
    "bidi isolate": "\u2066a\u2069\u200f",
    "zero width": "a\u200bb\u2060c\ufeff",
    "tag characters": "a\U000e0041\U000e007f",
    "line separator": "a\u2028b\u2029c",
    "no character": "\ufffe\uffff",
    "lone surrogate": "a\udcd6\udcd0b\ud83d",
    "label of a metric": 'a",rule="x"} 1\nmirrorcheck_pages 0 #',
    "backslash at the end": "a\\",
    "quote": "\"'",
    "percent": "%s %(x)s {0} ${X} $(x)",
    "nothing": "",
    "spaces": "   ",
    "long": "ab/" * 40_000,
    "long and escaped": "\x1b<|`" * 5_000,
    "climbing": "../../../../etc/passwd",
}
assert len(PAYLOADS) >= 40


def report_of(*texts: str) -> Report:
    """Each text wherever a mirror, or a server, can put one."""
    findings = []
    for number, text in enumerate(texts):
        for rule, level, page in (("local/missing-file", Level.ERROR, text), ("url/empty", Level.NOTE, f"{text}.md")):
            findings.append(
                Finding(
                    rule,
                    level,
                    page,
                    3,
                    5,
                    text,
                    Role.LINK,
                    text,
                    text,
                    Verdict.BROKEN,
                    302,
                    (Hop(302, text),),
                    text,
                    f"{number}{rule}",
                    State.NEW,
                )
            )
    totals = Totals(1, 2, 3, 4, 5, dict.fromkeys(Verdict, 1), dict.fromkeys(Level, 1), dict.fromkeys(texts, 7), 0)
    return Report(
        "1.2.3",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:17Z",
        texts[0],
        "",
        (texts[0],),
        totals,
        tuple(findings),
        sections=tuple(Section(text, 1, 2, 3, 1) for text in texts),
        health=Health((), tuple(Host(text, 1, {Verdict.BROKEN: 1}) for text in texts), fixed=tuple(findings)),
    )
