"""`pyo3-new migrate`: what it changes in a repository, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import git, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CARGO = """\
[package]
name = "fares"
version = "0.1.0"
edition = "2021"
rust-version = "1.63"  # as old as it goes

[lib]
crate-type = ["cdylib"]

[dependencies]
# The array library is in step.
numpy = "0.25"
pyo3 = { version = "0.25.1", features = ["abi3-py38"] }
rayon = "1"
"""
# PyO3 as the examples of rules have it, which is compiled once for all of them.
COMPILED = CARGO[: CARGO.index("# The array")] + 'pyo3 = "0.25.1"\n'
LIB = """\
//! Fares; `with_gil` in a comment stays.

use pyo3::prelude::*;

/// Add fares.
#[pyfunction]
fn add(a: i64, b: i64) -> i64 {
    println!("with_gil");
    Python::with_gil(|_py| a + b)
}
"""
FOREIGN = "fn f(pool: &Pool) { pool.with_gil(|| 1); Other::with_gil(|| 2); }\n"
FILES = {"Cargo.toml": CARGO, "src/lib.rs": LIB, "src/foreign.rs": FOREIGN, "notes.md": "with_gil\n"}


def write(folder: Path, files: dict[str, str] = FILES) -> Path:
    """Write a repository with one commit."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode("utf-8"))
    git("init", "--quiet", ".", cwd=folder)
    git("config", "core.autocrlf", "false", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", "Start", cwd=folder)
    return folder


def migrate(pyo3_new: Command, folder: Path, *options: str, code: int = 0) -> dict[str, Any]:
    """Migrate without the compiler, and return what is reported."""
    done = pyo3_new("migrate", "--no-check", "--json", *options, cwd=folder, code=code)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_manifests_and_code_are_raised_and_the_rest_stays(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares")
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert (result["before"], result["after"]) == ("0.25", "0.26")
    cargo = CARGO.replace('numpy = "0.25"', 'numpy = "0.26"').replace('"0.25.1"', '"0.26"').replace('"1.63"', '"1.74"')
    expected = FILES | {"Cargo.toml": cargo, "src/lib.rs": LIB.replace("Python::with_gil", "Python::attach")}
    assert {name: text.decode() for name, text in tree(folder).items()} == expected
    assert git("diff", "--cached", "--name-only", cwd=folder).splitlines() == ["Cargo.toml", "src/lib.rs"]


def test_a_second_run_changes_nothing(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares")
    migrate(pyo3_new, folder)
    git("commit", "--quiet", "--message", "Migrate", cwd=folder)
    before = tree(folder)
    assert migrate(pyo3_new, folder)["changes"] == []
    assert tree(folder) == before
    assert git("status", "--porcelain", cwd=folder) == ""


def test_a_dry_run_shows_the_diff_and_writes_nothing(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares")
    before = tree(folder)
    result = migrate(pyo3_new, folder, "--dry-run")
    assert '+pyo3 = { version = "' in result["diff"]
    assert tree(folder) == before
    assert git("status", "--porcelain", cwd=folder) == ""


def test_the_text_counts_edits_and_files(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares", FILES | {"src/more.rs": LIB})
    (folder / "src/more.rs").write_bytes((LIB + LIB.replace("add", "add_again")).encode("utf-8"))
    git("commit", "--quiet", "--all", "--message", "More", cwd=folder)
    done = pyo3_new("migrate", "--no-check", "--dry-run", "--to", "0.26", cwd=folder)
    assert "  with-gil  3 edits in 2 files\n" in done.stdout


def test_the_text_names_a_dependency_once(pyo3_new: Command, tmp_path: Path) -> None:
    twice = CARGO + '\n[dev-dependencies]\npyo3 = "0.25.1"\n'
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": twice})
    done = pyo3_new("migrate", "--no-check", "--dry-run", "--to", "0.26", cwd=folder)
    assert done.stdout.count("  Cargo.toml: pyo3 0.25.1 → 0.26\n") == 1
    assert done.stdout.count("\n+pyo3 = ") == 2


def test_steps_go_from_release_to_release(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": CARGO.replace("0.25", "0.23")})
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert [step["release"] for step in result["steps"]] == ["0.24", "0.25", "0.26"]
    assert not any(step["checked"] for step in result["steps"])
    assert {step["reason"] for step in result["steps"]} == {"`--no-check` was passed"}


def test_line_endings_stay(pyo3_new: Command, tmp_path: Path) -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in FILES.items()}
    folder = write(tmp_path / "fares", files)
    migrate(pyo3_new, folder, "--to", "0.26")
    assert all(b"\n" not in text.replace(b"\r\n", b"") for text in tree(folder).values())
    assert b"Python::attach" in (folder / "src/lib.rs").read_bytes()


def test_a_workspace_is_raised_as_a_whole(pyo3_new: Command, tmp_path: Path) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["core", "python"]\n\n[workspace.dependencies]\npyo3 = "0.25"\n',
        "core/Cargo.toml": '[package]\nname = "core"\nversion = "0.1.0"\n\n[dependencies]\n',
        "core/src/lib.rs": "pub fn with_gil() { Python::with_gil(|| 1) }\n",
        "python/Cargo.toml": '[package]\nname = "bindings"\nversion = "0.1.0"\n\n[dependencies]\n'
        'pyo3 = { workspace = true, features = ["extension-module"] }\npyo3-log = "0.12.4"\n',
        "python/src/lib.rs": LIB,
    }
    folder = write(tmp_path / "fares", files)
    migrate(pyo3_new, folder, "--to", "0.26")
    texts = {name: text.decode() for name, text in tree(folder).items()}
    assert texts["Cargo.toml"] == files["Cargo.toml"].replace("0.25", "0.26")
    assert texts["python/Cargo.toml"] == files["python/Cargo.toml"].replace("0.12.4", "0.13")
    # A crate without PyO3 is not PyO3's business.
    assert texts["core/src/lib.rs"] == files["core/src/lib.rs"]


def test_a_companion_without_a_release_ends_the_way(pyo3_new: Command, tmp_path: Path) -> None:
    manifest = CARGO.replace(
        'numpy = "0.25"', 'pyo3-polars = "0.24"\npolars = { version = "0.51", features = ["lazy"] }'
    )
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest})
    result = migrate(pyo3_new, folder, "--to", "0.30", code=3)
    assert result["after"] == "0.29"
    assert result["notes"] == ["`pyo3-polars` has no release for PyO3 0.30"]
    text = (folder / "Cargo.toml").read_text(encoding="utf-8")
    assert 'pyo3-polars = "0.28"' in text
    assert 'polars = { version = "0.55", features = ["lazy"] }' in text


def test_a_release_that_a_companion_left_out_is_stepped_over(pyo3_new: Command, tmp_path: Path) -> None:
    manifest = CARGO.replace("0.25.1", "0.24").replace('numpy = "0.25"', 'serde-pyobject = "0.6.1"')
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest})
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert [step["release"] for step in result["steps"]] == ["0.26"]
    assert result["notes"] == ["`serde-pyobject` has no release for PyO3 0.25"]
    assert 'serde-pyobject = "0.7"' in (folder / "Cargo.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("requirement", "after"),
    [
        ('"0.25"', '"0.26"'),
        ('"=0.25.1"', '"0.26"'),
        ('">=0.25, <0.26"', '"0.26"'),
        ('{ version = "0.25", optional = true }', '{ version = "0.26", optional = true }'),
        ('{ git = "https://example.org/pyo3" }', '{ git = "https://example.org/pyo3" }'),
    ],
)
def test_requirements_of_all_kinds(pyo3_new: Command, tmp_path: Path, requirement: str, after: str) -> None:
    manifest = CARGO.replace('numpy = "0.25"', 'pyo3-ffi = "0.25"').replace(
        '{ version = "0.25.1", features = ["abi3-py38"] }', requirement
    )
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest})
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert f"pyo3 = {after}\n" in (folder / "Cargo.toml").read_text(encoding="utf-8")
    assert ("git" in requirement) == bool(result["notes"])


PYPROJECT = """\
[build-system]
requires = ["maturin>=1.0,<2.0"]
build-backend = "maturin"

[project]
name = "fares"
requires-python = ">=3.7"

[tool.maturin]
features = ["pyo3/extension-module"]  # for wheels
"""


@pytest.mark.parametrize(
    ("cargo", "after"),
    [
        (
            'pyo3 = { version = "0.25", features = ["extension-module", "serde"] }',
            'pyo3 = { version = "0.26", features = ["serde"] }',
        ),
        ('pyo3 = { version = "0.25", features = ["extension-module"] }', 'pyo3 = "0.26"\n'),
        ('pyo3 = { version = "0.25", features = [\n    "extension-module",\n] }', 'pyo3 = "0.26"\n'),
        (
            'pyo3 = { version = "0.25", optional = true, features = ["extension-module"] }',
            'pyo3 = { version = "0.26", optional = true }\n',
        ),
        (
            'pyo3 = "0.25"\n\n[features]\nextension-module = ["pyo3/extension-module", "std"]\nstd = []',
            'pyo3 = "0.26"\n\n[features]\nextension-module = ["std"]\nstd = []',
        ),
    ],
)  # fmt: skip
def test_the_build_backend_takes_over_extension_module(
    pyo3_new: Command, tmp_path: Path, cargo: str, after: str
) -> None:
    manifest = CARGO.replace('pyo3 = { version = "0.25.1", features = ["abi3-py38"] }\nrayon = "1"', cargo)
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest, "pyproject.toml": PYPROJECT})
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert after in (folder / "Cargo.toml").read_text(encoding="utf-8")
    table = '\n[tool.maturin]\nfeatures = ["pyo3/extension-module"]  # for wheels\n'
    expected = PYPROJECT.replace("maturin>=1.0", "maturin>=1.9.4").replace(table, "")
    assert (folder / "pyproject.toml").read_text(encoding="utf-8") == expected
    assert result["notes"] == []


def test_the_text_says_what_became_of_a_feature(pyo3_new: Command, tmp_path: Path) -> None:
    manifest = CARGO.replace("abi3-py38", "extension-module")
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest, "pyproject.toml": PYPROJECT})
    done = pyo3_new("migrate", "--no-check", "--dry-run", "--to", "0.26", cwd=folder)
    assert "  Cargo.toml: feature `extension-module` left out\n" in done.stdout


@pytest.mark.parametrize(
    "pyproject",
    ["", PYPROJECT.replace("maturin>=1.0,<2.0", "maturin>=1.0,<1.5"), PYPROJECT.replace("maturin", "other")],
)
def test_extension_module_stays_where_nobody_takes_it_over(pyo3_new: Command, tmp_path: Path, pyproject: str) -> None:
    manifest = CARGO.replace('"abi3-py38"', '"extension-module"')
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest, "pyproject.toml": pyproject})
    migrate(pyo3_new, folder, "--to", "0.26")
    assert 'features = ["extension-module"]' in (folder / "Cargo.toml").read_text(encoding="utf-8")
    assert (folder / "pyproject.toml").read_text(encoding="utf-8") == pyproject


def test_a_python_that_is_too_old_is_named(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares", FILES | {"pyproject.toml": PYPROJECT})
    notes = migrate(pyo3_new, folder, "--to", "0.30")["notes"]
    assert notes == ["`requires-python` in `pyproject.toml` allows Python 3.7, and PyO3 0.30 needs 3.9 or newer"]
    assert '"abi3-py39"' in (folder / "Cargo.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda folder: (folder / "notes.md").write_text("edited\n", encoding="utf-8"),
            "changes that are not committed",
        ),
        (lambda folder: (folder / ".git/MERGE_HEAD").write_text("x\n", encoding="utf-8"), "a merge is in progress"),
    ],
)
def test_a_repository_with_work_in_it_is_refused(pyo3_new: Command, tmp_path: Path, change: Any, message: str) -> None:
    folder = write(tmp_path / "fares")
    change(folder)
    before = tree(folder)
    assert message in pyo3_new("migrate", "--no-check", cwd=folder, code=1).stderr
    assert tree(folder) == before


@pytest.mark.parametrize(
    ("files", "options", "code", "message"),
    [
        ({"Cargo.toml": CARGO.replace("0.25", "0.18")}, (), 1, "the project has PyO3 0.18, and"),
        ({"Cargo.toml": '[package]\nname = "a"\n'}, (), 1, "asks for a release of PyO3"),
        ({}, ("--to", "0.24"), 2, "which is newer than 0.24"),
        ({}, ("--to", "7.0"), 2, "there are no rules for PyO3 7.0"),
    ],
)  # fmt: skip
def test_what_can_not_be_migrated_is_said(
    pyo3_new: Command, tmp_path: Path, files: dict[str, str], options: tuple[str, ...], code: int, message: str
) -> None:
    folder = write(tmp_path / "fares", FILES | files)
    done = pyo3_new("migrate", "--no-check", *options, cwd=folder, code=code)
    assert message in done.stderr
    assert "hint: " in done.stderr


def test_what_cargo_can_not_read_is_not_said_to_compile(pyo3_new: Command, tmp_path: Path) -> None:
    manifest = CARGO.replace('edition = "2021"', 'edition = "2021"\nlicense = { nonsense = true }')
    folder = write(tmp_path / "fares", FILES | {"Cargo.toml": manifest})
    before = tree(folder)
    errors = pyo3_new("migrate", "--to", "0.26", cwd=folder, code=1).stderr
    assert errors.startswith("error: the project can't be checked as it is: `Cargo.toml`: ")
    assert "pass `--no-check`" in errors
    assert tree(folder) == before


def test_it_says_what_cargo_misses(pyo3_new: Command, tmp_path: Path) -> None:
    settings = '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "crates"\n'
    folder = write(tmp_path / "fares", FILES | {".cargo/config.toml": settings})
    errors = pyo3_new("migrate", cwd=folder, code=1).stderr
    assert "failed to get `numpy` as a dependency" in errors
    assert "failed to read root of directory source" in errors


def test_a_compiler_that_is_too_old_is_named(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares", FILES | {"rust-toolchain.toml": '[toolchain]\nchannel = "1.70.0"\n'})
    notes = migrate(pyo3_new, folder, "--to", "0.26")["notes"]
    assert notes == ["`rust-toolchain.toml` pins Rust 1.70.0, and PyO3 0.26 needs 1.74 or newer"]


def test_a_folder_without_a_repository_is_refused(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text(CARGO, encoding="utf-8")
    assert "is not in a git repository" in pyo3_new("migrate", cwd=tmp_path, code=1).stderr


def test_files_that_can_not_be_read_stay(pyo3_new: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "fares")
    (folder / "src/latin.rs").write_bytes(b"// \xe4\nfn f() { Python::with_gil(|_| 1); }\n")
    (folder / "broken").mkdir()
    (folder / "broken/Cargo.toml").write_text("[package\n", encoding="utf-8")
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", "More", cwd=folder)
    result = migrate(pyo3_new, folder, "--to", "0.26")
    assert result["notes"] == ["`src/latin.rs` is not UTF-8, and stays as it is"]
    assert [change["path"] for change in result["changes"]] == ["Cargo.toml", "src/lib.rs"]


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_it_stops_where_the_code_no_longer_compiles(
    pyo3_new: Command, environment: dict[str, str], shared_target: str, tmp_path: Path
) -> None:
    # What 0.26 has and 0.27 has not is no rule's business here: it is made up by a type that only 0.26 makes hidden.
    code = LIB + "\npub fn cell() -> pyo3::sync::GILProtected<i32> {\n    pyo3::sync::GILProtected::new(1)\n}\n"
    folder = write(tmp_path / "fares", {"Cargo.toml": COMPILED, "src/lib.rs": code})
    environment["CARGO_TARGET_DIR"] = shared_target
    done = pyo3_new("migrate", "--json", cwd=folder, code=3)
    result = json.loads(done.stdout)
    assert result["errors"]
    assert {error["path"] for error in result["errors"]} == {"src/lib.rs"}
    assert result["after"] != result["wanted"]
    assert (folder / "src/lib.rs").read_text(encoding="utf-8") == code.replace("Python::with_gil", "Python::attach")


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_it_stops_where_nothing_can_be_checked_any_more(
    pyo3_new: Command, environment: dict[str, str], shared_target: str, tmp_path: Path
) -> None:
    # The crate's own build script refuses the next release.
    script = 'fn main() {\n    assert!(std::fs::read_to_string("Cargo.toml").unwrap().contains("0.25"));\n}\n'
    folder = write(tmp_path / "fares", {"Cargo.toml": COMPILED, "src/lib.rs": LIB, "build.rs": script})
    environment["CARGO_TARGET_DIR"] = shared_target
    result = json.loads(pyo3_new("migrate", "--json", cwd=folder, code=3).stdout)
    [step] = result["steps"]
    assert (step["release"], step["checked"], step["passed"]) == ("0.26", False, False)
    assert "failed to run custom build command" in step["reason"]
