"""Each check, where it passes and where it fails; each repair, made and asked again."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.version import Version

from scaffolder.anatomy.versions import advisories, release_series, series_of
from scaffolder.machine.cargo import CargoMetadata
from scaffolder.machine.choices import InterpreterChoice
from scaffolder.tools.setup_validator.checks import CHECKS
from scaffolder.tools.setup_validator.facts import Facts
from tests.conftest import CHECKOUT, tree
from tests.skills.test_documents import anchors
from tests.tools.setup_validator.projects import (
    FILES,
    INTERPRETER,
    MACHINE,
    PYTHON,
    added,
    answers,
    changed,
    inspected,
    python,
    removed,
    replaced,
    write,
)

if TYPE_CHECKING:
    from scaffolder.machine.survey import Machine
    from scaffolder.toolkit import Finding
    from scaffolder.tools.setup_validator.check import Check
    from tests.tools.setup_validator.projects import Change

CARGO, PYPROJECT, SOURCE = "Cargo.toml", "pyproject.toml", "src/lib.rs"
CI = ".github/workflows/ci.yml"
SOURCE_TEXT = FILES[SOURCE] or ""
OTHER = Path("/other/bin/python")
STALE = "python/fares/_core.cpython-311-x86_64-linux-gnu.so"
ABI3 = "python/fares/_core.abi3.so"
RENAMED = replaced(CARGO, "pyo3 = {", 'py = { package = "pyo3",')
RESOLVE = '[build-dependencies]\npyo3-build-config = { version = "0.30", features = ["resolve-config"] }\n\n[profile'
OWN = '[features]\ndefault = ["py?/extension-module", "zones"]\nzones = []\n\n[profile'
UPLOAD = f"""\
      - uses: actions/upload-artifact@{40 * "0"}
      - uses: docker/login-action@{40 * "0"}
        with:
          password: ${{{{ secrets.OURS }}}}
"""
HOLDER = "#[pyclass(frozen)]\n"
NO_LOCK = removed("Cargo.lock")
BARE = (replaced(PYPROJECT, "[build-system]", "[tool.unused]"), replaced(PYPROJECT, "[tool.maturin]", "[tool.none]"))


OF_0_25 = (
    replaced(CARGO, '{ version = "0.30", features = ["abi3-py311"] }', '"0.25"'),
    replaced(CARGO, 'numpy = "0.30"', ""),
    NO_LOCK,
)
CLASSIFIED = replaced(
    PYPROJECT, "requires-python", 'classifiers = ["Programming Language :: Python :: 3.15"]\nrequires-python'
)
MATRIX = replaced(
    CI, "steps:", 'strategy:\n      matrix:\n        python-version: ["3.12", "3.15", pypy3.11]\n    steps:'
)
RECORD = ".venv/lib/python3.11/site-packages/fares-0.1.0.dist-info/direct_url.json"
INSTALLED = (added(RECORD, '{"url": "file://FOLDER", "dir_info": {"editable": true}}'),)
# A program that runs Python, with its module registered after the start, and before it.
LATE = "use pyo3::prelude::*;\n\nfn main() {\n    Python::initialize();\n    pyo3::append_to_inittab!(fares);\n}\n"
IN_TIME = LATE.replace("    Python::initialize();\n", "").replace("(fares);", "(fares);\n    Python::initialize();")


def other_python() -> Machine:
    """Return a machine on which uv takes another Python than cargo does."""
    other = dataclasses.replace(INTERPRETER, path=OTHER, prefix=Path("/other"))
    choices = (MACHINE.choices[0], InterpreterChoice("uv run", OTHER, "the project's `.venv`", source=".venv"))
    return dataclasses.replace(MACHINE, choices=choices, interpreters={**MACHINE.interpreters, OTHER: other})


def machine(**fields: object) -> Machine:
    """Return the machine with other facts."""
    return dataclasses.replace(MACHINE, **fields)  # type: ignore[arg-type]


# What is wrong with the project, the machine or both, by the check that says so.
WRONG: list[tuple[str, tuple[Change, ...] | Machine]] = [
    ("rust-installed", machine(rust=None)),
    ("rust-installed", machine(rust=None, rust_problem="error: toolchain '1.97.0' is not installed")),
    ("rust-installed", machine(versions={})),
    ("linker-installed", machine(linker=None)),
    ("linker-installed", machine(linker=None, linker_name="clang")),
    ("python-found", machine(interpreters={})),
    ("python-found", machine(choices=(InterpreterChoice("cargo", None, "there is no `python` on `PATH`"),))),
    ("one-environment", machine(environment={"VIRTUAL_ENV": "/env", "CONDA_PREFIX": "/conda"})),
    ("variables-there", machine(missing={"VIRTUAL_ENV": "/gone"})),
    ("python-home-unset", machine(environment={"PYTHONHOME": "/usr"})),
    ("one-processor", python(machine="arm64")),
    ("one-processor", python(bits=32)),
    ("one-python", other_python()),
    ("libpython-there", python(library=None)),
    ("module-name", (replaced(SOURCE, "mod _core", "mod _native"),)),
    ("module-name", (replaced(SOURCE, "pymodule]", 'pymodule(name = "fares")]'),)),
    ("native-import", (replaced("python/fares/__init__.py", "_core", "_native"),)),
    ("native-import", (added("python/fares/zones.py", "import fares._rust\n"), removed("python/fares/__init__.py"))),
    ("package-folder", (replaced(PYPROJECT, '"python"', '"src"'),)),
    ("package-folder", (
        replaced(PYPROJECT, 'module-name = "fares._core"\n', ""),
        replaced(PYPROJECT, 'python-source = "python"\n', ""),
        replaced(CARGO, "fares_core", "fares"),
        replaced(SOURCE, "_core", "fares"),
    )),
    ("import-name", (replaced(PYPROJECT, 'name = "fares"', 'name = "tickets"'),)),
    ("placeholders", (replaced(PYPROJECT, 'name = "fares"', 'name = "{{ cookiecutter.slug }}"'),)),
    ("cycles-collected", (added(SOURCE, f"{HOLDER}pub struct Trip {{ stops: Mutex<Vec<Py<PyAny>>> }}\n"),)),
    ("cycles-collected", (added(SOURCE, f"{HOLDER}enum Trip {{ Known(PyObject), Unknown }}\n"),)),
    ("cycles-collected", (
        added(SOURCE, f"{HOLDER}struct Trip(Py<types::PyDict>);\nimpl Other {{ fn __traverse__(&self) {{}} }}\n"),
    )),
    ("bases-safe", (added(SOURCE, "#[pyclass(extends = PyOSError, frozen)]\nstruct GateError;\n"),)),
    ("bases-safe", (
        replaced(PYPROJECT, ">=3.11", ">=3.10,<3.11"),
        added(SOURCE, "#[pyclass(extends=exceptions::PyImportError)]\nstruct GateError(u64);\n"),
    )),
    ("placeholders", (replaced(PYPROJECT, "0.1.0", '0.1.0"\ndescription = "Add your description here'),)),
    ("project-table", (replaced(PYPROJECT, "[project]", "[tool.none]"),)),
    ("project-table", (replaced(PYPROJECT, 'version = "0.1.0"\n', ""),)),
    ("project-table", (replaced(PYPROJECT, 'name = "fares"\n', ""),)),
    ("project-fields", (replaced(PYPROJECT, '"0.1.0"', '"first"'),)),
    ("project-fields", (replaced(PYPROJECT, '"0.1.0"', '"0.1.0"\ndynamic = ["version"]'),)),
    ("project-fields", (replaced(PYPROJECT, '"0.1.0"', '"0.1.0"\ndependencies = ["a b"]'),)),
    ("project-fields", (replaced(PYPROJECT, '"0.1.0"', '"0.1.0"\nclassifiers = "none"'),)),
    ("project-fields", (replaced(PYPROJECT, '"0.1.0"', '"0.1.0"\nrequires = []'),)),
    ("extension-module-on", OF_0_25),
    ("extension-module-on", (*OF_0_25, added(CARGO, '[features]\nextension-module = ["pyo3/extension-module"]\n'))),
    ("python-ceiling-supported", (*OF_0_25, replaced(PYPROJECT, ">=3.11", ">=3.11,<3.16"))),
    ("classifiers-supported", (*OF_0_25, CLASSIFIED)),
    ("classifiers-supported", (CLASSIFIED, replaced(PYPROJECT, "3.15", "3.7"))),
    ("workflow-pythons-supported", (*OF_0_25, MATRIX)),
    ("workflow-pythons-supported", (MATRIX, replaced(CI, '"3.15"', '"3.8"'))),
    ("workflow-pythons-supported", (MATRIX, replaced(CI, '"3.15"', '"3.13t"'))),
    ("workflow-pythons-supported", (*OF_0_25, added(CI, "      - run: maturin build -i python3.12 python3.15\n"))),
    ("cargo-reads-manifest", ()),
    ("unique-library-name", ()),
    ("crate-type-cdylib", (replaced(CARGO, '["cdylib", "rlib"]', '["rlib"]'),)),
    ("crate-type-cdylib", (replaced(CARGO, 'crate-type = ["cdylib", "rlib"]', ""),)),
    ("crate-type-rlib", (replaced(CARGO, ', "rlib"', ""),)),
    ("outdated-features", (replaced(CARGO, '["abi3', '["extension-module", "abi3'),)),
    ("outdated-features", (replaced(PYPROJECT, "# The", 'features = ["pyo3/extension-module"]\n# The'),)),
    ("outdated-features", (replaced(CARGO, "[profile", RESOLVE),)),
    ("outdated-features", (RENAMED, replaced(CARGO, "[profile", OWN))),
    ("companion-versions", (replaced(CARGO, 'numpy = "0.30"', 'numpy = "0.29"'),)),
    ("arrow-versions", (replaced(CARGO, 'numpy = "0.30"', 'numpy = "0.30"\npyo3-arrow = "0.20"\narrow-array = "60"'),)),
    ("arrow-versions", (replaced(CARGO, 'numpy = "0.30"', 'numpy = "0.30"\npyo3-arrow = "0.19.0"'),)),
    ("buffer-in-abi3", (
        replaced(CARGO, 'numpy = "0.30"', 'pyo3-arrow = "0.20"'), replaced(CARGO, "abi3-py311", "abi3-py310"),
    )),
    ("allocator-for-libraries", (replaced(CARGO, 'numpy = "0.30"', 'numpy = "0.30"\nmimalloc = "0.1"'),)),
    ("allocator-for-libraries", (replaced(CARGO, 'numpy = "0.30"', 'tikv-jemallocator = { version = "0.7" }'),)),
    ("any-processor", (added(".cargo/config.toml", '[build]\nrustflags = ["-C", "target-cpu=native"]\n'),)),
    ("any-processor", (added(".cargo/config.toml", "[target.'cfg(unix)']\nrustflags = '-Ctarget-cpu=native'\n"),)),
    ("registered-in-time", (added("src/main.rs", LATE),)),
    ("registered-in-time", (added("src/main.rs", LATE.replace("Python::initialize();", "Python::attach(|_| ());")),)),
    ("one-version", (added("Cargo.lock", '\n[[package]]\nname = "pyo3"\nversion = "0.29.3"\n'),)),
    ("build-requirement", (replaced(PYPROJECT, ",<2", ""),)),
    ("build-requirement", (replaced(PYPROJECT, ">=1.9.4,", ""),)),
    ("build-requirement", (replaced(PYPROJECT, "[build-system]", "[tool.unused]"),)),
    ("versions-agree", (replaced(PYPROJECT, "0.1.0", "0.2.0"),)),
    ("panic-unwinds", (replaced(CARGO, 'lto = "thin"', 'panic = "abort"'),)),
    ("python-supported", python(version=Version("3.8.1"))),
    ("python-supported", (
        replaced(CARGO, '"abi3-py311"', ""), replaced(CARGO, '"0.30"', '"0.16"'), removed("Cargo.lock"),
    )),
    ("free-threaded-supported", python(version=Version("3.13.0"), free_threaded=True)),
    ("no-advisory", (replaced(CARGO, '"0.30"', '"0.28"'), removed("Cargo.lock"))),
    ("interpreter-allowed", python(version=Version("3.10.13"))),
    ("python-pin-allowed", (replaced(".python-version", "3.11", "3.10"),)),
    ("python-floor-supported", (replaced(PYPROJECT, ">=3.11", ">=2.7"),)),
    ("python-floor-supported", (replaced(PYPROJECT, ">=3.11", ">=3.8"),)),
    ("maturin-allowed", (replaced(PYPROJECT, "maturin>=1.9.4,<2", "maturin>=1.17,<2"),)),
    ("abi3-not-above-python", (replaced(CARGO, "abi3-py311", "abi3-py312"),)),
    ("abi3-as-new-as-python", (replaced(CARGO, "abi3-py311", "abi3-py310"),)),
    ("abi3-buildable", python(version=Version("3.10.13"))),
    ("rust-new-enough", machine(rust=dataclasses.replace(MACHINE.rust, version=Version("1.84.1")))),  # type: ignore[type-var]
    ("rust-version-true", (replaced(CARGO, '"1.85"', '"1.70"'),)),
    ("cache-keys", (replaced(PYPROJECT, ', { file = "src/**/*.rs" }', ""),)),
    ("cache-keys", (added("build.rs", "fn main() {}\n"),)),
    ("editable-profile", (replaced(PYPROJECT, 'editable-profile = "dev"', ""),)),
    ("static-version", (replaced(PYPROJECT, 'version = "0.1.0"', 'dynamic = ["version"]'),)),
    ("stale-library", (added(STALE, "old"), added(ABI3, "new"))),
    ("stale-library", (added("python/fares/_core.cp311-win_amd64.pyd"), added("python/fares/_core.pyd"))),
    ("stale-library", (replaced(CARGO, '"abi3-py311"', ""), added(ABI3, "old"), added(STALE, "new"))),
    ("library-there", INSTALLED),
    ("library-there", (*INSTALLED, added("python/fares/_core/zones.pyi"))),
    ("library-fresh", (added(ABI3, "old"),)),
    ("stubs", (removed("python/fares/_core.pyi"),)),
    ("stubs", (removed("python/fares/_core.pyi"), added("python/fares/vendored.pyi"))),
    ("typed-marker", (removed("python/fares/py.typed"),)),
    *(
        ("types-in-wheel", (replaced(PYPROJECT, "# The", f'exclude = ["{pattern}"]\n# The'),))
        for pattern in ("**/*.pyi", "*.pyi", "python/fares", "/python/**/py.typed", "_core.py?")
    ),
    ("actions-pinned", (replaced(CI, "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7"),)),
    ("workflow-permissions", (replaced(CI, "permissions: {}", ""),)),
    ("trusted-publishing", (added(CI, "        env:\n          UV_PUBLISH_TOKEN: ${{ secrets.PYPI_API_TOKEN }}\n"),)),
    ("trusted-publishing", (replaced(CI, "uv publish", "uv publish --token ${{ secrets.OURS }}"),)),
    ("trusted-publishing", (replaced(CI, "jobs:", "env:\n  UV_PUBLISH_TOKEN: ${{ secrets.OURS }}\njobs:"),)),
    ("trusted-publishing", (added(CI, UPLOAD.replace("docker/login-action", "pypa/gh-action-pypi-publish")),)),
]  # fmt: skip

# What has to be there for a check to apply, where the project or the machine as it is has none of it.
RIGHT: dict[str, tuple[Change, ...] | Machine] = {
    "free-threaded-supported": python(version=Version("3.14.0"), free_threaded=True),
    "extension-module-on": (*OF_0_25, replaced(PYPROJECT, "# The", 'features = ["pyo3/extension-module"]\n# The')),
    "python-ceiling-supported": (replaced(PYPROJECT, ">=3.11", ">=3.11,<3.16"),),
    "classifiers-supported": (CLASSIFIED,),
    "workflow-pythons-supported": (MATRIX,),
    "library-there": (*INSTALLED, added(ABI3)),
    "library-fresh": (added(ABI3),),
    "arrow-versions": (replaced(CARGO, 'numpy = "0.30"', 'pyo3-arrow = "0.20"\narrow = "59.1"\nparquet = "59"'),),
    "buffer-in-abi3": (replaced(CARGO, 'numpy = "0.30"', 'pyo3-arrow = "0.20"'),),
    "any-processor": (added(".cargo/config.toml", '[build]\nrustflags = ["-C", "target-cpu=x86-64-v2"]\n'),),
    "registered-in-time": (added("src/main.rs", IN_TIME),),
    "stale-library": (added("python/fares/_core.cpython-314t-x86_64-linux-gnu.so"), added(ABI3)),
}

# What is no fault, by the check that must not say so.
FINE: list[tuple[str, tuple[Change, ...]]] = [
    ("allocator-for-libraries", (
        replaced(CARGO, 'numpy = "0.30"', 'mimalloc = { version = "0.1", features = ["local_dynamic_tls"] }'),
    )),
    ("allocator-for-libraries", (
        replaced(CARGO, 'numpy = "0.30"', 'jemallocator = { version = "1", features = ["disable_initial_exec_tls"] }'),
    )),
    ("module-name", (replaced(SOURCE, "mod _core", '#[pyo3(name = "_core")]\nmod _native'),)),
    ("module-name", (replaced(SOURCE, "#[pyo3::pymodule]\nmod _core", "#[pymodule]\nmod r#_core"),)),
    ("module-name", (added(SOURCE, "mod inner {\n    #[pymodule]\n    fn zones(m: M) -> R { todo!() }\n}\n"),)),
    ("native-import", (added("python/fares/zones.py", "from ._core import fare\nfrom ._version import release\n"),)),
    ("native-import", (added("python/fares/zones.py", "try:\n    from ._other import x\nexcept ImportError: ...\n"),)),
    ("native-import", (
        replaced("python/fares/__init__.py", "from", "try:\n    from"),
        added("python/fares/__init__.py", "except ImportError: ...\nfrom ._version import release\n"),
    )),
    ("cycles-collected", (added(SOURCE, f"{HOLDER}struct Trip {{ name: Py<PyString>, run: fn(Py<PyAny>) }}\n"),)),
    ("cycles-collected", (added(SOURCE, "struct Trip { stop: Py<PyAny> }\n#[pyclass]\nstruct Zone(u8);\n"),)),
    ("cycles-collected", (
        added(SOURCE, f"{HOLDER}struct Trip(Py<PyAny>);\n"),
        added("src/trip.rs", "#[pymethods]\nimpl Trip { fn __traverse__(&self) {} }\n"),
    )),
    ("cycles-collected", (added(SOURCE, f"{HOLDER}struct Trip(Py<PyAny>);\ntraverse!(Trip);\n"),)),
    ("bases-safe", (added(SOURCE, "#[pyclass(extends = PyValueError)]\nstruct GateError(PyOSError);\n"),)),
    ("bases-safe", (
        replaced(PYPROJECT, ">=3.11", ">=3.10,<3.11"),
        added(SOURCE, "#[pyclass(extends = PyOSError)]\nstruct GateError;\n"),
    )),
    ("import-name", (replaced(PYPROJECT, 'name = "fares"', 'name = "Fares.py"'),)),
    ("crate-type-cdylib", (
        replaced(PYPROJECT, "# The", 'bindings = "cffi"\n# The'), replaced(CARGO, '["cdylib", "rlib"]', '["rlib"]'),
    )),
    ("build-requirement", (
        *BARE, replaced(PYPROJECT, "[project]", '[build-system]\nbuild-backend = "hatchling.build"\n[project]'),
    )),
    ("build-requirement", (*BARE, added("setup.py", 'RustExtension("fares._core")\n'))),
    ("build-requirement", (*BARE, replaced(PYPROJECT, "[project]", "[tool.black]"))),
    ("build-requirement", (*BARE, replaced(CARGO, '["cdylib", "rlib"]', '["lib"]'))),
    ("panic-unwinds", (
        replaced(CARGO, 'lto = "thin"', 'panic = "abort"'), removed(PYPROJECT), removed(SOURCE),
        replaced(CARGO, '["cdylib", "rlib"]', '["lib"]'), added("src/main.rs", "fn main() {}\n"),
    )),
    ("python-supported", (replaced(CARGO, '"0.30"', '"0.20"'), removed("Cargo.lock"))),
    ("outdated-features", (added(CARGO, '\n[features]\nbundled = ["pyo3/extension-module"]\n'),)),
    ("cache-keys", (replaced(PYPROJECT, "cache-keys", "package = false\nunused"),)),
    ("outdated-features", (replaced(CARGO, "[profile", RESOLVE), replaced(CARGO, '"0.30"', '"0.28"'), NO_LOCK)),
    ("companion-versions", (replaced(CARGO, 'numpy = "0.30"', 'numpy = ">=0.29, <0.31"'),)),
    ("arrow-versions", (replaced(CARGO, 'numpy = "0.30"', 'pyo3-arrow = "9.9"\narrow = ">=58, <60"'),)),
    ("buffer-in-abi3", (
        replaced(CARGO, 'numpy = "0.30"', 'pyo3-arrow = { version = "0.20", default-features = false }'),
        replaced(CARGO, "abi3-py311", "abi3-py310"),
    )),
    ("buffer-in-abi3", (
        added(CARGO, '\n[target."cfg(unix)".dependencies.pyo3-arrow]\nversion = "0.20"\ndefault-features = false\n'),
        replaced(CARGO, "abi3-py311", "abi3-py310"),
    )),
    ("companion-versions", (
        replaced(CARGO, 'numpy = "0.30"', 'numpy = "0.27"'), replaced(CARGO, '"0.30", f', '">=0.27, <0.29", f'),
    )),
    ("build-requirement", (replaced(PYPROJECT, ">=1.9.4,<2", "~=1.9"),)),
    ("versions-agree", (replaced(PYPROJECT, "0.1.0", "0.2.0rc1"), replaced(CARGO, '"0.1.0"', '"0.2.0-rc.1"'))),
    ("panic-unwinds", (replaced(CARGO, 'lto = "thin"', 'panic = "abort"'), replaced(CARGO, "pyo3 =", "pyo3-ffi ="))),
    ("python-pin-allowed", (replaced(".python-version", "3.11", "3.12.1"),)),
    ("python-pin-allowed", (replaced(PYPROJECT, ">=3.11", ">=3.11.4"),)),
    ("abi3-as-new-as-python", (replaced(PYPROJECT, ">=3.11", ">=3.11,!=3.11.0"),)),
    ("abi3-as-new-as-python", (
        replaced(PYPROJECT, ">=3.11", ">=3.13"), replaced(CARGO, "abi3-py311", "abi3-py312"),
        replaced(CARGO, '"0.30"', '"0.22"'), NO_LOCK,
    )),
    ("stale-library", (added("python/fares/_core.so"), added(ABI3), added("python/fares/_core.pyd"))),
    ("stubs", (removed("python/fares/_core.pyi"), added("python/fares/__init__.pyi"))),
    ("cache-keys", (replaced(PYPROJECT, '{ file = "src/**/*.rs" }', '{ dir = "src" }, "src/**/*.rs"'),)),
    ("trusted-publishing", (added(CI, UPLOAD),)),
    ("actions-pinned", (added(CI, "      - uses: ./.github/actions/build\n"),)),
    ("workflow-permissions", (
        replaced(CI, "permissions: {}", ""), replaced(CI, "test:\n", "test:\n    permissions: {}\n"),
    )),
    ("library-there", (added(RECORD, '{"url": "file:///elsewhere", "dir_info": {"editable": true}}'),)),
    ("library-there", (added(RECORD, '{"url": "file://FOLDER"}'),)),
    ("library-fresh", (added(ABI3, "old"), removed(SOURCE), added("tests/it.rs", "#[pymodule]\nmod _core {}\n"))),
    ("project-table", (removed(PYPROJECT),)),
    ("project-table", (replaced(PYPROJECT, "[project]", '[tool.poetry]'),)),
    ("stubs", (removed("python/fares/_core.pyi"), added("stubs/fares/_core/__init__.pyi"))),
    ("stubs", (removed("python/fares/_core.pyi"), added("tests/lib.rs", SOURCE_TEXT), removed(SOURCE))),
    ("editable-profile", (
        replaced(PYPROJECT, 'requires = ["maturin>=1.9.4,<2"]', 'requires = ["poetry-core", "setuptools-rust>=1.12"]'),
        replaced(PYPROJECT, '"maturin"', '"poetry.core.masonry.api"'),
        replaced(PYPROJECT, "editable-profile", "unused"),
    )),
    ("extension-module-on", (*OF_0_25, replaced(PYPROJECT, "# The", 'bindings = "bin"\n# The'))),
    ("classifiers-supported", (CLASSIFIED, replaced(PYPROJECT, "3.15", "3.20"))),
    ("workflow-pythons-supported", (
        *OF_0_25, MATRIX, replaced(CI, "jobs:", "env: {PYO3_USE_ABI3_FORWARD_COMPATIBILITY: 1}\njobs:"),
    )),
    ("workflow-pythons-supported", (MATRIX, replaced(CI, '"3.15"', "3.1"))),
    ("python-ceiling-supported", (*OF_0_25, replaced(PYPROJECT, ">=3.11", "~=3.11"))),
    ("stubs", (removed("python/fares/_core.pyi"), replaced(SOURCE, "#[pyo3::pymodule]", ""))),
    ("versions-agree", (
        replaced(PYPROJECT, "0.1.0", "0.2.0"), replaced(CARGO, '"0.1.0"', '"0.1.0"\npublish = false'),
    )),
    ("types-in-wheel", (replaced(PYPROJECT, "# The", 'exclude = ["/*.pyi", "core.pyi", "tests/**", ""]\n# The'),)),
    ("types-in-wheel", (replaced(PYPROJECT, "# The", 'exclude = [{ path = "**/*.pyi", format = "sdist" }]\n# The'),)),
]  # fmt: skip


def shared_target(folder: Path, source: str) -> CargoMetadata:
    """Return a target folder for all projects, in which another one has built a library of the same name."""
    other = write(folder / "other place", {SOURCE: ""})
    built = write(folder / "target", {"debug/libfares_core.d": ""}) / "debug/libfares_core.d"
    text = str(other / source).replace(" ", "\\ ")
    built.write_text(f"libfares_core.rlib: {text}\n", encoding="utf-8")
    return CargoMetadata(folder / "fares", folder / "target", {})


def ask_about(
    folder: Path, state: tuple[Change, ...] | Machine, graph: CargoMetadata | None = None
) -> dict[str, Finding]:
    """Write a project, and ask all checks about it and a machine."""
    files = changed(*(state if isinstance(state, tuple) else ()))
    project = write(folder, {name: text and text.replace("FOLDER", folder.as_posix()) for name, text in files.items()})
    for name in [name for name, text in files.items() if text == "old"]:
        os.utime(project / name, (0, 0))
    return answers(project, MACHINE if isinstance(state, tuple) else state, graph)


def test_each_check_is_tested_where_it_fails() -> None:
    assert {name for name, _ in WRONG} == {check.id for check in CHECKS}
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_passes_where_all_is_well(check: type[Check], tmp_path: Path) -> None:
    assert ask_about(tmp_path, RIGHT.get(check.id, ()))[check.id].level == "ok"


def test_a_check_asks_for_facts_that_there_are() -> None:
    assert {name for check in CHECKS for name in check.inputs() if name not in {"machine", "project"}} <= set(
        dir(Facts)
    )
    assert all(check.inputs() for check in CHECKS)


def test_nothing_is_found_where_all_is_well(tmp_path: Path) -> None:
    assert {name for name, finding in ask_about(tmp_path, ()).items() if finding.level != "ok"} == set()


@pytest.mark.parametrize(("name", "state"), WRONG, ids=[name for name, _ in WRONG])
def test_a_check_says_what_is_wrong_and_what_to_do(
    name: str, state: tuple[Change, ...] | Machine, tmp_path: Path
) -> None:
    graph = CargoMetadata(tmp_path / "fares", tmp_path / "fares/target", {})
    if name == "cargo-reads-manifest":
        graph = dataclasses.replace(graph, problem="error: missing field `package`")
    if name == "unique-library-name":
        graph = shared_target(tmp_path, SOURCE)
    found = ask_about(tmp_path / "fares", state, graph)[name]
    assert found.level != "ok"
    assert found.message
    assert not found.message.endswith(".")
    assert found.fix
    # Whatever the repair names has been filled in, and it is text, not Markdown.
    assert not re.search(r"\$\w|```", found.fix)


@pytest.mark.parametrize(("name", "state"), FINE, ids=[name for name, _ in FINE])
def test_a_check_says_nothing_of_what_is_no_fault(name: str, state: tuple[Change, ...], tmp_path: Path) -> None:
    found = ask_about(tmp_path, state).get(name)
    assert found is None or found.level == "ok"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_refers_to_a_section_that_is_there(check: type[Check]) -> None:
    if isinstance(check.see, str):
        assert check.see.startswith("https://")
        return
    page = CHECKOUT / f"skills/{check.see.skill}/references/{check.see.chapter}.md"
    assert page.is_file()
    assert check.see.anchor is None or check.see.anchor in anchors(page)


REPAIRED = [
    ("module-name", (replaced(SOURCE, "mod _core", "mod _native"),)),
    ("package-folder", (replaced(PYPROJECT, 'python-source = "python"\n', ""),)),
    *((name, state) for name, state in WRONG if name in {
        "crate-type-cdylib", "crate-type-rlib", "outdated-features", "cache-keys", "stale-library",
        "typed-marker",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("name", "state"), REPAIRED, ids=[name for name, _ in REPAIRED])
def test_what_is_repaired_is_found_no_more(name: str, state: tuple[Change, ...], tmp_path: Path) -> None:
    if name == "module-name":
        state = (*state, replaced("python/fares/__init__.py", "_core", "_native"))
    project = write(tmp_path, changed(*state))
    assert answers(project)[name].level != "ok"
    before = tree(project)
    draft = inspected(project).repairs[name]
    assert draft.documents()
    assert draft.diff().rstrip() in str(answers(project)[name].fix)
    assert tree(project) == before
    draft.write()
    assert answers(project).get(name) is None or answers(project)[name].level == "ok"
    after = tree(project)
    for file, text in before.items():
        # Comments and layout stay: only lines that say what was wrong are different.
        kept = [line for line in text.decode().splitlines() if "#" in line]
        if file in after:
            assert all(any(line.split("#")[-1] in new for new in after[file].decode().splitlines()) for line in kept)


@pytest.mark.parametrize(
    ("requirement", "line"),
    [
        ("0.30", "0.30"),
        ("^0.29.1", "0.29"),
        ("~0.28.2", "0.28"),
        ("=0.22.1", "0.22"),
        (">=0.25, <0.27", "0.26"),
        (">=0.25, <=0.27", "0.27"),
        (">=0.23, <0.24.1", "0.24"),
        (">=0.23", release_series()[-1].name),
        ("*", release_series()[-1].name),
        ("0.99", "0.99"),
        ("", None),
    ],
)
def test_a_requirement_names_the_newest_line_that_it_allows(requirement: str, line: str | None) -> None:
    assert series_of(requirement) == line


@pytest.mark.parametrize(
    ("release", "numbers"),
    [
        ("0.22.3", ["2024-0378", "2025-0020", "2026-0177"]),
        ("0.22.6", ["2025-0020", "2026-0177"]),
        ("0.23.2", ["2024-0409", "2025-0020", "2026-0177"]),
        ("0.24.1", ["2026-0176", "2026-0177"]),
        ("0.28.1", ["2026-0013", "2026-0176", "2026-0177"]),
        ("0.29.0", []),
        # Without a lock file it is the last of its series.
        ("0.28", ["2026-0176", "2026-0177"]),
    ],
)
def test_a_release_has_its_security_advisories(release: str, numbers: list[str], tmp_path: Path) -> None:
    locked = f'version = 4\n\n[[package]]\nname = "pyo3"\nversion = "{release}"\n'
    state = [replaced(CARGO, '"0.30"', f'"{release}"'), NO_LOCK]
    if release.count(".") == 2:
        state.append(added("Cargo.lock", locked))
    evidence = ask_about(tmp_path, tuple(state))["no-advisory"].evidence
    assert [line.partition(":")[0].removeprefix("RUSTSEC-") for line in (evidence or "").splitlines()] == numbers


@pytest.mark.parametrize(
    ("release", "way"), [("0.22.6", "pyo3-new migrate --to 0.29"), ("0.28.0", "pyo3-new migrate --to 0.29")]
)
def test_an_advisory_says_which_migration_ends_it(tmp_path: Path, release: str, way: str) -> None:
    finding = ask_about(tmp_path, (replaced(CARGO, '"0.30"', f'"{release}"'), NO_LOCK))["no-advisory"]
    assert way in (finding.fix or "").splitlines()


def test_a_version_that_only_cargo_knows_is_no_release(tmp_path: Path) -> None:
    lock = 'version = 4\n\n[[package]]\nname = "pyo3"\nversion = "0.28.0-acme.1"\n'
    state = (replaced(CARGO, '"0.30"', '"0.28"'), NO_LOCK, added("Cargo.lock", lock))
    assert ask_about(tmp_path, state)["no-advisory"].message.startswith("PyO3 0.28 has 2 security advisories")


def test_a_new_project_has_no_pyo3_with_an_advisory() -> None:
    versions = yaml.safe_load((CHECKOUT / "templates/versions.yml").read_text(encoding="utf-8"))
    assert not any(advisories(Version(f"{series}.0")) for series in versions["crates_by_line"]["default"])


def test_python_is_the_one_that_was_asked_for() -> None:
    assert MACHINE.in_use == dict.fromkeys(("cargo", "maturin develop", "uv run"), MACHINE.interpreters[PYTHON])
