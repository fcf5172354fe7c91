"""Checks of what the wheel has for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.anatomy.draft import Create
from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.layout import Layout
    from scaffolder.anatomy.project import Project
    from scaffolder.rust.modules import NativeModule


class Stubs(Check):
    """The extension module has stubs, so that type checkers and editors see what is in it."""

    id = "stubs"
    level = "note"
    see = Section("documentation", "stubs")
    fix = """
    Describe the module in `$stub`; maturin can write it from the Rust code
    maturin generate-stubs --help
    """

    # Without a `#[pymodule]` the library is not imported, but opened by its symbols.
    @staticmethod
    def check(extension: Project, modules: tuple[NativeModule, ...], all_stubs: tuple[Path, ...]) -> Failure | None:
        layout = extension.layout
        if not modules or any(_describes(path, layout) for path in all_stubs):
            return None
        nested = layout.package is not None and "." not in layout.module
        parts = [layout.module, layout.module] if nested else layout.module.split(".")
        stub = layout.source.joinpath(*parts[:-1], f"{parts[-1]}.pyi")
        return Failure(
            f"there are no stubs for `{layout.module}`: to a type checker everything in it is `Any`, or missing",
            words={"stub": extension.show(stub)},
            fix=None if extension.builder == "maturin" else "Describe the module in `$stub`",
        )


class TypedMarker(Check):
    """A package with stubs says that it has types."""

    id = "typed-marker"
    level = "warning"
    see = Section("troubleshooting", "stubs-missing")
    fix = """
    Add the empty file that says so
    touch $package/py.typed
    """

    @staticmethod
    def check(project: Project, package: Path, stubs: tuple[Path, ...]) -> Failure | None:
        if project.layout.typed:
            return None
        return Failure(
            f"the package has stubs ({len(stubs)}) but no `py.typed`, so type checkers ignore them once it's installed",
            where=project.show(package),
            words={"package": project.show(package)},
            edits=(Create(package / "py.typed"),),
        )


class TypesInWheel(Check):
    """Stubs and `py.typed` get into the wheel."""

    id = "types-in-wheel"
    level = "warning"
    see = Section("troubleshooting", "stubs-missing")
    fix = """
    Remove the pattern from `exclude`, or limit it to `sdist`
    exclude = [{ path = "$pattern", format = "sdist" }]
    """

    @staticmethod
    def check(maturin_project: Project, types: tuple[Path, ...]) -> Failure | None:
        excluded = {path: maturin_project.excluded[path] for path in types if path in maturin_project.excluded}
        if not excluded:
            return None
        return Failure(
            "`exclude` leaves types out of the wheel",
            where="pyproject.toml",
            evidence=tuple(f"{pattern}: {maturin_project.show(path)}" for path, pattern in excluded.items()),
            words={"pattern": next(iter(excluded.values()))},
        )


def _describes(stub: Path, layout: Layout) -> bool:
    """Return whether a stub describes the extension module, or the package that re-exports it."""
    if stub.stem == "__init__":
        return stub.parent == layout.package or stub.parent.name == layout.extension
    return stub.stem == layout.extension
