"""The names that must agree, so that Python finds the module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.anatomy.draft import Put
from scaffolder.tools.setup_validator.check import Check, Failure, Section, quote_names

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Edit
    from scaffolder.anatomy.layout import Import
    from scaffolder.anatomy.project import Project
    from scaffolder.machine.cargo import CargoMetadata
    from scaffolder.rust.modules import NativeModule
    from scaffolder.tools.setup_validator.facts import ManifestText

TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<[a-z][a-z _-]*>|@[A-Z][A-Z_]+@")
# What generators write for the author to replace.
SAMPLE_TEXTS = {"Add your description here", "Your Name", "you@example.com", "your@email.com", "author@example.com"}
SETTINGS = ("tool", "maturin")


class Placeholders(Check):
    """What a template leaves to fill in has been filled in."""

    id = "placeholders"
    level = "warning"
    see = Section("project-anatomy", "names")
    fix = "Fill it in; if this is the template of a project, run `doctor` on a project made from it"

    @staticmethod
    def check(manifest_texts: tuple[ManifestText, ...]) -> Failure | None:
        template = [entry for entry in manifest_texts if TEMPLATE.search(entry.text)]
        samples = [entry for entry in manifest_texts if entry.text.strip() in SAMPLE_TEXTS]
        if not (entries := template or samples):
            return None
        return Failure(
            f"placeholders are left in {quote_names(dict.fromkeys(entry.file for entry in entries))}",
            where=entries[0].file,
            evidence=tuple(f"{entry.key} = {entry.text!r}" for entry in entries),
            level="warning" if template else "note",
        )


class ModuleName(Check):
    """The module in Rust has the name that Python imports."""

    id = "module-name"
    see = Section("troubleshooting", "init-function-missing")
    fix = """
    Give the `#[pymodule]` the name `$extension`, or say which module it is
    $place
    $key = "$package$module"
    """

    @staticmethod
    def check(extension: Project, modules: tuple[NativeModule, ...]) -> Failure | None:
        layout, names = extension.layout, [module.name for module in modules]
        if layout.extension in names or not layout.extension:
            return None
        package = layout.module.rpartition(".")[0]
        setting = "module-name" if "module-name" in extension.maturin else "the library's name"
        setting = "setuptools-rust's `target`" if extension.extensions else setting
        return Failure(
            f"the module in Rust is {quote_names(names)}, but {setting} says `{layout.module}`: the import would fail",
            where=f"{extension.show(modules[0].path)}:{modules[0].line}",
            words={
                **module_setting(extension),
                "extension": layout.extension,
                "package": f"{package}." if package else "",
                "module": names[0],
            },
            edits=_name_module(extension, names),
        )


class NativeImport(Check):
    """The package imports its extension module by that module's name."""

    id = "native-import"
    see = Section("project-anatomy", "names")
    fix = """
    Import `$module`, or call the extension module as the package does
    $place
    $key = "$imported"
    """

    @staticmethod
    def check(extension: Project, native_imports: tuple[Import, ...]) -> Failure | None:
        layout = extension.layout
        # Another module may be made by the build: a version file, a second extension.
        if any(f"{entry.name}.".startswith(f"{layout.module}.") for entry in native_imports):
            return None
        first = native_imports[0]
        return Failure(
            f"`{first.name}` is imported, which is not a Python file, and the extension module is `{layout.module}`",
            where=f"{extension.show(first.path)}:{first.line}",
            words={**module_setting(extension), "module": layout.module, "imported": first.name},
        )


class PackageFolder(Check):
    """The Python package that the extension module belongs to is there."""

    id = "package-folder"
    see = Section("troubleshooting", "python-source-missing")
    fix = """
    Make the package, or name the folder that it is in
    [tool.maturin]
    python-source = "python"
    """

    @staticmethod
    def check(packaged: Project) -> Failure | None:
        layout, elsewhere = packaged.layout, packaged.packages_elsewhere
        if layout.package is not None:
            return None
        package = layout.source / layout.module.partition(".")[0]
        edit = Put(packaged.pyproject_path, (*SETTINGS, "python-source"), elsewhere[0] if elsewhere else "")
        return Failure(
            f"there is no package `{packaged.show(package)}/`, where `{layout.module}` belongs",
            where="pyproject.toml",
            evidence=tuple(f"there is `{name}/{package.name}/`" for name in elsewhere),
            edits=(edit,) if len(elsewhere) == 1 else (),
        )


class ImportName(Check):
    """The module is imported by a name like that of the project."""

    id = "import-name"
    level = "note"
    see = Section("project-anatomy", "names")
    fix = """
    Name the library, the `#[pymodule]` and the module after the project
    [lib]
    name = "$name"
    """

    @staticmethod
    def check(extension: Project, modules: tuple[NativeModule, ...], name: str) -> Failure | None:
        imported = extension.layout.module.partition(".")[0]
        first, second = (re.sub(r"[^a-z0-9]", "", text.lower()) for text in (name, imported))
        if not modules or first in second or second in first:
            return None
        return Failure(
            f"what installs as `{name}` is imported as `{imported}`",
            where="Cargo.toml" if "." not in extension.layout.module else "pyproject.toml",
            words={"name": re.sub(r"[-.]+", "_", name.lower())},
        )


class UniqueLibraryName(Check):
    """No other project makes a library of the same name in the target folder."""

    id = "unique-library-name"
    see = Section("project-anatomy", "cargo-manifest")
    fix = """
    Give the library a name of its own; the module keeps its own
    [lib]
    name = "${name}_core"
    $place
    $key = "$module"
    """

    @staticmethod
    def check(project: Project, cargo_metadata: CargoMetadata) -> Failure | None:
        if not project.neighbours:
            return None
        name = str(project.metadata.get("name") or project.crate.field("name") or "package")
        library = project.crate.library_name
        return Failure(
            f"another project builds `{library}` there, too: a build may install that project's library",
            where=str(cargo_metadata.target),
            evidence=project.neighbours,
            words={
                **module_setting(project),
                "name": re.sub(r"[-.]+", "_", name),
                "module": project.layout.module,
            },
        )


def module_setting(project: Project) -> dict[str, str]:
    """Return the place and the key of the extension module's name."""
    if project.extensions:
        return {"place": project.extensions[0].setting, "key": "target"}
    return {"place": "[tool.maturin]", "key": "module-name"}


def _name_module(project: Project, names: list[str]) -> tuple[Edit, ...]:
    """Set the Rust module's name in `[tool.maturin]`, if the package imports it."""
    if project.builder != "maturin" or len(set(names)) != 1:
        return ()
    package = project.layout.module.rpartition(".")[0]
    name = f"{package}." * bool(package) + names[0]
    imported = {entry.name for entry in project.layout.missing_imports}
    if project.layout.package and name not in imported:
        return ()
    return (Put(project.pyproject_path, (*SETTINGS, "module-name"), name),)
