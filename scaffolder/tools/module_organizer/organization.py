"""A project's modules, read once: the tree in Rust and the Python package around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.crates import crates_by_path, read_crate
from scaffolder.anatomy.layout import UNSEARCHED
from scaffolder.anatomy.project import read_project
from scaffolder.errors import UsageError, listing
from scaffolder.files import Reader, is_file
from scaffolder.python.namespaces import read_namespace
from scaffolder.rust.crate_source import read_crate_source
from scaffolder.rust.pymodules import can_be_made, is_pickled, methods, native_items
from scaffolder.rust.registering import read_registry

if TYPE_CHECKING:
    from scaffolder.anatomy.crates import Crate
    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.anatomy.project import Project
    from scaffolder.python.namespaces import Namespace
    from scaffolder.rust.crate_source import CrateSource
    from scaffolder.rust.pymodules import Export, NativeItem, NativeModuleTree
    from scaffolder.rust.registering import Registry

DOTTED = re.compile(r"""["']([A-Za-z_]\w*(?:\.\w+)+)["']""")


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
        """What is defined and in no module; nothing that a macro may register."""
        return [
            item
            for item in native_items(self.crate)
            if item.kind != "module" and not self.registry.is_exported(item) and item.rust_name not in self.mentions
        ]

    @property
    def mentions(self) -> set[str]:
        """The Rust names that code mentions which can't be read."""
        return self.registry.mentions

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
    def touches_sys_modules(self) -> bool:
        """Whether anything in the project may put modules into `sys.modules`."""
        in_rust = any(re.search(rb'"modules"|sys\.modules', file.data) for file in self.crate.files.values())
        return in_rust or any("modules" in space.words for space in self.spaces.values())

    @cached_property
    def _dotted(self) -> set[str]:
        """The dotted names in the texts of the project."""
        texts = [file.data.decode("utf-8", "replace") for file in self.crate.files.values()]
        names = {name for text in texts for name in DOTTED.findall(text)}
        return names | {word for space in self.spaces.values() for word in space.words if "." in word}

    @cached_property
    def _names_in_sys_modules(self) -> dict[int, set[str] | None]:
        """The names of each submodule in `sys.modules`; none if that is not known."""
        if not self.touches_sys_modules:
            return {id(tree): set() for tree in self.trees.values()}
        by_last: dict[str, set[str]] = {}
        for name in self._dotted - set(self.spaces):
            by_last.setdefault(name.rpartition(".")[2], set()).add(name)
        return {id(tree): by_last.get(tree.name) for tree in self.trees.values()}

    def names_in_sys_modules(self, tree: NativeModuleTree) -> set[str] | None:
        """Return the names that a submodule has in `sys.modules`; none if that is not known."""
        return self._names_in_sys_modules[id(tree)]

    @cached_property
    def _importable(self) -> dict[str, NativeModuleTree | None]:
        """The modules in Rust by the names that `import` takes; none for one of which that is not known."""
        importable: dict[str, NativeModuleTree | None] = {}
        for name, tree in self.trees.items():
            names = {name} if tree is self.tree else self.names_in_sys_modules(tree)
            importable |= dict.fromkeys({name}) if names is None else dict.fromkeys(names, tree)
        return {name: tree for name, tree in importable.items() if name not in self.spaces or tree is self.tree}

    def exports_at(self, module: str) -> list[Export] | None:
        """Return what can be imported from a name that is a module in Rust; none if there is no such module."""
        tree = self._importable.get(module)
        return tree.exports if tree else None

    def has(self, module: str, name: str, seen: frozenset[str] = frozenset()) -> bool | None:
        """Return whether `from module import name` works; none if that is not known.

        Args:
            module: The module's full name.
            name: The name.
            seen: The modules that import all names from this one.
        """
        if module in self._importable:
            tree = self._importable[module]
            return _has(tree, name) if tree else None
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
            return False if module == self.tree.rust_module else None
        is_folder = any(name.startswith(f"{module}.") for name in self.spaces)
        return None if is_folder or (self.touches_sys_modules and module != own) else False

    def show(self, path: Path, line: int | None = None) -> str:
        """Return a place in the project."""
        return self.project.show(path) + (f":{line}" if line else "")


def _has(tree: NativeModuleTree, name: str) -> bool | None:
    """Return whether a module in Rust has a name."""
    if any(export.name == name for export in tree.exports):
        return True
    return False if tree.is_known else None


def read_organization(manifests: Manifests) -> Organization:
    """Read the modules of a project.

    Raises:
        UsageError: There is no `#[pymodule]`.
        ScaffolderError: A manifest can't be read.
    """
    project = read_project(manifests.folder, manifests=manifests)
    reader = Reader()
    crate = read_crate(manifests.require_crate())
    registries = _registries(crate, reader)
    extension = project.layout.extension
    candidates = [(registry, tree) for registry in registries for tree in registry.roots]
    match = next((pair for pair in candidates if pair[1].name == extension), None)
    match = match or (candidates[0] if len(candidates) == 1 else None)
    if match is None:
        raise _without_module(project, [tree.name for _, tree in candidates])
    registry, tree = match
    module = _full_name(project, tree.name)
    spaces = {space.name: space for space in _spaces(project, reader, ".py")}
    package = project.layout.package.name if project.layout.package else None
    organization = Organization(project, registry, tree, module, spaces, {}, package)
    stubs = {name: stub for name in organization.trees if (stub := _stub(project, name, reader))}
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


def _registries(crate: Crate, reader: Reader) -> list[Registry]:
    """Read a crate, and those that it depends on by a path: the module may be in one of them."""
    sources = []
    for member in (crate, *crates_by_path(crate)):
        path = member.folder / str(member.library.get("path") or "src/lib.rs")
        if is_file(path) and member.dependency("pyo3"):
            sources.append(read_crate_source(member.library_name, path, reader))
    for source in sources:
        source.externs.update({extern.name: extern for extern in sources if extern is not source})
    return [read_registry(source) for source in sources]


def _full_name(project: Project, name: str) -> str:
    """Return what the extension module is imported as."""
    layout = project.layout
    if "." in layout.module:
        return f"{layout.module.rpartition('.')[0]}.{name}"
    # maturin puts it into the package of its name, where there is one.
    inside = layout.package and not project.extensions and is_file(layout.package / "__init__.py")
    return f"{layout.module}.{name}" if inside else name


def _spaces(project: Project, reader: Reader, suffix: str) -> list[Namespace]:
    """Read the modules of the Python package."""
    package = project.layout.package
    spaces = []
    for path in reader.walk(package, (suffix,), lambda entry: entry.name in UNSEARCHED) if package else ():
        parts = path.relative_to(project.layout.source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if (source := reader.read(path)) is not None and (space := read_namespace(name, path, source)):
            spaces.append(space)
    return spaces


def _stub(project: Project, name: str, reader: Reader) -> Namespace | None:
    """Read the stub of a module in Rust."""
    base = project.layout.source.joinpath(*name.split("."))
    beside = Path(project.crate.folder, *name.split("."))
    places = [base / "__init__.pyi", base.with_name(f"{base.name}.pyi"), beside.with_name(f"{beside.name}.pyi")]
    for path in places:
        if is_file(path) and (source := reader.read(path)) is not None:
            return read_namespace(name, path, source)
    return None
