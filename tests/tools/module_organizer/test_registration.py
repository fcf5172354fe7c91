"""The tool `module_organizer`: what it registers, where, and what it leaves to its user."""

from __future__ import annotations

import importlib
import pickle
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from scaffolder.errors import UsageError
from scaffolder.rust.source import parse, syntax_errors
from tests.conftest import git, tree
from tests.tools.module_organizer.projects import DECLARATIVE, EXTRA, FUNCTION, document, findings, organize, project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

LIB, ZONES, CARGO = "src/lib.rs", "src/zones.rs", "Cargo.toml"
STYLES = pytest.mark.parametrize("lib", [DECLARATIVE, FUNCTION], ids=["declarative", "function"])
SEAT = """
/// A seat.
#[pyclass(module = "fares._core")]
pub struct Seat;

#[pymethods]
impl Seat {
    #[new]
    fn new() -> Self {
        Self
    }
}

create_exception!(fares._core, LateError, FareError);
"""
LINES = {
    DECLARATIVE: " use crate::zones::LateError; use crate::zones::Seat; use crate::zones::rebate;",
    FUNCTION: "m.add_function(wrap_pyfunction!(crate::zones::rebate, m)?)?; m.add_class::<crate::zones::Seat>()?; "
    'm.add("LateError", m.py().get_type::<crate::zones::LateError>())?;',
}
REMARKS = "\n// The end.\n"
RUSTFMT = shutil.which("rustfmt")


def added(before: dict[str, bytes], folder: Path) -> list[str]:
    """Return the lines that are new, and check that none is gone."""
    lines: list[str] = []
    for name, data in tree(folder).items():
        old, new = before[name].decode().splitlines(), data.decode().splitlines()
        rest = iter(new)
        assert all(line in rest for line in old), name
        for line in old:
            new.remove(line)
        lines += [line.strip() for line in new if line.strip()]
    return lines


@STYLES
def test_what_is_left_out_is_registered_once(lib: str, tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", EXTRA + SEAT + REMARKS), lib=lib)
    before = tree(folder)
    shown = document(organize(folder), "diff")
    assert tree(folder) == before
    result = organize(folder, "--write")
    assert document(result, "diff") == shown
    assert result["summary"].endswith("3 registered")
    text = " ".join(added(before, folder)).replace("( ", "(").replace(", )", ")")
    statements = text.replace("#[pymodule_export]", "").split(";")
    assert sorted(map(str.strip, statements)) == sorted(map(str.strip, LINES[lib].split(";")))
    after = tree(folder)
    assert all(not list(syntax_errors(parse(data))) for name, data in after.items() if name.endswith(".rs"))
    assert not document(organize(folder, "--write"), "diff")
    assert tree(folder) == after
    assert not [entry for entry in findings(organize(folder)) if entry[0] == "not-exported"]


@STYLES
@pytest.mark.skipif(RUSTFMT is None, reason="needs rustfmt")
def test_the_result_is_formatted(lib: str, tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", EXTRA + SEAT + REMARKS), lib=lib)
    organize(folder, "--write")
    subprocess.run(["rustfmt", "--check", "--edition", "2024", str(folder / LIB)], check=True)


def test_a_file_that_rustfmt_would_change_keeps_its_layout(tmp_path: Path) -> None:
    lib = FUNCTION.replace("    m.add_class::<Trip>()?;", "      m . add_class::<Trip>()?;   // odd")
    folder = project(tmp_path, (ZONES, "", EXTRA), lib=lib)
    before = tree(folder)
    organize(folder, "--write")
    assert added(before, folder) == ["m.add_function(wrap_pyfunction!(crate::zones::rebate, m)?)?;"]


def test_line_ends_are_kept(tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", EXTRA), lib=FUNCTION.replace("\n", "\r\n"))
    organize(folder, "--write")
    data = (folder / LIB).read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == FUNCTION.count("\n") + 1


def test_an_empty_module_gets_its_first_name(tmp_path: Path) -> None:
    lib = "mod zones;\n\n#[pyo3::pymodule]\nmod _core {}\n"
    folder = project(tmp_path, lib=lib)
    organize(folder, "--write", "--only", "fare")
    assert "mod _core {\n    #[pymodule_export]\n    use crate::zones::fare;\n}\n" in (folder / LIB).read_text()


@pytest.mark.parametrize(
    ("series", "spelling"),
    [("0.20", "get_type::<"), ("0.22", "get_type_bound::<"), ("0.30", "get_type::<")],
)
def test_an_exception_is_registered_as_its_pyo3_can(series: str, spelling: str, tmp_path: Path) -> None:
    text = "\ncreate_exception!(fares, LateError, FareError);\n"
    folder = project(tmp_path, (ZONES, "", text), (CARGO, '"0.30"', f'"{series}"'), lib=FUNCTION)
    organize(folder, "--write")
    text = "".join((folder / LIB).read_text().split()).replace(",)", ")")
    assert f'm.add("LateError",m.py().{spelling}crate::zones::LateError>())?;' in text


def test_a_class_without_a_constructor_is_registered_by_name_only(tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", '\n#[pyclass(module = "fares._core")]\npub struct Rows;\n'), lib=FUNCTION)
    assert not document(organize(folder), "diff")
    assert "+    m.add_class::<crate::zones::Rows>()?;" in document(organize(folder, "--only", "Rows"), "diff")


TABLES = "\n#[pymodule]\npub mod tables {\n    #[pymodule_export]\n    use super::Zone;\n}\n"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [((), "use super::rebate;"), (("--into", "tables"), "use super::rebate;"),
     (("--into", "fares._core"), "use crate::zones::rebate;")],
)  # fmt: skip
def test_the_module_is_the_one_beside_the_item_or_the_one_that_is_named(
    arguments: tuple[str, ...], path: str, tmp_path: Path
) -> None:
    lib = (LIB, "use crate::zones::{Zone, fare};", "use crate::zones::{Zone, fare, tables};")
    folder = project(tmp_path, (ZONES, "", EXTRA + TABLES), lib)
    assert f"+    {path}" in document(organize(folder, *arguments), "diff").replace("+        ", "+    ")


@pytest.mark.parametrize(
    ("changes", "arguments", "reason"),
    [
        ([(ZONES, "", EXTRA.replace("pub fn", "fn"))], (), "`rebate` is private, seen from `_core`"),
        ([(ZONES, "", EXTRA), (LIB, "mod zones;", "mod areas {\n    mod zones;\n}\nmod zones;")], (), None),
        ([(ZONES, "", EXTRA.replace("#[pyfunction]", '#[cfg(feature = "x")]\n#[pyfunction]'))], (), "under a `cfg`"),
        ([(ZONES, "", EXTRA.replace("#[pyfunction]", '#[pyfunction(name = "fare")]'))], (), "has that name already"),
        ([(ZONES, "", EXTRA), (LIB, "    // The", "    use crate::zones::rebate;\n    // The")], (), "has a `use`"),
        ([(ZONES, "", "\ncreate_exception!(fares, E, PyAny);\n"), (CARGO, '"0.30"', '"0.26"')], (), "before 0.28"),
    ],
    ids=["private", "public", "cfg", "name", "use", "old"],
)  # fmt: skip
def test_what_would_take_a_guess_is_left_to_the_user(
    changes: list[tuple[str, str, str]], arguments: tuple[str, ...], reason: str | None, tmp_path: Path
) -> None:
    folder = project(tmp_path, *changes)
    before = tree(folder)
    result = organize(folder, "--write", *arguments)
    refusals = [finding for finding in result["findings"] if finding["id"] == "not-placed"]
    if reason is None:
        assert not refusals
        return
    assert tree(folder) == before
    assert reason in refusals[0]["message"]
    assert refusals[0]["fix"]


@STYLES
def test_a_name_that_is_a_keyword_is_escaped(lib: str, tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", EXTRA.replace("rebate", "r#type")), lib=lib)
    assert "crate::zones::r#type" in document(organize(folder), "diff")


def test_what_has_no_place_for_one_reason_is_one_note_and_no_diff_is_promised(tmp_path: Path) -> None:
    two = f"{EXTRA}{EXTRA}".replace("#[pyfunction]", '#[cfg(feature = "x")]\n#[pyfunction]').replace(
        "rebate", "half", 1
    )
    result = organize(project(tmp_path, (ZONES, "", two)))
    (refusal,) = [finding for finding in result["findings"] if finding["id"] == "not-placed"]
    assert refusal["message"] == "`half` and `rebate` are not registered: defined under a `cfg`"
    (left_out,) = [finding for finding in result["findings"] if finding["id"] == "not-exported"]
    assert "--write" not in (left_out.get("fix") or "")


def test_a_module_that_another_file_fills_is_left_to_the_user(tmp_path: Path) -> None:
    fill = "\npub fn fill(m: &Bound<'_, PyModule>) -> PyResult<()> {\n    m.add_class::<Zone>()\n}\n"
    made = '    let t = PyModule::new(py, "tables")?;\n    zones::fill(&t)?;\n    m.add_submodule(&t)?;\n    Ok(())\n'
    folder = project(tmp_path, (ZONES, "", EXTRA + fill), (LIB, "    Ok(())\n", made), lib=FUNCTION)
    result = organize(folder, "--into", "tables")
    (refusal,) = [finding for finding in result["findings"] if finding["id"] == "not-placed"]
    assert refusal["message"].endswith("another function fills that module")
    assert refusal["fix"] == "register it by hand in src/zones.rs:41"


def test_uncommitted_changes_are_not_touched_unasked(tmp_path: Path) -> None:
    folder = project(tmp_path, (ZONES, "", EXTRA))
    git("init", "-q", cwd=folder)
    before = tree(folder)
    with pytest.raises(UsageError, match="has uncommitted changes") as refused:
        organize(folder, "--write")
    assert "--force" in str(refused.value.hint)
    assert {name: data for name, data in tree(folder).items() if ".git/" not in name} == {
        name: data for name, data in before.items() if ".git/" not in name
    }
    git("add", "-A", cwd=folder)
    git("commit", "-qm", "All", cwd=folder)
    organize(folder, "--write")
    assert "rebate" in (folder / LIB).read_text()
    git("checkout", "-q", ".", cwd=folder)
    (folder / LIB).write_text((folder / LIB).read_text() + "// mine\n")
    organize(folder, "--write", "--force")
    assert (folder / LIB).read_text().endswith("// mine\n")


@pytest.mark.slow
@STYLES
def test_what_was_registered_can_be_imported(lib: str, tmp_path: Path, build_run: Run) -> None:
    name = "fares_written_" + ("mod" if lib == DECLARATIVE else "fn")
    folder = project(tmp_path / name, (ZONES, "", EXTRA + SEAT), lib=lib)
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_text(path.read_text().replace("fares", name))
    (folder / "python/fares").rename(folder / "python" / name)
    organize(folder, "--write")
    build_run("maturin", "build", "--profile", "dev", "--out", "wheels", folder=folder)
    zipfile.ZipFile(next(folder.glob("wheels/*.whl"))).extractall(folder / "installed")
    sys.path.insert(0, str(folder / "installed"))
    core = importlib.import_module(f"{name}._core")
    assert core.rebate(2) == 195
    assert core.Seat.__module__ == f"{name}._core"
    assert issubclass(core.LateError, core.FareError)
    assert pickle.loads(pickle.dumps(core.LateError("x"))).args == ("x",)  # noqa: S301
    assert pickle.loads(pickle.dumps(core.Zone(3))).number == 3  # noqa: S301
