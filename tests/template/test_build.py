"""Generated projects, built and tested by their own commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES
from tests.template.conftest import EXTREMES
from tests.template.matrix import THIS_PYTHON, VARIABLE, Cell, chosen, set_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.template.conftest import Make, Run

    MakeCell = Callable[[Cell], Path]
    Suites = Callable[[Path, str], str]

pytestmark = pytest.mark.slow

CELLS = chosen()


def cells(check: str) -> pytest.MarkDecorator:
    """Run a test for each cell that has this check."""
    return pytest.mark.parametrize("cell", [cell for cell in CELLS if check in cell.checks], ids=lambda cell: cell.name)


# One kind of check after the other, not one project after the other: what cargo has built for one serves the next.
@pytest.mark.cell
@pytest.mark.exclusive("lint")
@cells("lint")
def test_lints_and_types(make_cell: MakeCell, nox: Run, cell: Cell) -> None:
    nox("lint", folder=make_cell(cell))


@pytest.mark.cell
@pytest.mark.exclusive("test")
@cells("test")
def test_python_and_rust_suites(make_cell: MakeCell, cell: Cell, uv_suites: Suites, pip_suites: Suites) -> None:
    project = make_cell(cell)
    printed = pip_suites(project, cell.python) if cell.front == "pip" else uv_suites(project, cell.python)
    assert re.search(r"^=+ \d+ passed(, \d+ skipped)? in .*=+$", printed, re.MULTILINE), printed
    assert cell.front == "pip" or re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed


@pytest.mark.exclusive("build")
@pytest.mark.parametrize("features", EXTREMES, ids=set_name)
def test_what_is_published_passes_the_auditors(make: Make, run: Run, nox: Run, features: tuple[str, ...]) -> None:
    project = make(features, f"release-{set_name(features)}", git=True)
    nox("build", folder=project)
    package = project.name.replace("-", "_")
    (wheel,) = (project / "dist").glob("*.whl")
    assert wheel.name.split("-")[:4] == [package, "0.1.0", "cp311", "abi3"]
    with zipfile.ZipFile(wheel) as archive:
        assert set(archive.namelist()) == files_of_a_wheel(project, package)
    with tarfile.open(next((project / "dist").glob("*.tar.gz"))) as archive:
        assert not [name for name in archive.getnames() if "/." in name], "a file for work on the project"
    assert run("git", "status", "--porcelain", folder=project).split() == ["??", "Cargo.lock", "??", "uv.lock"]


def files_of_a_wheel(project: Path, package: str) -> set[str]:
    """Return what is installed: the package as it is in the project, its library, and what is said of it."""
    source = project / "python"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    crate = tomllib.loads((project / "Cargo.toml").read_text(encoding="utf-8"))["package"]["name"]
    about = {"METADATA", "RECORD", "WHEEL", "licenses/LICENSE-MIT", f"sboms/{crate}.cyclonedx.json"}
    library = f"{package}/_core.{'pyd' if os.name == 'nt' else 'abi3.so'}"
    return files | {library} | {f"{package}-0.1.0.dist-info/{name}" for name in about}


def find_python(version: str) -> Path | None:
    """Find an interpreter that starts; a shim of pyenv may be on PATH and refuse to."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"{version}.*/bin/python{version}"))]
    for candidate in candidates:
        if subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


@pytest.fixture(scope="session")
def uv_suites(build_environment: Mapping[str, str], nox: Run) -> Suites:
    """Run a project's own session for a Python, whose environment uv makes."""

    def uv_suites(project: Path, version: str) -> str:
        found = find_python(version) if version != THIS_PYTHON else None
        # What is asked for by name is not passed over; in the workflow uv fetches it.
        if found is None and version != THIS_PYTHON and not {"CI", VARIABLE} & set(os.environ):
            pytest.skip(f"there is no Python {version} on this machine")
        path = f"{found.parent}{os.pathsep}{build_environment['PATH']}" if found else build_environment["PATH"]
        options = ["--error-on-missing-interpreters", "--force-python", version]
        return nox("test", *options, folder=project, PATH=path)

    return uv_suites


@pytest.fixture(scope="session")
def pip_suites(run: Run, build_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Suites:
    """Install a project in place with pip, build it with maturin and run its tests."""

    def pip_suites(project: Path, version: str) -> str:
        folder = tmp_path_factory.mktemp("environments") / "venv"
        # In the workflow uv fetches what isn't there.
        interpreter = str(find_python(version) or version)
        run("uv", "venv", "--quiet", "--seed", "--python", interpreter, str(folder), folder=project)
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        python = str(scripts / "python")
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip", folder=project)
        run(python, "-m", "pip", "install", "--quiet", "--group", "dev", "--editable", ".", folder=project)
        activated = {"VIRTUAL_ENV": str(folder), "PATH": f"{scripts}{os.pathsep}{build_environment['PATH']}"}
        # By path: where Windows looks for a program is this process's PATH.
        run(python, "-m", "maturin", "develop", folder=project, **activated)
        return run(python, "-m", "pytest", folder=project, **activated)

    return pip_suites


@pytest.fixture(scope="module")
def alone(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy a project to a path with spaces and other letters than ASCII's, to change it there."""
    project = tmp_path_factory.mktemp("über Größe") / "price tools"
    shutil.copytree(make((), "price-tools"), project)
    return project


@pytest.mark.exclusive("plain")
def test_uv_builds_at_once_and_again_after_a_change(alone: Path, run: Run) -> None:
    printed = run("uv", "run", "pytest", folder=alone)
    assert " passed in " in printed
    before = "there are no {0}"
    error = alone / "src/error.rs"
    text = error.read_text(encoding="utf-8")
    error.write_text(text.replace(before, "no {0} at all"), encoding="utf-8")
    code = "import price_tools\ntry: price_tools.closest('', [])\nexcept ValueError as error: print(error)"
    started = time.perf_counter()
    changed = run("uv", "run", "python", "-c", code, folder=alone)
    seconds = time.perf_counter() - started
    assert changed.splitlines()[-1] == "no candidates at all"
    print(f"from an edited line of Rust to its effect in Python: {seconds:.2f} s")
    # Half a second on an idle machine; ten would mean that pyo3 was built again.
    assert seconds < 10
    # The next test has the same project.
    error.write_text(text, encoding="utf-8")


@pytest.mark.exclusive("plain")
def test_a_stale_library_is_not_tested(alone: Path, run: Run) -> None:
    run("uv", "sync", folder=alone)
    python = str(alone / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python"))
    assert " passed in " in run(python, "-m", "pytest", folder=alone)
    (alone / "src/error.rs").touch()
    # As an editor does, which has uv build nothing.
    with pytest.raises(pytest.fail.Exception, match="the Rust code is newer than its library; `uv sync` builds it"):
        run(python, "-m", "pytest", folder=alone)
    run("uv", "sync", folder=alone)
    assert " passed in " in run(python, "-m", "pytest", folder=alone)


@pytest.mark.exclusive("plain")
def test_a_library_that_was_deleted_is_asked_for(alone: Path, run: Run) -> None:
    run("uv", "sync", folder=alone)
    for library in (alone / "python/price_tools").glob("_core*.*"):
        library.unlink()
    with pytest.raises(pytest.fail.Exception) as failure:
        run("uv", "run", "pytest", folder=alone)
    command = re.search(r"ImportError: the Rust library is not built, .*; `(.*)` builds it", str(failure.value))
    assert command, failure.value
    run(*command[1].split(), folder=alone)
    assert " passed in " in run("uv", "run", "pytest", folder=alone)


@pytest.mark.skipif(os.name == "nt", reason="the made-up PATH is of links")
@pytest.mark.exclusive("plain")
@pytest.mark.parametrize("version", ["", "3.6.9"])
def test_cargo_uses_the_python_of_the_project(alone: Path, run: Run, tmp_path: Path, version: str) -> None:
    run("uv", "sync", folder=alone)
    for name in ("cargo", "rustc", "cc", "ld", "sh"):
        program = shutil.which(name)
        assert program, name
        (tmp_path / name).symlink_to(program)
    for name in ("python", "python3") if version else ():
        (tmp_path / name).write_text(f"#!/bin/sh\necho Python {version}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    printed = run("cargo", "test", folder=alone, PATH=str(tmp_path))
    assert re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed


@pytest.mark.exclusive("plain")
def test_pip_builds_too(alone: Path, pip_suites: Suites) -> None:
    assert " passed in " in pip_suites(alone, THIS_PYTHON)


@pytest.mark.exclusive("lint")
def test_all_that_fails_is_named_and_stubs_first(make: Make, nox: Run) -> None:
    project = make((), "drifted")
    source = project / "src/distance.rs"
    text = source.read_text(encoding="utf-8")
    text = text.replace('(word: "str", ', '(word: "str | None", ').replace("use pyo3", "use  pyo3")
    source.write_text(text, encoding="utf-8")
    with (project / "tests/test_package.py").open("a", encoding="utf-8") as file:
        file.write("import  os\n")
    with pytest.raises(pytest.fail.Exception) as failure:
        nox("lint", folder=project)
    printed = str(failure.value)
    stub = Path("python/drifted/_core/__init__.pyi")
    message = f"not what the Rust code says, run `nox -s stubs`: {stub}"
    assert printed.index(message) < printed.index("ruff format --check")
    failed = "stubs; ruff format --check; ruff check; cargo fmt --check"
    assert re.search(rf"^nox > Session lint aborted: failed: {failed}", printed, re.MULTILINE), printed
    run_formatters(project)
    nox("stubs", folder=project)
    nox("lint", folder=project)


def run_formatters(project: Path) -> None:
    """Do what the README calls formatting everything."""
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix"], cwd=project, check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet"], cwd=project, check=True)
    subprocess.run(["cargo", "fmt"], cwd=project, check=True)


@pytest.mark.exclusive("test")
def test_two_versions_that_differ_are_found(make: Make, nox: Run) -> None:
    project = make((), "versions")
    manifest = project / "Cargo.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"0.1.0"', '"0.2.0"', 1), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="test_cargo_and_pyproject_have_one_version"):
        nox("test", "--force-python", THIS_PYTHON, folder=project)


@pytest.mark.exclusive("bench")
def test_benchmarks_measure_a_release_build(make: Make, nox: Run) -> None:
    printed = nox("bench", "--", "--benchmark-disable", folder=make(FEATURES, "measured"))
    assert re.search(r"\d+ passed", printed), printed


@pytest.mark.exclusive("plain")
def test_benchmarks_refuse_a_debug_build(alone: Path, run: Run) -> None:
    with pytest.raises(pytest.fail.Exception, match="this is a debug build"):
        run("uv", "run", "--group", "bench", "pytest", "benchmarks", folder=alone)


@pytest.mark.exclusive("docs")
@pytest.mark.parametrize("features", [("docs",), tuple(FEATURES)], ids=set_name)
def test_the_site_is_made_from_the_stubs(make: Make, nox: Run, features: tuple[str, ...]) -> None:
    project = make(features, f"site-{len(features)}")
    printed = nox("docs", folder=project)
    assert "1 passed" in printed
    assert "No issues found" in printed
    page = (project / "dist/site/api/index.html").read_text(encoding="utf-8")
    # From a Rust docstring, and with the name from the index of the Python package.
    assert "Find the word that is the fewest edits away from another" in page
    stubs = [stub.stem for stub in project.glob("python/*/_core/*.pyi") if stub.stem != "__init__"]
    assert all(f'id="site_{len(features)}.{module}"' in page for module in stubs)
    assert bool(stubs) == (len(features) > 1)


@pytest.mark.exclusive("docs")
def test_an_example_in_the_documentation_that_is_wrong_is_found(make: Make, nox: Run) -> None:
    project = make(("docs",), "wrong-example")
    project.joinpath("docs/index.md").write_text(">>> 1 + 1\n3\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="Expected:\n    3\nGot:\n    2"):
        nox("docs", folder=project)
