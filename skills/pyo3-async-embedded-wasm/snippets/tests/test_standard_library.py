"""The standard library: where a host finds it, what it needs of it at least, and what it says if there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bundle import hidden

if TYPE_CHECKING:
    from conftest import Host

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
LIBRARY = Path(sysconfig.get_path("stdlib"))
PLACES = 'import sys, json; print(sys.prefix); print(json.__file__); print(*sys.path, sep="\\n")'
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the folders of a Python are others there")


@pytest.fixture
def program(bundled: Path) -> Path:
    return bundled / "standard-library"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env={}, check=False, capture_output=True, encoding="utf-8", timeout=120)


def test_the_library_beside_the_program_is_found(program: Path) -> None:
    done = run(program, PLACES)
    assert done.returncode == 0, done.stderr
    prefix, json, *path = done.stdout.splitlines()
    home = program.parent / "python"
    assert Path(prefix) == home
    assert Path(json) == home / f"lib/python{VERSION}/json/__init__.py"
    assert [Path(folder).relative_to(home).name for folder in path] == [
        f"python{VERSION.replace('.', '')}.zip", f"python{VERSION}", "lib-dynload",
    ]  # fmt: skip


def test_a_link_to_the_program_is_followed(program: Path, tmp_path: Path) -> None:
    (tmp_path / "planner").symlink_to(program)
    assert run(tmp_path / "planner", PLACES).stdout.splitlines()[0] == str(program.parent / "python")


def test_packages_are_those_of_the_bundle(program: Path) -> None:
    packages = program.parent / "python/lib" / f"python{VERSION}" / "site-packages"
    packages.mkdir(exist_ok=True)
    (packages / "menus.py").write_text("DISHES = 3", encoding="utf-8")
    try:
        assert run(program, "import menus; print(menus.DISHES)").stdout == "3\n"
    finally:
        shutil.rmtree(packages)


def test_a_folder_of_packages_can_be_added_with_its_pth_files(program: Path, tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "packages/more.pth").write_text(str(tmp_path / "elsewhere"), encoding="utf-8")
    (tmp_path / "elsewhere/menus.py").write_text("DISHES = 3", encoding="utf-8")
    folder = str(tmp_path / "packages")
    line = f"import site, sys; site.addsitedir({folder!r}); import menus; print(menus.DISHES)"
    assert run(program, line).stdout == "3\n"
    line = f"import sys; sys.path.append({folder!r}); import menus"
    assert "ModuleNotFoundError" in run(program, line).stderr


def test_a_debug_build_runs_where_it_was_built(programs: dict[str, Path]) -> None:
    assert run(programs["standard-library"], PLACES).stdout.splitlines()[0] == sys.base_prefix


@pytest.mark.skipif(not hidden(), reason="hiding the Python of this machine needs root on Linux")
def test_nothing_of_the_python_that_built_it_is_needed(program: Path) -> None:
    line = "import decimal; print(*(line for line in open('/proc/self/maps') if 'libpython' in line), sep='')"
    done = run(*hidden(), program, line)
    assert done.returncode == 0, done.stderr
    library = program.parent / "python/lib" / sysconfig.get_config_var("INSTSONAME")
    assert done.stdout.splitlines()[0].endswith(f" {library}")


@pytest.mark.skipif(not hidden(), reason="hiding the Python of this machine needs root on Linux")
def test_without_a_library_there_is_an_error_that_names_the_folders(program: Path, tmp_path: Path) -> None:
    shutil.copy(program, tmp_path)
    (tmp_path / "python/lib").mkdir(parents=True)
    shutil.copy(program.parent / f"python/lib/{sysconfig.get_config_var('INSTSONAME')}", tmp_path / "python/lib")
    done = run(*hidden(), tmp_path / "standard-library", PLACES)
    assert done.returncode == 1
    first, _, hint = done.stderr.splitlines()
    assert first == (
        f"error: no standard library of Python {VERSION} in `{tmp_path / 'python'}` or `{sys.base_prefix}`"
    )
    assert hint == "hint: install the program again"


def test_three_files_are_enough_to_start(host: Host, tmp_path: Path) -> None:
    encodings = tmp_path / f"lib/python{VERSION}/encodings"
    encodings.mkdir(parents=True)
    for name in ("__init__.py", "aliases.py", "utf_8.py"):
        shutil.copy(LIBRARY / "encodings" / name, encodings)
    done = host("configuration", "isolated", "import os, abc; print('runs')", tmp_path, environment={})
    assert (done.stdout, done.returncode) == ("runs\n", 0), done.stderr
    assert "No module named" in host("configuration", "isolated", "import json", tmp_path, environment={}).stderr
    (encodings / "utf_8.py").unlink()
    assert host("configuration", "isolated", "print('runs')", tmp_path, environment={}).returncode == 1


@pytest.mark.parametrize("compressed", [True, False], ids=["compressed", "stored"])
@pytest.mark.parametrize("extensions", [True, False], ids=["with extensions", "without"])
def test_the_library_may_be_an_archive(host: Host, tmp_path: Path, *, compressed: bool, extensions: bool) -> None:
    (tmp_path / "lib").mkdir()
    archive = tmp_path / f"lib/python{VERSION.replace('.', '')}.zip"
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(archive, "w", kind) as file:
        for package in ("encodings", "json", "collections", "re"):
            for path in (LIBRARY / package).glob("*.py"):
                file.write(path, path.relative_to(LIBRARY))
        for path in LIBRARY.glob("*.py"):
            file.write(path, path.name)
    if extensions:
        shutil.copytree(LIBRARY / "lib-dynload", tmp_path / f"lib/python{VERSION}/lib-dynload")
    line = "import json; print(json.__file__)"
    done = host("configuration", "isolated", line, tmp_path, environment={})
    # What is compressed needs `zlib`, which is an extension module.
    assert (done.returncode == 0) == (extensions or not compressed), done.stderr
    assert done.returncode or done.stdout == f"{archive}/json/__init__.py\n"
