"""The Python and the Rust that a project is for, against those of the machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scaffolder.tools.setup_validator.check import FitCheck, ProjectCheck, Section

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import ReleaseSeries
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.survey import Machine

ABI3 = re.compile(r"abi3-py3(\d+)")
# In these, a build for the stable ABI is made with a Python that PyO3 doesn't know, too; since which line.
FORWARD = {
    "PYO3_USE_ABI3_FORWARD_COMPATIBILITY": Version("0.16"),
    "PYO3_USE_STABLE_ABI_FORWARD_COMPATIBILITY": Version("0.29"),
}
PYTHONS = [Version("2.7"), *(Version(f"3.{minor}") for minor in range(30))]
SUPPORTED = Section("versions", "supported-versions")
TOO_OLD = Section("troubleshooting", "python-too-old")


class PythonSupported(FitCheck):
    """This PyO3 supports the Python that it is built with."""

    id = "python-supported"
    see = Section("troubleshooting", "python-too-new")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Take a Python of $oldest to $newest, or a newer PyO3.

        ```
        $command
        ```
        """
        line, pythons = project.series, _cpythons(machine)
        if line is None or not pythons:
            return None
        # A build for the stable ABI is one for its oldest Python, whatever Python it is built with.
        forward = _abi3(project) or _goes_forward(line, machine)
        newest = {tool: each for tool, each in pythons.items() if not forward and each.minor > line.limit}
        oldest = {tool: each for tool, each in pythons.items() if each.minor < line.oldest}
        wrong = newest | oldest
        self.see = TOO_OLD if oldest else self.see
        self.words = {"oldest": str(line.oldest), "newest": str(line.newest), "command": _take(project, line.newest)}
        self.level = "error" if line.refuses_newer else "warning"
        self.found = f"PyO3 {line.name} supports Python {line.oldest} to {line.newest}"
        self.evidence = "\n".join(f"{tool}: {each.name} at {each.path}" for tool, each in wrong.items())
        return not wrong


class FreeThreadedSupported(FitCheck):
    """This PyO3 supports the free-threaded Python that it is built with."""

    id = "free-threaded-supported"
    see = Section("free-threading", "versions")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Take a Python with a GIL, or a newer PyO3 and a newer Python.

        ```
        $command
        ```
        """
        line = project.series
        self.words = {"command": _take(project, "3.14t")}
        pythons = {tool: each for tool, each in _cpythons(machine).items() if each.free_threaded}
        if line is None or not pythons:
            return None
        oldest = line.free_threaded
        wrong = {tool: each for tool, each in pythons.items() if oldest is None or each.minor < oldest}
        self.found = f"PyO3 {line.name} supports free-threaded Python {f'from {oldest} on' if oldest else 'not at all'}"
        self.evidence = "\n".join(f"{tool}: {each.name} at {each.path}" for tool, each in wrong.items())
        return not wrong


class InterpreterAllowed(FitCheck):
    """The Python that it is built with is one that the project supports."""

    id = "interpreter-allowed"
    level = "warning"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Take another Python, or say that this one is supported.

        ```toml
        requires-python = "$wanted"
        ```
        """
        allowed = project.requires_python
        if allowed is None or not machine.in_use:
            return None
        wrong = {tool: each for tool, each in machine.in_use.items() if not allowed.contains(each.version)}
        self.where = "pyproject.toml"
        known = [project.series.oldest] if project.series else []
        self.words = {"wanted": f">={max(min(each.minor for each in wrong.values()), *known)}" if wrong else ""}
        self.found = f"`requires-python` is `{allowed}`"
        self.evidence = "\n".join(f"{tool}: {each.name} at {each.path}" for tool, each in wrong.items())
        return not wrong


class PythonPin(ProjectCheck):
    """`.python-version` names a Python that the project supports."""

    id = "python-pin-allowed"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project) -> bool | None:
        """Pin another, or say that this one is supported.

        ```
        $command
        ```
        """
        pin, allowed = project.python_version, project.requires_python
        match = re.fullmatch(
            r"(?:cpython-|python)?(\d+(?:\.\d+){1,2})[a-z+].*|(?:cpython-|python)?(\d+(?:\.\d+){1,2})", pin or ""
        )
        if match is None or allowed is None:
            return None
        version = Version(match[1] or match[2])
        # `3.11` stands for any 3.11: of those, one is enough.
        candidates = [version] if len(version.release) > 2 else [Version(f"{version}.{patch}") for patch in range(60)]
        floor = _floor(allowed)
        self.where = project.show(project.pin)
        wanted = floor or version
        self.words = {"command": f"uv python pin {wanted}" if project.uv is not None else f"pyenv local {wanted}"}
        self.found = f"`{pin}` is not in `requires-python`, `{allowed}`"
        return any(allowed.contains(candidate) for candidate in candidates)


class PythonFloor(ProjectCheck):
    """The project promises no Python that its PyO3 is too new for."""

    id = "python-floor-supported"
    level = "warning"
    see = SUPPORTED

    def passes(self, project: Project) -> bool | None:
        """Promise what can be built, or take an older PyO3.

        ```toml
        requires-python = ">=$oldest"
        ```
        """
        floor, line = _floor(project.requires_python), project.series
        if floor is None or line is None or not project.is_extension:
            return None
        self.where = "pyproject.toml"
        self.words = {"oldest": str(line.oldest)}
        self.found = f"`requires-python` is `{project.requires_python}`, and PyO3 {line.name} begins at {line.oldest}"
        return floor >= line.oldest


class MaturinAllowed(FitCheck):
    """The maturin on `PATH` is one that the build asks for."""

    id = "maturin-allowed"
    level = "note"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Install one that is.

        ```
        uv tool install "$wanted"
        ```
        """
        asked = [each for each in project.build_requirements if each.name == "maturin"]
        version = machine.versions.get("maturin")
        if not asked or version is None:
            return None
        self.where = "pyproject.toml"
        self.words = {"wanted": f"maturin{asked[0].specifier}"}
        self.found = f"`maturin develop` runs maturin {version}, and the build asks for `{asked[0].specifier}`"
        return asked[0].specifier.contains(version, prereleases=True)


class Abi3Floor(ProjectCheck):
    """The stable ABI that is built for is not newer than the oldest Python of the project."""

    id = "abi3-not-above-python"
    see = Section("abi3", "choose")

    def passes(self, project: Project) -> bool | None:
        """Let both name the same Python.

        ```toml
        requires-python = ">=$abi3"
        ```
        """
        abi3, floor = _abi3(project), _floor(project.requires_python)
        if abi3 is None or floor is None:
            return None
        self.where = project.show(project.crate.path)
        self.words = {"abi3": str(abi3)}
        self.found = f"the wheel is for Python {abi3} and later, and `requires-python` promises {floor}"
        return abi3 <= floor


class Abi3AsNew(ProjectCheck):
    """The stable ABI that is built for is that of the oldest Python of the project."""

    id = "abi3-as-new-as-python"
    level = "note"
    see = Section("abi3", "choose")

    def passes(self, project: Project) -> bool | None:
        """Take the newer one, which knows more of Python and is faster.

        ```toml
        features = ["abi3-py$digits"]
        ```
        """
        abi3, floor = _abi3(project), _floor(project.requires_python)
        if abi3 is None or floor is None or abi3 > floor:
            return None
        self.where = project.show(project.crate.path)
        # There is no feature for the newest of Pythons.
        wanted = min(floor, project.series.abi3) if project.series else floor
        self.words = {"digits": f"{wanted.major}{wanted.minor}"}
        self.found = f"it is built for Python {abi3} and later, and no Python before {floor} can install it"
        return abi3 >= wanted


class Abi3Buildable(FitCheck):
    """The Python that it is built with is not older than the stable ABI that it is built for."""

    id = "abi3-buildable"
    see = Section("troubleshooting", "abi3-above-interpreter")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Build with a newer Python, or for an older one.

        ```
        $command
        ```
        """
        abi3, pythons = _abi3(project), _cpythons(machine)
        if abi3 is None or not pythons:
            return None
        wrong = {tool: each for tool, each in pythons.items() if each.minor < abi3}
        self.words = {"command": _take(project, abi3)}
        self.found = f"the stable ABI of Python {abi3} can't be built for with an older Python"
        self.evidence = "\n".join(f"{tool}: {each.name} at {each.path}" for tool, each in wrong.items())
        return not wrong


class RustNewEnough(FitCheck):
    """The Rust compiler is as new as the project and its crates need."""

    id = "rust-new-enough"
    see = Section("troubleshooting", "rust-too-old")

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Update Rust, or take an older version of the crate.

        ```
        rustup update stable
        ```
        """
        if machine.rust is None:
            return None
        needed: dict[str, Version] = dict(project.cargo_metadata.rust_versions) if project.cargo_metadata else {}
        if project.series:
            needed.setdefault(f"pyo3 {project.series.name}", project.series.rust)
        if (own := _rust_version(project)) is not None:
            needed["this crate"] = own
        wrong = {name: version for name, version in needed.items() if version > machine.rust.version}
        self.found = f"rustc is {machine.rust.version}, and {len(wrong)} crates need a newer one"
        self.evidence = "\n".join(f"{name} needs Rust {version}" for name, version in sorted(wrong.items())[:5])
        return not wrong if needed else None


class RustVersionDeclared(ProjectCheck):
    """`rust-version` is not older than what PyO3 needs."""

    id = "rust-version-true"
    level = "warning"
    see = SUPPORTED

    def passes(self, project: Project) -> bool | None:
        """Say what is so.

        ```toml
        rust-version = "$needed"
        ```
        """
        own = _rust_version(project)
        if own is None or project.series is None:
            return None
        self.where = project.show(project.crate.path)
        self.words = {"needed": str(project.series.rust)}
        self.found = f"`rust-version` is {own}, and PyO3 {project.series.name} needs {project.series.rust}"
        return own >= project.series.rust


def _cpythons(machine: Machine) -> dict[str, Interpreter]:
    """Return the Pythons in use that the table of versions speaks of."""
    return {tool: each for tool, each in machine.in_use.items() if each.implementation == "CPython"}


def _abi3(project: Project) -> Version | None:
    """Return the oldest Python of the stable ABI that is built for: the lowest of the features counts."""
    found = [int(match[1]) for feature in project.pyo3_features if (match := ABI3.fullmatch(feature))]
    return Version(f"3.{min(found)}") if found else None


def _floor(allowed: SpecifierSet | None) -> Version | None:
    """Return the oldest Python that is allowed."""
    if allowed is None:
        return None
    # An exact version may be left out, as in `>=3.9,!=3.9.0`.
    return next((each for each in PYTHONS if any(allowed.contains(f"{each}.{patch}") for patch in (0, 5, 99))), None)


def _goes_forward(line: ReleaseSeries, machine: Machine) -> bool:
    """Tell whether PyO3 is told to build with a Python that it doesn't know."""
    asked = [since for name, since in FORWARD.items() if machine.build_env.get(name) == "1"]
    return any(Version(line.name) >= since for since in asked)


def _take(project: Project, version: Version | str) -> str:
    """Return what to type to build with another Python."""
    if project.uv is not None:
        return f"uv python pin {version}"
    return f"python{version} -m venv .venv && . .venv/bin/activate"


def _rust_version(project: Project) -> Version | None:
    """Return the oldest Rust that the crate says it builds with."""
    try:
        return Version(str(project.crate.field("rust-version") or ""))
    except (InvalidVersion, InvalidSpecifier):
        return None
