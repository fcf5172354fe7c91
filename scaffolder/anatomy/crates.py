"""`Cargo.toml` and `Cargo.lock`, with values inherited from the workspace filled in."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.manifests import parse_toml, read_toml, table_of
from scaffolder.anatomy.patterns import has_member
from scaffolder.errors import ScaffolderError
from scaffolder.files import UnreadableFileError, is_file, real

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("dependencies", "build-dependencies", "dev-dependencies")
CRATE_LIMIT = 1_000


@dataclass(frozen=True)
class Dependency:
    """A dependency of a crate.

    Attributes:
        key: What the crate calls it.
        name: The crate's name in the registry.
        kind: The table that it is in: `dependencies`.
        requirement: The versions that will do; empty for one without a version.
        features: What it has switched on.
        handed_down: Those of them that the workspace switches on.
        path: Where it is, from the crate's folder or from the workspace's, if that says so.
        git: The address of its repository, if it comes from one.
        inherits: Whether the workspace says what is asked for.
        has_defaults: Whether its default features are on.
    """

    key: str
    name: str
    kind: str
    requirement: str
    features: tuple[str, ...]
    handed_down: tuple[str, ...] = ()
    path: str | None = None
    git: str | None = None
    inherits: bool = False
    has_defaults: bool = True


@dataclass(frozen=True)
class Crate:
    """A Cargo.toml.

    Attributes:
        path: The file.
        data: What it says.
        workspace_path: The workspace's Cargo.toml; the same file if there is no other.
        workspace: What that says.
        dependencies: What it asks for.
        lock: The versions in Cargo.lock, by crate.
    """

    path: Path
    data: dict[str, Any]
    workspace_path: Path
    workspace: dict[str, Any]
    dependencies: tuple[Dependency, ...]
    lock: dict[str, tuple[str, ...]]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.path.parent

    @property
    def library(self) -> dict[str, Any]:
        """The table `[lib]`."""
        return table_of(self.data, "lib")

    @property
    def library_name(self) -> str:
        """The library's name, by default the package's."""
        return str(self.library.get("name") or self.field("name") or "").replace("-", "_")

    @property
    def library_types(self) -> tuple[str, ...]:
        """The library's crate types; cargo accepts either spelling."""
        return tuple(map(str, self.library.get("crate-type") or self.library.get("crate_type") or ()))

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """The build profiles; cargo reads those of the workspace only."""
        return table_of(self.workspace, "profile")

    @property
    def inherits(self) -> bool:
        """Whether it inherits anything from a workspace's Cargo.toml."""
        fields = [value for value in self.data.get("package", {}).values() if isinstance(value, dict)]
        tables = [*fields, self.data.get("lints", {})]
        inherited = any(dependency.inherits for dependency in self.dependencies)
        return inherited or any(table.get("workspace") for table in tables)

    def field(self, name: str) -> Any:
        """Return a field of `[package]`, inherited from the workspace where it says so."""
        value = self.data.get("package", {}).get(name)
        if isinstance(value, dict) and value.get("workspace"):
            return self.workspace.get("workspace", {}).get("package", {}).get(name)
        return value

    def dependency(self, name: str) -> Dependency | None:
        """Return the dependency on another crate, if there is one outside of the tests."""
        asked = (dependency for dependency in self.dependencies if dependency.kind != "dev-dependencies")
        return next((dependency for dependency in asked if dependency.name == name), None)


def read_crate(path: Path, root: Path | None = None) -> Crate:
    """Read a Cargo.toml, its workspace and its lock file.

    Args:
        path: The crate's Cargo.toml.
        root: The workspace's folder, if cargo said it.

    Raises:
        ScaffolderError: One of them can't be read.
    """
    data = read_toml(path)
    workspace_path, workspace = _workspace(path, data, root)
    return Crate(
        path=path,
        data=data,
        workspace_path=workspace_path,
        workspace=workspace,
        dependencies=tuple(_dependencies(data, workspace)),
        lock=_lock(workspace_path.parent / "Cargo.lock", str(data.get("package", {}).get("name", ""))),
    )


def crates_by_path(crate: Crate) -> list[Crate]:
    """Return the crates that a crate depends on by path, which are built with it.

    Args:
        crate: The crate.

    Raises:
        ScaffolderError: One of them can't be read.
    """
    # By where they are: through a link to itself, a folder has any number of names.
    crates = {real(crate.path): crate}
    waiting = [crate]
    while waiting and len(crates) < CRATE_LIMIT:
        dependent = waiting.pop()
        for dependency in dependent.dependencies:
            home = dependent.workspace_path.parent if dependency.inherits else dependent.folder
            path = Path(os.path.normpath(home / (dependency.path or "") / "Cargo.toml"))
            is_built = dependency.path and dependency.kind != "dev-dependencies"
            if is_built and real(path) not in crates and is_file(path):
                crates[real(path)] = read_crate(path)
                waiting.append(crates[real(path)])
    return list(crates.values())[1:]


def _workspace(path: Path, data: dict[str, Any], root: Path | None) -> tuple[Path, dict[str, Any]]:
    """Find the workspace that a crate belongs to, as cargo does: the next one upwards."""
    if "workspace" in data:
        return path, data
    # Cargo counts path dependencies of a member as members, too.
    if root is not None and real(root) != real(path.parent) and is_file(root / "Cargo.toml"):
        return root / "Cargo.toml", read_toml(root / "Cargo.toml")
    for folder in list(upwards(path.parent))[1:]:
        if is_file(folder / "Cargo.toml"):
            manifest = read_toml(folder / "Cargo.toml")
            if "workspace" in manifest and has_member(folder, manifest["workspace"], path.parent):
                return folder / "Cargo.toml", manifest
    return path, data


def _dependencies(data: dict[str, Any], workspace: dict[str, Any]) -> Iterator[Dependency]:
    """Read all dependency tables, including those for single targets."""
    handed_down = table_of(table_of(workspace, "workspace"), "dependencies")
    for tables in (data, *table_of(data, "target").values()):
        for kind in KINDS:
            for key, value in table_of(tables, kind).items():
                yield _dependency(key, kind, value, handed_down)


def _dependency(key: str, kind: str, value: Any, handed_down: dict[str, Any]) -> Dependency:
    """Read one dependency, in whichever form it is written."""
    fields = value if isinstance(value, dict) else {"version": str(value)}
    base = handed_down.get(key, {}) if fields.get("workspace") else {}
    base = base if isinstance(base, dict) else {"version": str(base)}
    inherited = tuple(map(str, base.get("features", [])))
    merged = base | fields
    return Dependency(
        key=key,
        name=str(merged.get("package", key)),
        kind=kind,
        requirement=str(merged.get("version", "")),
        features=(*inherited, *map(str, fields.get("features", []))),
        handed_down=inherited,
        path=str(merged["path"]) if "path" in merged else None,
        git=str(merged["git"]) if "git" in merged else None,
        inherits=bool(base),
        # What the workspace has switched on, a member can't switch off.
        has_defaults=bool((base or fields).get("default-features", True) or fields.get("default-features")),
    )


def _lock(path: Path, crate: str) -> dict[str, tuple[str, ...]]:
    """Read the locked versions of the packages that a crate is built with: a workspace locks more."""
    try:
        packages = parse_toml(path).get("package")
    except UnreadableFileError as error:
        if not error.missing:
            raise
        packages = None
    packages = packages if isinstance(packages, list) else []
    if not all(isinstance(package, dict) and {"name", "version"} <= set(package) for package in packages):
        raise ScaffolderError(f"`{path}` has a package without a name or a version", "run `cargo generate-lockfile`")
    versions: dict[str, list[str]] = defaultdict(list)
    for package in _reachable(packages, crate):
        versions[str(package["name"])].append(str(package["version"]))
    return {name: tuple(locked) for name, locked in versions.items()}


def _reachable(packages: list[dict[str, Any]], crate: str) -> list[dict[str, Any]]:
    """Return the packages that a crate depends on, directly or not; all of them if it is not in the lock file."""
    # A dependency is `name`, or `name version` where there are several.
    names = {str(package["name"]): package for package in packages}
    names |= {f"{package['name']} {package['version']}": package for package in packages}
    reached: dict[int, dict[str, Any]] = {}
    waiting = [names[crate]] if crate in names else []
    while waiting:
        package = waiting.pop()
        if id(package) not in reached:
            reached[id(package)] = package
            needed = package.get("dependencies")
            parts = (str(name).split(" (")[0] for name in (needed if isinstance(needed, list) else []))
            waiting += [names[name] for name in parts if name in names]
    return list(reached.values()) or packages
