"""Settings in JavaScript and TypeScript are read as far as they are literals, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checker.mirror.generators.script import UNKNOWN, settings


def read(text: str, **beside: str) -> Mapping[str, Any]:
    files = {"site/config.ts": text} | {f"site/{name.replace('__', '.')}": other for name, other in beside.items()}
    return settings("site/config.ts", lambda name: files.get(name, ""))


@pytest.mark.parametrize(
    "text",
    [
        "export default { base: '/a/' }",
        "export default defineConfig({ base: '/a/' })",
        "export default defineConfigWithTheme<Theme>({ base: '/a/' })",
        "export default withDrawings(defineConfig({ base: '/a/' }))",
        "module.exports = { 'base': \"/a/\", };",
        "const config: Config = { base: `/a/` }\nexport default config",
        "const base = '/a/'\nexport default { base } satisfies Config",
        "export default ({\n  // base: '/b/'\n  /* base: '/c/' */ base: process.env.BASE || '/a/',\n} as Config);",
        "export default async function config() { if (x) { y() } return { base: '/a/' } }",
        "export default async () => ({ base: '/a/' })",
        "const shared = { base: '/a/', z: 1 }; export default { ...shared }",
        "const quote = /[\"'{]/.test(x); export default { base: '/a/' }",
        "export default { sidebar: [{ base: '/b/' }], f() { return { base: '/c/' } }, base: '\\u002fa/' }",
    ],
)
def test_a_key_has_the_string_that_stands_there(text: str) -> None:
    assert read(text)["base"] == "/a/"


@pytest.mark.parametrize("value", ["env.BASE", "a ? '/a/' : '/b/'", "'/a/' + b", "f('/a/')", "`/${a}/`", "() => '/a/'"])
def test_what_only_running_it_tells_is_unknown(value: str) -> None:
    assert read(f"export default {{ base: {value}, a: 1 }}") == {"base": UNKNOWN, "a": 1}
    assert not UNKNOWN


def test_a_name_stands_for_what_a_module_beside_gives_to_it() -> None:
    text = """
        import i18n, {other} from './i18n.mjs'
        import {places as all} from "./places"
        import versions from './versions.json'
        import away from 'away'
        export default { i18n, all, versions, away }
    """
    places = "import {deep} from './config'\nexport const places = ['a', deep]"

    found = read(text, i18n__mjs="export default {locales: ['de']}", places__ts=places, versions__json='["2", "1"]')

    assert found == {"i18n": {"locales": ["de"]}, "all": ["a", UNKNOWN], "versions": ["2", "1"], "away": UNKNOWN}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "export default",
        "export default {",
        "export default " + "{a:" * 5_000,
        "export default " + "[" * 5_000 + "]" * 5_000,
        "export default )]}" + "({[" * 100,
        "const a = b; const b = a; export default {a, b, ...a}",
        "import a from './config.ts'\nexport default a",
        "export default {a: '" + "\\" * 1001,
        "export default {a: " + "b || " * 5_000 + "'c'}",
    ],
)
def test_hostile_settings_are_no_settings(text: str) -> None:
    assert isinstance(read(text), dict)


def test_objects_that_are_spread_again_and_again_stay_small() -> None:
    text = "const a0 = {" + ",".join(f"k{n}: {n}" for n in range(1000)) + "}\n"
    text += "".join(f"const a{n} = {{...a{n - 1}, ...a{n - 1}, x{n}: 1}}\n" for n in range(1, 1000))

    assert len(read(text + "export default {...a999}")) < 3_000


@pytest.mark.parametrize(
    "function",
    [
        "redirects: () => [{ source: '/a' }]",
        "redirects: async () => [{ source: '/a' }]",
        "redirects: async () => { const x = 1; return [{ source: '/a' }] }",
        "redirects() { return [{ source: '/a' }] }",
        "async redirects() { return [{ source: '/a' }] }",
    ],
)
def test_what_a_function_without_parameters_returns_is_its_value(function: str) -> None:
    assert read(f"export default {{ before: 1, {function}, after: 2 }}") == {
        "before": 1,
        "redirects": [{"source": "/a"}],
        "after": 2,
    }


@pytest.mark.parametrize(
    "function", ["redirects(a) { return ['/a'] }", "redirects: a => ['/a']", "redirects() { f() }"]
)
def test_what_depends_on_a_parameter_is_not_known(function: str) -> None:
    assert read(f"export default {{ {function}, after: 2 }}").get("redirects", UNKNOWN) is UNKNOWN
