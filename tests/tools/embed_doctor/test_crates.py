"""Crates, read without building them: planted faults, each alone, and right ones, in which nothing is reported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.guides import sections
from scaffolder.tools.embed_doctor.findings import KINDS, SKILL
from tests.conftest import CHECKOUT
from tests.tools.embed_doctor.conftest import LOCK, MANIFEST, RIGHT
from tests.tools.results import finding, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.embed_doctor.conftest import Doctor, MakeCrate, SetPython

RPATH = "fn main() {\n    pyo3_build_config::add_libpython_rpath_link_args();\n}\n"
PLAIN = MANIFEST.replace("FEATURES", "")
SYSTEM = "/usr/lib/libpython3.12.so"


def ids(result: dict[str, object]) -> list[str]:
    """Return the ids of findings."""
    return [entry["id"] for entry in result["findings"]]  # type: ignore[attr-defined]


def host(*lines: str, after: str = "") -> str:
    """Return a program of some lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"fn main() {{\n{body}}}\n{after}"


START, REGISTER = "pyo3::Python::initialize();", "pyo3::append_to_inittab!(quotes);"
ATTACH = "pyo3::Python::attach(|py| ());"
SET_PATH = 'unsafe { std::env::set_var("PYTHONPATH", "rules") };'
SET_HOME = 'unsafe { std::env::set_var("PYTHONHOME", "python") };'
TEST = f"#[cfg(test)]\nmod tests {{\n    #[test]\n    fn late() {{\n        {START}\n        {REGISTER}\n    }}\n}}\n"


@pytest.mark.parametrize(
    ("main", "name", "line"),
    [
        (host(REGISTER, ATTACH), "never-initialized", 3),
        (host(START, REGISTER), "registered-late", 3),
        (
            host("let outcome =", "    pyo3::Python::with_gil(|py| py.run(code));", START, REGISTER),
            "registered-late",
            5,
        ),
        (host(START, "pyo3::Python::attach(|py| {", REGISTER, "});"), "registered-late", 4),
        (host("unsafe {", "pyo3::ffi::Py_InitializeEx(0);", "}", REGISTER), "registered-late", 5),
        (host(START, SET_PATH), "variable-late", 3),
        (host(START, SET_HOME), "variable-late", 3),
        (host(SET_HOME, START), "home-inherited", 2),
    ],
)
def test_a_fault_in_the_source_is_found(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, main: str, name: str, line: int
) -> None:
    set_python(SYSTEM)
    result = doctor(make_crate(main), code=int(KINDS[name].level == "error"))
    assert ids(result) == [name]
    assert finding(result, name)["where"].endswith(f"src/main.rs:{line}")


@pytest.mark.parametrize(
    "main",
    [
        host(REGISTER, START, ATTACH),
        host(SET_PATH, START),
        # What runs only sometimes, in a function of its own, or after the end, is not certain to be late.
        host("if std::env::args().count() > 1 {", START, "}", REGISTER),
        host(START, "fn first() {", REGISTER, "}"),
        host("#[cfg(windows)]", START, REGISTER),
        host("unsafe { pyo3::ffi::Py_InitializeEx(0) };", "unsafe { pyo3::ffi::Py_FinalizeEx() };", REGISTER),
        host(START, after=TEST),
        host(START, 'std::process::Command::new("python").env("PYTHONHOME", "x");'),
        host("with_embedded_python_interpreter(|py| pyo3::Python::attach(|py| ()));"),
    ],
)
def test_nothing_is_found_in_right_source(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, main: str
) -> None:
    set_python(SYSTEM)
    result = doctor(make_crate(main))
    assert ids(result) == []
    assert result["summary"] == "quotes: nothing is wrong"


def test_another_crate_may_start_python(doctor: Doctor, make_crate: MakeCrate, set_python: SetPython) -> None:
    set_python(SYSTEM)
    main = RIGHT.replace("    Python::initialize();\n", "")
    inline = '\n[[package]]\nname = "inline-python"\nversion = "0.12.0"\ndependencies = ["pyo3"]\n'
    assert ids(doctor(make_crate(main, Cargo_dot_lock=LOCK + inline))) == []


@pytest.mark.parametrize("features", ['"auto-initialize"', '"abi3-py311", "auto-initialize"'])
def test_the_feature_starts_python(doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, features: str) -> None:
    set_python(SYSTEM)
    assert ids(doctor(make_crate(RIGHT.replace("    Python::initialize();\n", ""), features))) == []


@pytest.mark.parametrize(
    ("manifest", "is_wrong"),
    [
        (MANIFEST.replace("FEATURES", '"extension-module"'), True),
        (PLAIN + '[features]\ndefault = ["python"]\npython = ["pyo3/extension-module"]\n', True),
        (PLAIN + '[features]\nextension-module = ["pyo3/extension-module"]\n', False),
        (MANIFEST.replace("[dependencies]", "[build-dependencies]").replace("FEATURES", '"extension-module"')
         + '[dependencies]\npyo3 = "0.30"\n', False),
    ],
)  # fmt: skip
def test_extension_module_is_an_error_if_it_is_set(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, manifest: str, is_wrong: bool
) -> None:
    set_python(SYSTEM)
    result = doctor(make_crate(Cargo_dot_toml=manifest), code=int(is_wrong))
    assert ids(result) == (["extension-module"] if is_wrong else [])


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ('[env]\nPYO3_BUILD_EXTENSION_MODULE = "1"\n', ["extension-module"]),
        ('[env]\nPYO3_CONFIG_FILE = "pyo3.txt"\n', ["config-file-unusable"]),
        ('[env]\nPYO3_CONFIG_FILE = { value = "pyo3.txt", relative = true }\n', ["config-file-unusable"]),
        ('[env]\nPYO3_CONFIG_FILE = { value = "Cargo.toml", relative = true }\n', []),
        ('[env]\nPYO3_PYTHON = "/no/such/python3"\n', ["python-missing"]),
        ('[build]\ntarget = "aarch64-unknown-linux-gnu"\n[env]\nPYO3_PYTHON = "/no/such/python3"\n', []),
    ],
)
def test_cargo_configuration_is_read(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, config: str, names: list[str]
) -> None:
    set_python(SYSTEM)
    result = doctor(make_crate(_dot_cargo__config_dot_toml=config), code=int(bool(names)))
    assert ids(result) == names


@pytest.mark.parametrize(
    ("library", "files", "names"),
    [
        (None, {}, ["libpython-not-installed"]),
        ("/opt/python/lib/libpython3.12.a", {}, ["libpython-static"]),
        (
            "/opt/python/lib/libpython3.12.a",
            {"build_dot_rs": 'fn main() { println!("cargo:rustc-link-arg=-rdynamic") }'},
            [],
        ),
        ("/opt/python/lib/libpython3.12.so", {}, ["libpython-not-searched"]),
        ("/opt/python/lib/libpython3.12.so", {"build_dot_rs": RPATH}, []),
        (
            "/opt/python/lib/libpython3.12.so",
            {"_dot_cargo__config_dot_toml": '[build]\nrustflags = ["-Clink-arg=-Wl,-rpath,/opt/python/lib"]\n'},
            [],
        ),
        (SYSTEM, {}, []),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the folders of the loader are known on Linux only")
def test_whether_the_program_links_and_finds_libpython(
    doctor: Doctor,
    make_crate: MakeCrate,
    set_python: SetPython,
    library: str | None,
    files: dict[str, str],
    names: list[str],
) -> None:
    set_python(library)
    level = KINDS[names[0]].level if names else "note"
    result = doctor(make_crate(**files), code=int(level == "error"))
    assert ids(result) == names
    facts = {row["what"]: row["is"] for row in rows(result, "Crate `quotes`")}
    assert facts["its version"] == "3.12.4"
    assert facts["its libpython"] == (library or "none")


def test_the_loader_may_be_told_by_a_variable(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_python("/opt/python/lib/libpython3.12.so")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/python/lib")
    assert ids(doctor(make_crate())) == []


def test_a_workspace_has_several(doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, tmp_path: Path) -> None:
    set_python(SYSTEM)
    make_crate()
    other = tmp_path / "plain/src"
    other.mkdir(parents=True)
    (other / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    (other.parent / "Cargo.toml").write_text('[package]\nname = "plain"\nversion = "0.1.0"\n', encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["plain", "quotes"]\n', encoding="utf-8")
    (tmp_path / "quotes/Cargo.lock").replace(tmp_path / "Cargo.lock")
    assert doctor(tmp_path)["summary"] == "quotes: nothing is wrong"
    assert "no program" in doctor(tmp_path, "--package", "plain", code=2)["message"]
    assert doctor(tmp_path, "--package", "other", code=2)["message"].startswith("there is no package `other`")


EXTENSION = MANIFEST.replace("FEATURES", '"extension-module"') + '[lib]\ncrate-type = ["cdylib", "rlib"]\n'
LIBRARY = host(after="pub fn run() {\n    pyo3::Python::attach(|py| ());\n}\n")


def test_a_tool_beside_an_extension_module_is_no_host(doctor: Doctor, make_crate: MakeCrate) -> None:
    crate = make_crate(host('println!("stubs");'), Cargo_dot_toml=EXTENSION, src__lib_dot_rs=LIBRARY)
    assert "holds an extension module" in doctor(crate, code=2)["message"]


def test_a_library_that_python_loads_needs_no_start(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython
) -> None:
    set_python(SYSTEM)
    manifest = EXTENSION.replace('"extension-module"', "")
    crate = make_crate(
        host("let version = pyo3::ffi::PY_VERSION_HEX;"), Cargo_dot_toml=manifest, src__lib_dot_rs=LIBRARY
    )
    assert ids(doctor(crate)) == []


@pytest.mark.parametrize("marker", ["conda-meta/history", None])
def test_conda_names_another_library_than_it_has(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython, tmp_path: Path, marker: str | None
) -> None:
    set_python(None)
    python = tmp_path / "pythons/python"
    python.write_text(python.read_text(encoding="utf-8").replace("/opt/python", str(tmp_path)), encoding="utf-8")
    if marker:
        (tmp_path / marker).parent.mkdir()
        (tmp_path / marker).touch()
    assert ids(doctor(make_crate(), code=int(marker is None))) == ([] if marker else ["libpython-not-installed"])


def test_an_optional_pyo3_is_not_certain(doctor: Doctor, make_crate: MakeCrate, set_python: SetPython) -> None:
    set_python(None)
    manifest = PLAIN.replace('"0.30",', '"0.30", optional = true,')
    result = doctor(make_crate(host(ATTACH), Cargo_dot_toml=manifest))
    assert ids(result) == []


def test_nothing_is_built_unless_it_is_asked_for(doctor: Doctor, make_crate: MakeCrate, set_python: SetPython) -> None:
    set_python(SYSTEM)
    folder = make_crate(build_dot_rs='fn main() { std::fs::write("ran", "").unwrap(); }')
    before = sorted(folder.rglob("*"))
    doctor(folder)
    assert doctor(folder, "--probe", "--dry-run")["summary"].startswith(
        "would read manifests and source of `quotes`; build"
    )
    assert sorted(folder.rglob("*")) == before


def test_every_finding_leads_to_a_page() -> None:
    for kind in KINDS.values():
        page = CHECKOUT / f"skills/{SKILL}/references/{kind.chapter}.md"
        assert list(sections(page.read_text(encoding="utf-8"))), kind
