"""Hugo: what shortcodes bring into a page, and where a render hook leads a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from told import links

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


LANGUAGES = """baseURL: https://lamps.example.org/
languages: { en: {}, de: {} }
module:
  mounts:
  - { source: en, target: content }
  - { source: de, target: content, sites: { matrix: { languages: [de] } } }
  - { source: en/guide, target: content/guide, files: ["! old/**"], sites: { matrix: { languages: [de] } } }
  - { source: made/manual, target: content/manual }
  - { source: made/terms.md, target: content/about/terms.md }
  - { source: pictures, target: static/img }
"""
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"/>'
MOUNTED = {
    "hugo.yaml": LANGUAGES,
    "en/index.md": "# A\n",
    "en/guide/oil.md": "# Oil\n",
    "en/guide/old/gas.md": "# Gas\n",
    "en/news/first/index.md": "# First\n",
    "en/news/first/flame.svg": DRAWING,
    "de/news/first/index.md": "# Erstes\n\n![x](flame.svg) ![x](spark.svg)\n",
    "pictures/wick.svg": DRAWING,
}


def test_content_is_where_it_is_mounted_and_in_the_languages_that_have_it(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    right = ("/guide/oil/", "/de/guide/oil/", "/guide/old/gas/", "/img/wick.svg", "/manual/a/", "/about/terms/")
    wrong = ("/de/guide/old/gas/", "/de/manual/a/", "/guide/coal/", "/wick.svg")
    report = run("check", write({**MOUNTED, "en/a.md": links(*right, *wrong)}), *OPTIONS).report

    assert errors(report) == ["spark.svg", *wrong]
    assert report["totals"]["unchecked"] == {"a folder is mounted there that is not in this repository": 2}


def test_settings_that_a_script_makes_are_read_from_their_template(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = {"en/a.md": links("/guide/oil/", "/guide/coal/")}
    whole = {**MOUNTED, **page}
    settings, module = LANGUAGES.split("module:\n")
    of_module = "\n".join(line.removeprefix("  ") for line in module.splitlines())
    del whole["hugo.yaml"]

    for names in (
        {"config.yaml.in": LANGUAGES},
        {"config/_default/hugo.yaml": settings, "config/_default/module-template.yaml": of_module},
    ):
        assert errors(run("check", write({**whole, **names}), *OPTIONS).report) == ["spark.svg", "/guide/coal/"]


def test_a_cascade_is_for_the_paths_that_its_pattern_matches(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    cascade = (
        "cascade: [{ build: { render: never }, target: { path: '{,/**}/parts{,/**}', kind: '{page,section}' } }]\n"
    )
    files = {
        "hugo.yaml": f"baseURL: https://lamps.example.org/\n{cascade}",
        "content/oil/parts/wick.md": "# Wick\n",
        "content/parts/_index.md": "# Parts\n",
        "content/oil/partsman.md": "# A\n",
        "content/a.md": links("/oil/parts/wick/", "/parts/", "/oil/partsman/"),
    }

    assert errors(run("check", write(files), *OPTIONS).report) == ["/oil/parts/wick/", "/parts/"]


def test_pages_say_what_leads_to_them_where_a_template_writes_the_rules(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = "redirects:\n- { from: lantern, to: '#x' }\n- { from: old/*, to: x }\n"
    formats = "outputFormats: { rules: { baseName: _redirects, mediaType: text/plain } }\n"
    files = {
        "hugo.yaml": "baseURL: https://lamps.example.org/\n",
        "content/lamps/_index.md": f"---\n{page}---\n\n# Lamps\n",
        "content/shop.md": "---\nredirect: https://shop.example.com/\nbuild: { render: link }\n---\n",
        "content/a.md": links("/lamps/lantern/", "/lamps/old/b/", "/shop/", "/lamps/torch/"),
    }
    leading = {**files, "hugo.yaml": files["hugo.yaml"] + formats}

    assert errors(run("check", write(files), *OPTIONS).report) == [
        "/lamps/lantern/", "/lamps/old/b/", "/shop/", "/lamps/torch/"
    ]  # fmt: skip
    assert errors(run("check", write(leading), *OPTIONS).report) == ["/lamps/torch/"]


def test_a_shortcode_shows_what_its_partial_reads(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    files = {**SITE, "layouts/_shortcodes/bring.html": '{{ partial "bring" (dict "path" (.Get 0)) }}'}
    text = '{{% bring "wick.md" %}}\n\n[a](#gas-lamp)\n'

    assert errors(run("check", write({**files, "content/a.md": text}), *OPTIONS).report) == ["#gas-lamp"]

    reads = {**files, "layouts/_partials/bring.html": "{{ readFile .path }}", "content/a.md": text}
    assert errors(run("check", write(reads), *OPTIONS).report) == []


def test_of_a_theme_that_is_elsewhere_a_hook_may_leave_links_as_they_are(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    files = {
        "hugo.yaml": "theme: bright\nbaseURL: https://lamps.example.org/\n",
        "content/oil/_index.md": "# Oil\n\n## Wick\n",
        "content/_index.md": "# Lamps\n",
        "content/oil/lamp.md": links("../#wick", "../#flame"),
    }

    assert errors(run("check", write(files), *OPTIONS).report) == ["../#flame"]


def test_rules_that_a_template_states_lead_on(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    rules = "# Rules\n/old/*  /lamps/:splat\n{{ range .Pages }}\n{{ .Path }} /x\n{{ end }}\n/shop https://shop.example.com/\n"
    files = {
        "hugo.yaml": "baseURL: https://lamps.example.org/\noutputFormats: { RULES: { baseName: _redirects } }\n",
        "netlify.toml": "[build]\n",
        "layouts/index.rules": rules,
        "content/lamps/oil.md": "# Oil\n",
        "content/api.md": "---\nbuild: { render: link }\n---\n",
        "content/a.md": links("/old/oil/", "/old/gas/", "/shop", "/api/", "/lamps/"),
    }

    assert errors(run("check", write(files), *OPTIONS).report) == ["/old/gas/"]


def test_links_of_a_text_that_others_show_count_from_these(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    files = {
        "hugo.yaml": "baseURL: https://lamps.example.org/\n",
        "content/oil/_index.md": "# Oil\n",
        "content/parts/note.md": "---\nbuild: { render: never }\n---\n\n"
        + links("../oil/", "./lamp/", "/lamp/", "/oil/"),
    }
    report = run("check", write(files), *OPTIONS).report

    assert errors(report) == ["/lamp/"]
    assert report["totals"]["unchecked"] == {"it counts from the pages that show this one": 2}


def test_a_page_without_headings_may_have_the_ids_of_its_layout(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    site = {"hugo.yaml": "baseURL: https://lamps.example.org/\n", "content/a.md": links("/api/#tag/oil")}

    def broken(text: str) -> list[str]:
        return errors(run("check", write({**site, "content/api.md": text}), *OPTIONS).report)

    assert broken("---\nTitle: API\nlayout: reference\n---\n") == []
    assert broken("---\nTitle: API\n---\n") == ["/api/#tag/oil"]
    assert broken("---\nlayout: reference\n---\n\n## Oil\n") == ["/api/#tag/oil"]
