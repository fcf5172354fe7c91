"""`wasm_builder check`: the tool chain, and what in a project does not work in Pyodide."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.results import finding, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tools.wasm_builder.conftest import Builder

    Hazards = Callable[..., dict[str, dict[str, Any]]]

TARGET = "wasm32-unknown-emscripten"
PYODIDE = {"pyodide_abi_version": "2026_0", "python_version": "3.14.2", "emscripten_version": "5.0.3"}
ELSEWHERE = "'cfg(not(target_family = \"wasm\"))'"
RUSTC = shutil.which("rustc")
LOCK = '[[package]]\nname = "{}"\nversion = "{}"\n'


def program(folder: Path, name: str, *cases: tuple[str, str], otherwise: str = "exit 1") -> None:
    """Write a program that answers some calls, and fails at others."""
    lines = [f'"{call}") printf "%s\\n" "{answer}" ;;' for call, answer in cases]
    path = folder / name
    path.write_text(
        "\n".join(["#!/bin/sh", 'case "$*" in', *lines, f"*) {otherwise} ;;", "esac", ""]), encoding="utf-8"
    )
    path.chmod(0o755)


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """All tools, in the versions that Pyodide 314 was built with."""
    folder = tmp_path / "sdk"
    (folder / "root/lib/rustlib" / TARGET / "lib").mkdir(parents=True)
    program(folder, "maturin", ("--version", "maturin 1.16.0"))
    program(folder, "emcc", ("--version", "emcc (Emscripten) 5.0.3 (abc)"))
    program(folder, "node", ("--version", "v22.1.0"))
    answers = [(f"config get {name}", value) for name, value in PYODIDE.items()]
    program(folder, "pyodide", ("xbuildenv version", "314.0.7"), *answers)
    version = "release: 1.96.0\nhost: x86_64-unknown-linux-gnu"
    # What cargo asks it of a target, the compiler of this machine answers.
    answers = [("-vV", version), ("--print sysroot", str(folder / "root"))]
    program(folder, "rustc", *answers, otherwise=f'exec "{RUSTC}" "$@"')
    return folder


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with none of the tools, and a folder without a project."""
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in ("sh", "env"):
        (empty / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.chdir(empty)


def errors(result: dict[str, Any]) -> dict[str, str]:
    return {entry["id"]: entry["fix"] or "" for entry in result["findings"] if entry["level"] == "error"}


@pytest.mark.usefixtures("bare")
def test_a_complete_tool_chain_has_no_findings(sdk: Path, builder: Builder) -> None:
    result = builder("check", "--sdk", sdk)
    assert {entry["id"] for entry in result["findings"]} == {"maturin", "rust-target", "emcc", "node"}
    assert {entry["level"] for entry in result["findings"]} == {"ok"}
    (table,) = result["tables"]
    found = {row[""]: row["found"] for row in rows(result, table["title"])}
    assert found["emcc"] == "5.0.3"
    assert found["rustc"] == f"1.96.0 with {TARGET}"
    assert result["summary"] == "tools for Pyodide 314.0.7: no problems"


@pytest.mark.usefixtures("bare")
def test_what_is_missing_is_said_with_the_commands_that_install_it(builder: Builder) -> None:
    result = builder("check", code=1)
    fixes = errors(result)
    assert fixes["maturin"] == "pip install 'maturin>=1.13.2'"
    assert f"--target {TARGET}" in fixes["rustc"]
    assert fixes["emcc"].splitlines()[1:] == [
        "pip install pyodide-build",
        "pyodide xbuildenv install 314.0.7",
        "pyodide xbuildenv install-emscripten",
    ]
    assert finding(result, "node")["level"] == "warning"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("name", "call", "answer", "message"),
    [
        ("emcc", "--version", "emcc 4.0.9", "Emscripten 4.0.9 was found; 5.0.3 is expected"),
        ("maturin", "--version", "maturin 1.9.4", "maturin 1.9.4 does not write the tag; 1.13.2 or newer is expected"),
        ("node", "--version", "v16.20.0", "node 16.20.0 was found; 18 or newer is expected to run what was built"),
        ("emcc", "-v", "emcc 5.0.3", "`emcc` is there, and `emcc --version` fails; 5.0.3 is expected"),
    ],
)
def test_another_version_or_none_is_said(
    name: str, call: str, answer: str, message: str, sdk: Path, builder: Builder
) -> None:  # fmt: skip
    program(sdk, name, (call, answer))
    result = builder("check", "--sdk", sdk, code=int(name != "node"))
    assert finding(result, name)["message"] == message


@pytest.mark.usefixtures("bare")
def test_a_rustc_without_the_target_is_an_error(sdk: Path, builder: Builder) -> None:
    shutil.rmtree(sdk / "root/lib/rustlib" / TARGET)
    assert f"rustup target add {TARGET}" in errors(builder("check", "--sdk", sdk, code=1))["rust-target"]


@pytest.mark.usefixtures("bare")
def test_a_rustc_that_unwinds_through_javascript_is_a_warning(sdk: Path, builder: Builder) -> None:
    answers = [("-vV", "release: 1.92.0\nhost: x86_64-unknown-linux-gnu"), ("--print sysroot", str(sdk / "root"))]
    program(sdk, "rustc", *answers, otherwise=f'exec "{RUSTC}" "$@"')
    warning = finding(builder("check", "--sdk", sdk), "rust-unwinding")
    assert (warning["level"], warning["fix"].splitlines()[1]) == (
        "warning", "pyodide config get rust_emscripten_target_url",
    )  # fmt: skip


@pytest.mark.usefixtures("bare")
def test_the_abi_is_the_one_that_pyodide_build_is_set_up_for(sdk: Path, builder: Builder) -> None:
    program(sdk, "pyodide", ("xbuildenv version", "0.29.5"), ("config get pyodide_abi_version", "2025_0"))
    program(sdk, "emcc", ("--version", "emcc 4.0.9"))
    assert builder("check", "--sdk", sdk)["summary"] == "tools for Pyodide 0.29.5: no problems"
    assert set(errors(builder("check", "--sdk", sdk, "--abi", "2026_0", code=1))) == {"pyodide-build", "emcc"}


@pytest.mark.usefixtures("bare")
def test_without_a_build_environment_pyodide_build_is_not_asked(sdk: Path, builder: Builder) -> None:
    """It would download one."""
    asked = sdk / "asked"
    (sdk / "pyodide").write_text(f'#!/bin/sh\necho "$*" >> "{asked}"\nexit 1\n', encoding="utf-8")
    builder("check", "--sdk", sdk)
    assert asked.read_text(encoding="utf-8").splitlines() == ["xbuildenv version"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a project whose crates all lie beside it."""
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    for name in ("RUSTFLAGS", "CARGO_PROFILE_RELEASE_PANIC", "CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_RUSTFLAGS"):
        monkeypatch.delenv(name, raising=False)

    def crate(folder: Path, name: str, version: str, rest: str) -> None:
        (folder / "src").mkdir(parents=True)
        (folder / "src/lib.rs").write_text("", encoding="utf-8")
        text = f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n{rest}'
        (folder / "Cargo.toml").write_text(text, encoding="utf-8")

    def project(rest: str = "", *, tokio: str = "1.54.1", **settings: str) -> Path:
        names = ("net", "rt", "rt-multi-thread", "fs", "process", "signal", "io-std")
        features = "".join(f"{name} = []\n" for name in names)
        crate(tmp_path / "pyo3", "pyo3", "0.30.1", "[features]\nabi3-py311 = []\n")
        crate(tmp_path / "tokio", "tokio", tokio, f"[features]\n{features}")
        crate(tmp_path / "rayon-core", "rayon-core", "1.13.0", "")
        folder = tmp_path / "fast"
        table = rest if "[dependencies]" in rest else f"[dependencies]\n{rest}"
        table = table.replace(
            "[dependencies]", '[dependencies]\npyo3 = { path = "../pyo3", features = ["abi3-py311"] }'
        )
        crate(folder, "fast", "0.1.0", f'[lib]\ncrate-type = ["cdylib"]\n{table}')
        system = 'requires = ["maturin>=1.16,<2"]\nbuild-backend = "maturin"\n'
        requires = settings.get("requires", ">=3.11")
        about = f'[project]\nname = "fast"\nversion = "0.1.0"\nrequires-python = "{requires}"\n'
        (folder / "pyproject.toml").write_text(f"[build-system]\n{system}{about}", encoding="utf-8")
        packages = [("fast", "0.1.0"), ("pyo3", "0.30.1"), ("rayon-core", "1.13.0"), ("tokio", tokio)]
        used = [(name, version) for name, version in packages if name in {"fast", "pyo3"} or f'"../{name}"' in rest]
        needs = "".join(f' "{name}",\n' for name, _ in used if name != "fast")
        lock = "".join(
            LOCK.format(*entry) + (f"dependencies = [\n{needs}]\n" if entry[0] == "fast" else "") for entry in used
        )
        (folder / "Cargo.lock").write_text(f"version = 4\n{lock}", encoding="utf-8")
        return folder

    return project


TOOLS = {"maturin", "rust-target", "rustc", "emcc", "node", "pyodide-build"}


@pytest.fixture
def hazards(builder: Builder, sdk: Path) -> Hazards:
    """Check a project with a complete tool chain, and return what is said of the project."""

    def hazards(folder: Path, code: int = 0) -> dict[str, dict[str, Any]]:
        result = builder("check", "--project", folder, "--sdk", sdk, code=code)
        return {entry["id"]: entry for entry in result["findings"] if entry["id"] not in TOOLS}

    return hazards


def test_a_project_without_hazards_has_no_findings(project: Callable[..., Path], hazards: Hazards) -> None:
    tokio = 'tokio = { path = "../tokio", features = ["rt", "fs"] }\n'
    assert hazards(project(f'{tokio}[profile.release]\npanic = "unwind"\n')) == {}


def test_what_does_not_compile_there_is_an_error(project: Callable[..., Path], hazards: Hazards) -> None:
    seen = hazards(project('tokio = { path = "../tokio", features = ["net", "rt-multi-thread", "fs"] }\n'), code=1)
    assert set(seen) == {"tokio-features"}
    assert seen["tokio-features"]["where"] == "tokio 1.54.1"
    assert seen["tokio-features"]["message"].endswith("its features `net`, `rt-multi-thread`")


def test_older_tokio_refuses_more(project: Callable[..., Path], hazards: Hazards) -> None:
    seen = hazards(project('tokio = { path = "../tokio", features = ["fs"] }\n', tokio="1.53.3"), code=1)
    assert seen["tokio-features"]["message"].endswith("its features `fs`")


@pytest.mark.parametrize(
    "rest",
    [
        '[dev-dependencies]\ntokio = { path = "../tokio", features = ["net"] }\n',
        '[build-dependencies]\ntokio = { path = "../tokio", features = ["net"] }\n',
        f'[target.{ELSEWHERE}.dependencies]\ntokio = {{ path = "../tokio", features = ["net"] }}\n',
        f'[target.{ELSEWHERE}.dependencies]\nrayon-core = {{ path = "../rayon-core" }}\n',
        '[dependencies]\ntokio = { path = "../tokio", features = ["net"], optional = true }\n',
    ],
)
def test_what_is_not_built_for_pyodide_is_no_hazard(rest: str, project: Callable[..., Path], hazards: Hazards) -> None:
    assert hazards(project(rest)) == {}


def test_rayon_is_noted(project: Callable[..., Path], hazards: Hazards) -> None:
    seen = hazards(project('rayon-core = { path = "../rayon-core" }\n'))
    assert {name: entry["level"] for name, entry in seen.items()} == {"rayon": "note"}


def test_crates_that_cannot_be_listed_are_noted(project: Callable[..., Path], hazards: Hazards) -> None:
    folder = project()
    (folder / "Cargo.lock").unlink()
    assert set(hazards(folder)) == {"crates"}
    assert not (folder / "Cargo.lock").exists()


def test_a_panic_that_aborts_is_an_error(
    project: Callable[..., Path], hazards: Hazards, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project('[profile.release]\npanic = "abort"\n')
    assert hazards(folder, code=1)["panic-abort"]["where"] == "Cargo.toml"
    monkeypatch.setenv("CARGO_PROFILE_RELEASE_PANIC", "unwind")
    assert hazards(folder) == {}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ('[build]\nrustflags = ["-C", "target-feature=+atomics,+bulk-memory"]\n', "pthread"),
        (f'[target.{TARGET}]\nrustflags = "-C link-arg=-pthread"\n', "pthread"),
        ('[build]\nrustflags = "-C panic=abort"\n', "panic-abort"),
        ('[target.x86_64-unknown-linux-gnu]\nrustflags = ["-C", "link-arg=-pthread"]\n', None),
        (f'[build]\nrustflags = "-Cpanic=abort"\n[target.{TARGET}]\nrustflags = "-Copt-level=s"\n', None),
        ('[profile.release]\npanic = "abort"\n', "panic-abort"),
    ],
)
def test_flags_count_only_where_cargo_takes_them(
    config: str, expected: str | None, project: Callable[..., Path], hazards: Hazards
) -> None:
    folder = project()
    (folder / ".cargo").mkdir()
    (folder / ".cargo/config.toml").write_text(config, encoding="utf-8")
    seen = hazards(folder, code=int(expected is not None))
    assert set(seen) == ({expected} if expected else set())
    assert not expected or seen[expected]["where"] == ".cargo/config.toml"


def test_a_project_for_other_pythons_is_an_error(project: Callable[..., Path], hazards: Hazards) -> None:
    assert set(hazards(project(requires=">=3.11,<3.14"), code=1)) == {"requires-python"}


def test_wrong_calls_are_refused(tmp_path: Path, refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "the ABI `2024_0` is not known" in refusal("check", "--abi", "2024_0")
    assert "is not a folder" in refusal("check", "--sdk", tmp_path / "gone")
    assert "is not a folder" in refusal("check", "--project", tmp_path / "gone")
