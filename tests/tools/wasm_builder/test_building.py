"""`wasm_builder build` and `run`: an extension built for Pyodide, and used there under node."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from filelock import FileLock

from tests.conftest import CACHE, CHECKOUT
from tests.tools.results import finding, rows
from tests.wasm import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tools.wasm_builder.conftest import Builder

EXAMPLE = CHECKOUT / "skills/pyo3-async-embedded-wasm/examples/02-demo-page"
WORKSPACE = EXAMPLE.parents[1]
TESTS = """
import sys
from pathlib import Path

import demo_page


def test_it_is_the_wheel_in_webassembly():
    assert sys.platform == "emscripten"
    assert demo_page.closest("hat", ["bat", "dog"]) == "bat"
    Path("left_behind.txt").write_text("by a test")
"""


def pyodide_release() -> str:
    package = json.loads((EXAMPLE / "wasm/package.json").read_text(encoding="utf-8"))
    return str(package["dependencies"]["pyodide"])


def copy_project(folder: Path) -> Path:
    """Copy the example as it would be in a project of its own, with the lock file of its workspace."""
    project = folder / "demo-page"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("target", "node_modules", ".venv", "dist", "tests"))
    shutil.copy(WORKSPACE / "Cargo.lock", project)
    (project / "checks").mkdir()
    (project / "checks/test_there.py").write_text(TESTS, encoding="utf-8")
    return project


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.skipif(not sdk.possible(), reason="the stand-in for the SDK is made of Debian's packages, by root")
def test_a_wheel_is_built_and_used_and_the_project_stays_as_it_is(tmp_path: Path, builder: Builder) -> None:
    project = copy_project(tmp_path)
    before = snapshot(project)
    with FileLock(CACHE / "wasm.lock"):
        tools = sdk.prepare(CACHE)
        checked = builder("check", "--project", project, "--sdk", tools)
        assert checked["summary"] == f"`demo-page` for Pyodide {pyodide_release()}: no problems"
        options = ["--project", project, "--sdk", tools, "--out", tmp_path / "out", "--small"]
        result = builder("build", *options)
    assert snapshot(project) == before
    (wheel,) = (tmp_path / "out").iterdir()
    assert wheel.name == "demo_page-0.1.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl"
    assert finding(result, "imports")["level"] == "ok"
    sizes = [float(row["size"].removesuffix(" kB")) for row in rows(result, "Sizes of the modules")]
    assert len(sizes) >= 2
    assert sizes == sorted(sizes, reverse=True)
    use(wheel, project, builder)
    assert snapshot(project) == before


def use(wheel: Path, project: Path, builder: Builder) -> None:
    """Import the wheel in Pyodide, and run tests that pass and tests that fail."""
    result = builder("run", wheel)
    assert [row["step"] for row in rows(result, "Times")] == ["start", "install", "import"]
    assert result["summary"] == f"`import demo_page` passed in Pyodide {pyodide_release()}"
    assert "can't be imported" in finding(builder("run", wheel, "--import", "no_such", code=1), "import")["message"]
    result = builder("run", wheel, "--tests", project / "checks", "--option=-q")
    assert "1 passed" in result["documents"][0]["text"]
    failing = project.parent / "failing"
    failing.mkdir()
    (failing / "test_failing.py").write_text("def test_it():\n    assert 1 + 1 == 3\n", encoding="utf-8")
    assert finding(builder("run", wheel, "--tests", failing, code=1), "tests")["message"].endswith("exit code 1")
    (failing / "test_failing.py").unlink()
    assert finding(builder("run", wheel, "--tests", failing, code=1), "tests")["message"] == "pytest found no tests"
    broken = project.parent / wheel.name
    with ZipFile(wheel) as source, ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"raise OSError('no')" if name.endswith("__init__.py") else source.read(name))
    assert "OSError: no" in finding(builder("run", broken, code=1), "import")["evidence"]


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    """A project of maturin that is only read."""
    folder = tmp_path / "fast"
    (folder / "src").mkdir(parents=True)
    (folder / "src/lib.rs").write_text("", encoding="utf-8")
    manifest = (
        '[package]\nname = "fast"\nversion = "0.1.0"\n[lib]\ncrate-type = ["cdylib"]\n[dependencies]\npyo3 = "0.30"\n'
    )
    (folder / "Cargo.toml").write_text(manifest, encoding="utf-8")
    (folder / "pyproject.toml").write_text('[build-system]\nbuild-backend = "maturin"\n', encoding="utf-8")
    return folder


def test_a_dry_run_shows_the_official_command(crate: Path, builder: Builder) -> None:
    result: dict[str, Any] = builder("build", "--project", crate, "--abi", "2026_0", "--dry-run")
    assert result["documents"][0]["text"] == (
        "MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION=2026_0"
        " maturin build --release --target wasm32-unknown-emscripten --out dist\n"
    )
    assert not (crate / "dist").exists()


def test_a_build_without_the_tools_says_what_is_missing(
    crate: Path, tmp_path: Path, refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refusal("build", "--project", crate, "--out", tmp_path / "out", code=1)
    assert "maturin is not installed; 1.13.2 or newer is expected; rustc is not installed" in said
    assert "wasm_builder check" in said
    assert not (tmp_path / "out").exists()


def test_wrong_calls_are_refused(
    crate: Path, tmp_path: Path, refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(crate)
    assert "there is no project here" in refusal("build")
    assert "does not end in `.svg`" in refusal("inspect", "x.whl", "--draw", "x.png")
    assert "`x.tar.gz` does not exist" in refusal("run", "x.tar.gz")
