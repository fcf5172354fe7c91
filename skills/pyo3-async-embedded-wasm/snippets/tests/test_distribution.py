"""Distribution: a bundle runs where there is no Python, and says what it needs of the system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest
from bundle import foreign

if TYPE_CHECKING:
    from pathlib import Path

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
DISHES = ["soup", "stew", "curry", "pasta", "pizza", "salad", "rice", "beans"]


@pytest.fixture(scope="module")
def planner(bundled: Path) -> Path:
    """Return a bundle, with the file that the program reads."""
    (bundled / "dishes.json").write_text(json.dumps(DISHES), encoding="utf-8")
    return bundled


@pytest.fixture(scope="module")
def needs(planner: Path) -> dict[str, list[Path]]:
    return foreign(planner)


def test_the_bundle_runs_without_an_environment(planner: Path) -> None:
    command = [planner / "distribution", planner / "dishes.json", "12"]
    done = subprocess.run(command, env={}, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.splitlines()) & set(DISHES)) == 7


def test_nothing_is_written_into_the_bundle(planner: Path) -> None:
    before = sorted(planner.rglob("*"))
    test_the_bundle_runs_without_an_environment(planner)
    assert sorted(planner.rglob("*")) == before


def test_what_has_the_gpl_or_is_for_tests_is_left_out(planner: Path) -> None:
    names = {path.name.partition(".")[0] for path in planner.rglob("*")}
    assert not names & {"readline", "_gdbm", "test", "_testcapi", "tkinter", "site-packages"}
    assert (planner / f"python/lib/{VERSION}/LICENSE.txt").is_file()


def test_what_the_bundle_needs_of_the_system_is_named(needs: dict[str, list[Path]]) -> None:
    names = {library.name for library in needs["distribution"]}
    assert "libc.so.6" in names
    assert not any("python" in name for name in names)
    if "_ssl" in needs:
        assert any(library.name.startswith("libssl") for library in needs["_ssl"])


def test_the_folder_of_the_bundle_is_searched_first(planner: Path) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    text = subprocess.run(
        ["readelf", "-d", planner / "distribution"], check=True, capture_output=True, text=True
    ).stdout
    (line,) = (line for line in text.splitlines() if "RUNPATH" in line)
    assert line.partition("[")[2].startswith("$ORIGIN/python/lib:")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="chroot needs root")
def test_a_system_with_nothing_but_the_c_library_is_enough(
    planner: Path, needs: dict[str, list[Path]], tmp_path: Path
) -> None:
    """Run it in a root that has no Python, no shell and no other program."""
    for library in {*needs["distribution"], *needs["libpython3"]}:
        (tmp_path / str(library.parent)[1:]).mkdir(parents=True, exist_ok=True)
        shutil.copy(library, tmp_path / str(library)[1:])
    shutil.copytree(planner, tmp_path / "opt/planner")
    (tmp_path / "proc").mkdir()
    words = f'mount --bind /proc "{tmp_path}/proc" && exec chroot "{tmp_path}" "$@"'
    command = ["unshare", "--mount", "sh", "-c", words, "sh"]
    command += ["/opt/planner/distribution", "/opt/planner/dishes.json", "12"]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 7


def test_the_library_has_the_name_that_the_program_asks_for(planner: Path) -> None:
    assert (planner / "python/lib" / sysconfig.get_config_var("INSTSONAME")).is_file()
