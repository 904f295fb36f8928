"""Generators of sites: what they make of the folders of sources in a mirror. A module for each, with its row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from importlib import import_module
from operator import itemgetter
from pathlib import Path

from checker.kinds import SHOWN_BY_FORGES, kind_of
from checker.mirror import git
from checker.mirror.generators import witness
from checker.mirror.generators.reading import TEMPLATES, Reading
from checker.mirror.generators.row import Built, Generator
from checker.sources.base import Source
from checker.sources.folder import Folder

_SCRIPTS = ("js", "mjs", "cjs", "ts", "mts", "cts")
_TABLES = ("toml", "yaml", "yml", "json")
_MADE = (*_TABLES, "conf.py")
# The files that show each generator, one of them in the folder where it runs. Its module, of its name, is loaded where
# there is one. Of a folder with the settings of two, the first is its generator.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "antora": ("antora.yml",),
    "astro": tuple(f"astro.config.{kind}" for kind in _SCRIPTS),
    "docsify": ("index.html",),
    "docusaurus": tuple(f"docusaurus.config.{kind}" for kind in _SCRIPTS),
    "eleventy": (".eleventy.js", *(f"eleventy.config.{kind}" for kind in _SCRIPTS)),
    "gatsby": tuple(f"gatsby-config.{kind}" for kind in _SCRIPTS),
    "gitbook": (".gitbook.yaml", ".gitbook.yml", "book.json", "SUMMARY.md"),
    "grafana": ("docs.mk",),
    "hexo": ("_config.yml", "_config.yaml"),
    "hugo": tuple(
        f"{place}.{kind}"
        for place in ("hugo", "config/_default/hugo", "config/_default/config", "config")
        for kind in _TABLES
    ),
    "jekyll": ("_config.yml", "_config.yaml"),
    "lume": ("_config.ts", "_config.js"),
    "mdbook": ("book.toml",),
    "mkdocs": ("mkdocs.yml", "mkdocs.yaml"),
    "nextjs": tuple(f"next.config.{kind}" for kind in _SCRIPTS),
    "pelican": ("pelicanconf.py", "pelicanconf.yaml"),
    "routes": (),  # of a program that is not known, where the configuration says that there is one
    "sandpaper": ("config.yaml",),
    "sphinx": ("conf.py", "_toc.yml"),
    "vite": tuple(f"vite.config.{kind}" for kind in _SCRIPTS),
    "vitepress": tuple(f".vitepress/config{place}.{kind}" for place in ("", "/index") for kind in _SCRIPTS),
    "vuepress": tuple(f".vuepress/config.{kind}" for kind in _SCRIPTS),
    "zola": ("zola.toml", "config.toml"),
}
# Those whose settings often lie on above or beside a site that another makes: of its pages, it has the better claim.
_IN_PACKAGES = frozenset({"gatsby"})  # which makes the site of a whole repository in one of its packages
_LAST = frozenset({"gitbook", "vite"})
# Files of which one lies beside the settings, where the name of those is that of many other files.
BESIDE = {"docsify": ("README.md", ".nojekyll", "_sidebar.md", "_navbar.md", "_coverpage.md")}
_DEEPEST = 8  # folders above the settings of a generator
# Folders whose sites are for tests, or are copied from, and are published nowhere.
_ASIDE = frozenset({
    "test", "tests", "__tests__", "testdata", "fixtures", "__fixtures__", "spec", "specs", "e2e", "playground",
    "benchmark", "benchmarks", "template", "templates", "site_template", "boilerplate", "archetypes",
    "node_modules", "bower_components", "vendor", "third_party", "themes", "theme", "packages",
})  # fmt: skip
# Folders of examples: a site there is read as what it is, and of all else only what a forge shows.
_EXAMPLES = frozenset(
    {"example", "examples", "demo", "demos", "sample", "samples", "starter", "starters", "examplesite"}
)
_STARTS = ("template-", "test_", "test-", "tests_")
_ENDS = ("_template", "-template")
# Folders whose files no reader of a site's repository is meant to follow: they are broken on purpose, or made up.
_TESTS = frozenset(
    {"test", "tests", "__tests__", "testdata", "fixtures", "__fixtures__", "e2e", "node_modules", "bower_components"}
)


def row(name: str) -> Generator:
    """The generator of a name. Raises ImportError for one that is not known."""
    generator: Generator = import_module(f"{__name__}.{name}").GENERATOR
    return generator


def has_sources_in(top: Path, folder: Path) -> bool:
    """Whether a folder of this machine holds sources of a site whose settings lie in a clone above it."""
    names = {name for table in (SETTINGS, BESIDE) for names in table.values() for name in names}
    above = [at for at in folder.parents if at.is_relative_to(top)]
    found = ({name for name in names if (at / name).is_file()} for at in above)
    if not any(_settings(generator, there) for there in found for generator in SETTINGS):
        return False
    inside = f"{folder.relative_to(top).as_posix()}/"
    return any(page.startswith(inside) for site in find(Folder(top)) for page in site.pages)


def find(source: Source, wanted: str = "auto", clone: git.Clone | None = None) -> tuple[Built, ...]:
    """The sites that are made of folders of a mirror, by the settings of their generators; the highest first.

    `wanted` is the name of a generator, `auto` or `none`; `clone`, that the mirror is in. A folder that is part of
    another site is none of its own.
    """
    if wanted == "none":
        return ()
    found: list[Built] = []
    pages: set[str] = set()
    named = [("", row(wanted), "")] if wanted in SETTINGS and not SETTINGS[wanted] else None
    for folder, generator, settings in named or _shown(source, wanted):
        plan = generator.plan(Reading(source, folder, settings))
        if plan is not None and plan.pages and pages.isdisjoint(plan.pages):
            built = Built(source, generator, plan, folder + settings, folder)
            built.witness = witness.of(source, generator, folder, clone)
            found.append(built)
            pages.update(plan.pages)
    return tuple(found)


def beside(source: Source, sites: Iterable[Built], published: Iterable[str] = ()) -> frozenset[str]:
    """The files of a site's repository that are no pages of it: those of its tests, what was built of it, and of
    examples all that no forge shows; but those in folders that have an address of their own. None if there is no site.
    """
    of_sites = {name for site in sites for name in site.addresses}
    if not of_sites:
        return frozenset()
    tests = {folder for folder in source.folders if any(_is_test(part) for part in folder.split("/"))}
    outputs = tuple({witness.output(source, site.generator, site.folder) for site in sites} - {"", *published})
    tests |= {folder for folder in source.folders if f"{folder}/".startswith(outputs)} if outputs else set()
    examples = {folder for folder in source.folders - tests if _is_aside(folder, _ASIDE | _EXAMPLES)}
    return frozenset(
        name
        for name in source.files
        if (folder := name.rpartition("/")[0]) in tests or (folder in examples and kind_of(name) not in SHOWN_BY_FORGES)
        if name not in of_sites
    )


def of_tests(source: Source) -> frozenset[str]:
    """The files of a repository that lie in folders of its tests and that no forge shows: nobody reads them."""
    tests = {folder for folder in source.folders if any(_is_test(part) for part in folder.split("/"))}
    of_them = (name for name in source.files if tests and name.rpartition("/")[0] in tests)
    return frozenset(name for name in of_them if kind_of(name) not in SHOWN_BY_FORGES)


def _is_test(part: str) -> bool:
    return part in _TESTS or part.startswith(("test_", "tests_"))


def _is_aside(folder: str, names: Set[str] = _ASIDE) -> bool:
    # packages/docs is where a repository of many packages has its site; or packages/, if that has all their texts.
    path = f"{folder.lower()}/"
    parts = [] if path == "packages/" else path.removeprefix("packages/docs/").split("/")
    return any(part in names or part.startswith(_STARTS) or part.endswith(_ENDS) for part in parts)


def _aside_of(generator: str) -> Set[str]:
    return _ASIDE - {"packages"} if generator in _IN_PACKAGES else _ASIDE


def _shown(source: Source, wanted: str) -> Iterator[tuple[str, Generator, str]]:
    """(folder, generator, settings) of each folder in which a generator runs: the highest first, but for the last."""
    files, ends = source.files, dict[str, list[tuple[str, str]]]()  # last part of a name -> generator, name
    chosen = tuple(SETTINGS) if wanted == "auto" else (wanted,)
    for generator in chosen:
        for name in (*SETTINGS[generator], *_templates(generator)):
            ends.setdefault(name.rpartition("/")[2], []).append((generator, name))
    found: dict[tuple[int, str], set[str]] = {}  # depth and folder -> names that are there
    for file in files:
        for generator, name in ends.get(file.rpartition("/")[2], ()):
            folder = file.removesuffix(name)
            if len(folder) + len(name) > len(file) or folder[-1:] not in {"", "/"} or folder.count("/") > _DEEPEST:
                continue
            beside = [name for name in BESIDE.get(generator, ()) if folder + name in files]
            if beside or generator not in BESIDE:
                found.setdefault((folder.count("/"), folder), set()).update((name, *beside))
    shown = [
        (generator in _LAST, folder, generator, settings)
        for (_, folder), names in sorted(found.items())
        if not (folder.startswith(".") or "/." in folder)  # `.cargo/config.toml`
        for generator in chosen
        if (settings := _settings(generator, names)) and not _is_aside(folder.rstrip("/"), _aside_of(generator))
    ]
    for _, folder, generator, settings in sorted(shown, key=itemgetter(0)):
        yield folder, row(generator), settings


def _templates(generator: str) -> Iterator[str]:
    """The files of which scripts make the settings of a generator, where those are no program."""
    return (name + end for name in SETTINGS[generator] if name.endswith(_MADE) for end in TEMPLATES)


def _settings(generator: str, names: Collection[str]) -> str:
    """The settings of a generator in a folder with files of these names; "" if nothing shows it there."""
    names_of_it = (*SETTINGS[generator], *_templates(generator))
    settings = next((name for name in names_of_it if name in names), "")
    return settings if generator not in BESIDE or any(name in names for name in BESIDE[generator]) else ""
