"""Checks of the Python and Rust versions of the project, the machine and PyO3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.anatomy.versions import release_series
from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import ReleaseSeries
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.toolchain import Rust
    from scaffolder.tools.setup_validator.promises import PinnedPython, WorkflowPython

SUPPORTED = Section("versions", "supported-versions")
TOO_OLD = Section("troubleshooting", "python-too-old")
MANIFEST = Section("project-anatomy", "python-manifest")


class PythonSupported(Check):
    """This PyO3 supports the Python that it is built with."""

    id = "python-supported"
    see = Section("troubleshooting", "python-too-new")
    fix = """
    Use a Python of $oldest to $newest, or a newer PyO3, to which `pyo3-new migrate` leads
    $command
    """

    @staticmethod
    def check(
        project: Project, series: ReleaseSeries, cpythons: dict[str, Interpreter], builds_forward: bool
    ) -> Failure | None:
        limit = None if builds_forward else series.limit
        oldest = {tool: python for tool, python in cpythons.items() if python.minor < series.oldest}
        newest = {tool: python for tool, python in cpythons.items() if limit and python.minor > limit}
        if not (wrong := newest | oldest):
            return None
        command = select_python(project, series.newest, wrong)
        return Failure(
            f"PyO3 {series.name} supports Python {series.oldest} to {series.newest}",
            evidence=_show(wrong),
            words={"oldest": series.oldest, "newest": series.newest, "command": command},
            level="error" if oldest or series.refuses_newer else "warning",
            see=TOO_OLD if oldest else None,
        )


class FreeThreadedSupported(Check):
    """This PyO3 supports the free-threaded Python that it is built with."""

    id = "free-threaded-supported"
    see = Section("free-threading", "versions")
    fix = """
    Use a Python with a GIL, or a newer PyO3, to which `pyo3-new migrate` leads, and a newer Python
    $command
    """

    @staticmethod
    def check(project: Project, series: ReleaseSeries, free_threaded: dict[str, Interpreter]) -> Failure | None:
        oldest = series.free_threaded
        wrong = {tool: python for tool, python in free_threaded.items() if oldest is None or python.minor < oldest}
        if not wrong:
            return None
        return Failure(
            f"PyO3 {series.name} supports free-threaded Python {f'from {oldest} on' if oldest else 'not at all'}",
            evidence=_show(wrong),
            words={"command": select_python(project, "3.14t", wrong)},
        )


class InterpreterAllowed(Check):
    """The Python that it is built with is one that the project supports."""

    id = "interpreter-allowed"
    level = "warning"
    see = MANIFEST
    fix = """
    Use another Python, or say that this one is supported
    $command
    requires-python = "$wanted"
    """

    @staticmethod
    def check(
        project: Project, requires_python: SpecifierSet, floor: Version, pythons: dict[str, Interpreter]
    ) -> Failure | None:
        wrong = {tool: python for tool, python in pythons.items() if not requires_python.contains(python.version)}
        if not wrong:
            return None
        floors = [project.series.oldest] if project.series else []
        return Failure(
            f"`requires-python` is `{requires_python}`",
            where="pyproject.toml",
            evidence=_show(wrong),
            words={
                "command": select_python(project, floor, wrong),
                "wanted": f">={max(min(python.minor for python in wrong.values()), *floors)}",
            },
        )


class PythonPin(Check):
    """`.python-version` names a Python that the project supports."""

    id = "python-pin-allowed"
    see = MANIFEST
    fix = """
    Pin another, or say that this one is supported
    $command
    """

    @staticmethod
    def check(project: Project, requires_python: SpecifierSet, pin: PinnedPython, floor: Version) -> Failure | None:
        version = pin.version
        # `3.11` stands for any 3.11: of those, one is enough.
        candidates = [version] if len(version.release) > 2 else [Version(f"{version}.{patch}") for patch in range(60)]
        if any(requires_python.contains(candidate) for candidate in candidates):
            return None
        return Failure(
            f"`{pin.text}` is not in `requires-python`, `{requires_python}`",
            where=project.show(project.pin),
            words={"command": f"{'uv python pin' if project.uv is not None else 'pyenv local'} {floor}"},
        )


class PythonFloor(Check):
    """The project promises no Python that its PyO3 is too new for."""

    id = "python-floor-supported"
    level = "warning"
    see = SUPPORTED
    fix = """
    Promise what can be built, or use an older PyO3
    requires-python = ">=$oldest"
    """

    @staticmethod
    def check(extension: Project, series: ReleaseSeries, floor: Version) -> Failure | None:
        if floor >= series.oldest:
            return None
        promise = f"`requires-python` is `{extension.requires_python}`"
        return Failure(
            f"{promise}, and PyO3 {series.name} begins at {series.oldest}",
            where="pyproject.toml",
            words={"oldest": series.oldest},
        )


class PythonCeiling(Check):
    """The project promises no Python that its PyO3 is too old for."""

    id = "python-ceiling-supported"
    level = "warning"
    see = SUPPORTED
    fix = """
    Promise what can be built, or use a newer PyO3
    pyo3 = "$series"
    """

    @staticmethod
    def check(extension: Project, series: ReleaseSeries, ceiling: Version, builds_forward: bool) -> Failure | None:
        if builds_forward or ceiling <= series.limit:
            return None
        promise = f"`requires-python` is `{extension.requires_python}`"
        return Failure(
            f"{promise}, and PyO3 {series.name} ends at {series.newest}",
            where="pyproject.toml",
            words={"series": _series_for([ceiling])},
        )


class ClassifiersSupported(Check):
    """The classifiers name no Python that this PyO3 doesn't support."""

    id = "classifiers-supported"
    level = "warning"
    see = SUPPORTED
    fix = """
    Remove them, or use a PyO3 that supports them
    pyo3 = "$series"
    """

    @staticmethod
    def check(series: ReleaseSeries, classifier_pythons: tuple[Version, ...], builds_forward: bool) -> Failure | None:
        limit = None if builds_forward else series.limit
        wrong = [version for version in classifier_pythons if version < series.oldest or (limit and version > limit)]
        if not wrong:
            return None
        return Failure(
            f"PyO3 {series.name} supports Python {series.oldest} to {series.newest}",
            where="pyproject.toml",
            evidence=tuple(f"Programming Language :: Python :: {version}" for version in wrong),
            words={"series": _series_for(wrong)},
        )


class WorkflowPythons(Check):
    """The workflows build with no Python that this PyO3 doesn't support."""

    id = "workflow-pythons-supported"
    level = "warning"
    see = SUPPORTED
    fix = """
    Remove them, or use a PyO3 that supports them
    pyo3 = "$series"
    """

    @staticmethod
    def check(
        extension: Project, series: ReleaseSeries, workflow_pythons: tuple[WorkflowPython, ...], builds_forward: bool
    ) -> Failure | None:
        limit = None if builds_forward else series.limit
        wrong = [
            python
            for python in workflow_pythons
            if python.version < series.oldest
            or (limit and python.version > limit and not python.forward)
            or (python.free_threaded and not (series.free_threaded and python.version >= series.free_threaded))
        ]
        if not wrong:
            return None
        return Failure(
            f"PyO3 {series.name} supports Python {series.oldest} to {series.newest}"
            + (
                f", free-threaded from {series.free_threaded} on"
                if any(python.free_threaded for python in wrong)
                else ""
            ),
            where=".github/workflows",
            evidence=tuple(f"{extension.show(python.path)}: {python.text}" for python in wrong),
            words={"series": _series_for(python.version for python in wrong)},
        )


class MaturinAllowed(Check):
    """The maturin on `PATH` is one that the build asks for."""

    id = "maturin-allowed"
    level = "note"
    see = MANIFEST
    fix = """
    Install one that is
    uv tool install "$wanted"
    """

    @staticmethod
    def check(maturin_requirement: Requirement, maturin: Version) -> Failure | None:
        wanted = maturin_requirement.specifier
        if wanted.contains(maturin, prereleases=True):
            return None
        return Failure(
            f"`maturin develop` runs maturin {maturin}, and the build asks for `{wanted}`",
            where="pyproject.toml",
            words={"wanted": f"maturin{wanted}"},
        )


class Abi3Floor(Check):
    """The stable ABI that is built for is not newer than the oldest Python of the project."""

    id = "abi3-not-above-python"
    see = Section("abi3", "choose")
    fix = """
    Let both name the same Python
    requires-python = ">=$abi3"
    """

    @staticmethod
    def check(project: Project, abi3: Version, floor: Version) -> Failure | None:
        if abi3 <= floor:
            return None
        return Failure(
            f"the wheel is for Python {abi3} and later, and `requires-python` promises {floor}",
            where=project.show(project.crate.path),
            words={"abi3": abi3},
        )


class Abi3AsNew(Check):
    """The stable ABI that is built for is that of the oldest Python of the project."""

    id = "abi3-as-new-as-python"
    level = "note"
    see = Section("abi3", "choose")
    fix = """
    Use the newer one, which knows more of Python and is faster
    features = ["abi3-py$digits"]
    """

    @staticmethod
    def check(project: Project, abi3: Version, floor: Version) -> Failure | None:
        # There is no feature for the newest of Pythons.
        wanted = min(floor, project.series.abi3) if project.series else floor
        if abi3 >= wanted:
            return None
        return Failure(
            f"it is built for Python {abi3} and later, and no Python before {floor} can install it",
            where=project.show(project.crate.path),
            words={"digits": f"{wanted.major}{wanted.minor}"},
        )


class Abi3Buildable(Check):
    """The Python that it is built with is not older than the stable ABI that it is built for."""

    id = "abi3-buildable"
    see = Section("troubleshooting", "abi3-above-interpreter")
    fix = """
    Build with a newer Python, or for an older one
    $command
    """

    @staticmethod
    def check(project: Project, abi3: Version, cpythons: dict[str, Interpreter]) -> Failure | None:
        wrong = {tool: python for tool, python in cpythons.items() if python.minor < abi3}
        if not wrong:
            return None
        return Failure(
            f"the stable ABI of Python {abi3} can't be built for with an older Python",
            evidence=_show(wrong),
            words={"command": select_python(project, abi3, wrong)},
        )


class RustNewEnough(Check):
    """The Rust compiler is as new as the project and its crates need."""

    id = "rust-new-enough"
    see = Section("troubleshooting", "rust-too-old")
    fix = """
    Update Rust, or use an older version of the crate
    rustup update stable
    """

    @staticmethod
    def check(rust: Rust, rust_versions: dict[str, Version]) -> Failure | None:
        wrong = {name: version for name, version in rust_versions.items() if version > rust.version}
        if not wrong:
            return None
        crates = f"{len(wrong)} crates need" if len(wrong) > 1 else "a crate needs"
        return Failure(
            f"rustc is {rust.version}, and {crates} a newer one",
            evidence=tuple(f"{name} needs Rust {version}" for name, version in sorted(wrong.items())[:5]),
        )


class RustVersionDeclared(Check):
    """`rust-version` is not older than what PyO3 needs."""

    id = "rust-version-true"
    level = "warning"
    see = SUPPORTED
    fix = """
    Declare what is needed
    rust-version = "$needed"
    """

    @staticmethod
    def check(project: Project, series: ReleaseSeries, declared_rust: Version) -> Failure | None:
        if declared_rust >= series.rust:
            return None
        return Failure(
            f"`rust-version` is {declared_rust}, and PyO3 {series.name} needs {series.rust}",
            where=project.show(project.crate.path),
            words={"needed": series.rust},
        )


def select_python(project: Project, version: Version | str, tools: Iterable[str]) -> str:
    """Return the commands that make these tools build with another Python."""
    if project.uv is None:
        return f"python{version} -m venv .venv && . .venv/bin/activate"
    # A pin is for uv; cargo gets the Python of the environment that it is run in.
    return "uv run cargo test" if set(tools) <= {"cargo"} else f"uv python pin {version}"


def _show(pythons: Mapping[str, Interpreter]) -> tuple[str, ...]:
    """Return which tool uses which Python, as evidence."""
    return tuple(f"{tool}: {python.name} at {python.path}" for tool, python in pythons.items())


def _series_for(versions: Iterable[Version]) -> str:
    """Return the first release series of PyO3 that supports the newest of some Pythons, or the latest series."""
    newest = max(versions)
    return next((series.name for series in release_series() if series.newest >= newest), release_series()[-1].name)
