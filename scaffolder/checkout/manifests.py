"""Check what a merge made of the shared files: git compares lines, cargo and pip read more."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scaffolder.checkout.merge import Files

MANIFESTS = ("Cargo.toml", "pyproject.toml")
CARGO_TABLES = ("dependencies", "build-dependencies", "dev-dependencies")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class LockFile:
    """A lock file that is out of date with its manifest, and the command that updates it."""

    path: str
    command: str


LOCK_FILES = {
    "Cargo.toml": LockFile("Cargo.lock", "cargo update --workspace"),
    "pyproject.toml": LockFile("uv.lock", "uv lock"),
}


def faults(base: Files, theirs: Files, ours: Files, result: Files) -> Iterator[tuple[str, str]]:
    """Find what is wrong with files that git merged cleanly.

    Args:
        base: The template as the project had it.
        theirs: The template as it is now.
        ours: The user's files, as far as the template has them.
        result: The merged files, without those in conflict.

    Yields:
        The path of a file, and what is wrong with it.
    """
    for path, file in result.items():
        if PurePosixPath(path).name in MANIFESTS and (reason := manifest_fault(path, file.content, ours, theirs)):
            yield path, reason
        elif path in base and path in theirs and (line := missing_line(base, theirs, path, file.content)):
            yield path, f"the template's line `{line}` is missing"


def manifest_fault(path: str, content: bytes, ours: Files, theirs: Files) -> str | None:
    """Return what is wrong with a manifest, if anything is."""
    try:
        data = load_toml(content)
    except ValueError as error:
        return f"it is no longer valid TOML: {' '.join(str(error).split())}"
    usual = [count_dependencies(path, side[path].content) for side in (ours, theirs) if path in side]
    for name, number in requirements(path, data).items():
        if number > max([1, *(side[name] for side in usual)]):
            table, _, dependency = name.partition(" ")
            return f"`{dependency}` is listed {number} times in `{table}`"
    return None


def load_toml(content: bytes) -> dict[str, Any]:
    """Read TOML.

    Raises:
        ValueError: It is not valid.
    """
    return tomllib.loads(content.decode("utf-8"))


def count_dependencies(path: str, content: bytes) -> Counter[str]:
    """Count the dependencies of a manifest; an invalid one has none."""
    try:
        return requirements(path, load_toml(content))
    except ValueError:
        return Counter()


def requirements(path: str, data: Mapping[str, Any]) -> Counter[str]:
    """Count how often a manifest lists each dependency, by table and name."""
    listed = crates(data) if PurePosixPath(path).name == "Cargo.toml" else packages(data)
    return Counter(f"{table} {name}" for table, name in listed)


def crates(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the crates that `Cargo.toml` lists, each with its table."""
    for table in CARGO_TABLES:
        for name, details in as_table(data.get(table)).items():
            # Cargo takes one crate under two names on purpose only if both say which crate it is.
            yield table, name.replace("_", "-") if isinstance(details, str) else as_table(details).get("package", name)


def packages(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the packages that `pyproject.toml` lists, each with its table."""
    project = as_table(data.get("project"))
    lists = {"project.dependencies": project.get("dependencies")}
    lists |= {
        f"project.optional-dependencies.{name}": entries
        for name, entries in as_table(project.get("optional-dependencies")).items()
    }
    lists |= {f"dependency-groups.{name}": entries for name, entries in as_table(data.get("dependency-groups")).items()}
    for table, entries in lists.items():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str) and (name := NAME.match(entry.strip())):
                yield table, re.sub(r"[-_.]+", "-", name[0]).lower()


def as_table(value: Any) -> Mapping[str, Any]:
    """Return a table, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def missing_line(base: Files, theirs: Files, path: str, content: bytes) -> str | None:
    """Return a line that the template adds to a file and the result lacks."""
    if b"\0" in content:
        return None
    added = Counter(lines(theirs[path].content)) - Counter(lines(base[path].content))
    present = set(lines(content))
    return next((line.decode("utf-8", "replace") for line in added if line not in present), None)


def lines(content: bytes) -> list[bytes]:
    """Return the non-empty lines of a text, stripped."""
    return [line.strip() for line in content.splitlines() if line.strip()]


def outdated_locks(before: Files, after: Files) -> Iterator[LockFile]:
    """Yield the lock files that are out of date with their manifests, wherever cargo may have them."""
    changed = [
        path for path in after
        if PurePosixPath(path).name in LOCK_FILES and lock_inputs(path, before) != lock_inputs(path, after)
    ]  # fmt: skip
    yield from dict.fromkeys(lock for path in changed for lock in lock_places(PurePosixPath(path)))


def lock_places(manifest: PurePosixPath) -> Iterator[LockFile]:
    """Yield the lock file of a workspace at the top of the project, and that of a crate which is in none."""
    lock = LOCK_FILES[manifest.name]
    yield lock
    if len(manifest.parts) > 1:
        yield LockFile(str(manifest.with_name(lock.path)), f"{lock.command} --manifest-path {manifest}")


def stale_locks(folder: Path, before: Files, after: Files, workspace: str | None = None) -> tuple[LockFile, ...]:
    """Return the lock files of a project that are there and out of date.

    Args:
        folder: Where it is.
        before: Its manifests as they were.
        after: The same as they are now.
        workspace: The folder of the workspace that its crate is in, if that is above it.
    """
    above = {"Cargo.lock": f"{workspace}/Cargo.lock"} if workspace else {}
    locks = (replace(lock, path=above.get(lock.path, lock.path)) for lock in outdated_locks(before, after))
    return tuple(lock for lock in locks if (folder / lock.path).exists())


def behind_versions(before: Files, after: Files) -> Iterator[tuple[str, str]]:
    """Yield the manifests of new crates that lack the project's version, and that version."""
    version = crate_version("Cargo.toml", after)
    for path in sorted(after.keys() - before.keys()):
        if path.endswith("/Cargo.toml") and version and crate_version(path, after) != version:
            yield path, version


def crate_version(manifest: str, files: Files) -> str | None:
    """Return the version in a `Cargo.toml`, if it is there."""
    try:
        version = as_table(load_toml(files[manifest].content).get("package")).get("version")
    except (KeyError, ValueError):
        return None
    return version if isinstance(version, str) else None


def manifest_data(manifest: str, files: Files) -> Mapping[str, Any]:
    """Return what a manifest says; nothing if it is not there or not valid."""
    try:
        return load_toml(files[manifest].content)
    except (KeyError, ValueError):
        return {}


def lock_inputs(manifest: str, files: Files) -> Any:
    """Return the parts of a manifest that its lock file depends on."""
    data = manifest_data(manifest, files)
    project = as_table(data.get("project"))
    if manifest == "pyproject.toml":
        keys = ("name", "requires-python", "dependencies", "optional-dependencies")
        return [data.get("dependency-groups"), *(project.get(key) for key in keys)]
    package = as_table(data.get("package"))
    return [package.get("name"), package.get("version"), data.get("target"), *(data.get(key) for key in CARGO_TABLES)]
