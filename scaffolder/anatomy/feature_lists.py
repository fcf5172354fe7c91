"""The lists in manifests that switch features of a crate on, to be changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.draft import comments
from scaffolder.anatomy.project import PYO3_CRATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import Deprecation


@dataclass(frozen=True)
class FeatureList:
    """A list of features.

    Attributes:
        table: The table that it is in.
        key: Its name there.
        crates: The crates that the features are of, by what goes before a feature's name: nothing, `pyo3/`.
        parent: The table that the table is in, and its name there, if the list may be left out when it is empty.
    """

    table: Any
    key: str
    crates: dict[str, str]
    parent: tuple[Any, str] | None = None

    @property
    def items(self) -> list[str]:
        """What is in it."""
        return list(map(str, self.table[self.key]))

    @property
    def has_comments(self) -> bool:
        """Whether a comment stands in it, which would be lost with the feature that it is about."""
        return bool(comments(self.table[self.key].as_string()))

    def holds(self, features: Iterable[Deprecation]) -> bool:
        """Tell whether one of these features is in it."""
        return not _texts(self, features).isdisjoint(self.items)


def feature_lists(project: Project, draft: Draft) -> Iterator[FeatureList]:
    """Yield the lists that switch features of other crates on.

    Args:
        project: The project.
        draft: What to read the files from.
    """
    names = {each.key: each.name for each in project.crate.dependencies}
    prefixes = {f"{key}{mark}/": name for key, name in names.items() for mark in ("", "?")}
    for path in dict.fromkeys((project.crate.path, project.crate.workspace_path)):
        manifest = draft.toml(path)
        for tables in (manifest, *manifest.get("target", {}).values(), manifest.get("workspace", {})):
            for kind in ("dependencies", "build-dependencies"):
                yield from _of_dependencies(tables.get(kind, {}))
        if path == project.crate.path:
            named = manifest.get("features", {})
            yield from (FeatureList(named, name, prefixes) for name in named)
    if project.pyproject_path.is_file():
        settings = draft.toml(project.pyproject_path).get("tool", {}).get("maturin", {})
        if "features" in settings:
            yield FeatureList(settings, "features", prefixes, (settings, "features"))


def switch_off(found: FeatureList, features: Iterable[Deprecation]) -> None:
    """Take features out of a list, and the list out of its table if nothing is left and nothing is said there.

    Args:
        found: The list; it has no comments.
        features: The features.
    """
    array = found.table[found.key]
    for text in _texts(found, features):
        while text in array:
            array.remove(text)
    # An empty list says nothing; an empty feature may be asked for by its name.
    if not array and found.parent and not array.trivia.comment:
        del found.table[found.key]
        _tidy(*found.parent)


def _of_dependencies(dependencies: Any) -> Iterator[FeatureList]:
    """Yield the lists in a table of dependencies."""
    for key, dependency in dependencies.items():
        if hasattr(dependency, "get") and "features" in dependency:
            name = str(dependency.get("package", key))
            yield FeatureList(dependency, "features", {"": name}, (dependencies, key))


def _texts(found: FeatureList, features: Iterable[Deprecation]) -> set[str]:
    """Return how features are written in a list."""
    return {
        f"{prefix}{each.name}"
        for each in features
        for prefix, crate in found.crates.items()
        if each.crate == ("pyo3" if crate in PYO3_CRATES else crate)
    }


def _tidy(parent: Any, key: str) -> None:
    """Write an inline table anew: where an entry was, tomlkit leaves two spaces."""
    import tomlkit
    from tomlkit.items import InlineTable

    before = parent.get(key)
    if isinstance(before, InlineTable):
        after = tomlkit.value(re.sub(r"(?<=\S)  +(?=[^\s#])", " ", before.as_string()))
        after.trivia.comment_ws, after.trivia.comment = before.trivia.comment_ws, before.trivia.comment
        if after.unwrap() == before.unwrap():
            parent[key] = after
