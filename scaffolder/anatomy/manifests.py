"""`pyproject.toml`, `Cargo.toml` and `Cargo.lock`, with what a workspace hands down filled in."""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.patterns import matches
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator

REPAIR = "repair the file, then run `doctor` again"
TABLES = (
    "project", "build-system", "tool", "package", "lib", "features", "profile", "workspace", "dependencies", "target",
    "build-dependencies", "dev-dependencies", "tool.maturin", "tool.uv", "tool.setuptools-rust", "profile.*",
    "target.*", "workspace.package", "workspace.dependencies", "target.*.dependencies", "lints",
)  # fmt: skip
LISTS = (
    "build-system.requires", "project.dynamic", "tool.maturin.features", "tool.maturin.exclude", "tool.uv.cache-keys",
    "tool.maturin.python-packages", "tool.setuptools-rust.ext-modules", "lib.crate-type", "lib.crate_type",
    "features.*", "workspace.members", "workspace.exclude", "dependencies.*.features", "build-dependencies.*.features",
    "dev-dependencies.*.features", "workspace.dependencies.*.features", "target.*.*.*.features",
)  # fmt: skip
TEXTS = (
    "build-system.build-backend", "project.requires-python", "tool.maturin.manifest-path", "tool.maturin.module-name",
    "tool.maturin.python-source", "tool.maturin.bindings",
)  # fmt: skip
EXPECTED: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (dict, "table", TABLES), (list, "list", LISTS), (str, "text", TEXTS),
)  # fmt: skip
MARK = "\ufeff"  # a byte order mark, which some editors put before the text
KINDS = ("dependencies", "build-dependencies", "dev-dependencies")


@dataclass(frozen=True)
class Dependency:
    """A crate that a crate asks for.

    Attributes:
        key: What the crate calls it.
        name: The crate's name in the registry.
        kind: The table that it is in: `dependencies`.
        requirement: The versions that will do; empty for one without a version.
        features: What it has switched on.
        handed_down: Those of them that the workspace switches on.
        path: Where it is, from the crate's folder or from the workspace's, if that says so.
        inherits: Whether the workspace says what is asked for.
    """

    key: str
    name: str
    kind: str
    requirement: str
    features: tuple[str, ...]
    handed_down: tuple[str, ...] = ()
    path: str | None = None
    inherits: bool = False


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
    def library_types(self) -> tuple[str, ...]:
        """What the library is built as; cargo reads either name."""
        return tuple(map(str, self.library.get("crate-type") or self.library.get("crate_type") or ()))

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """The build profiles; cargo reads those of the workspace only."""
        found: dict[str, dict[str, Any]] = self.workspace.get("profile", {})
        return found

    @property
    def inherits(self) -> bool:
        """Whether it takes anything from a workspace's Cargo.toml."""
        fields = [value for value in self.data.get("package", {}).values() if isinstance(value, dict)]
        tables = [*fields, self.data.get("lints", {})]
        return any(table.get("workspace") for table in tables) or any(each.inherits for each in self.dependencies)

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
    for kind, word, names in EXPECTED:
        for name, value in (found for wanted in names for found in _at(data, wanted)):
            if not isinstance(value, kind):
                raise ScaffolderError(f"`{name}` in `{path}` is no {word}: `{value}`", REPAIR)
    return data


def table_of(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a file that may have something else there."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _parse(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        text = path.read_text(encoding="utf-8")
        # Cargo reads past the mark; pip does not.
        if text.startswith(MARK) and path.name == "pyproject.toml":
            raise ScaffolderError(f"`{path}` begins with a byte order mark", "save it as UTF-8 without the mark")
        return tomllib.loads(text.removeprefix(MARK))
    except (OSError, ValueError) as error:
        raise ScaffolderError(f"`{path}` can't be read: {error}", REPAIR) from error


def _at(data: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield what there is by a name with dots, where a star stands for any part."""
    first, _, rest = name.partition(".")
    for key in data if first == "*" else [first] if first in data else []:
        value = data[key]
        if not rest:
            yield key, value
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", found) for inner, found in _at(value, rest))


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
    """Return the crates that are built along with a crate, because it depends on them by a path.

    Args:
        crate: The crate.

    Raises:
        ScaffolderError: One of them can't be read.
    """
    found = {crate.path: crate}
    waiting = [crate]
    while waiting:
        one = waiting.pop()
        for each in one.dependencies:
            home = one.workspace_path.parent if each.inherits else one.folder
            path = Path(os.path.normpath(home / (each.path or "") / "Cargo.toml"))
            if each.path and each.kind != "dev-dependencies" and path not in found and path.is_file():
                found[path] = read_crate(path)
                waiting.append(found[path])
    return list(found.values())[1:]


def _workspace(path: Path, data: dict[str, Any], root: Path | None) -> tuple[Path, dict[str, Any]]:
    """Find the workspace that a crate belongs to, as cargo does: the next one upwards."""
    if "workspace" in data:
        return path, data
    # Crates that a member depends on by a path are members, too, and cargo knows them.
    if root is not None and root.resolve() != path.parent.resolve() and (root / "Cargo.toml").is_file():
        return root / "Cargo.toml", read_toml(root / "Cargo.toml")
    for folder in path.parents[1:]:
        above = folder / "Cargo.toml"
        if above.is_file():
            found = read_toml(above)
            if "workspace" in found and _has_member(folder, found["workspace"], path.parent):
                return above, found
    return path, data


def _has_member(folder: Path, workspace: dict[str, Any], crate: Path) -> bool:
    """Tell whether a workspace has a crate."""
    excluded = {(folder / str(name)).resolve() for name in workspace.get("exclude", [])}
    members = {found.resolve() for pattern in workspace.get("members", []) for found in matches(folder, str(pattern))}
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
    inherited = tuple(map(str, base.get("features", [])))
    merged = base | given
    return Dependency(
        key=key,
        name=str(merged.get("package", key)),
        kind=kind,
        requirement=str(merged.get("version", "")),
        features=(*inherited, *map(str, given.get("features", []))),
        handed_down=inherited,
        path=str(merged["path"]) if "path" in merged else None,
        inherits=bool(base),
    )


def _lock(path: Path, crate: str) -> dict[str, tuple[str, ...]]:
    """Read which versions cargo has settled on, of what a crate is built with: a workspace has more."""
    versions: dict[str, list[str]] = defaultdict(list)
    packages = _list(_parse(path).get("package")) if path.is_file() else []
    if not all(isinstance(package, dict) and {"name", "version"} <= set(package) for package in packages):
        raise ScaffolderError(f"`{path}` has a package without a name or a version", "run `cargo generate-lockfile`")
    for package in _reachable(packages, crate):
        versions[str(package["name"])].append(str(package["version"]))
    return {name: tuple(found) for name, found in versions.items()}


def _reachable(packages: list[dict[str, Any]], crate: str) -> list[dict[str, Any]]:
    """Return the packages that a crate leads to; all of them, if it is not in the lock file."""
    # A dependency is `name`, or `name version` where there are several.
    names = {str(package["name"]): package for package in packages}
    names |= {f"{package['name']} {package['version']}": package for package in packages}
    reached: dict[int, dict[str, Any]] = {}
    waiting = [names[crate]] if crate in names else []
    while waiting:
        package = waiting.pop()
        if id(package) not in reached:
            reached[id(package)] = package
            parts = (str(name).split(" (")[0] for name in _list(package.get("dependencies")))
            waiting += [names[name] for name in parts if name in names]
    return list(reached.values()) or packages


def _list(value: Any) -> list[Any]:
    """Return a list, if it is one."""
    return value if isinstance(value, list) else []
