"""The tool `module_organizer`: what it says of a tree of modules, and what it does not say."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.tools.module_organizer.projects import (
    DECLARATIVE,
    EXTRA,
    FUNCTION,
    document,
    findings,
    organize,
    project,
)

if TYPE_CHECKING:
    from pathlib import Path

LIB, ZONES, INIT, STUB, CARGO = (
    "src/lib.rs", "src/zones.rs", "python/fares/__init__.py", "python/fares/_core.pyi", "Cargo.toml",
)  # fmt: skip
WARN = "warning"
BOTH = pytest.mark.parametrize("lib", [DECLARATIVE, FUNCTION], ids=["declarative", "function"])
NAMES = ["FareError", "LIMIT", "Trip", "Zone", "fare"]
OLD = FUNCTION.replace("m: &Bound<'_, PyModule>", "m: &PyModule").replace("Python<'_>", "Python")
HELPER = (
    FUNCTION.replace("    m.add_class::<Trip>()?;\n", "    register(py, m)?;\n")
    + "\nfn register(_py: Python<'_>, target: &Bound<'_, PyModule>) -> PyResult<()> {\n"
    + "    target.add_class::<Trip>()\n}\n"
)
WRAPPED = FUNCTION.replace("add_function(wrap_pyfunction!(fare, m)?)", "add_wrapped(wrap_pyfunction!(zones::fare))")
KEPT = FUNCTION.replace(
    'm.add("FareError", py.get_type::<FareError>())',
    'let error = py.get_type::<FareError>();\n    m.add("FareError", error)',
)
SUBMODULE = """
#[pymodule]
mod tables {
    #[pymodule_export]
    use crate::zones::fare;
}
"""
INSIDE = ("    #[pymodule_export]\n    const", f"    {SUBMODULE.strip()}\n\n    #[pymodule_export]\n    const")
MADE = (
    "    Ok(())\n",
    '    let t = PyModule::new(py, "tables")?;\n    t.add_class::<Zone>()?;\n    m.add_submodule(&t)?;\n    Ok(())\n',
)
IN_SYS = 'py.import("sys")?.getattr("modules")?.set_item("fares._core.tables", &t)?;\n    m.add_submodule'


@pytest.mark.parametrize("lib", [DECLARATIVE, FUNCTION, OLD, HELPER, WRAPPED, KEPT])
def test_nothing_is_wrong_in_any_spelling(lib: str, tmp_path: Path) -> None:
    result = organize(project(tmp_path, lib=lib))
    assert findings(result) == []
    assert result["summary"] == "fares._core: 1 module with 5 names; everything is in order"
    names = sorted(line.split()[1] for line in document(result, "text").splitlines()[1:])
    assert names == NAMES


@BOTH
def test_what_is_in_no_module_is_found(lib: str, tmp_path: Path) -> None:
    classes = (
        "\n#[pyclass]\npub struct Seat;\n#[pymethods]\nimpl Seat {\n    #[new]\n    fn new() -> Self {\n Self\n }\n}\n"
    )
    rest = "\n#[pyclass]\npub struct Rows;\npyo3::create_exception!(fares, LateError, FareError);\n"
    result = organize(project(tmp_path, (ZONES, "", EXTRA + classes + rest), lib=lib))
    assert sorted(findings(result)) == [
        ("not-exported", "note", "1 class in no module: `Rows`"),
        ("not-exported", "warning", "1 class in no module: `Seat`"),
        ("not-exported", "warning", "1 exception in no module: `LateError`"),
        ("not-exported", "warning", "1 function in no module: `rebate`"),
    ]
    assert result["exit_code"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "\nmacro_rules! more {\n    ($m:ident) => { $m.add_function(wrap_pyfunction!(rebate, $m)?)?; };\n}\n",
        "\nexport!(rebate);\n",
        "\npub fn late(m: &Bound<'_, PyModule>) {\n    m.add_function(wrap_pyfunction!(rebate, m)?)\n}\n",
        "\nfn handler(py: Python<'_>) {\n    call(wrap_pyfunction!(rebate, py)?.into_any())\n}\n",
    ],
    ids=["macro", "macro call", "function that nobody calls", "callable"],
)
def test_what_a_macro_may_register_is_not_said_to_be_left_out(text: str, tmp_path: Path) -> None:
    assert findings(organize(project(tmp_path, (ZONES, "", EXTRA + text)))) == []


@pytest.mark.parametrize(
    "text",
    [
        '    for (name, kind) in [("Late", py.get_type::<zones::LateError>())] {\n        m.add(name, kind)?;\n    }\n',
        '    m.add("LateError", zones::types(py).late)?;\n',
    ],
    ids=["by a loop", "by a value"],
)
def test_what_code_registers_by_its_name_is_not_said_to_be_left_out(text: str, tmp_path: Path) -> None:
    error = (ZONES, "", "\ncreate_exception!(fares, LateError, PyValueError);\n")
    lib = (LIB, "    Ok(())\n", f"{text}    Ok(())\n")
    ids = {identifier for identifier, *_ in findings(organize(project(tmp_path, error, lib, lib=FUNCTION)))}
    assert "not-exported" not in ids


def test_maturin_puts_an_extension_without_a_package_into_one(tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, '"fares"', '"fares.fares"'), lib=FUNCTION.replace("_core", "fares"))
    shutil.rmtree(folder / "python")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n[project]\nname = "fares"\n',
        encoding="utf-8",
    )
    assert findings(organize(folder)) == []


def test_what_only_tests_use_of_the_extension_is_no_note(tmp_path: Path) -> None:
    changes = (INIT, "LIMIT, FareError", "FareError"), (INIT, '"LIMIT", ', "")
    folder = project(tmp_path, *changes)
    (folder / "tests").mkdir()
    (folder / "tests/test_core.py").write_text("from fares import _core\n\nassert _core.LIMIT\n", encoding="utf-8")
    assert findings(organize(folder)) == []


def test_tests_are_left_alone(tmp_path: Path) -> None:
    text = "\n#[cfg(test)]\nmod tests {\n    #[pyo3::pyfunction]\n    fn probe() {}\n}\n"
    assert findings(organize(project(tmp_path, (ZONES, "", text)))) == []


@BOTH
def test_a_module_that_is_handed_to_a_macro_is_not_known(lib: str, tmp_path: Path) -> None:
    if lib == FUNCTION:
        change = (LIB, "    Ok(())", "    add_all!(m);\n    Ok(())")
    else:
        change = (LIB, "        m.add(", "        elsewhere::register(m)?;\n        m.add(")
    # The stub has more, and the package imports more: both may come from there.
    init = (INIT, "", "from ._core import surcharge\n")
    stub = (STUB, "", "def surcharge() -> int: ...\n")
    result = organize(project(tmp_path, change, init, stub, lib=lib))
    assert findings(result) == [("not-known", "note", "not all names of `fares._core` are known")]


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (("    Ok(())", "    m.add_class::<Zone>()?;\n    Ok(())"), "`fares._core` gets the name `Zone` twice"),
        (
            ("    Ok(())", '    m.add("fare", 1)?;\n    m.add("fare", 2)?;\n    Ok(())'),
            "`fares._core` gets the name `fare` 3 times",
        ),
        (("    Ok(())", "    #[cfg(windows)]\n    m.add_class::<Zone>()?;\n    Ok(())"), None),
        (("    Ok(())", "    if cfg!(windows) {\n        m.add_class::<Zone>()?;\n    }\n    Ok(())"), None),
    ],
)  # fmt: skip
def test_a_name_that_a_module_gets_twice(change: tuple[str, str], lines: str | None, tmp_path: Path) -> None:
    result = findings(organize(project(tmp_path, (LIB, *change), lib=FUNCTION)))
    assert result == ([("exported-twice", "warning", lines)] if lines else [])


def test_two_items_of_one_python_name(tmp_path: Path) -> None:
    extra = EXTRA.replace("#[pyfunction]", '#[pyfunction(name = "fare")]')
    result = organize(project(tmp_path, (ZONES, "", extra), (LIB, "{Zone, fare}", "{Zone, fare, rebate as cheap}")))
    assert findings(result) == [("exported-twice", "warning", "`fares._core` gets the name `fare` twice")]


@pytest.mark.parametrize(
    ("lib", "changes", "level"),
    [
        (DECLARATIVE, [(LIB, *INSIDE)], "note"),
        (FUNCTION, [(LIB, *MADE)], "note"),
        (FUNCTION, [(LIB, *MADE), (LIB, "m.add_submodule", IN_SYS)], None),
        (FUNCTION, [(LIB, *MADE), (INIT, "", "from ._core.tables import Zone\n")], "error"),
        (FUNCTION, [(LIB, *MADE), (INIT, "", "if False:\n    from ._core.tables import Zone\n")], "note"),
        (FUNCTION, [(LIB, *MADE), (INIT, "", 'import sys\nsys.modules["fares._core.tables"] = _core.tables\n')], None),
        (FUNCTION, [(LIB, *MADE), (INIT, "", "import sys\nsys.modules[name()] = _core.tables\n")], None),
    ],
    ids=["inside", "made", "in sys.modules", "imported", "perhaps imported", "by Python", "by Python, perhaps"],
)
def test_a_submodule_that_import_does_not_find(
    lib: str, changes: list[tuple[str, str, str]], level: str | None, tmp_path: Path
) -> None:
    stub = (STUB, "", "from types import ModuleType\ntables: ModuleType\n")
    result = organize(project(tmp_path, *changes, stub, (INIT, "LIMIT, F", "LIMIT, tables, F"), lib=lib))
    message = {
        "note": "1 submodule not in `sys.modules`: `fares._core.tables`",
        "error": "`fares._core.tables` is imported, and not in `sys.modules`: the import fails",
    }
    assert findings(result) == ([("submodule-import", level, message[level])] if level else [])
    assert result["exit_code"] == (level == "error")


@pytest.mark.parametrize(
    ("lib", "changes", "message", "level"),
    [
        (FUNCTION, [(LIB, ', module = "fares"', "")], "`__module__` of `Trip` is `builtins`", "note"),
        (FUNCTION, [(ZONES, ', module = "fares"', "")], "`__module__` of `Zone` is `builtins`", "warning"),
        # What is exported by `use` gets no module from the `mod`; what is written in it does.
        (DECLARATIVE, [(ZONES, ', module = "fares"', "")], "`__module__` of `Zone` is `builtins`", "warning"),
        (DECLARATIVE, [(LIB, '(module = "fares")', "")], "`__module__` of `Trip` is `_core`", "note"),
        (DECLARATIVE, [(LIB, '"fares"', '"fees"')], None, ""),
        (FUNCTION, [(ZONES, 'module = "fares"', 'module = "fares.z"')], "`__module__` of `Zone` is `fares.z`", WARN),
        (FUNCTION, [(ZONES, 'module = "fares"', 'module = "fares._core"')], None, ""),
        (FUNCTION, [(ZONES, "!(fares, ", "!(_core, ")], "`__module__` of `FareError` is `_core`", "warning"),
        (FUNCTION, [(ZONES, "!(fares, ", "!(fares._core, ")], None, ""),
        (FUNCTION, [(ZONES, ', module = "fares"', ", module = HOME")], None, ""),
(FUNCTION, [(INIT, "Trip, Zone, fare\n", "Trip, fare\ndef __getattr__(name): ...\n")], None, ""),
    ],
)  # fmt: skip
def test_a_class_that_is_not_where_it_says(
    lib: str, changes: list[tuple[str, str, str]], message: str | None, level: str, tmp_path: Path
) -> None:
    expected = [("wrong-module", level, f"{message}, and can't be imported from there")] if message else []
    assert findings(organize(project(tmp_path, *changes, lib=lib))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [(INIT, "Zone, fare\n", "Zone, fare, fees\n")],
            [("missing-import", "error", "`fares._core` has no `fees`: the import fails")],
        ),
        ([(INIT, "", "try:\n    from ._core import late\nexcept ImportError:\n    late = None\n")], []),
        ([(INIT, "", "from ._core import __doc__\n")], []),
        (
            [(INIT, '"fare"]', '"fare", "rebate"]')],
            [("unknown-in-all", "warning", "`__all__` of `fares` lists `rebate`, which the module has not")],
        ),
        ([(INIT, "from ._core import LIMIT, FareError, Trip, Zone, fare", "from ._core import *")], []),
        (
            [(INIT, "from ._core import LIMIT, FareError, Trip, Zone, fare", "from ._core import *"),
             (INIT, '"fare"]', '"fee"]')],
            [("unknown-in-all", "warning", "`__all__` of `fares` lists `fee`, which the module has not")],
        ),
        (
            [(INIT, "LIMIT, FareError", "FareError"), (INIT, '"LIMIT", ', "")],
            [("not-reexported", "note", "`fares` never mentions `LIMIT` of `fares._core`")],
        ),
        ([(INIT, "LIMIT, FareError", "FareError"), (INIT, '"LIMIT", ', ""), (INIT, "", "x = _core.LIMIT\n")], []),
        (
            [(STUB, "", "def rebate() -> int: ...\n")],
            [("stub-extra", "warning", "the stub of `fares._core` has `rebate`, which the module has not")],
        ),
        ([(STUB, "", "class _Row: ...\nclass Row(Protocol): ...\nclass Long(Row): ...\nPair: TypeAlias = int\n")], []),
        ([(STUB, "def fare(zones: int) -> int: ...\n", "")],
         [("stub-missing", "warning", "the stub of `fares._core` lacks `fare`")]),
        ([(STUB, "def fare(zones: int) -> int: ...\n", "def __getattr__(name: str) -> int: ...\n")], []),
    ],
)  # fmt: skip
def test_the_package_and_the_stub_agree_with_the_extension(
    changes: list[tuple[str, str, str]], expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    assert findings(organize(project(tmp_path, *changes))) == expected


def test_a_file_that_is_missing_or_broken_is_reported(tmp_path: Path) -> None:
    result = organize(
        project(tmp_path, (LIB, "mod zones;", "mod zones;\nmod generated;"), (ZONES, "", "fn broken( {\n"))
    )
    messages = [message for _, _, message in findings(result)]
    assert "no file for the Rust modules `generated`" in messages
    assert any("of Rust that can't be parsed" in message for message in messages)


def test_modules_in_files_and_folders_are_read(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        (LIB, "mod zones;", 'mod zones;\nmod areas;\n#[path = "odd/place.rs"]\nmod elsewhere;'),
        (LIB, "crate::zones::{Zone, fare}", "crate::{zones::{Zone, fare}, areas::inner::near, elsewhere::far}"),
        (STUB, "", "def near() -> None: ...\ndef far() -> None: ...\n"),
        (INIT, "LIMIT, F", "LIMIT, far, near, F"),
        a="src/areas/mod.rs\npub mod inner;\n",
        b="src/areas/inner.rs\n#[pyo3::pyfunction]\npub fn near() {}\n",
        c="src/odd/place.rs\n#[pyo3::pyfunction]\npub fn far() {}\n",
    )  # fmt: skip
    assert findings(organize(folder)) == []


def test_a_module_in_another_crate_of_the_project(tmp_path: Path) -> None:
    inner = DECLARATIVE.replace("crate::zones", "super::zones")
    folder = project(
        tmp_path,
        (CARGO, "[dependencies]\n", '[dependencies]\nfares-inner = { path = "inner" }\n'),
        lib="pub use fares_inner::*;\n",
        a=f"inner/src/lib.rs\n{inner}",
        b='inner/Cargo.toml\n[package]\nname = "fares-inner"\nversion = "0.1.0"\n[dependencies]\npyo3 = "0.30"\n',
    )
    (folder / ZONES).rename(folder / "inner/src/zones.rs")
    assert findings(organize(folder)) == []
