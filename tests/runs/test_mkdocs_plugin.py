"""The plug-in of MkDocs, in real builds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PAGES = {"docs/index.md": "# Piers\n\n[Here](pier.md), [there](/gone/), <b id=a>a</b>\n", "docs/pier.md": "# Pier\n"}


def build(site: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options], cwd=site, capture_output=True, text=True, check=False
    )
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)


def settings(plugin: str, site: str = "site_url: https://piers.example.org/\n") -> str:
    return f"site_name: Piers\n{site}theme: {{name: null, custom_dir: theme}}\nplugins:\n  - search\n  - mirrorcheck{plugin}\n"


THEME = {"theme/main.html": "<!doctype html>\n<title>{{ page.title }}</title>\n<main>{{ page.content }}</main>\n"}


def test_a_build_ends_with_what_is_broken_on_its_site(write: Callable[..., Path]) -> None:
    site = write({**PAGES, **THEME, "mkdocs.yml": settings("")})

    code, said = build(site)

    assert code == 1
    assert "local/missing-file" in said
    assert "mirrorcheck: the built site has findings (fail_on: error)" in said


@pytest.mark.parametrize("plugin", [": {fail_on: never}", ": {select: [asset]}", ": {select: [asset], fail_on: note}"])
def test_settings_say_what_counts(plugin: str, write: Callable[..., Path]) -> None:
    site = write({**PAGES, **THEME, "mkdocs.yml": settings(plugin)})

    code, said = build(site)

    assert code == 0, said
    assert ("local/missing-file" in said) == ("never" in plugin)


def test_a_clean_site_is_built_without_an_address_too(write: Callable[..., Path]) -> None:
    site = write({**PAGES, **THEME, "docs/gone.md": "# Gone\n", "mkdocs.yml": settings("", site="")})

    code, said = build(site, "--strict")

    assert code == 0, said
    assert "mirrorcheck" in said


@pytest.mark.parametrize("plugin", [": {fail_on: sometimes}", ": {select: [no-such-rule]}", ": {depth: 3}"])
def test_a_mistake_in_the_settings_is_told(plugin: str, write: Callable[..., Path]) -> None:
    site = write({**PAGES, **THEME, "mkdocs.yml": settings(plugin)})

    code, said = build(site, "--strict")

    assert code == 1
    assert "Traceback" not in said
    assert re.search(r"sometimes|no-such-rule|depth", said)


def test_the_configuration_of_the_repository_does_not_hold(write: Callable[..., Path]) -> None:
    site = write({**PAGES, **THEME, "mkdocs.yml": settings(""), "mirrorcheck.toml": "[report]\nfail_on = 'never'\n"})

    assert build(site)[0] == 1


def test_the_package_does_without_mkdocs() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, checker.cli, checker.cli.check; print('mkdocs' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == "False"
