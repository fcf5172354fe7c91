"""The WebAssembly feature: built by its own session, run under node and in Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES
from tests.template.matrix import set_name
from tests.wasm import sdk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.template.conftest import Make, Run

    Built = Callable[[tuple[str, ...]], tuple[Path, str]]

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("wasm")]

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SETS = [("wasm",), ("classes", "wasm"), tuple(FEATURES)]
HERE = Path(__file__).resolve().parents[1] / "wasm"


@pytest.fixture(scope="session")
def tools(cache: Path) -> Mapping[str, str]:
    """The variables that let the sessions do without the downloads of the official SDK, unless that is asked for."""
    if os.environ.get("WASM_ROUTE") == "official":
        return {}
    if not sdk.possible():
        pytest.skip("the stand-in for the SDK is made of Debian's packages, by root; or set WASM_ROUTE=official")
    return {
        "WASM_SDK": str(sdk.prepare(cache)),
        "CHROMIUM": str(sdk.chromium()),
        # Only Pyodide's own index has it.
        "WASM_WITHOUT": "numpy",
    }


@pytest.fixture(scope="session")
def session(nox: Run, tools: Mapping[str, str]) -> Run:
    """Run one of a project's sessions with the stand-in."""

    def session(name: str, *arguments: str, folder: Path, **variables: str) -> str:
        python = ["--force-python", THIS_PYTHON] if tools else []
        return nox(name, *python, *arguments, folder=folder, **{**tools, **variables})

    return session


@pytest.fixture(scope="session")
def built(make: Make, session: Run) -> Built:
    """Build a project's wheel and run its tests, once for equal features."""
    printed: dict[tuple[str, ...], str] = {}

    def built(features: tuple[str, ...]) -> tuple[Path, str]:
        project = make(features, f"browser-{set_name(features)}")
        if features not in printed:
            printed[features] = session("wasm", folder=project)
        return project, printed[features]

    return built


@pytest.mark.parametrize("features", SETS, ids=set_name)
def test_the_suite_passes_under_node_and_in_chromium(
    built: Built, tools: Mapping[str, str], features: tuple[str, ...]
) -> None:
    project, printed = built(features)
    places = re.findall(r"^Pyodide [\d.]+ (under node|in Chromium) ", printed, re.MULTILINE)
    assert places == ["under node", "in Chromium"]
    node, chromium = re.findall(r"^=+ (\d+) passed, (\d+) skipped in .*=+$", printed, re.MULTILINE)
    assert node == chromium
    assert int(node[0]) >= 10
    reasons = {"WebAssembly has no threads"}
    if features == tuple(FEATURES):
        # Libraries that only the tests need are not taken there.
        callers = ("pyarrow", "polars", "pandas", "duckdb")
        reasons |= {f"could not import '{name}': No module named '{name}'" for name in callers}
        reasons |= {"feeds need threads, and WebAssembly has none", "WebAssembly has no processes"}
        reasons |= {"No module named 'numpy'"} if "WASM_WITHOUT" in tools else set()
    assert set(re.findall(r"^SKIPPED \[\d+\] [^ ]+: (.*)$", printed, re.MULTILINE)) == reasons
    (wheel,) = (project / "dist/wasm").glob("*.whl")
    assert wheel.name.endswith("-cp311-abi3-pyemscripten_2026_0_wasm32.whl")


@pytest.mark.parametrize("features", SETS, ids=set_name)
def test_the_module_is_small_and_complete(built: Built, features: tuple[str, ...]) -> None:
    _, printed = built(features)
    assert re.search(r"^module: \d+ imports, 0 missing in Pyodide$", printed, re.MULTILINE)
    sizes = re.search(r"^module: (\d+) kB, (\d+) kB after wasm-opt, limit (\d+) kB$", printed, re.MULTILINE)
    assert sizes
    before, after, limit = map(int, sizes.groups())
    assert after < before * 0.85
    assert after <= limit
    print(f"{set_name(features)}: {before} kB as linked, {after} kB after wasm-opt")


def test_two_extensions_load_together(built: Built, run: Run) -> None:
    (one, _), (other, _) = built(SETS[0]), built(SETS[1])
    script = one / "wasm/load_together.mjs"
    shutil.copy(HERE / script.name, script)
    wheels = [str(wheel) for project in (one, other) for wheel in (project / "dist/wasm").glob("*.whl")]
    printed = run("node", str(script), *wheels, folder=one)
    lines = re.findall(r"^(?:cat|Money.*|browser_\w+)$", printed, re.MULTILINE)
    assert lines == ["cat", "Money(1250, Currency.EUR)", "browser_wasm", "browser_classes_wasm", "cat"]


def test_the_stand_in_answers_for_this_pyodide(built: Built) -> None:
    project, _ = built(SETS[0])
    lock = project / "wasm/node_modules/pyodide/pyodide-lock.json"
    info = json.loads(lock.read_text(encoding="utf-8"))["info"]
    assert info["abi_version"] == sdk.PYODIDE["pyodide_abi_version"]
    assert info["python"] == sdk.PYODIDE["python_version"]
    assert info["platform"] == f"emscripten_{sdk.PYODIDE['emscripten_version'].replace('.', '_')}"
    minor = info["python"].rpartition(".")[0]
    assert f'@nox.session(python="{minor}")\ndef wasm' in (project / "noxfile.py").read_text(encoding="utf-8")


def test_a_wheel_for_each_version_is_still_one_for_pyodide(make: Make, session: Run) -> None:
    project = make(("wasm",), "wasm-version", wheels="version", python_min="3.10")
    session("wasm", "--", "-k", "distance", folder=project)
    (wheel,) = (project / "dist/wasm").glob("*.whl")
    assert wheel.name == "wasm_version-0.1.0-cp310-abi3-pyemscripten_2026_0_wasm32.whl"


def test_a_module_above_the_limit_is_refused(built: Built, session: Run) -> None:
    project, _ = built(SETS[0])
    settings = project / "wasm/package.json"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"max_module_kb": 600', '"max_module_kb": 10'), encoding="utf-8")
    try:
        with pytest.raises(
            pytest.fail.Exception, match=r"error: the module has \d+ kB, and 10 kB is the limit\n\nhint: "
        ):
            session("wasm", folder=project)
    finally:
        settings.write_text(text, encoding="utf-8")


def test_an_import_that_pyodide_lacks_is_named(built: Built, run: Run, tmp_path: Path) -> None:
    project, _ = built(SETS[0])
    module = tmp_path / "module.wasm"
    kind, imported = b"\x01\x04\x01\x60\x00\x00", b"\x01\x03env\x07no_such\x00\x00"
    module.write_bytes(b"\0asm\x01\0\0\0" + kind + bytes([2, len(imported)]) + imported)
    with pytest.raises(pytest.fail.Exception, match="error: Pyodide has no `no_such`\n\nhint: "):
        run("node", "wasm/check_imports.mjs", str(module), folder=project)


PYODIDE = 'case "$3" in *abi*) echo 2026_0;; python*) echo 3.14.2;; emscripten*) echo 5.0.3;; *) echo 1.96.0;; esac\n'


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({}, "error: Node.js 20 or newer is needed, and none was found\n\nhint: install it with npm"),
        ({"node": "echo v18.1.0"}, "error: Node.js 20 or newer is needed, and v18.1.0 was found"),
        (
            {"node": "echo v22.0.0", "pyodide": "exit 1"},
            "error: `pyodide config` has no answer\n\nhint: run `pyodide xbuildenv install 314.0.7`",
        ),
        (
            {"node": "echo v22.0.0", "pyodide": PYODIDE},
            "needs Emscripten 5.0.3, and none was found\n\nhint: run `pyodide xbuildenv install-emscripten --force`",
        ),
        (
            {"node": "echo v22.0.0", "pyodide": PYODIDE, "emcc": "echo emcc 4.0.9 "},
            "error: Pyodide 314.0.7 needs Emscripten 5.0.3, and 4.0.9 was found",
        ),
        (
            {"node": "echo v22.0.0", "pyodide": PYODIDE, "emcc": "echo emcc 5.0.3", "rustc": "echo /nowhere"},
            "hint: run `rustup toolchain install 1.96.0 --profile minimal --target wasm32-unknown-emscripten`",
        ),
    ],
    ids=["no-node", "old-node", "no-config", "no-emscripten", "old-emscripten", "no-target"],
)
def test_what_is_missing_is_named_with_the_command_to_type(
    make: Make, run: Run, tmp_path: Path, programs: dict[str, str], message: str
) -> None:
    for name, text in programs.items():
        sdk.script(tmp_path / name, f"{text}\n")
    with pytest.raises(pytest.fail.Exception) as failed:
        run(sys.executable, "wasm/build.py", folder=make(("wasm",)), WASM_SDK=str(tmp_path), PATH=str(tmp_path))
    assert message in str(failed.value)


def test_the_workflow_takes_the_official_steps(make: Make) -> None:
    workflow = (make(("wasm",)) / ".github/workflows/wasm.yml").read_text(encoding="utf-8")
    steps = [
        'pyodide xbuildenv install "$version"',
        "pyodide xbuildenv install-emscripten",
        "pyodide config get rust_toolchain",
        "--target wasm32-unknown-emscripten",
        "playwright-core install --with-deps chromium",
        "nox -s wasm",
        "path: dist/wasm/*.whl",
    ]
    places = [workflow.index(step) for step in steps]
    assert places == sorted(places)
    assert "WASM_" not in workflow
