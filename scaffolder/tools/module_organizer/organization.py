"""A project's modules, read once: the tree in Rust and the Python package around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scaffolder.anatomy.project import read_project
from scaffolder.anatomy.sources import full_name, names_in_sys_modules, read_registries
from scaffolder.errors import UsageError, listing
from scaffolder.files import Reader
from scaffolder.python.namespaces import read_package, read_stub
from scaffolder.rust.pymodules import can_be_made, is_pickled, methods, native_items

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.anatomy.project import Project
    from scaffolder.python.namespaces import Namespace
    from scaffolder.rust.crate_source import CrateSource
    from scaffolder.rust.pymodules import NativeItem, NativeModuleTree
    from scaffolder.rust.registering import Registry


@dataclass(frozen=True)
class Organization:
    """The modules of a project.

    Attributes:
        project: The project.
        registry: What its crate registers.
        tree: The extension module.
        module: The extension module's full name.
        spaces: The modules of the Python package, by their full names.
        stubs: The stubs of the modules in Rust, by the modules' full names.
        package: The name of the Python package that was read, if there is one.
    """

    project: Project
    registry: Registry
    tree: NativeModuleTree
    module: str
    spaces: dict[str, Namespace]
    stubs: dict[str, Namespace]
    package: str | None

    @property
    def crate(self) -> CrateSource:
        """The crate that the extension module is in."""
        return self.registry.crate

    @cached_property
    def trees(self) -> dict[str, NativeModuleTree]:
        """The modules in Rust, by their names from the extension module on."""
        prefix = self.module.rpartition(".")[0]
        return {".".join(filter(None, [prefix, *path])): tree for path, tree in self.tree.walk()}

    @cached_property
    def left_out(self) -> list[NativeItem]:
        """What is defined and in no module; nothing that a macro, or a value of the same name, may register."""
        exports = (export for tree in self.trees.values() for export in tree.exports)
        values = {export.name for export in exports if not export.item and not export.module}
        return [
            item
            for item in native_items(self.crate)
            if item.kind != "module" and not self.registry.is_exported(item)
            and item.rust_name not in self.registry.mentions and item.name not in values
        ]  # fmt: skip

    @cached_property
    def methods(self) -> dict[str, set[str]]:
        """The Python methods by Rust type."""
        return methods(self.crate)

    def is_meant_for_callers(self, item: NativeItem) -> bool:
        """Whether Python can do nothing with an item that is in no module: a class may be made by Rust only."""
        return item.kind != "class" or can_be_made(item, self.methods)

    def is_pickled(self, item: NativeItem) -> bool:
        """Whether a class, or an exception, is pickled by its module's name."""
        return item.kind == "exception" or is_pickled(item, self.methods)

    @cached_property
    def _sys_modules(self) -> dict[str, set[str]] | None:
        return names_in_sys_modules(self.crate, self.spaces)

    def names_in_sys_modules(self, tree: NativeModuleTree) -> set[str] | None:
        """Return the names that a submodule has in `sys.modules`; none if that is not known."""
        return set() if self._sys_modules is None else self._sys_modules.get(tree.name)

    @cached_property
    def _importable(self) -> dict[str, NativeModuleTree | None]:
        """The modules in Rust by the names that `import` takes; none for one of which that is not known."""
        importable: dict[str, NativeModuleTree | None] = {}
        for name, tree in self.trees.items():
            names = {name} if tree is self.tree else self.names_in_sys_modules(tree)
            importable |= dict.fromkeys({name}) if names is None else dict.fromkeys(names, tree)
        if self.package is None and "." not in self.module:
            # maturin makes a package of an extension without one.
            importable[f"{self.module}.{self.module}"] = self.tree
        return {name: tree for name, tree in importable.items() if name not in self.spaces or tree is self.tree}

    def is_native(self, module: str) -> bool:
        """Whether `import` leads to a module in Rust, as far as that is known."""
        return self._importable.get(module) is not None

    def has(self, module: str, name: str, seen: frozenset[str] = frozenset()) -> bool | None:
        """Return whether `from module import name` works; none if that is not known.

        Args:
            module: The module's full name.
            name: The name.
            seen: The modules that import all names from this one.
        """
        if module in self._importable:
            tree = self._importable[module]
            has_name = tree and any(export.name == name for export in tree.exports)
            return True if has_name else False if tree and tree.is_known else None
        if module in self.spaces:
            return self._binds(self.spaces[module], name, seen)
        return False if module in self.trees else self._is_missing(module)

    def _binds(self, space: Namespace, name: str, seen: frozenset[str]) -> bool | None:
        """Return whether a Python module has a name."""
        if name in space.names or f"{space.name}.{name}" in self.spaces:
            return True
        if space.is_dynamic:
            return None
        answers = [self.has(star, name, seen | {space.name}) for star in space.stars if star not in seen]
        return True if True in answers else None if None in answers else False

    def _is_missing(self, module: str) -> bool | None:
        """Return that a module does not exist, as far as that is known."""
        if module == "builtins":
            return False
        top, own = module.partition(".")[0], self.module.partition(".")[0]
        if top != own:
            # Without a package, it is the name that PyO3 has for the extension module.
            return False if module == self.tree.rust_module and "." not in module else None
        is_folder = any(name.startswith(f"{module}.") for name in self.spaces)
        return None if is_folder or (self._sys_modules is not None and module != own) else False

    def show(self, path: Path, line: int | None = None) -> str:
        """Return a place in the project."""
        return self.project.show(path) + (f":{line}" if line else "")


def read_organization(manifests: Manifests) -> Organization:
    """Read the modules of a project.

    Raises:
        UsageError: There is no `#[pymodule]`.
        ScaffolderError: A manifest can't be read.
    """
    project = read_project(manifests.folder, manifests=manifests)
    reader = Reader()
    registries = read_registries(project, reader)
    extension = project.layout.extension
    candidates = [(registry, tree) for registry in registries for tree in registry.roots]
    match = next((pair for pair in candidates if pair[1].name == extension), None)
    match = match or (candidates[0] if len(candidates) == 1 else None)
    if match is None:
        raise _without_module(project, [tree.name for _, tree in candidates])
    registry, tree = match
    module = full_name(project, tree.name)
    spaces = {space.name: space for space in read_package(project.layout, reader)}
    package = project.layout.package.name if project.layout.package else None
    organization = Organization(project, registry, tree, module, spaces, {}, package)
    stubs = {
        name: stub
        for name in organization.trees
        if (stub := read_stub(project.layout, name, project.crate.folder, reader))
    }
    return Organization(project, registry, tree, module, spaces, stubs, package)


def _without_module(project: Project, names: list[str]) -> UsageError:
    place = project.show(project.crate.path)
    if not names:
        return UsageError(
            f"the crate of `{place}` has no `#[pymodule]`", "name the folder of an extension module: `--project DIR`"
        )
    return UsageError(
        f"none of the modules {listing(names, 'and')} is `{project.layout.module}`",
        "set `module-name` in `[tool.maturin]` to the one that is built",
    )
