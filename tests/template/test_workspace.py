"""The feature `workspace`: a crate that needs no Python, released with the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.history import commit_all
from tests.template.conftest import bash, read_jobs, step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow
    from tests.template.conftest import Make, Run

MANIFEST = "crates/price_tools/Cargo.toml"
PACKAGE_ID = "path+file:///price-tools/crates/price_tools#price-tools@0.1.0"
PUBLISH = "Publish the crate, unless this version is there"


@pytest.fixture
def project(make: Make, tmp_path: Path) -> Path:
    """Copy a project, to change it."""
    project = tmp_path / "price-tools"
    shutil.copytree(make(("workspace",), "price-tools", license="MIT OR Apache-2.0"), project)
    return project


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text in a file that has it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_crate_has_the_licences_and_the_name_of_the_project(project: Path) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert (project / "crates/price_tools" / name).read_bytes() == (project / name).read_bytes()
    names = [
        tomllib.loads((project / manifest).read_text(encoding="utf-8"))["package"]["name"]
        for manifest in (MANIFEST, "Cargo.toml")
    ]
    assert names == ["price-tools", "price-tools-python"]


def test_what_has_no_licence_is_not_published(make: Make) -> None:
    project = make(("workspace",), "price-tools", license="none")
    assert "publish = false" in (project / MANIFEST).read_text(encoding="utf-8")
    jobs = read_jobs(project)
    assert not {"crate", "publish-crate"} & set(jobs)
    assert (jobs["inspect"]["needs"], jobs["announce"]["needs"]) == (["wheels", "sdist"], "publish")
    assert "## Publish it" not in (project / "docs/workspace.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('version = "0.2.0"', f"{MANIFEST} has version 0.2.0, and pyproject.toml has 0.1.0"),
        ('version = "0.2.0"\npublish = false', ""),
        ("version.workspace = true", f"{MANIFEST} has version 0.3.0, and pyproject.toml has 0.1.0"),
    ],
)
def test_a_release_needs_one_version_of_all_that_it_publishes(project: Path, line: str, message: str) -> None:
    edit(project / "Cargo.toml", "[workspace]\n", '[workspace.package]\nversion = "0.3.0"\n\n[workspace]\n')
    edit(project / MANIFEST, 'version = "0.1.0"', line)
    command = [sys.executable, ".github/release.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr.partition("\n")[0] == (f"error: {message}" if message else "")
    assert (done.returncode == 0) == (not message)


def test_the_version_that_a_new_crate_needs_is_named(grow: Grow) -> None:
    project = grow.project()
    for name in ("Cargo.toml", "pyproject.toml"):
        edit(project / name, 'version = "0.1.0"', 'version = "1.2.0"')
    commit_all(project)
    said = grow("add", "workspace", cwd=project).stderr
    assert f'set `version = "1.2.0"` in `{MANIFEST}`, too: the project has that version' in said
    assert "set `version" not in grow("add", "workspace", cwd=grow.project(folder="new")).stderr


def test_a_crate_elsewhere_belongs_to_the_workspace_if_one_depends_on_it(project: Path) -> None:
    elsewhere = project / "elsewhere"
    shutil.copytree((project / MANIFEST).parent, elsewhere)
    edit(elsewhere / "Cargo.toml", 'name = "price-tools"', 'name = "elsewhere"')
    metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    alone = subprocess.run(metadata, cwd=elsewhere, capture_output=True, encoding="utf-8", check=False)
    assert "believes it's in a workspace when it's not" in alone.stderr
    edit(project / MANIFEST, "[dependencies]\n", '[dependencies]\nelsewhere = { path = "../../elsewhere" }\n')
    packages = json.loads(subprocess.check_output(metadata, cwd=elsewhere, encoding="utf-8"))["packages"]
    assert "elsewhere" in {package["name"] for package in packages}
    (project / "crates/empty").mkdir()
    broken = subprocess.run(metadata, cwd=project, capture_output=True, encoding="utf-8", check=False)
    assert "failed to load manifest for workspace member" in broken.stderr


@pytest.mark.parametrize("is_there", [False, True])
def test_a_version_is_published_once(project: Path, tmp_path: Path, is_there: bool) -> None:
    job = read_jobs(project)["publish-crate"]
    assert job["environment"] == {"name": "crates-io"}
    entry = step(project, "publish-crate", PUBLISH)
    (login,) = [login for login in job["steps"] if login.get("id") == "auth"]
    assert login["uses"].startswith("rust-lang/crates-io-auth-action@")
    # No registry is asked or changed: this one says what it knows, and writes down what it is told.
    script = f"""case $1 in
        pkgid) echo "{PACKAGE_ID}" ;;
        *) echo "$@" >> {tmp_path}/calls; [ "$1 {is_there}" != "info False" ] ;;
    esac"""
    (tmp_path / "cargo").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (tmp_path / "cargo").chmod(0o755)
    done = bash(entry["run"], project, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}", CRATE=entry["env"]["CRATE"])
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0] == "info --quiet --registry crates-io price-tools@0.1.0"
    assert calls[1:] == ([] if is_there else ["publish --locked --package price-tools"])


@pytest.fixture
def without_python(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a machine that has cargo and a linker, and no Python."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("cargo", "rustc", "rustdoc", "cc", "ld", "sh"):
        program = shutil.which(name)
        assert program, name
        (folder / name).symlink_to(program)
    return {"PATH": str(folder)}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the made-up PATH is of links")
@pytest.mark.exclusive("plain")
def test_the_crate_needs_no_python(project: Path, run: Run, without_python: dict[str, str]) -> None:
    page = (project / "docs/workspace.md").read_text(encoding="utf-8")
    commands = re.findall(r"`(cargo (?:test|bench|doc|package) -p [^`]*)`", page)
    assert len(commands) == 4
    # What is measured is of no interest, and the test has built divan with the other profile.
    endings = {"bench": ["--profile", "dev"]}
    printed = {}
    for command in commands:
        words = command.removesuffix(" --open").split()
        printed[words[1]] = run(*words, *endings.get(words[1], []), folder=project, **without_python)
    assert len(re.findall(r"^test result: ok\. [1-9]", printed["test"], re.MULTILINE)) == 2, printed["test"]
    assert re.search(r"90s +\d+(\.\d+)? .?s ", printed["bench"]), printed["bench"]
    assert "LICENSE-MIT" in printed["package"]
    crates = tomllib.loads((project / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    (crate,) = [crate for crate in crates if crate["name"] == "price-tools"]
    assert crate["dependencies"] == ["divan", "thiserror"]
    printed_id = run("cargo", "pkgid", "--package", "price-tools", folder=project, **without_python)
    assert printed_id.strip().rpartition("/")[2] == PACKAGE_ID.rpartition("/")[2]
    # What a release does with it, but upload.
    git("init", "--quiet", cwd=project)
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--message", "New", cwd=project)
    rehearsal = step(project, "crate", "Package the crate, and build what is in the package")["run"]
    assert "Compiling price-tools" in run(*rehearsal.split(), folder=project, **without_python)
    run(sys.executable, "-m", "scaffolder", "doctor", folder=project, CARGO_TARGET_DIR=str(project / "target"))


@pytest.mark.slow
@pytest.mark.exclusive("plain")
def test_a_change_of_the_crate_reaches_python(project: Path, run: Run) -> None:
    run("uv", "sync", folder=project)
    python = str(project / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python"))
    edit(project / "crates/price_tools/src/durations.rs", "the duration is empty", "there is no duration")
    with pytest.raises(pytest.fail.Exception, match="the Rust code is newer than its library"):
        run(python, "-m", "pytest", folder=project)
    code = "import price_tools.durations as it\ntry: it.parse('')\nexcept it.DurationError as error: print(error)"
    assert run("uv", "run", "python", "-c", code, folder=project).splitlines()[-1] == "there is no duration"
    assert " passed in " in run(python, "-m", "pytest", folder=project)


@pytest.mark.slow
@pytest.mark.exclusive("plain")
def test_a_crate_of_another_version_fails_the_tests(project: Path, run: Run) -> None:
    run("uv", "sync", folder=project)
    edit(project / MANIFEST, 'version = "0.1.0"', 'version = "0.2.0"')
    with pytest.raises(pytest.fail.Exception, match="the_crate_has_the_version_of_the_package"):
        run("cargo", "test", folder=project)
