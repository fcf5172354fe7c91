"""Crates whose programs run Python: their programs, and the features of PyO3 that are set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.crates import crates_by_path, read_crate
from scaffolder.anatomy.layout import SKIPPED
from scaffolder.anatomy.manifests import parse_toml, read_toml, table_of
from scaffolder.anatomy.patterns import has_member
from scaffolder.anatomy.project import PYO3_CRATES
from scaffolder.errors import UsageError, listing
from scaffolder.files import Reader, is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.crates import Crate, Dependency

MANIFEST = "Cargo.toml"
# They depend on PyO3, and leave the start of Python to the program.
PASSIVE = PYO3_CRATES | {
    "numpy", "pyo3-log", "pyo3-async-runtimes", "pyo3-macros", "pyo3-macros-backend", "pyo3-build-config", "pythonize",
    "pyo3-arrow", "pyo3-polars", "pyo3-file", "pyo3-bytes", "pyo3-object_store", "serde-pyobject",
}  # fmt: skip


@dataclass(frozen=True)
class HostCrate:
    """A crate with programs that are built with PyO3.

    Attributes:
        crate: Its manifest.
        programs: The names of its programs.
        relatives: The crates that it depends on by path.
    """

    crate: Crate
    programs: tuple[str, ...]
    relatives: tuple[Crate, ...]

    @property
    def name(self) -> str:
        """The package's name."""
        return str(self.crate.field("name"))

    @cached_property
    def _asks(self) -> list[tuple[tuple[str, ...], Path]]:
        return list(_asks_for_pyo3(self.crate, (), defaults=True, seen=set()))

    @property
    def is_certain(self) -> bool:
        """Whether it is built with PyO3 for certain: a lock file also names what is optional."""
        return bool(self._asks)

    @property
    def features(self) -> dict[str, Path]:
        """The features of PyO3 that are set by default, with the manifest that sets each."""
        return {feature: path for features, path in self._asks for feature in features}

    @cached_property
    def build_script(self) -> Path | None:
        """Its build script, if it has one."""
        named = self.crate.field("build")
        path = self.crate.folder / (named if isinstance(named, str) else "build.rs")
        return path if named is not False and is_file(path) else None

    @cached_property
    def starters(self) -> tuple[str, ...] | None:
        """Crates of others that depend on PyO3, and may start Python; none if nothing is locked."""
        path = self.crate.workspace_path.parent / "Cargo.lock"
        packages = parse_toml(path).get("package") if is_file(path) else None
        if not isinstance(packages, list):
            return None
        own = {str(crate.field("name")) for crate in (self.crate, *self.relatives)}
        names = {
            str(package.get("name"))
            for package in packages
            if isinstance(package, dict)
            and any(str(name).split()[0] in PYO3_CRATES for name in package.get("dependencies", ()))
        }
        return tuple(sorted(names - own - PASSIVE))


def find_host_crates(folder: Path, package: str | None) -> list[HostCrate]:
    """Return the crates in a folder whose programs are built with PyO3.

    Args:
        folder: The folder of a crate or of a workspace.
        package: The only one to take, by name.

    Raises:
        UsageError: There is none, or none of that name.
        ScaffolderError: A manifest can't be read.
    """
    crates = list(_crates(folder))
    if package:
        names = [str(crate.field("name")) for crate in crates]
        crates = [crate for crate in crates if crate.field("name") == package]
        if not crates:
            raise UsageError(f"there is no package `{package}` in `{folder}`", f"it has {listing(names, 'and')}")
    hosts = [host for crate in crates if (host := _host(crate))]
    if not hosts:
        raise UsageError(
            _reason(folder, crates), "name the folder of a crate with `src/main.rs` that depends on `pyo3`"
        )
    return hosts


def _crates(folder: Path) -> Iterator[Crate]:
    manifest = read_toml(folder / MANIFEST)
    if "package" in manifest:
        yield read_crate(folder / MANIFEST)
    if (workspace := table_of(manifest, "workspace")) or "workspace" in manifest:
        skip = SKIPPED | {"vendor"}
        paths = Reader().walk(folder, (MANIFEST,), lambda entry: entry.name in skip or entry.name.startswith("."))
        for path in paths:
            if path.name == MANIFEST and path.parent != folder and has_member(folder, workspace, path.parent):
                yield read_crate(path, folder)


def _reason(folder: Path, crates: list[Crate]) -> str:
    """Return why there is no host."""
    if any("cdylib" in crate.library_types and _uses_pyo3(crate) for crate in crates):
        return f"`{folder}` holds an extension module, and no program that runs Python"
    if any(True for crate in crates for _ in _programs(crate)):
        return f"no program in `{folder}` is built with PyO3"
    return f"there is no program in `{folder}`"


def _host(crate: Crate) -> HostCrate | None:
    programs = tuple(_programs(crate))
    relatives = crates_by_path(crate) if programs else []
    is_built_with = _uses_pyo3(crate) or any(_uses_pyo3(relative) for relative in relatives)
    if not programs or not is_built_with or ("cdylib" in crate.library_types and not _names_python(crate)):
        return None
    return HostCrate(crate, programs, tuple(relatives))


def _names_python(crate: Crate) -> bool:
    """Whether the programs of an extension module's crate have to do with Python: most are tools beside it."""
    reader, inside = Reader(), crate.folder / "src"
    paths = [inside / "main.rs", *reader.walk(inside / "bin", (".rs",))]
    paths += [crate.folder / str(table.get("path")) for table in crate.data.get("bin", ()) if isinstance(table, dict)]
    return any(b"Python::" in data or b"pyo3::" in data for path in paths if (data := reader.read(path)))


def _uses_pyo3(crate: Crate) -> bool:
    """Whether a crate depends on PyO3, or by the lock file on what does."""
    if any(dependency.name in PYO3_CRATES for dependency in _dependencies(crate)):
        return True
    # A lock file that does not name the crate is not its own.
    return str(crate.field("name")) in crate.lock and not PYO3_CRATES.isdisjoint(crate.lock)


def _programs(crate: Crate) -> Iterator[str]:
    """Yield the names of a crate's programs, as cargo finds them."""
    tables = [table for table in crate.data.get("bin", ()) if isinstance(table, dict)]
    named = {str(table.get("path")): str(table.get("name")) for table in tables}
    names = [str(table.get("name")) for table in tables]
    if crate.field("autobins") is not False:
        if is_file(crate.folder / "src/main.rs") and "src/main.rs" not in named:
            names.append(str(crate.field("name")))
        inside = crate.folder / "src/bin"
        for path in sorted(inside.iterdir()) if is_folder(inside) else ():
            main = path if path.suffix == ".rs" else path / "main.rs"
            if is_file(main) and main.relative_to(crate.folder).as_posix() not in named:
                names.append(path.stem)
    yield from dict.fromkeys(names)


def _dependencies(crate: Crate) -> Iterator[Dependency]:
    """Yield what a program is built with on every system: not for tests, build scripts or single targets."""
    plain, seen = table_of(crate.data, "dependencies"), set()
    for dependency in crate.dependencies:
        if dependency.kind == "dependencies" and dependency.key in plain and dependency.key not in seen:
            seen.add(dependency.key)
            yield dependency


def _asks_for_pyo3(
    crate: Crate, asked: tuple[str, ...], *, defaults: bool, seen: set[tuple[Path, tuple[str, ...], bool]]
) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Yield the features with which PyO3 is asked for, by a crate or those that it depends on by path.

    Args:
        crate: The crate.
        asked: Its features that are asked for.
        defaults: Whether its default features are on.
        seen: What has been looked at.
    """
    if (crate.path, asked, defaults) in seen:
        return
    seen.add((crate.path, asked, defaults))
    active = _active(crate, (*asked, *(("default",) if defaults else ())))
    for dependency in _dependencies(crate):
        table = table_of(crate.data, "dependencies").get(dependency.key)
        is_optional = isinstance(table, dict) and bool(table.get("optional"))
        prefixes = (f"{dependency.key}/", f"{dependency.key}?/")
        handed = {item.rpartition("/")[2] for item in active if item.startswith(prefixes)}
        names = {dependency.key, f"dep:{dependency.key}"}
        if is_optional and not (names & active or any(item.startswith(prefixes[0]) for item in active)):
            continue
        features = tuple(sorted({*dependency.features, *handed}))
        if dependency.name in PYO3_CRATES:
            yield features, crate.path
        elif dependency.path:
            home = crate.workspace_path.parent if dependency.inherits else crate.folder
            path = home / dependency.path / MANIFEST
            if is_file(path):
                yield from _asks_for_pyo3(read_crate(path), features, defaults=dependency.has_defaults, seen=seen)


def _active(crate: Crate, asked: tuple[str, ...]) -> set[str]:
    """Return all items that features lead to, themselves included."""
    table, active, waiting = table_of(crate.data, "features"), set[str](), list(asked)
    while waiting:
        if (name := waiting.pop()) not in active:
            active.add(name)
            items = table.get(name)
            waiting += map(str, items) if isinstance(items, list) else ()
    return active


def is_crate(folder: Path) -> bool:
    """Whether a folder is that of a crate or a workspace."""
    return is_file(folder / MANIFEST)


def sources_of(host: HostCrate, reader: Reader) -> Iterator[Path]:
    """Yield the Rust files of a host's own crate, but for its tests, examples and build script."""
    folder = host.crate.folder / "src"
    yield from reader.walk(folder, (".rs",), lambda entry: is_file(Path(entry.path, MANIFEST)))


def sources_around(host: HostCrate, reader: Reader) -> Iterator[Path]:
    """Yield the Rust files of the crates that a host depends on by path."""
    for crate in host.relatives:
        yield from reader.walk(crate.folder / "src", (".rs",), lambda entry: is_file(Path(entry.path, MANIFEST)))
