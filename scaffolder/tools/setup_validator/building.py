"""Build a copy of a project, and import the result."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.files import unchanged
from scaffolder.folders import temporary_folder
from scaffolder.machine.interpreters import python_in
from scaffolder.machine.programs import Done, run
from scaffolder.toolkit import Document, Finding, reference
from scaffolder.tools.setup_validator.check import SKILL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.machine.survey import Machine
    from scaffolder.tools.setup_validator.inspection import Inspection

SHOWN = 25
IMPORT = "import importlib, sys; module = importlib.import_module(sys.argv[1]); print(module.__file__)"


@dataclass(frozen=True)
class Step:
    """A program to run.

    Attributes:
        id: The id of its finding.
        purpose: What it does.
        command: The program and its arguments.
        shown: The command as one would type it.
        see: The section about its failures.
    """

    id: str
    purpose: str
    command: tuple[str, ...]
    shown: str
    see: str


def plan(inspection: Inspection, scratch: Path) -> tuple[Step, ...]:
    """Return the steps of a build.

    Args:
        inspection: The inspection, with a project.
        scratch: The folder for everything that it creates.
    """
    project, machine = inspection.project, inspection.machine
    assert project  # noqa: S101
    selected = (machine.selected("uv run") if project.uv is not None else None) or machine.selected("cargo")
    python = str(selected.path) if selected else sys.executable
    inside = str(python_in(scratch / "environment"))
    module = project.layout.module
    load = (inside, "-c", IMPORT, module)
    create: tuple[str, ...] = (python, "-m", "venv", str(scratch / "environment"))
    install: tuple[str, ...] = (inside, "-m", "pip", "install", "WHEEL")
    if "uv" in machine.versions:
        create = ("uv", "venv", "--quiet", "--python", python, str(scratch / "environment"))
        install = ("uv", "pip", "install", "--python", inside, "WHEEL")
    build = _build_command(project.builder, machine, python, str(scratch / "wheels"))
    return (
        Step("build-passes", "the project builds", build, " ".join(build[:2]), "build"),
        Step("environment-made", "an environment can be created", create, " ".join(create[:2]), "build"),
        Step("wheel-installs", "the wheel installs", install, " ".join((*install[:3], ".")), "packaging"),
        Step("module-imports", "the module imports", load, f"python -c 'import {module}'", "import"),
    )


def _build_command(builder: str | None, machine: Machine, python: str, wheels: str) -> tuple[str, ...]:
    """Return the command that builds a wheel; without maturin it downloads one."""
    if builder == "maturin" and "maturin" in machine.versions:
        return "maturin", "build", "--profile", "dev", "--interpreter", python, "--out", wheels
    if "uv" in machine.versions:
        return "uv", "build", "--wheel", "--python", python, "--out-dir", wheels
    return python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", wheels, "."


def show_plan(inspection: Inspection) -> tuple[Document, ...]:
    """Return the commands of a build as a document."""
    steps = plan(inspection, Path(tempfile.gettempdir()) / "SCRATCH")
    lines = [
        " ".join(part if part.isprintable() and " " not in part else repr(part) for part in step.command)
        for step in steps
    ]
    return (Document("text", "".join(f"{line}\n" for line in lines)),)


def build(inspection: Inspection, environment: Mapping[str, str]) -> tuple[Finding, ...]:
    """Build, install and import the project in a temporary folder.

    Args:
        inspection: The inspection, with a project.
        environment: The environment's variables.
    """
    project = inspection.project
    assert project  # noqa: S101
    lock = project.crate.workspace_path.parent / "Cargo.lock"
    # Cargo writes it, and brings an outdated one up to date.
    with unchanged(lock), temporary_folder() as scratch:
        inherited = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
        variables = {**inherited, "CARGO_TARGET_DIR": str(scratch / "target"), "NO_COLOR": "1"}
        return tuple(_run(plan(inspection, scratch), variables, project.folder, scratch))


def _run(steps: tuple[Step, ...], variables: Mapping[str, str], folder: Path, scratch: Path) -> list[Finding]:
    """Run the steps until one fails."""
    findings = []
    for step in steps:
        wheels = [str(path) for path in (scratch / "wheels").glob("*.whl")]
        command = [*step.command[:-1], *wheels[:1]] if step.command[-1] == "WHEEL" else list(step.command)
        # A project's own folder must not stand in for what was installed.
        place = scratch if step.id == "module-imports" else folder
        done = run(command, variables, place, timeout=None, quiet=False)
        findings.append(_finding(step, done))
        if findings[-1].level == "error":
            break
    return findings


def _finding(step: Step, done: Done | None) -> Finding:
    """Turn a finished step into a finding."""
    if done is not None and done.code == 0:
        output = done.output.strip().splitlines()
        return Finding(step.id, "ok", step.purpose, step.shown, output[-1] if output else None)
    text = (done.errors + done.output) if done else f"`{step.command[0]}` can't be run"
    lines = [line for line in text.splitlines() if line.strip()]
    code = f"exit code {done.code}" if done else "it did not start"
    return Finding(
        id=step.id,
        level="error",
        message=f"expected: {step.purpose}; {code}",
        where=step.shown,
        evidence="\n".join(_telling_lines(lines)),
        fix=f"Ask for an explanation\npyo3-new explain -- {step.shown}",
        reference=reference(SKILL, "troubleshooting", step.see),
    )


def _telling_lines(lines: list[str]) -> list[str]:
    """Return the telling lines of an output: from the first error on, and the last ones."""
    start = next((place for place, line in enumerate(lines) if line.lstrip().startswith("error")), len(lines))
    failure = lines[start:]
    if failure and len(failure) <= SHOWN:
        return failure
    return [*failure[: SHOWN // 2], *lines[-SHOWN // 2 :]] if failure else lines[-SHOWN:]
