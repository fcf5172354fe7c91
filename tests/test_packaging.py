"""What is in the wheel and the source distribution, and that it works on its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from scaffolder.skills import load_skills
from scaffolder.template.bundle import read_tags
from tests.conftest import CHECKOUT, tree

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Tool

pytestmark = pytest.mark.slow

BUNDLE = "scaffolder/template.bundle"
TOOLS = [tool for skill in load_skills() for tool in skill.tools]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--installer=uv", "--outdir", str(folder), str(CHECKOUT)]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that has nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    # Compiled as pip does it, which must not reach a project.
    options = ["--quiet", "--compile-bytecode", "--python", str(folder)]
    subprocess.run(["uv", "pip", "install", *options, str(wheel)], check=True)
    return programs / "pyo3-new"


def test_the_wheel_has_the_template_as_a_bundle_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert BUNDLE in names
    questions = {"copier.yml", "templates/reserved_names.yml", "templates/versions.yml"}
    assert {name.removeprefix("scaffolder/questions/") for name in names if "questions/" in name} == questions
    assert not [name for name in names if "{{" in name]


def test_the_wheel_has_the_skills_and_nothing_that_building_them_left(wheel: Path) -> None:
    names = {name.removeprefix("scaffolder/") for name in zipfile.ZipFile(wheel).namelist()}
    listing = ["git", "ls-files", "-co", "--exclude-standard", "skills"]
    known = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split()
    parts = ("SKILL.md", "references/", "scripts/", "examples/")
    expected = {name for name in known if name.split("/", 2)[-1].startswith(parts) and (CHECKOUT / name).is_file()}
    assert {name for name in names if name.startswith("skills/")} == expected
    assert "skills/pyo3-fundamentals/references/REFERENCE.md" in expected


def test_the_wheel_has_nothing_that_is_for_this_repository_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"scaffolder", "pyo3_new"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_an_installed_script_is_a_program_for_uv(
    wheel: Path, installed: Path, environment: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    del environment["PYTHONPATH"]
    packages = next(installed.parents[1].rglob("scaffolder/__init__.py")).parent
    script = packages / tool.path.relative_to(CHECKOUT)
    # Until this version is released only the wheel that was built here has it.
    settings = environment | {"UV_FIND_LINKS": str(wheel.parent)}
    command = ["uv", "run", str(script), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: {script.stem}")


def test_the_wheel_built_from_the_source_distribution_has_its_bundle(built: Path, tmp_path: Path) -> None:
    source = next(built.glob("*.tar.gz"))
    shutil.unpack_archive(source, tmp_path)
    root = tmp_path / source.name.removesuffix(".tar.gz")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        assert (root / BUNDLE).read_bytes() == archive.read(BUNDLE)
    assert read_tags(root / BUNDLE)
    assert (root / "copier.yml").read_bytes() == (CHECKOUT / "copier.yml").read_bytes()


def test_what_is_installed_needs_neither_checkout_nor_network(
    installed: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    del environment["PYTHONPATH"]
    # Where the kernel can, it takes the network away; everywhere, git may read files only.
    offline = {"GIT_ALLOW_PROTOCOL": "file", "https_proxy": "http://127.0.0.1:9", "HOME": str(home)}
    alone = ["unshare", "--net"] if can_unshare() else []
    arguments = ["--all", "--defaults", "--no-git", "--quiet"]
    away = environment | offline
    subprocess.run([*alone, installed, "new", "price-tools", *arguments], cwd=tmp_path, env=away, check=True)
    here = [sys.executable, "-m", "scaffolder", "new", "here", "--name", "price-tools", *arguments]
    subprocess.run(here, cwd=tmp_path, env=environment | {"PYTHONPATH": str(CHECKOUT)}, check=True)
    assert tree(tmp_path / "price-tools") == tree(tmp_path / "here")
    assert not [name for name in tree(tmp_path / "price-tools") if "__pycache__" in name]


def test_skills_work_where_there_is_no_checkout(installed: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    del environment["PYTHONPATH"]

    def run(*arguments: str) -> str:
        command = [str(installed), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    assert "pyo3-fundamentals" in run("list", "--skills")
    assert "Vec<i64>" in run("tool", "type_converter", "list[int]")
    run("example", "copy", "01-word-count")
    example = CHECKOUT / "skills/pyo3-fundamentals/examples/01-word-count"
    copied = tree(tmp_path / "word-count")
    assert "src/lib.rs" in copied
    assert copied == {name: content for name, content in tree(example).items() if name in copied}
    assert not [name for name in copied if "__pycache__" in name]


def can_unshare() -> bool:
    """Whether a process can be started without a network."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0
