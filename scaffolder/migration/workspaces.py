"""Where cargo is asked about the crates of a repository that depend on PyO3."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.machine.programs import run
from scaffolder.migration.builders import crate_of
from scaffolder.migration.companions import is_companion
from scaffolder.migration.manifests import entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.migration.sources import Sources


@dataclass(frozen=True)
class Workspace:
    """Crates that are compiled together.

    Attributes:
        folder: The workspace's folder, in the copy.
        packages: The ids of those crates in it that depend on PyO3.
        switches: The features that switch on PyO3 where it is optional.
        built: The features that crates are built with.
    """

    folder: Path
    packages: tuple[str, ...]
    switches: tuple[str, ...] = ()
    built: tuple[str, ...] = ()

    def options(self, *, built: bool) -> tuple[str, ...]:
        """Return the options of `cargo check`, with the features that crates are built with or without."""
        names = dict.fromkeys([*self.switches, *(self.built if built else ())])
        return ("--features", ",".join(names)) if names else ()


class UnreadableCrate(NamedTuple):
    """A crate that cargo can't read.

    Attributes:
        path: Its manifest.
        reason: What cargo says, in its first line.
    """

    path: str
    reason: str


def find_workspaces(
    sources: Sources, environment: Mapping[str, str]
) -> tuple[tuple[Workspace, ...], tuple[UnreadableCrate, ...]]:
    """Return the workspaces of the crates that depend on PyO3, and the crates that cargo can't read.

    Args:
        sources: The repository.
        environment: The variables that cargo runs with.
    """
    found: dict[Path, Workspace] = {}
    unreadable = []
    for path in sources.crates:
        document = sources.documents[path]
        name = dict(document.get("package", {})).get("name")
        if not name:
            continue
        place = locate_package(sources.copy / path, environment)
        if isinstance(place, str):
            unreadable.append(UnreadableCrate(path, place))
            continue
        workspace = found.get(place.folder, Workspace(place.folder, ()))
        found[place.folder] = Workspace(
            place.folder,
            (*workspace.packages, place.package),
            (*workspace.switches, *(f"{name}/{feature}" for feature in switches(document))),
            (*workspace.built, *(f"{name}/{feature}" for feature in built_features(sources, path))),
        )
    return tuple(found.values()), tuple(unreadable)


class Place(NamedTuple):
    """Where cargo compiles a crate.

    Attributes:
        folder: The workspace's folder.
        package: The crate's id, since a dependency may have its name.
    """

    folder: Path
    package: str


def locate_package(manifest: Path, environment: Mapping[str, str]) -> Place | str:
    """Ask cargo where it compiles a crate; a text is what it says instead."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", str(manifest)]
    done = run(command, environment, manifest.parent, timeout=None, quiet=False)
    if done is None or done.code:
        lines = done.errors.splitlines() if done is not None else []
        return next((line.removeprefix("error: ") for line in lines if line.startswith("error")), "it does not run")
    metadata = json.loads(done.output)
    for package in metadata["packages"]:
        if Path(package["manifest_path"]).samefile(manifest):
            return Place(Path(metadata["workspace_root"]), package["id"])
    return "it is not a member of its workspace"


def switches(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the features of a crate that switch on dependencies on PyO3 that are optional."""
    optional = {
        entry.key
        for entry in entries(document)
        if is_companion(entry.crate) and isinstance(entry.value, dict) and entry.value.get("optional")
    }
    features = {str(name): [str(item) for item in items] for name, items in dict(document.get("features", {})).items()}
    explicit = {item.removeprefix("dep:") for items in features.values() for item in items if item.startswith("dep:")}
    yield from sorted(optional - explicit)
    for name, items in features.items():
        if name != "default" and any(item.removeprefix("dep:").partition("/")[0] in optional for item in items):
            yield name


def built_features(sources: Sources, path: str) -> Iterator[str]:
    """Yield the features of a crate that maturin builds it with: what Python gets may be behind one that is off.

    Args:
        sources: The repository.
        path: The crate's manifest.
    """
    own = dict(sources.documents[path].get("features", {}))
    for place, project in sources.projects.items():
        names = dict(dict(project.get("tool", {})).get("maturin", {})).get("features", ())
        if names and crate_of(sources, place) == path:
            yield from (str(name) for name in names if name in own)
