"""A configuration that was found, and not named, may be a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.config import trust
from checker.config.file import parse
from checker.model import ConfigError

PAGE = "<!doctype html><p>a lamp"

# what the file asks for: what the message says of it, and the option that grants it
REFUSED = {
    "private addresses": ("[remote]\nallow_private = true\n", "allow_private", ["--trust-config"]),
    "one private network": ("[remote]\nallow_private = ['127.0.0.0/8']\n", "allow_private", ["--trust-config"]),
    "a proxy": ("[remote]\nproxy = 'http://192.0.2.7:3128'\n", "[remote] proxy", ["--trust-config"]),
    "a vantage": (
        "[[remote.vantage]]\nname = 'x'\nproxy = 'http://192.0.2.7:3128'\n",
        "[[remote.vantage]]",
        ["--trust-config"],
    ),
    "no TLS": ("[remote]\nverify_tls = false\n", "verify_tls", ["--trust-config"]),
    "an authority": ("[remote]\nca_file = 'own.pem'\n", "ca_file", ["--trust-config"]),
    "a certificate": ("[remote]\nclient_certificate = 'own.pem'\n", "client_certificate", ["--trust-config"]),
    "a header": (
        "[[remote.host]]\nhost = 'x.test'\nheaders = { X-Token = '${LAMP_TOKEN}' }\n",
        "LAMP_TOKEN",
        ["--env", "LAMP_TOKEN"],
    ),
    "a login": (
        "[[remote.host]]\nhost = 'x.test'\nauth = 'ann:${LAMP_TOKEN}'\n",
        "LAMP_TOKEN",
        ["--env", "LAMP_TOKEN"],
    ),
    "a token": (
        "[[remote.forge]]\nhost = 'github.com'\ntoken = '${LAMP_TOKEN}'\napi = 'https://x.test/api'\n",
        "read LAMP_TOKEN from the environment for [[remote.forge]] https://x.test/api",
        ["--env", "LAMP_TOKEN"],
    ),
    "cookies": ("[remote]\ncookies = 'own.txt'\n", "send cookies of yours", ["--cookies", "own.txt"]),
    "a cluster": ("[engine]\ncluster = 'tcp://192.0.2.7:8786'\n", "[engine] cluster", ["--cluster", "local:1"]),
    "a form": (
        "[site.login]\nurl = 'https://x.test/login'\nfields = { password = '${MIRRORCHECK_TOKEN}' }\n",
        "log in by [site.login] https://x.test/login",
        ["--trust-config"],
    ),
    "a report elsewhere": ("[reports]\nformat = ['json=../out.json']\n", "../out.json", ["--format", "terminal"]),
    "a report by a link": ("[reports]\nformat = ['json=way/out.json']\n", "way/out.json", ["--format", "terminal"]),
    "a history elsewhere": ("[history]\nfile = '../h.sqlite'\n", "../h.sqlite", ["--no-history"]),
    "a manifest elsewhere": ("[assets]\nmanifest = '../sums'\n", "[assets] manifest", ["--trust-config"]),
    "a mirror elsewhere": ("[mirror]\nroot = '..'\n", "[mirror] root", ["--trust-config"]),
}


@pytest.fixture
def folder(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def make(text: str) -> Path:
        root = write({"index.html": PAGE, "mirrorcheck.toml": text})
        (root / "way").symlink_to(root.parent)
        monkeypatch.chdir(root)
        monkeypatch.setenv("LAMP_TOKEN", "bright")
        monkeypatch.setenv("MIRRORCHECK_TOKEN", "dim")
        return root

    return make


@pytest.mark.parametrize(("text", "said", "grant"), REFUSED.values(), ids=REFUSED)
def test_what_a_stranger_asks_for_is_refused_and_the_option_named(
    text: str, said: str, grant: list[str], folder: Callable[[str], Path], run: Callable[..., Any]
) -> None:
    root = folder(text)

    result = run("check", "--offline")

    assert result.code == 2
    assert said in result.err
    assert grant[0] in result.err or grant[0] == "--no-history"
    assert [path.name for path in root.parent.iterdir()] == ["mirror"]
    granted = run("check", "--offline", *grant)
    assert "may not" not in granted.err


@pytest.mark.parametrize("text", [text for text, _, _ in REFUSED.values()], ids=REFUSED)
def test_a_configuration_that_is_named_is_trusted(
    text: str, folder: Callable[[str], Path], run: Callable[..., Any]
) -> None:
    folder(text)

    assert "may not" not in run("check", "--offline", "--config", "mirrorcheck.toml").err


def test_the_environment_can_trust_it_too(
    folder: Callable[[str], Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder("[remote]\nallow_private = true\n")
    monkeypatch.setenv("MIRRORCHECK_TRUST_CONFIG", "1")

    assert run("check", "--offline").code == 0


def test_names_that_are_meant_for_us_may_be_read(folder: Callable[[str], Path], run: Callable[..., Any]) -> None:
    folder("[[remote.host]]\nhost = 'x.test'\nauth = 'ann:${MIRRORCHECK_TOKEN}'\n")

    assert run("check", "--offline").code == 0


def test_all_that_is_refused_is_said_at_once() -> None:
    config = parse("[remote]\nallow_private = true\nverify_tls = false\n", "c.toml")

    with pytest.raises(ConfigError, match=r"allow_private \(--trust-config\); .*verify_tls \(--trust-config\)"):
        trust.limit(config, Path("mirrorcheck.toml"), trust.Grants())


def test_the_defaults_ask_for_nothing(folder: Callable[[str], Path], run: Callable[..., Any]) -> None:
    folder("")

    assert run("check", "--offline").code == 0
