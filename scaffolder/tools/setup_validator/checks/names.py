"""The names that must agree, so that Python finds the module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffolder.tools.setup_validator.check import ProjectCheck, Section, listing

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project


class ModuleName(ProjectCheck):
    """The module in Rust has the name that Python imports."""

    id = "module-name"
    see = Section("troubleshooting", "init-function-missing")

    def passes(self, project: Project) -> bool | None:
        """Give the `#[pymodule]` the name `$extension`, or say which module it is.

        ```toml
        $place
        $key = "$package$module"
        ```
        """
        layout = project.layout
        names = [module.name for module in project.modules]
        if not project.is_extension or not names or not layout.extension:
            return None
        place = project.modules[0]
        self.where = f"{project.show(place.path)}:{place.line}"
        package = layout.module.rpartition(".")[0]
        self.words = {"extension": layout.extension, "package": f"{package}." if package else "", "module": names[0]}
        self.words |= {"place": "[tool.maturin]", "key": "module-name"}
        given = "module-name" if "module-name" in project.maturin else "the library's name"
        if project.extensions:
            self.words |= {"place": project.extensions[0].setting, "key": "target"}
            given = "setuptools-rust's `target`"
        self.found = (
            f"the module in Rust is {listing(names)}, but {given} says `{layout.module}`: the import would fail"
        )
        return layout.extension in names

    def repair(self, project: Project, draft: Draft) -> None:
        """Say in `[tool.maturin]` what the module in Rust is called, if the package imports that."""
        names = {module.name for module in project.modules}
        if project.builder != "maturin" or len(names) != 1:
            return
        package = project.layout.module.rpartition(".")[0]
        name = f"{package}." * bool(package) + names.pop()
        wanted = {each.name for each in project.layout.missing_imports}
        if not project.layout.package or name in wanted:
            _settings(project, draft)["module-name"] = name


class NativeImport(ProjectCheck):
    """The package imports its extension module by that module's name."""

    id = "native-import"
    see = Section("project-anatomy", "names")

    def passes(self, project: Project) -> bool | None:
        """Import `$module`, or call the extension module as the package does.

        ```toml
        [tool.maturin]
        module-name = "$imported"
        ```
        """
        layout = project.layout
        if layout.package is None or not layout.missing_imports:
            return None
        certain = [each for each in layout.missing_imports if each.always]
        # Another module may be made by the build: a version file, a second extension.
        if any(
            each.name == layout.module or each.name.startswith(f"{layout.module}.") for each in layout.missing_imports
        ):
            return True
        if not certain:
            return None
        first = certain[0]
        self.where = f"{project.show(first.path)}:{first.line}"
        self.words = {"module": layout.module, "imported": first.name}
        self.found = (
            f"`{first.name}` is imported, which is no Python file, and the extension module is `{layout.module}`"
        )
        return False


class PackageFolder(ProjectCheck):
    """The Python package that the extension module belongs to is there."""

    id = "package-folder"
    see = Section("troubleshooting", "python-source-missing")

    def passes(self, project: Project) -> bool | None:
        """Make the package, or name the folder that it is in.

        ```toml
        [tool.maturin]
        python-source = "python"
        ```
        """
        if project.builder != "maturin":
            return None
        elsewhere = project.packages_elsewhere
        if not (elsewhere or "python-source" in project.maturin or "." in project.layout.module):
            return None
        package = project.layout.source / project.layout.module.partition(".")[0]
        self.where = "pyproject.toml"
        self.found = f"there is no package `{project.show(package)}/`, where `{project.layout.module}` belongs"
        self.evidence = "\n".join(f"there is `{name}/{package.name}/`" for name in elsewhere)
        return project.layout.package is not None

    def repair(self, project: Project, draft: Draft) -> None:
        """Name the folder that has the package, if there is one only."""
        if len(project.packages_elsewhere) == 1:
            [folder] = project.packages_elsewhere
            _settings(project, draft)["python-source"] = folder


class ImportName(ProjectCheck):
    """The module is imported by a name like that of the project."""

    id = "import-name"
    level = "note"
    see = Section("project-anatomy", "names")

    def passes(self, project: Project) -> bool | None:
        """Name the library, the `#[pymodule]` and the module after the project.

        ```toml
        [lib]
        name = "$name"
        ```
        """
        given = str(project.metadata.get("name", ""))
        if not project.is_extension or not given:
            return None
        imported = project.layout.module.partition(".")[0]
        plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in (given, imported)]
        self.words = {"name": re.sub(r"[-.]+", "_", given.lower())}
        self.found = f"what installs as `{given}` is imported as `{imported}`"
        self.where = "Cargo.toml" if "." not in project.layout.module else "pyproject.toml"
        return plain[0] in plain[1] or plain[1] in plain[0]


class UniqueLibraryName(ProjectCheck):
    """No other project makes a library of the same name in the target folder."""

    id = "unique-library-name"
    see = Section("project-anatomy", "cargo-manifest")

    def passes(self, project: Project) -> bool | None:
        """Give the library a name of its own; the module keeps its own.

        ```toml
        [lib]
        name = "${name}_core"
        [tool.maturin]
        module-name = "$module"
        ```
        """
        if project.cargo_metadata is None or project.cargo_metadata.problem:
            return None
        name = re.sub(r"[-.]+", "_", str(project.metadata.get("name") or project.crate.field("name") or "package"))
        self.words = {"name": name, "module": project.layout.module}
        self.where = str(project.cargo_metadata.target)
        self.found = (
            f"another project builds `{project.crate.library_name}` there, too: a build may install that one's library"
        )
        self.evidence = "\n".join(project.neighbours)
        return not project.neighbours


def _settings(project: Project, draft: Draft) -> Any:
    """Return `[tool.maturin]` to change; it may be that there is none yet."""
    return draft.toml(project.pyproject_path).setdefault("tool", {}).setdefault("maturin", {})
