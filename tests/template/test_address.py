"""The web address of a repository, from what git and gh know."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scaffolder.template.address import repository_address, web_address
from tests.conftest import git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the machine's settings and its gh."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "gh"))


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:ada/tools.git", "https://github.com/ada/tools"),
        ("github.com:ada/tools", "https://github.com/ada/tools"),
        ("ssh://git@git.example.org:2222/ada/tools.git", "https://git.example.org/ada/tools"),
        ("https://ada:secret@example.org:8443/tools.git/", "https://example.org:8443/tools"),
        ("http://localhost/tools.git", "http://localhost/tools"),
        ("work:ada/tools.git", None),
        ("/srv/git/tools.git", None),
        ("../tools", None),
        ("file:///srv/git/tools.git", None),
        ("https://example.org:port/x", None),
        ("C:\\git\\tools", None),
        ("", None),
    ],
)
def test_a_remote_on_the_web(remote: str, address: str | None) -> None:
    assert web_address(remote) == address


@pytest.mark.parametrize("account", ["ada", "ada-l1"])
def test_an_account_in_the_settings_of_git(tmp_path: Path, settings: Path, account: str) -> None:
    settings.write_text(f"[github]\n  user = {account}\n", encoding="utf-8")
    assert repository_address(tmp_path / "new/tools", "tools") == f"https://github.com/{account}/tools"


@pytest.mark.parametrize("account", ["ada/../eve", "ada@example.org", "a b", "-"])
def test_what_is_no_account_leads_nowhere(tmp_path: Path, settings: Path, account: str) -> None:
    settings.write_text(f"[github]\n  user = {account}\n", encoding="utf-8")
    assert repository_address(tmp_path / "tools", "tools") is None


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
@pytest.mark.parametrize(("script", "address"), [("echo ada", "https://github.com/ada/tools"), ("exit 1", None)])
def test_an_account_of_gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, address: str | None) -> None:
    program = tmp_path / "bin/gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$*" = "config get user --host github.com" ] || exit 2\n{script}\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert repository_address(tmp_path / "tools", "tools") == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [("git@example.org:ada/outer.git", "https://example.org/ada/outer"), ("/srv/outer", None), (None, None)],
)
def test_a_project_in_a_repository_is_a_part_of_it(
    tmp_path: Path, settings: Path, remote: str | None, address: str | None
) -> None:
    settings.write_text("[github]\n  user = ada\n", encoding="utf-8")
    git("init", "--quiet", cwd=tmp_path)
    if remote:
        git("remote", "add", "origin", remote, cwd=tmp_path)
    assert repository_address(tmp_path / "bindings/python", "tools") == address
