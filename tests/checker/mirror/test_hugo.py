"""Hugo: what shortcodes bring into a page, and where a render hook leads a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LIST = """{{- with .Get "path" }}{{- with site.GetPage . }}{{- range .RegularPages }}
[{{ .LinkTitle }}]({{ .Path }})
: {{ .Description }}
{{- end }}{{ end }}{{ end }}
"""
SITE = {
    "hugo.toml": 'baseURL = "https://lamps.example.org/"\n[markup.goldmark.parser]\nautoDefinitionTermID = true\n',
    "layouts/_shortcodes/term.html": (
        '{{ with .Get 0 }}{{ with site.GetPage (printf "/terms/%s" (urlize .)) }}{{ .RenderShortcodes }}{{ end }}{{ end }}'
    ),
    "layouts/_shortcodes/list.html": LIST,
    "layouts/_shortcodes/boxes.html": '<div id="{{ .Get 0 }}"></div>',
    "content/terms/oil-lamp.md": "+++\ntitle = 'Oil lamp'\n+++\nA lamp.\n\n## Wick\n",
    "content/terms/_index.md": "+++\ntitle = 'Terms'\n+++\n",
}
OPTIONS = ("--offline", "--no-history", "--format", "json")


def errors(report: Any) -> list[str]:
    return [finding["reference"] for finding in report["findings"] if finding["level"] == "error"]


def test_ids_are_those_of_the_pages_that_shortcodes_show(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    text = '## Trim\n\n{{% term "oil lamp" %}}\n\n[a](#trim) [b](#wick) [c](#burner)\n'

    assert errors(run("check", write({**SITE, "content/a.md": text}), *OPTIONS).report) == ["#burner"]


def test_ids_of_a_list_are_the_titles_of_its_pages(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    text = "{{% list path=/terms %}}\n\n[a](#oil-lamp) [b](#gas-lamp)\n"
    report = run("check", write({**SITE, "content/a.md": text}), *OPTIONS).report

    assert errors(report) == ["#gas-lamp"]
    assert sum(report["totals"]["unchecked"].values()) == 1


def test_ids_of_what_is_not_known_are_unchecked(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    for call in ("{{% term gas %}}", "{{< boxes a >}}", '{{% list path=/terms prefix="a" %}}'):
        report = run("check", write({**SITE, "content/a.md": f"{call}\n\n[a](#gas-lamp)\n"}), *OPTIONS).report

        assert errors(report) == []
        assert sum(report["totals"]["unchecked"].values()) == 1


def test_the_page_that_a_hook_names_is_missing(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    hook = '{{ if eq .Destination "t" }}{{ with site.GetPage "/words" }}{{ .RelPermalink }}{{ end }}{{ end }}'
    files = {**SITE, "layouts/_markup/render-link.html": hook, "content/a.md": "[oil](t)\n"}

    assert errors(run("check", write(files), *OPTIONS).report) == ["t"]
    assert errors(run("check", write({**files, "content/words.md": "# W\n"}), *OPTIONS).report) == []


def test_only_a_leaf_bundle_is_headless(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    headless = "+++\ntitle = 'H'\nheadless = true\n+++\n"
    files = {f"content/{name}.md": headless for name in ("bundle/index", "page", "section/_index")}
    text = "[a](/bundle/) [b](/page/) [c](/section/)\n"

    assert errors(run("check", write({**SITE, **files, "content/a.md": text}), *OPTIONS).report) == ["/bundle/"]
