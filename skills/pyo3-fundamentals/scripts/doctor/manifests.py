"""`pyproject.toml`, `Cargo.toml` and `Cargo.lock`, with what a workspace hands down filled in."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPAIR = "repair the file, then run `doctor` again"
TABLES = ("project", "build-system", "tool", "package", "lib", "features", "profile", "workspace", "dependencies")
TOOLS = ("maturin", "uv", "setuptools-rust")
KINDS = ("dependencies", "build-dependencies", "dev-dependencies")


@dataclass(frozen=True)
class Dependency:
    """A crate that a crate asks for.

    Attributes:
        name: The crate's name in the registry.
        kind: The table that it is in: `dependencies`.
        requirement: The versions that will do; empty for one without a version.
        features: What it has switched on.
    """

    name: str
    kind: str
    requirement: str
    features: tuple[str, ...]


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
        found: dict[str, Any] = self.data.get("lib", {})
        return found

    @property
    def library_name(self) -> str:
        """What the library is called; by default as the package."""
        return str(self.library.get("name") or self.field("name") or "").replace("-", "_")

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """The build profiles; cargo reads those of the workspace only."""
        found: dict[str, dict[str, Any]] = self.workspace.get("profile", {})
        return found

    def field(self, name: str) -> Any:
        """Return a field of `[package]`, from the workspace if it says so."""
        value = self.data.get("package", {}).get(name)
        if isinstance(value, dict) and value.get("workspace"):
            return self.workspace.get("workspace", {}).get("package", {}).get(name)
        return value

    def dependency(self, name: str) -> Dependency | None:
        """Return what the crate asks of another, if it does, outside of its tests."""
        found = [each for each in self.dependencies if each.name == name and each.kind != "dev-dependencies"]
        return found[0] if found else None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a pyproject.toml, a Cargo.toml or a configuration of cargo's.

    Raises:
        ScaffolderError: It can't be read, isn't TOML, or has something else where a table belongs.
    """
    data = _parse(path)
    for name, table in _tables(data):
        if not isinstance(table, dict):
            raise ScaffolderError(f"`{name}` in `{path}` is no table: `{table}`", REPAIR)
    return data


def _parse(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScaffolderError(f"`{path}` can't be read: {error}", REPAIR) from error


def _tables(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what has to be a table, by its name."""
    yield from ((name, data[name]) for name in TABLES if name in data)
    tools = data.get("tool", {})
    yield from ((f"tool.{name}", tools[name]) for name in TOOLS if name in tools)


def read_crate(path: Path) -> Crate:
    """Read a Cargo.toml, its workspace and its lock file.

    Args:
        path: The crate's Cargo.toml.

    Raises:
        ScaffolderError: One of them can't be read.
    """
    data = read_toml(path)
    workspace_path, workspace = _workspace(path, data)
    return Crate(
        path=path,
        data=data,
        workspace_path=workspace_path,
        workspace=workspace,
        dependencies=tuple(_dependencies(data, workspace)),
        lock=_lock(workspace_path.parent / "Cargo.lock"),
    )


def _workspace(path: Path, data: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Find the workspace that a crate belongs to, as cargo does: the next one upwards."""
    if "workspace" in data:
        return path, data
    for folder in path.parents[1:]:
        above = folder / "Cargo.toml"
        if above.is_file():
            found = read_toml(above)
            if "workspace" in found and _has_member(folder, found["workspace"], path.parent):
                return above, found
    return path, data


def _has_member(folder: Path, workspace: dict[str, Any], crate: Path) -> bool:
    """Tell whether a workspace has a crate."""
    excluded = {(folder / name).resolve() for name in workspace.get("exclude", [])}
    members = {found.resolve() for pattern in workspace.get("members", []) for found in folder.glob(pattern)}
    return crate.resolve() in members - excluded


def _dependencies(data: dict[str, Any], workspace: dict[str, Any]) -> Iterator[Dependency]:
    """Read all tables of dependencies, those for some targets included."""
    handed_down = workspace.get("workspace", {}).get("dependencies", {})
    for tables in (data, *data.get("target", {}).values()):
        for kind in KINDS:
            for key, value in tables.get(kind, {}).items():
                yield _dependency(key, kind, value, handed_down)


def _dependency(key: str, kind: str, value: Any, handed_down: dict[str, Any]) -> Dependency:
    """Read one dependency, in any of the ways of writing one."""
    given = value if isinstance(value, dict) else {"version": str(value)}
    base = handed_down.get(key, {}) if given.get("workspace") else {}
    base = base if isinstance(base, dict) else {"version": str(base)}
    features = [*base.get("features", []), *given.get("features", [])]
    merged = base | given
    return Dependency(str(merged.get("package", key)), kind, str(merged.get("version", "")), tuple(features))


def _lock(path: Path) -> dict[str, tuple[str, ...]]:
    """Read which versions cargo has settled on."""
    versions: dict[str, list[str]] = defaultdict(list)
    for package in _parse(path).get("package", []) if path.is_file() else []:
        versions[package["name"]].append(package["version"])
    return {name: tuple(found) for name, found in versions.items()}
