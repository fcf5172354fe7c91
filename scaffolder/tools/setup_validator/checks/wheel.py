"""What gets into the wheel, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import ProjectCheck, Section

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project


class Stubs(ProjectCheck):
    """The extension module has stubs, so that type checkers and editors see what is in it."""

    id = "stubs"
    level = "note"
    see = Section("documentation", "stubs")

    def passes(self, project: Project) -> bool | None:
        """Describe the module in `$stub`; maturin can write it from the Rust code.

        ```
        maturin generate-stubs --help
        ```
        """
        if not project.is_extension:
            return None
        layout = project.layout
        nested = layout.package is not None and "." not in layout.module
        path = f"{layout.module}/{layout.module}" if nested else layout.module.replace(".", "/")
        self.words = {"stub": f"{path}.pyi"}
        self.found = (
            f"there are no stubs for `{layout.module}`: to a type checker everything in it is `Any`, or missing"
        )
        return any(_describes(path, project) for path in layout.stubs)


class TypedMarker(ProjectCheck):
    """A package with stubs says that it has types."""

    id = "typed-marker"
    level = "warning"
    see = Section("troubleshooting", "stubs-missing")

    def passes(self, project: Project) -> bool | None:
        """Add the empty file that says so.

        ```
        touch $package/py.typed
        ```
        """
        layout = project.layout
        if layout.package is None or not layout.stubs:
            return None
        self.words = {"package": project.show(layout.package)}
        self.where = project.show(layout.package)
        self.found = "there are stubs but no `py.typed`, so type checkers don't read them from the wheel"
        return layout.typed

    def repair(self, project: Project, draft: Draft) -> None:
        """Add it."""
        if project.layout.package is not None:
            draft.create(project.layout.package / "py.typed")


class TypesInWheel(ProjectCheck):
    """Stubs and `py.typed` get into the wheel."""

    id = "types-in-wheel"
    level = "warning"
    see = Section("troubleshooting", "stubs-missing")

    def passes(self, project: Project) -> bool | None:
        """Take the pattern out of `exclude`, or let it say `sdist` only.

        ```toml
        exclude = [{ path = "$pattern", format = "sdist" }]
        ```
        """
        layout = project.layout
        if project.builder != "maturin" or layout.package is None or not layout.types:
            return None
        left_out = [path for path in layout.types if path in project.excluded]
        self.where = "pyproject.toml"
        self.words = {"pattern": project.excluded[left_out[0]] if left_out else ""}
        self.found = "`exclude` leaves types out of the wheel"
        self.evidence = "\n".join(f"{project.excluded[path]}: {project.show(path)}" for path in left_out)
        return not left_out


def _describes(stub: Path, project: Project) -> bool:
    """Tell whether a stub is that of the extension module, or of the package that takes its names over."""
    layout = project.layout
    if stub.stem == "__init__":
        return stub.parent == layout.package or stub.parent.name == layout.extension
    return stub.stem == layout.extension
