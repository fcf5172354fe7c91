"""The lists in manifests that enable features of dependencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.draft import Remove
from scaffolder.anatomy.project import PYO3_CRATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scaffolder.anatomy.draft import Keys
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import Deprecation


@dataclass(frozen=True)
class FeatureList:
    """A list of features.

    Attributes:
        path: The file that it is in.
        keys: Its keys in the file.
        items: Its items.
        crates: The crates that the features are of, by what goes before a feature's name: nothing, `pyo3/`.
        is_feature: Whether the list is itself a feature, which may be asked for by its name.
    """

    path: Path
    keys: Keys
    items: tuple[str, ...]
    crates: dict[str, str]
    is_feature: bool = False

    def select(self, features: Iterable[Deprecation]) -> tuple[str, ...]:
        """Return its items that enable one of these features."""
        texts = {
            f"{prefix}{feature.name}"
            for feature in features
            for prefix, crate in self.crates.items()
            if feature.crate == ("pyo3" if crate in PYO3_CRATES else crate)
        }
        return tuple(item for item in self.items if item in texts)

    def remove(self, features: Iterable[Deprecation]) -> Remove:
        """Return the edit that removes features."""
        return Remove(self.path, self.keys, self.select(features), drop_empty=not self.is_feature)

    def describe(self, project: Project) -> str:
        """Return its place and content in words."""
        return f"{project.show(self.path)}: {'.'.join(map(str, self.keys))} = {list(self.items)}"


def feature_lists(project: Project) -> Iterator[FeatureList]:
    """Yield the lists that enable features of dependencies.

    Args:
        project: The project.
    """
    crate = project.crate
    names = {dependency.key: dependency.name for dependency in crate.dependencies}
    prefixes = {f"{key}{mark}/": name for key, name in names.items() for mark in ("", "?")}
    for path, data in {crate.path: crate.data, crate.workspace_path: crate.workspace}.items():
        yield from _of_manifest(path, data)
    for name, items in crate.data.get("features", {}).items():
        yield FeatureList(crate.path, ("features", name), tuple(map(str, items)), prefixes, is_feature=True)
    if items := project.maturin.get("features"):
        yield FeatureList(project.pyproject_path, ("tool", "maturin", "features"), tuple(map(str, items)), prefixes)


def _of_manifest(path: Path, data: dict[str, Any]) -> Iterator[FeatureList]:
    """Yield the lists of a Cargo.toml's dependencies."""
    targets: dict[tuple[str, ...], Any] = {("target", name): table for name, table in data.get("target", {}).items()}
    places: dict[tuple[str, ...], Any] = {(): data, ("workspace",): data.get("workspace", {}), **targets}
    for above, tables in places.items():
        for kind in ("dependencies", "build-dependencies"):
            for key, dependency in tables.get(kind, {}).items():
                if isinstance(dependency, dict) and "features" in dependency:
                    name = str(dependency.get("package", key))
                    keys = (*above, kind, key, "features")
                    yield FeatureList(path, keys, tuple(map(str, dependency["features"])), {"": name})
