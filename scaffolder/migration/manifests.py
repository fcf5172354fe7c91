"""Raise PyO3, and the crates that hand over its types, in the `Cargo.toml` files of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from packaging.version import Version
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from scaffolder.anatomy.versions import series_named, series_of
from scaffolder.migration.companions import bound_crates, is_companion, number, target_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KINDS = ("dependencies", "dev-dependencies", "build-dependencies")
# Features that a release of PyO3 no longer has, and what takes their place; none if they are left out.
FEATURES = {
    # It silences what rules move away from in 0.21, where it is new, and is gone in 0.23.
    "gil-refs": ("0.21", None),
    "abi3-py37": ("0.29", "abi3-py38"),
    "abi3-py38": ("0.30", "abi3-py39"),
    "generate-import-lib": ("0.29", None),
}
COMPARATORS = "<>=~^*,"


@dataclass(frozen=True)
class ManifestEdit:
    """A line of a manifest that changes.

    Attributes:
        path: The manifest, from the top of the repository.
        name: What is changed, such as `numpy` or `rust-version`.
        before: What it said.
        after: What it says now.
    """

    path: str
    name: str
    before: str
    after: str


class Entry(NamedTuple):
    """A dependency in a manifest.

    Attributes:
        table: The table that holds it.
        key: Its key there.
        crate: The name of the crate.
        value: A requirement, or a table.
    """

    table: Any
    key: str
    crate: str
    value: Any

    @property
    def requirement(self) -> str | None:
        """The version that it asks for, if it says one."""
        version = self.value.get("version") if isinstance(self.value, dict) else self.value
        return str(version) if isinstance(version, str) else None

    @property
    def elsewhere(self) -> str | None:
        """What it comes from, if not from the registry: `git` or `path`."""
        return next((word for word in ("git", "path") if isinstance(self.value, dict) and word in self.value), None)

    @property
    def is_inherited(self) -> bool:
        """Whether the workspace says its version."""
        return isinstance(self.value, dict) and bool(self.value.get("workspace"))


def parse_manifests(texts: Mapping[str, str]) -> dict[str, tomlkit.TOMLDocument]:
    """Parse those manifests that can be parsed.

    Args:
        texts: The `Cargo.toml` files, by path.
    """
    documents = {}
    for path, text in texts.items():
        try:
            documents[path] = tomlkit.parse(text)
        except TOMLKitError:
            continue  # fixtures of a test may be broken on purpose
    return documents


def entries(document: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the dependencies of a manifest, those of its workspace too."""
    tables = [document.get(kind) for kind in KINDS]
    tables += [table.get(kind) for table in dict(document.get("target", {})).values() for kind in KINDS]
    tables.append(dict(document.get("workspace", {})).get("dependencies"))
    for table in tables:
        for key, value in dict(table or {}).items():
            name = value.get("package", key) if isinstance(value, dict) else key
            yield Entry(table, str(key), str(name), value)


def uses_pyo3(document: Mapping[str, Any]) -> bool:
    """Whether a crate depends on PyO3 or on a crate that hands over its types."""
    package = {name: value for name, value in document.items() if name != "workspace"}
    return any(is_companion(entry.crate) for entry in entries(package))


def series_in(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the series of PyO3 that manifests ask for, the oldest first."""
    found = {
        series
        for document in documents
        for entry in entries(document)
        if entry.crate in {"pyo3", "pyo3-ffi"} and entry.requirement and (series := series_of(entry.requirement))
    }
    return sorted(found, key=number)


def foreign_sources(documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return where PyO3 does not come from the registry: `Cargo.toml (git)`."""
    return [
        f"{path} ({entry.elsewhere})"
        for path, document in documents.items()
        for entry in entries(document)
        if entry.crate == "pyo3" and entry.elsewhere
    ]


def missing_releases(documents: Iterable[Mapping[str, Any]], series: str) -> list[str]:
    """Return the companions that have no release for a series of PyO3."""
    return sorted({
        entry.crate
        for document in documents
        for entry in entries(document)
        if is_companion(entry.crate) and not entry.is_inherited and target_of(entry.crate, series) is None
    })  # fmt: skip


def raise_manifest(path: str, document: tomlkit.TOMLDocument, series: str) -> list[ManifestEdit]:
    """Raise what has to be raised together, in place.

    Args:
        path: The manifest's path.
        document: What it says.
        series: A series of PyO3.
    """
    edits = []
    bound: dict[str, str] = {}
    found = list(entries(document))
    for entry in found:
        target = target_of(entry.crate, series) if is_companion(entry.crate) else None
        if target is not None and not entry.elsewhere:
            edits += set_release(path, entry, target.release)
            edits += rename(path, entry, target.name)
            bound |= bound_crates(entry.crate, target.release)
    for entry in found:
        if entry.crate in bound and not entry.elsewhere:
            edits += set_release(path, entry, bound[entry.crate])
    edits += raise_features(path, document, series)
    return edits + raise_rust(path, document, series)


def set_release(path: str, entry: Entry, release: str) -> list[ManifestEdit]:
    """Ask for a release, unless the entry does so already."""
    before = entry.requirement
    if before is None or asks_for(before, release):
        return []
    if isinstance(entry.value, dict):
        entry.value["version"] = release
    else:
        entry.table[entry.key] = release
    return [ManifestEdit(path, entry.key, before, release)]


def asks_for(requirement: str, release: str) -> bool:
    """Whether a requirement is for a release or a later one of the same series."""
    plain = requirement.strip().lstrip("^=~ ")
    if any(sign in plain for sign in COMPARATORS) or not plain:
        return False
    have, want = plain.split("."), release.split(".")
    # Before 1.0 the second number says what fits together.
    length = 2 if want[0] == "0" else 1
    return have[:length] == want[:length] and [*map(int_of, have)] >= [*map(int_of, want[: len(have)])]


def int_of(part: str) -> int:
    """Return a part of a version as a number; what is none counts as zero."""
    return int(part) if part.isdigit() else 0


def rename(path: str, entry: Entry, name: str) -> list[ManifestEdit]:
    """Give a dependency the new name of its crate, in its place in the table."""
    if name == entry.crate:
        return []
    if isinstance(entry.value, dict) and "package" in entry.value:
        entry.value["package"] = name
        return [ManifestEdit(path, entry.key, entry.crate, name)]
    items = list(entry.table.items())
    for key, _ in items:
        entry.table.remove(key)
    for key, value in items:
        entry.table[name if key == entry.key else key] = value
    return [ManifestEdit(path, entry.key, entry.key, name)]


def raise_features(path: str, document: tomlkit.TOMLDocument, series: str) -> list[ManifestEdit]:
    """Replace the features that a release no longer has, where dependencies and the crate's own features name them."""
    edits: list[ManifestEdit] = []
    for entry in entries(document):
        names = entry.value.get("features") if isinstance(entry.value, dict) else None
        if entry.crate in {"pyo3", "pyo3-ffi"} and names:
            edits += replace_features(path, names, "", series)
            drop_empty_features(entry)
    for names in dict(document.get("features", {})).values():
        for prefix in ("pyo3/", "pyo3?/"):
            edits += replace_features(path, names, prefix, series)
    return edits


def replace_features(path: str, names: Any, prefix: str, series: str) -> Iterator[ManifestEdit]:
    """Replace the features in one list that a release no longer has."""
    for old, (since, new) in FEATURES.items():
        if number(series) >= number(since) and f"{prefix}{old}" in names:
            replace_item(names, f"{prefix}{old}", f"{prefix}{new}" if new else None)
            yield ManifestEdit(path, f"feature `{old}`", old, new or "")


def drop_empty_features(entry: Entry) -> None:
    """Take an empty list of features from a dependency, which becomes a plain requirement if nothing else is left."""
    value = entry.value
    if value.get("features") != []:
        return
    others = [key for key in value if key != "features"]
    if not isinstance(value, InlineTable):
        value.pop("features")
    elif others == ["version"]:
        entry.table[entry.key] = str(value["version"])
    else:
        # Removed from the table, the last key would leave its white space.
        text = ", ".join(f"{key} = {tomlkit.item(value[key]).as_string()}" for key in others)
        entry.table[entry.key] = tomlkit.parse(f"table = {{ {text} }}")["table"]


def add_feature(path: str, document: tomlkit.TOMLDocument, name: str) -> list[ManifestEdit]:
    """Switch on a feature of PyO3 in a crate, unless it is on already.

    Args:
        path: The manifest's path.
        document: What it says.
        name: The feature.
    """
    edits = []
    for entry in entries({key: value for key, value in document.items() if key != "workspace"}):
        if entry.crate != "pyo3" or (isinstance(entry.value, dict) and name in entry.value.get("features", ())):
            continue
        if not isinstance(entry.value, dict):
            table = tomlkit.inline_table()
            table["version"] = entry.value
            entry.table[entry.key] = table
        features = entry.table[entry.key].setdefault("features", tomlkit.array())
        features.append(name)
        edits.append(ManifestEdit(path, f"feature `{name}`", "", name))
    return edits


def manifest_of(paths: Iterable[str], path: str) -> str | None:
    """Return the manifest of the crate that a file is in.

    Args:
        paths: The manifests of a repository.
        path: The file.
    """
    around = [manifest for manifest in paths if path.startswith(folder_of(manifest))]
    return max(around, key=lambda manifest: len(folder_of(manifest)), default=None)


def replace_item(names: Any, old: str, new: str | None) -> None:
    """Replace an item of a list, or leave it out if the new one is there already or there is none."""
    place = list(names).index(old)
    if new is None or new in names:
        names.pop(place)
    else:
        names[place] = new


def raise_rust(path: str, document: tomlkit.TOMLDocument, series: str) -> list[ManifestEdit]:
    """Raise the oldest Rust that a crate says it needs to what PyO3 needs."""
    needed = series_named(series)
    edits = []
    for table in (document.get("package"), dict(document.get("workspace", {})).get("package")):
        before = dict(table or {}).get("rust-version")
        if needed and uses_pyo3(document) and isinstance(before, str) and Version(before) < needed.rust:
            table["rust-version"] = str(needed.rust)  # type: ignore[index]
            edits.append(ManifestEdit(path, "rust-version", str(before), str(needed.rust)))
    return edits


def folder_of(path: str) -> str:
    """Return the folder of a manifest, ending with `/` unless it is the top."""
    return f"{dirname(path)}/" if dirname(path) else ""
