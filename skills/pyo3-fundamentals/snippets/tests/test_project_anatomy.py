"""The mixed layout, built as its files say, and names that agree or not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.machinery import ExtensionFileLoader
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import fundamentals_snippets
import pytest
from fundamentals_snippets._core import project_anatomy

SNIPPETS = Path(__file__).resolve().parent.parent
SKILL = SNIPPETS.parent


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project of the mixed layout, with a lock file, to where no workspace is."""
    folder = tmp_path_factory.mktemp("mixed") / "price-tags"
    shutil.copytree(SNIPPETS / "mixed-layout", folder)
    shutil.copy(SKILL / "Cargo.lock", folder)
    return folder


def maturin(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"CARGO_TARGET_DIR": str(SKILL / "target"), **os.environ}
    command = ["maturin", *arguments, "--out", "dist"]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def kept(name: str) -> list[str]:
    """Return the output that the chapter shows, without its command."""
    return (SNIPPETS / "output" / name).read_text(encoding="utf-8").splitlines()[1:]


def test_the_source_distribution_has_what_a_build_needs(project: Path) -> None:
    assert maturin(project, "sdist").returncode == 0
    (archive,) = project.glob("dist/*.tar.gz")
    with tarfile.open(archive) as files:
        assert files.getnames() == kept("mixed-sdist.txt")


def test_ignored_files_are_packed_until_the_manifest_is_in_the_index(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "price-tags"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("dist"))
    (folder / ".gitignore").write_text("secret.env\ndist/\n", encoding="utf-8")
    (folder / "secret.env").write_text("TOKEN=1", encoding="utf-8")
    packed = []
    for command in (["init", "--quiet"], ["add", "Cargo.toml"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
        assert maturin(folder, "sdist").returncode == 0
        with tarfile.open(next(folder.glob("dist/*.tar.gz"))) as files:
            packed.append("price_tags-0.1.0/secret.env" in files.getnames())
    assert packed == [True, False]


def test_the_wheel_has_the_package_with_the_extension_in_it(project: Path) -> None:
    built = maturin(project, "build", "--profile", "dev", "--compatibility", "linux")
    assert built.returncode == 0, built.stderr
    (wheel,) = project.glob("dist/*.whl")
    assert "-cp310-abi3-" in wheel.name
    with zipfile.ZipFile(wheel) as files:
        assert files.namelist() == kept("mixed-wheel.txt")
    shutil.unpack_archive(wheel, project / "installed", "zip")
    environment = {**os.environ, "PYTHONPATH": str(project / "installed")}
    command = [sys.executable, "-m", "pytest", "tests"]
    subprocess.run(command, cwd=project, env=environment, capture_output=True, check=True)


def test_another_name_in_module_name_gives_a_warning_only(project: Path) -> None:
    manifest = project / "pyproject.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("price_tags._core", "price_tags._native"), encoding="utf-8")
    built = maturin(project, "build", "--profile", "dev", "--compatibility", "linux")
    manifest.write_text(text, encoding="utf-8")
    assert built.returncode == 0, built.stderr
    assert "Couldn't find the symbol `PyInit__native`" in built.stderr


def test_another_package_in_module_name_is_refused(project: Path) -> None:
    manifest = project / "pyproject.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("price_tags._core", "prices._core"), encoding="utf-8")
    built = maturin(project, "build", "--profile", "dev", "--compatibility", "linux")
    manifest.write_text(text, encoding="utf-8")
    assert built.returncode != 0
    assert "/python/prices` does not exist" in built.stderr


# region: names
def test_the_file_and_the_module_have_one_name() -> None:
    library = next(Path(fundamentals_snippets.__file__).parent.glob("_core.*"))
    spec = spec_from_file_location("_native", library, loader=ExtensionFileLoader("_native", str(library)))
    assert spec is not None
    with pytest.raises(ImportError, match=r"dynamic module does not define module export function \(PyInit__native\)"):
        module_from_spec(spec)


# endregion: names


# region: facts
def test_both_manifests_have_one_version() -> None:
    assert version("fundamentals-snippets") == project_anatomy.VERSION


def test_an_editable_install_says_that_it_is_a_debug_build() -> None:
    assert project_anatomy.DEBUG_BUILD


# endregion: facts
