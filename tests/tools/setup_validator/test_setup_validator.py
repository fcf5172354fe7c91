"""The tool `setup_validator`, as `pyo3-new doctor`: what it says of projects that people have, and what it repairs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import CHECKOUT, tree
from tests.tools.results import read_result
from tests.tools.setup_validator.projects import FILES, added, changed, replaced, write

if TYPE_CHECKING:
    from tests.conftest import Command
    from tests.tools.setup_validator.projects import Files

SCRIPT = CHECKOUT / "skills/pyo3-fundamentals/scripts/setup_validator.py"
# The tools of the test group, whether their environment is active or not.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# True of a machine, whatever the project.
OF_THE_MACHINE = {"one-python", "one-environment", "libpython-there", "interpreter-allowed"}

# PyO3's template for cargo-generate, as a project made from it is: of its own name, but not in the library's.
STARTER: Files = {
    "pyproject.toml": """\
[build-system]
requires = ["maturin>=1,<2"]
build-backend = "maturin"

[project]
name = "weather-log"
requires-python = ">=3.9"
dynamic = ["version"]

[tool.maturin]
python-source = "python"
features = ["pyo3/extension-module"]
""",
    "Cargo.toml": """\
[package]
name = "weather-log"
version = "0.1.0"
edition = "2021"

[lib]
name = "maturin_starter"
crate-type = ["cdylib"]

[dependencies]
pyo3 = "0.27"
""",
    "src/lib.rs": """\
use pyo3::prelude::*;
use pyo3::wrap_pymodule;

mod station;

#[pymodule]
fn maturin_starter(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_wrapped(wrap_pymodule!(station::station))?;
    Ok(())
}
""",
    "src/station.rs": """\
use pyo3::prelude::*;

#[pymodule]
pub fn station(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
""",
    "python/maturin_starter/__init__.py": "from .maturin_starter import *\n",
}


def doctor(pyo3_new: Command, folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run the tool on a project and return what it says."""
    return read_result(pyo3_new("doctor", "--project", str(folder), "--json", *arguments, code=code).stdout)


def levels(found: dict[str, Any]) -> dict[str, str]:
    """Return what isn't in order in the project, with how bad it is."""
    return {
        finding["id"]: finding["level"]
        for finding in found["findings"]
        if finding["level"] != "ok" and finding["id"] not in OF_THE_MACHINE
    }


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"PATH": PATH}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write(tmp_path / "fares", FILES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        ("--defaults",),
        ("--all",),
        ("--with", "classes"),
        ("--with", "numpy"),
        ("--with", "async"),
        ("--with", "plugins"),
        ("--with", "wasm"),
        ("--defaults", "--data", "wheels=version"),
        ("--defaults", "--data", "python_min=3.10"),
        ("--all", "--data", "wheels=version", "--data", "python_min=3.10"),
    ],
    ids=" ".join,
)
def test_nothing_is_found_in_a_new_project(answers: tuple[str, ...], pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "fresh", *answers)
    found = doctor(pyo3_new, tmp_path / "fresh")
    assert levels(found) == {}
    assert len(found["findings"]) > 30


MATURIN = {"actions-pinned": "warning", "trusted-publishing": "warning"}
PURE = {"crate-type-rlib": "note", "stubs": "note"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("maturin", "new", "--bindings", "pyo3"), MATURIN | PURE),
        (("maturin", "new", "--bindings", "pyo3", "--mixed"), MATURIN | PURE),
        (("maturin", "new", "--bindings", "pyo3", "--mixed", "--src"), MATURIN | PURE),
        (("maturin", "new", "--bindings", "cffi"), MATURIN),
        (("maturin", "new", "--bindings", "uniffi"), MATURIN),
        (("maturin", "new", "--bindings", "bin"), MATURIN),
        (
            ("uv", "init", "--build-backend", "maturin", "--lib", "--python", sys.executable),
            {
                "no-advisory": "warning",
                "outdated-features": "warning",
                "crate-type-rlib": "note",
                "abi3-as-new-as-python": "note",
                "editable-profile": "note",
                "placeholders": "note",
            },
        ),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)  # fmt: skip
def test_what_other_generators_leave_is_named(
    command: tuple[str, ...], expected: dict[str, str], pyo3_new: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    subprocess.run([*command, "sample"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert levels(doctor(pyo3_new, tmp_path / "sample")) == expected


def test_the_starter_keeps_the_name_of_its_template(pyo3_new: Command, tmp_path: Path) -> None:
    found = doctor(pyo3_new, write(tmp_path / "weather", STARTER))
    assert levels(found) == {
        "import-name": "note",
        "no-advisory": "warning",
        "outdated-features": "warning",
        "crate-type-rlib": "note",
        "stubs": "note",
    }
    [name] = [finding for finding in found["findings"] if finding["id"] == "import-name"]
    assert "`maturin_starter`" in name["message"]
    assert "`weather-log`" in name["message"]


def test_a_project_of_setuptools_is_read_from_its_script(pyo3_new: Command, tmp_path: Path) -> None:
    project = write(
        tmp_path / "fares",
        FILES
        | {
            "pyproject.toml": (
                '[build-system]\nrequires = ["setuptools>=77", "setuptools_rust>=1.11"]\n'
                'build-backend = "setuptools.build_meta"\n'
            ),
            "setup.py": 'import setuptools_rust\n[setuptools_rust.RustExtension("fares._core", "rust/Cargo.toml")]\n',
            "rust/Cargo.toml": (FILES["Cargo.toml"] or "").replace('["abi3', '["extension-module", "abi3'),
            "rust/src/lib.rs": FILES["src/lib.rs"],
            "src/fares/__init__.py": "from ._core import fare\n",
            "src/fares/_core.pyi": "def fare(zones: int) -> int: ...\n",
            "src/fares/py.typed": "",
        },
    )  # fmt: skip
    for name in ("Cargo.toml", "Cargo.lock", "src/lib.rs"):
        (project / name).unlink()
    assert levels(doctor(pyo3_new, project)) == {"outdated-features": "warning"}
    doctor(pyo3_new, project, "--fix")
    assert "setuptools-rust>=1.12.0" in (project / "pyproject.toml").read_text(encoding="utf-8")
    assert levels(doctor(pyo3_new, project)) == {}


def test_of_several_extension_modules_the_one_in_the_named_folder_is_checked(pyo3_new: Command, tmp_path: Path) -> None:
    crate = (FILES["Cargo.toml"] or "").replace('["abi3', '["extension-module", "abi3')
    project = write(
        tmp_path / "fares",
        FILES
        | {
            "pyproject.toml": (
                '[build-system]\nrequires = ["setuptools>=77", "setuptools-rust>=1.12"]\n'
                'build-backend = "setuptools.build_meta"\n'
            ),
            "setup.py": (
                "from setuptools_rust import Binding, RustExtension\n"
                'RustExtension("brz", binding=Binding.Exec)\n'
                'RustExtension("fares._core", "core/Cargo.toml")\nRustExtension("fares._maps", "maps/Cargo.toml")\n'
            ),
            "core/Cargo.toml": crate,
            "core/src/lib.rs": FILES["src/lib.rs"],
            "maps/Cargo.toml": crate,
            "maps/src/lib.rs": (FILES["src/lib.rs"] or "").replace("_core", "_maps"),
            "src/fares/__init__.py": "from ._core import fare\nfrom ._maps import fare as other\n",
        },
    )
    for name in ("Cargo.toml", "Cargo.lock", "src/lib.rs"):
        (project / name).unlink()
    whole, named = doctor(pyo3_new, project), doctor(pyo3_new, project / "maps")
    assert levels(whole) == levels(named)
    assert "for `maps` pass `--project DIR`" in whole["summary"]
    assert "for `core` pass `--project DIR`" in named["summary"]
    doctor(pyo3_new, project / "maps", "--fix")
    assert "extension-module" not in (project / "maps" / "Cargo.toml").read_text(encoding="utf-8")
    assert "extension-module" in (project / "core" / "Cargo.toml").read_text(encoding="utf-8")


def test_nothing_is_written_but_by_fix(made: Path, pyo3_new: Command) -> None:
    write(made, changed(replaced("Cargo.toml", ', "rlib"', "")))
    before = tree(made)
    doctor(pyo3_new, made)
    found = doctor(pyo3_new, made, "--fix", "--dry-run")
    assert tree(made) == before
    assert found["dry_run"] is True
    assert found["documents"][0]["language"] == "diff"
    assert "+++ b/Cargo.toml" in found["documents"][0]["text"]
    assert levels(found) == {"crate-type-rlib": "note"}


def test_fix_repairs_and_shows_what_it_did(made: Path, pyo3_new: Command) -> None:
    write(
        made,
        changed(
            replaced("Cargo.toml", '["abi3', '["extension-module", "abi3'),
            replaced("Cargo.toml", '["cdylib", "rlib"]', '["cdylib"]'),
            replaced("pyproject.toml", ', { file = "src/**/*.rs" }', ""),
            # The older one first: what is newer is not deleted.
            added("python/fares/_core.cpython-311-x86_64-linux-gnu.so"),
            added("python/fares/_core.abi3.so"),
        ),
    )
    (made / "python/fares/py.typed").unlink()
    # An error is found until it is repaired.
    doctor(pyo3_new, made, code=1)
    done = pyo3_new("doctor", "--project", str(made), "--fix").stdout
    assert "-pyo3 = { version" in done
    assert "These changes were made." in done
    assert "5 repaired" in done
    assert levels(doctor(pyo3_new, made)) == {}
    text = (made / "Cargo.toml").read_text(encoding="utf-8")
    assert 'crate-type = ["cdylib", "rlib"]  # for Python, and for Rust tests' in text
    assert sorted(path.name for path in (made / "python/fares").iterdir()) == [
        "__init__.py", "_core.abi3.so", "_core.pyi", "py.typed",
    ]  # fmt: skip
    assert pyo3_new("doctor", "--project", str(made), "--fix").stdout.count("repaired") == 0


def test_no_more_pythons_are_shown_by_fix(made: Path, pyo3_new: Command) -> None:
    def shown(*arguments: str) -> list[list[str]]:
        rows: list[list[str]] = doctor(pyo3_new, made, *arguments)["tables"][1]["rows"]
        return rows

    (made / "python/fares/py.typed").unlink()
    few = shown()
    assert shown("--fix") == few
    assert len(shown("--verbose")) >= len(few)


def test_line_endings_stay(made: Path, pyo3_new: Command) -> None:
    path = made / "Cargo.toml"
    path.write_bytes(path.read_bytes().replace(b', "rlib"', b"").replace(b"\n", b"\r\n"))
    doctor(pyo3_new, made, "--fix")
    after = path.read_bytes()
    assert b'"rlib"]  # for' in after
    assert after.count(b"\n") == after.count(b"\r\n")


def test_the_machine_is_shown_with_the_reason(
    pyo3_new: Command, environment: dict[str, str], made: Path, tmp_path: Path
) -> None:
    environment.pop("VIRTUAL_ENV", None)
    environment.pop("CONDA_PREFIX", None)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "named"], check=True)
    program = tmp_path / "named" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment["PYO3_PYTHON"] = str(program)
    taken = {row[0]: row for row in doctor(pyo3_new, made)["tables"][0]["rows"]}
    assert taken["cargo"][2:] == [str(program), "`PYO3_PYTHON` is set"]
    assert taken["maturin develop"][1] == "—"
    del environment["PYO3_PYTHON"]
    environment["VIRTUAL_ENV"] = str(tmp_path / "named")
    taken = {row[0]: row for row in doctor(pyo3_new, made)["tables"][0]["rows"]}
    assert taken["cargo"][3] == taken["maturin develop"][3] == "`VIRTUAL_ENV` is set"
    environment["CONDA_PREFIX"] = str(tmp_path)
    found = doctor(pyo3_new, made)
    assert {row[0]: row for row in found["tables"][0]["rows"]}["maturin develop"][1] == "—"
    assert "one-environment" in {each["id"] for each in found["findings"] if each["level"] == "warning"}


def test_the_editor_has_settings_with_comments(pyo3_new: Command, made: Path) -> None:
    settings = '{\n  // one Python for all\n  "rust-analyzer.cargo.extraEnv": {"PYO3_PYTHON": "/gone/python3"},\n}\n'
    write(made, {".vscode/settings.json": settings})
    taken = {row[0]: row for row in doctor(pyo3_new, made)["tables"][0]["rows"]}
    assert taken["rust-analyzer"][1:] == ["not there", "/gone/python3", "`extraEnv` in `.vscode/settings.json`"]


def test_a_toolchain_that_is_not_installed_is_no_fault_of_the_manifest(pyo3_new: Command, made: Path) -> None:
    if not shutil.which("rustup", path=PATH):
        pytest.skip("rustup chooses the toolchain, and is not installed")
    write(made, {"rust-toolchain.toml": '[toolchain]\nchannel = "1.12.0"\n'})
    found = {each["id"]: each for each in doctor(pyo3_new, made, code=1)["findings"]}
    assert "1.12.0" in found["rust-installed"]["evidence"]
    assert "cargo-reads-manifest" not in found


def test_without_a_project_the_machine_is_checked(pyo3_new: Command, tmp_path: Path) -> None:
    done = pyo3_new("doctor", cwd=tmp_path).stdout
    assert "Python that each tool uses" in done
    assert done.splitlines()[-1].startswith("this machine: ")


def test_the_project_around_is_found(pyo3_new: Command, made: Path) -> None:
    done = pyo3_new("doctor", "--verbose", cwd=made / "src").stdout
    assert done.splitlines()[-1].startswith("fares: ")
    assert "ok: " in done


@pytest.mark.parametrize(
    ("arguments", "files", "code", "message"),
    [
        (("--project", "nowhere"), {}, 2, "`nowhere` is not a folder"),
        (("--project", "."), {"readme.txt": ""}, 2, "there is no Rust crate in `.`"),
        (("--dry-run",), {}, 2, "`--dry-run` alone"),
        (("--fix",), {}, 2, "there is no project here"),
        (("--build",), {}, 2, "there is no project here"),
        (("--colour",), {}, 2, "no such option: --colour"),
        (("--project", "."), {"Cargo.toml": "[package\n"}, 1, "can't be read"),
        (("--project", "."), {"Cargo.toml": FILES["Cargo.toml"], "pyproject.toml": "a = "}, 1, "can't be read"),
        (("--project", "."), {"Cargo.toml": "lib = 3\n"}, 1, "must be a table, found `3`"),
        (("--project", "."), {"Cargo.toml": FILES["Cargo.toml"], "pyproject.toml": "tool.uv = 3"}, 1, "`tool.uv` in"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(
    arguments: tuple[str, ...], files: dict[str, str | None], code: int, message: str, pyo3_new: Command, tmp_path: Path
) -> None:
    write(tmp_path, files)
    done = pyo3_new("doctor", *arguments, code=code)
    assert done.stdout == ""
    error, _, hint = done.stderr.partition("\n\n")
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: ")


def test_help_and_the_script_alone() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--help"], capture_output=True, encoding="utf-8", check=True)
    assert {"--project", "--build", "--fix", "--dry-run", "--json", "--verbose"} <= set(done.stdout.split())


def test_what_a_build_would_run_is_shown(pyo3_new: Command, made: Path) -> None:
    before = tree(made)
    [document] = doctor(pyo3_new, made, "--build", "--dry-run")["documents"]
    assert document["text"].startswith("maturin build ")
    assert document["text"].splitlines()[-1].endswith("fares._core")
    assert tree(made) == before


@pytest.mark.slow
def test_a_build_is_made_apart_and_imported(pyo3_new: Command, made: Path) -> None:
    for name in ("Cargo.lock", ".python-version"):
        (made / name).unlink()
    write(made, changed(replaced("Cargo.toml", 'numpy = "0.30"\n', "")) | {"Cargo.lock": None, ".python-version": None})
    before = tree(made)
    found = {each["id"]: each for each in doctor(pyo3_new, made, "--build")["findings"]}
    assert found["module-imports"]["level"] == "ok"
    assert "_core" in found["module-imports"]["evidence"]
    assert tree(made) == before


def test_the_output_of_a_failed_build_is_shown(pyo3_new: Command, made: Path) -> None:
    write(made, changed(replaced("Cargo.toml", 'numpy = "0.30"', 'zones = { path = "../zones" }')))
    (made / "Cargo.lock").unlink()
    found = {each["id"]: each for each in doctor(pyo3_new, made, "--build", code=1)["findings"]}
    assert found["build-passes"]["level"] == "error"
    assert "failed to get `zones` as a dependency" in found["build-passes"]["evidence"]
    assert "pyo3-new explain -- maturin build" in found["build-passes"]["fix"]
    assert "wheel-installs" not in found
