"""Run a wheel in Pyodide under node: install and import it, and run the project's tests."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.metadata import parse_email

from scaffolder.anatomy.project import read_requirement
from scaffolder.errors import ScaffolderError
from scaffolder.folders import temporary_folder
from scaffolder.machine.programs import Done, run
from scaffolder.toolkit import Document, Finding, Result, Table, reference
from scaffolder.tools.wasm_builder.tools import SKILL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from scaffolder.wasm.pyodide import Pyodide
    from scaffolder.wasm.releases import Abi
    from scaffolder.wasm.wheels import Wheel

SCRIPT = Path(__file__).with_name("run.mjs")
PAGE = reference(SKILL, "testing-wasm")
STEPS = {
    "start": "Pyodide does not start", "install": "the wheels can't be installed",
    "import": "`{module}` can't be imported", "tests": "the tests can't be started",
}  # fmt: skip
NO_TESTS = 5


@dataclass(frozen=True)
class Request:
    """What is to be run.

    Attributes:
        wheel: The wheel.
        abi: What it was built for.
        module: What to import.
        tests: A folder or file of tests for pytest, if they are to be run.
        extra: Requirements that the tests need beside the wheel's.
        options: Options for pytest.
        timeout: When to give up, in seconds.
    """

    wheel: Wheel
    abi: Abi
    module: str
    tests: Path | None
    extra: tuple[str, ...]
    options: tuple[str, ...]
    timeout: float


def requirements(request: Request) -> list[str]:
    """Return what is installed beside the wheel: its dependencies in Pyodide, and what the tests need."""
    metadata, _ = parse_email(request.wheel.metadata)
    there: dict[str, str | AbstractSet[str]] = {
        "sys_platform": "emscripten", "platform_system": "Emscripten", "platform_machine": "wasm32", "extra": "",
        "python_version": request.abi.python_series, "python_full_version": request.abi.python,
    }  # fmt: skip
    parsed = (read_requirement(text) for text in metadata.get("requires_dist", []))
    needed = [entry for entry in parsed if entry and (entry.marker is None or entry.marker.evaluate(there))]
    tests = ["pytest"] if request.tests else []
    return [*(f"{entry.name}{entry.specifier}" for entry in needed), *tests, *request.extra]


def download_command(request: Request, folder: Path) -> list[str]:
    """Return the command that downloads these, for Pyodide."""
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["uv", "tool", "run", "pip"]
    platform = ["--platform", request.abi.platform, "--only-binary", ":all:", "--implementation", "cp"]
    version = ["--python-version", request.abi.python_series, "--quiet", "--disable-pip-version-check"]
    return [*pip, "download", "--dest", str(folder), *platform, *version, *requirements(request)]


def execute(request: Request, pyodide: Pyodide, environment: Mapping[str, str]) -> Result:
    """Run it, and return what happened.

    Raises:
        ScaffolderError: What is needed beside the wheel can't be downloaded, or node does not run.
    """
    with temporary_folder() as scratch:
        wheels = [*_download(request, environment, scratch / "wheels"), request.wheel.path.absolute()]
        configuration = {
            "pyodide": str(pyodide.folder),
            "wheels": [str(path) for path in wheels],
            "module": request.module,
            "tests": str(_copy_tests(request.tests, scratch / "project")) if request.tests else None,
            "options": [*request.options, *([request.tests.resolve().name] if request.tests else [])],
            "output": str(scratch / "result.json"),
        }
        (scratch / "run.json").write_text(json.dumps(configuration), encoding="utf-8")
        command = ["node", str(SCRIPT), str(scratch / "run.json")]
        done = run(command, environment, scratch, timeout=request.timeout, quiet=False)
        output = scratch / "result.json"
        outcome = json.loads(output.read_text(encoding="utf-8")) if output.is_file() else None
    return _describe(request, pyodide, done, outcome)


def _download(request: Request, environment: Mapping[str, str], folder: Path) -> list[Path]:
    if not requirements(request):
        return []
    folder.mkdir()
    command = download_command(request, folder)
    done = run(command, environment, folder, timeout=None, quiet=False)
    if done is None or done.code:
        lines = [line for line in done.errors.splitlines() if line.startswith("ERROR")] if done else ["there is no pip"]
        names = ", ".join(requirements(request))
        raise ScaffolderError(
            f"{names} can't be downloaded for {request.abi.platform}: {''.join(lines[-1:]).removeprefix('ERROR: ')}",
            "what has no wheel for Pyodide on the index comes with Pyodide itself; name the wheels by `--with FILE`",
        )
    return sorted(folder.glob("*.whl"))


def _copy_tests(tests: Path, folder: Path) -> Path:
    """Copy tests with the settings of pytest beside them: what they write is thrown away."""
    shutil.copytree(tests, folder / tests.resolve().name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    settings = tests.resolve().parent / "pyproject.toml"
    if settings.is_file():
        shutil.copy(settings, folder)
    return folder


def _describe(request: Request, pyodide: Pyodide, done: Done | None, outcome: dict[str, object] | None) -> Result:
    printed = (done.output + done.errors).strip() if done else ""
    documents = (Document("text", printed + "\n"),) if printed else ()
    findings = tuple(_findings(request, done, outcome))
    times = outcome["times"] if outcome else {}
    rows = tuple((name, f"{time:,.0f} ms") for name, time in times.items()) if isinstance(times, dict) else ()
    table = Table("Times", ("step", "time"), rows)
    failed = any(finding.level == "error" for finding in findings)
    what = "its tests" if request.tests else f"`import {request.module}`"
    summary = f"{what} {'failed' if failed else 'passed'} in Pyodide {pyodide.version}"
    return Result("wasm_builder", summary, findings, (table,) if rows else (), documents)


def _findings(request: Request, done: Done | None, outcome: dict[str, object] | None) -> Iterator[Finding]:
    where = request.wheel.path.name
    if outcome is None:
        state = "node did not end in time" if done is None else f"node ended with exit code {done.code}"
        yield Finding("run", "error", state, where, reference=PAGE)
    elif outcome["error"]:
        step = str(outcome["step"])
        evidence = "\n".join(str(outcome["error"]).strip().splitlines()[-25:])
        yield Finding(step, "error", STEPS[step].format(module=request.module), where, evidence, reference=PAGE)
    elif request.tests and outcome["code"]:
        none = "pytest found no tests"
        message = none if outcome["code"] == NO_TESTS else f"pytest ended with exit code {outcome['code']}"
        yield Finding("tests", "error", message, str(request.tests), reference=PAGE)
    else:
        yield Finding("import", "ok", f"`{request.module}` is imported", where)
