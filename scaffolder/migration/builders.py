"""Leave to the build backend what PyO3's feature `extension-module` did until 0.25."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from scaffolder.anatomy.manifests import read_manifests
from scaffolder.anatomy.project import read_requirement
from scaffolder.anatomy.versions import sets_extension_module
from scaffolder.errors import ScaffolderError
from scaffolder.migration.companions import number
from scaffolder.migration.manifests import ManifestEdit, drop_empty_features, entries, replace_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import tomlkit
    from packaging.requirements import Requirement

    from scaffolder.migration.sources import Sources

FEATURE = "extension-module"
# Since this one, PyO3 reads the variable that builders set instead of the feature.
SINCE = "0.26"
BUILDERS = ("maturin", "setuptools-rust")
OF_PYO3 = (f"pyo3/{FEATURE}", f"pyo3?/{FEATURE}")


def leave_to_builders(sources: Sources, series: str) -> Iterator[ManifestEdit]:
    """Drop the feature from crates that maturin or setuptools-rust builds, and ask for a release of it that needs none.

    Args:
        sources: The repository.
        series: The series of PyO3 that it has.
    """
    if number(series) < number(SINCE):
        return
    built = {}
    for path, project in sources.projects.items():
        requirement = builder_of(project)
        manifest = crate_of(sources, path) if requirement else None
        if requirement is not None and manifest in sources.documents and may_rise(requirement):
            built[path] = (manifest, requirement)
    for path, (manifest, requirement) in built.items():
        edits = [*drop_feature(manifest, sources.documents[manifest]), *drop_option(path, sources.projects[path])]
        yield from edits
        if edits:
            yield from raise_builder(path, sources.projects[path], requirement)
    if built:
        yield from drop_inherited(sources, {manifest for manifest, _ in built.values()})


def builder_of(project: Mapping[str, Any]) -> Requirement | None:
    """Return what a project asks for to be built with, if that sets the variable."""
    for text in dict(project.get("build-system", {})).get("requires", ()):
        requirement = read_requirement(text)
        if requirement is not None and requirement.name in BUILDERS:
            return requirement
    return None


def crate_of(sources: Sources, path: str) -> str | None:
    """Return the manifest of the crate that a project builds, from the top of the repository."""
    folder = (sources.copy / path).parent
    try:
        cargo = read_manifests(folder).cargo_path
    except ScaffolderError:
        return None
    return os.path.relpath(cargo, sources.copy).replace(os.sep, "/") if cargo else None


def may_rise(requirement: Requirement) -> bool:
    """Whether a requirement allows the first release that sets the variable, or says no more than a lower limit."""
    first = sets_extension_module(requirement.name)
    limits = [each for each in requirement.specifier if each.operator != ">="]
    return all(each.contains(str(first), prereleases=True) for each in limits)


def drop_feature(path: str, document: tomlkit.TOMLDocument) -> Iterator[ManifestEdit]:
    """Drop the feature where a crate's dependency on PyO3 or its own features name it."""
    crate = {name: value for name, value in document.items() if name != "workspace"}
    for entry in entries(crate):
        names = entry.value.get("features") if isinstance(entry.value, dict) else None
        if entry.crate == "pyo3" and names and FEATURE in names:
            replace_item(names, FEATURE, None)
            drop_empty_features(entry)
            yield ManifestEdit(path, f"feature `{FEATURE}`", FEATURE, "")
    for names in dict(document.get("features", {})).values():
        for name in [name for name in names if name in OF_PYO3]:
            replace_item(names, name, None)
            yield ManifestEdit(path, f"feature `{FEATURE}`", str(name), "")


def drop_inherited(sources: Sources, built: set[str]) -> Iterator[ManifestEdit]:
    """Drop the feature from a workspace's dependencies, if all crates that inherit PyO3 are built by builders."""
    heirs = {
        path
        for path in sources.crates
        for entry in entries(sources.documents[path])
        if entry.crate == "pyo3" and entry.is_inherited
    }
    for path, document in sources.documents.items():
        table = dict(document.get("workspace", {})).get("dependencies", {})
        names = dict(table.get("pyo3", {})).get("features") if isinstance(table.get("pyo3"), dict) else None
        if heirs and heirs <= built and names and FEATURE in names:
            replace_item(names, FEATURE, None)
            yield ManifestEdit(path, f"feature `{FEATURE}`", FEATURE, "")


def drop_option(path: str, project: tomlkit.TOMLDocument) -> Iterator[ManifestEdit]:
    """Drop the feature from what maturin switches on."""
    settings: Any = dict(project.get("tool", {})).get("maturin")
    names = settings.get("features") if settings is not None else None
    for name in [name for name in names or () if name in OF_PYO3]:
        replace_item(names, name, None)
        if not names:
            settings.pop("features")
        if not settings:
            project["tool"].pop("maturin")
        yield ManifestEdit(path, f"feature `{FEATURE}`", str(name), "")


def raise_builder(path: str, project: tomlkit.TOMLDocument, requirement: Requirement) -> Iterator[ManifestEdit]:
    """Ask for a builder that sets the variable."""
    first = sets_extension_module(requirement.name)
    lower = lower_limit(requirement)
    if lower is not None and lower >= first:
        return
    requires: Any = project["build-system"]["requires"]
    for place, text in enumerate(list(requires)):
        if read_requirement(text) == requirement:
            requires[place] = with_limit(requirement, first)
            yield ManifestEdit(path, requirement.name, str(text), str(requires[place]))


def lower_limit(requirement: Requirement | None) -> Version | None:
    """Return the oldest release that a requirement allows; nothing if it could not be read or sets no limit."""
    specifiers = requirement.specifier if requirement is not None else ()
    return max((Version(each.version) for each in specifiers if each.operator == ">="), default=None)


def with_limit(requirement: Requirement, first: Version) -> str:
    """Return a requirement with another lower limit, which comes first."""
    others = [str(each) for each in requirement.specifier if each.operator != ">="]
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{','.join([f'>={first}', *sorted(others)])}"
