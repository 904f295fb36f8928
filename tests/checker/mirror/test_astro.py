"""Astro: what the settings of Starlight say, sites without it, and what only the site's code tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OPTIONS = ("--offline", "--no-history", "--all", "--format", "json", "--fail-on", "never")
STARLIGHT = {
    "astro.config.mjs": "export default defineConfig({ integrations: [starlight({ title: 'x', %s })], %s })",
    "src/content/docs/en/index.md": "# A\n",
    "src/content/docs/en/oil-lamp.md": "## Wick\n",
    "src/content/docs/de/index.md": "# A\n",
}
LOCALES = "defaultLocale: 'en', locales: { en: { label: 'x' }, de: { label: 'y' } }"


def site(starlight: str = LOCALES, settings: str = "") -> dict[str, str]:
    config = STARLIGHT["astro.config.mjs"] % (starlight, settings)
    return {**STARLIGHT, "astro.config.mjs": config}


@pytest.fixture
def verdicts(run: Callable[..., Any], write: Callable[..., Path]) -> Callable[..., dict[str, str]]:
    """What becomes of references on a page."""

    def verdicts_of(files: dict[str, str], *references: str, page: str = "src/content/docs/en/p.md") -> dict[str, str]:
        text = "".join(f"[x]({reference})\n\n" for reference in references)
        report = run("check", write({**files, page: text}), *OPTIONS).report
        found = {row["reference"]: row["verdict"] for row in report["references"] if row["page"] == page}
        return {reference: found[reference] for reference in references}

    return verdicts_of


def sorted_out(found: dict[str, str]) -> tuple[list[str], list[str]]:
    """(broken, unchecked)"""
    return (
        [reference for reference, verdict in found.items() if verdict == "broken"],
        [reference for reference, verdict in found.items() if verdict == "unchecked"],
    )


def test_pages_of_the_first_language_are_shown_in_others(verdicts: Callable[..., dict[str, str]]) -> None:
    right = ["/en/oil-lamp/", "/de/oil-lamp/", "/de/oil-lamp/#wick", "/de/", "/en/"]
    wrong = ["/fr/oil-lamp/", "/oil-lamp/", "/de/gas-lamp/"]

    assert sorted_out(verdicts(site(), *right, *wrong)) == (wrong, [])


def test_languages_of_astro_itself(verdicts: Callable[..., dict[str, str]]) -> None:
    i18n = "i18n: { defaultLocale: 'en', locales: ['en', { path: 'de', codes: ['de'] }], routing: { prefixDefaultLocale: true } }"

    assert sorted_out(verdicts(site("", i18n), "/de/oil-lamp/", "/fr/oil-lamp/")) == (["/fr/oil-lamp/"], [])


def test_a_route_for_all_paths_sends_on_to_the_first_language(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {**site(), "src/pages/[...path].astro": "---\n---\n"}

    assert sorted_out(verdicts(files, "/oil-lamp/", "/gas-lamp/", "/en/gas-lamp/")) == (
        ["/gas-lamp/", "/en/gas-lamp/"],
        [],
    )


def test_routes_of_the_sites_own(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {
        **site(),
        "src/pages/[lang]/tools.astro": "",
        "src/pages/shop/[item].astro": "",
        "src/pages/_parts/none.astro": "",
        "src/pages/about/index.astro": "",
        "src/pages/data/[name].json.ts": "",
        "src/pages/feed.xml.ts": "",
    }
    right = ["/de/tools/", "/about/", "/feed.xml"]
    wrong = ["/fr/tools/", "/_parts/none/", "/shop/", "/feed.json", "/data/x.txt"]
    unknown = ["/shop/lamp/", "/data/x.json"]

    assert sorted_out(verdicts(files, *right, *wrong, *unknown)) == (wrong, unknown)


def test_redirects_of_the_settings_and_of_the_host(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {
        **site(
            settings="redirects: { '/a': '/en/oil-lamp', '/b/[...rest]': '/c/[...rest]', '/d': { destination: '/none' } }"
        ),
        "netlify.toml": "[[redirects]]\nfrom = '/chat'\nto = 'https://chat.example.org/'\n",
        "vercel.json": '{"redirects": [{"source": "/v", "destination": "/en"}]}',
    }

    assert sorted_out(verdicts(files, "/a/", "/v", "/b/x/", "/chat", "/d/", "/e/")) == (
        ["/d/", "/e/"],
        ["/b/x/", "/chat"],
    )


def test_pages_that_plug_ins_make(verdicts: Callable[..., dict[str, str]]) -> None:
    options = f"{LOCALES}, plugins: [api([{{ base: 'api', schema: 'x.json' }}]), blog({{ prefix: 'en' }})]"
    wrong, unknown = ["/apis/x/", "/en/none/"], ["/api/x/", "/de/api/", "/en/tags/x/"]

    assert sorted_out(verdicts(site(options), *wrong, *unknown)) == (wrong, unknown)


@pytest.mark.parametrize("kind", ["file", "directory", "preserve"])
def test_relative_links_count_from_where_a_page_is_built(verdicts: Callable[..., dict[str, str]], kind: str) -> None:
    files = site(settings=f"build: {{ format: '{kind}' }}")
    beside, below = ["oil-lamp", "../en/oil-lamp"], ["../oil-lamp/", "../../en/oil-lamp/"]

    assert sorted_out(verdicts(files, *beside, *below))[0] == (beside if kind == "directory" else [below[0]])


def test_folders_of_the_settings(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {
        "web/astro.config.ts": "export default { srcDir: './text', publicDir: 'static', site: 'https://a.example.org/', base: 'x' }",
        "web/text/content/docs/index.md": "# A\n",
        "web/text/content/docs/B.md": "# A\n",
        "web/static/b.txt": "b",
    }
    right = ["/x/b/", "https://a.example.org/x/b/", "b/", "/x/b.txt"]

    assert sorted_out(verdicts(files, *right, "/x/B/", page="web/text/content/docs/index.md")) == (["/x/B/"], [])


def test_a_collection_that_a_route_reads(verdicts: Callable[..., dict[str, str]]) -> None:
    route = (
        "const all = await getCollection('%s');\nreturn all.map((one) => ({ params: { slug: one.id }, props: one }));"
    )
    files = {
        "astro.config.mjs": "export default defineConfig({})",
        "src/content.config.ts": "const blog = defineCollection({ loader: glob({ pattern: '**/*.md', base: './src/data/blog' }) });\n"
        "export const collections = { blog };",
        "src/data/blog/First Lamp.md": "## Wick\n",
        "src/content/notes/one.md": "# A\n",
        "src/pages/blog/[...slug].astro": route % "blog",
        "src/pages/notes/[slug].astro": route % "notes",
        "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
        "src/content/tips/two.md": "# A\n",
        "src/data/tips.ts": "export const all = () => getCollection('tips');",
        "src/pages/tips/[slug].astro": "import { all } from '@/data/tips';\nreturn { params: { slug: one.id } };",
        "src/pages/tags/[tag].astro": "const all = await getCollection('blog');",
        "src/pages/index.astro": "",
    }
    right = ["/blog/first-lamp/", "/blog/first-lamp/#wick", "/notes/one/", "/tips/two/", "/", "first-lamp/../"]
    wrong = ["/blog/none/", "/notes/none/", "/tips/none/", "/blog/first-lamp/#wock"]

    found = sorted_out(verdicts(files, *right, *wrong, "/tags/oil/", page="src/pages/about.md"))
    assert found == (wrong, ["/tags/oil/"])


def test_an_application_without_markdown_is_no_site(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {"astro.config.mjs": "export default {}", "src/pages/index.astro": "", "docs/x.md": "# X\n"}

    assert sorted_out(verdicts(files, "docs/x.md", "/about/", page="README.md")) == (["/about/"], [])


def test_parts_of_pages_are_not_read(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        **site(),
        "src/components/part.md": "[x](none.md)",
        "src/content/docs/en/_part.mdx": "[x](none.md)",
        "src/styles/all.css": "@import '_none'; a { background: url(none.png) }",
        "src/components/README.md": "[x](none.md)",
    }

    report = run("check", write(files), *OPTIONS).report

    assert [row["page"] for row in report["references"]] == ["src/components/README.md"]


def test_texts_that_are_imported_by_an_alias(verdicts: Callable[..., dict[str, str]]) -> None:
    page = "src/content/docs/en/q.mdx"
    files = {
        **site(),
        "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"], }, } } // x',
        "src/components/part.mdx": "## Of the part\n",
        page: "import Part from '@/components/part.mdx';\n\n<Part />\n\n![x](@/assets/none.png)\n",
    }

    assert sorted_out(verdicts(files, "/en/q/#of-the-part", "/en/q/#none")) == (["/en/q/#none"], [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "export default 1",
        "export default { integrations: 1, redirects: [1], base: {}, site: 1, i18n: 1, build: [], srcDir: 1, publicDir: [] }",
        "export default { integrations: [{ title: 1, locales: { '': 1, root: 1 }, defaultLocale: [] }], i18n: { locales: 1 } }",
        "export default { i18n: { locales: [1, {}, [], { path: [] }], defaultLocale: 1, routing: 1 }, redirects: { '': {}, '/': 1 } }",
        "const a = { ...a, integrations: [a] }; export default a",
        "export default { site: 'http://[', base: '../..', srcDir: '../..', publicDir: '/' }",
        "export default { redirects: { '/[a': '/b', '/[...]': '/[]', '/a': '/a', '/b/[...x]/[...y]/[...z]': '/c' } }",
    ],
)
def test_settings_of_the_wrong_type(text: str, run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        **STARLIGHT,
        "astro.config.mjs": text,
        "tsconfig.json": '{"compilerOptions": {"paths": {"*": 1, "a/*": [], "b/*": ["*"]}, "baseUrl": []}}',
        "src/content.config.ts": "export const collections = { docs: 1 }",
        "netlify.toml": "redirects = [1, {from = 1}]",
        "vercel.json": "[1]",
        "src/pages/[[a]].astro": "",
        "src/pages/" + "[...a]/" * 20 + "[b][c]x.astro": "",
        ".gitignore": "*/**/*/**\n[a\n" + "x*" * 400,
        "src/pages/[...a]b[c.astro": "getCollection('x')",
    }

    assert run("check", write(files), *OPTIONS).report["totals"]["pages"] >= 3


def test_what_scripts_make_and_git_ignores(verdicts: Callable[..., dict[str, str]]) -> None:
    files = {
        **site(),
        ".gitignore": "dist/\n*.md\n/src/content/docs/en/news.md\nsrc/content/docs/en/Api/\n",
        "src/content/docs/en/made/.gitignore": "one.md\nacl/*.mdx\n!acl/two.mdx\n*.png\n# none.md\n",
    }
    wrong = ["/en/none/", "/en/made/none/", "/en/made/acl/", "/en/newsy/"]
    unknown = ["/en/news/", "/en/api/x/", "/en/made/one/", "/en/made/acl/x/", "/de/made/one/"]

    found = sorted_out(verdicts(files, *wrong, *unknown))
    assert found == (wrong, unknown)


def test_ids_that_components_give(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    files = {
        **site(),
        "src/components/Fixed.astro": '<p id="fixed">x</p>',
        "src/components/Any.tsx": "export const Any = ({ id }) => <p id={id}>x</p>;",
        "src/content/docs/en/fixed.mdx": "import Fixed from '../../../components/Fixed.astro';\n\n<Fixed />\n",
        "src/content/docs/en/any.mdx": "import { Any } from '../../../components/Any.tsx';\n\n<Any id='x' />\n",
        "src/content/docs/en/p.md": "[a](/en/fixed/#fixed) [b](/en/fixed/#none) [c](/en/any/#none)\n",
    }

    report = run("check", write(files), *OPTIONS).report

    assert [row["reference"] for row in report["findings"] if row["level"] == "error"] == ["/en/fixed/#none"]


def test_a_plug_in_of_the_sites_own_may_lead_links_elsewhere(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    pages = {"src/pages/index.md": "[a](/api/oil/) ![b](/oil.png)\n"}
    imports = "import {} from './plugins/links.mjs';\nexport default {{ markdown: {{ remarkPlugins: [x] }} }};\n"

    def broken(name: str) -> list[str]:
        root = write({**pages, "astro.config.mjs": imports.format(name)})
        report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report
        return sorted(each["reference"] for each in report["findings"] if each["level"] == "error")

    assert broken("remarkLocalizedLinks") == ["/oil.png"]
    assert broken("remarkTabs") == ["/api/oil/", "/oil.png"]
