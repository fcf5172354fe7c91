"""Checks of PyO3's features: deprecated ones, and one that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scaffolder.anatomy.draft import Extend, Put
from scaffolder.anatomy.project import PYO3_CRATES
from scaffolder.anatomy.versions import deprecations, sets_extension_module
from scaffolder.tools.setup_validator.check import Check, Failure, Section, quote_names
from scaffolder.tools.setup_validator.feature_lists import feature_lists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from scaffolder.anatomy.draft import Edit
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import Deprecation, ReleaseSeries

# What can be left out, because nothing depends on it or the builder does the same.
LEFT_OUT = {"extension-module", "generate-import-lib", "resolve-config"}
EXTENSION_MODULE = "extension-module"
# Since this one, PyO3 reads the variable that builders set instead of the feature.
READS_VARIABLE = Version("0.26")


class OutdatedFeatures(Check):
    """No feature of PyO3 is switched on that PyO3 is giving up."""

    id = "outdated-features"
    level = "warning"
    see = Section("troubleshooting", "undefined-python-symbols")
    fix = "Remove it there"

    @staticmethod
    def check(project: Project, series: ReleaseSeries) -> Failure | None:
        outdated = _outdated_features(project, series)
        if not outdated:
            return None
        removed = [feature.name for feature in outdated if feature.removed and Version(series.name) >= feature.removed]
        lists = [entry for entry in feature_lists(project) if entry.select(outdated)]
        names = [feature.name for feature in outdated]
        problem = (
            f"there is no feature {quote_names(removed)}"
            if removed
            else f"outdated features are on: {quote_names(names)}"
        )
        return Failure(
            f"in PyO3 {series.name} {problem}",
            where=project.show(lists[0].path) if lists else project.show(project.crate.path),
            evidence=(
                *(entry.describe(project) for entry in lists),
                *(f"{feature.name}: {feature.replacement}" for feature in outdated),
                *_obstacle(project, names),
            ),
            level="error" if removed else "warning",
            see=Section(*outdated[0].see),
            edits=tuple(_removal(project, outdated)),
        )


class ExtensionModule(Check):
    """The extension module is built without linking libpython."""

    id = "extension-module-on"
    see = Section("troubleshooting", "undefined-python-symbols")
    fix = """
    Switch it on for maturin's builds, or use PyO3 0.26 or later, where maturin 1.9.4 does so by itself
    [tool.maturin]
    features = ["$key/extension-module"]
    """

    @staticmethod
    def check(old_maturin_extension: Project, series: ReleaseSeries) -> Failure | None:
        project = old_maturin_extension
        pyo3 = project.pyo3
        if pyo3 is None or EXTENSION_MODULE in project.pyo3_features:
            return None
        # A feature of the crate's own may be asked for on the command line.
        asked = any(item.endswith(f"/{EXTENSION_MODULE}") for entry in feature_lists(project) for item in entry.items)
        features = Extend(project.pyproject_path, ("tool", "maturin", "features"), (f"{pyo3.key}/{EXTENSION_MODULE}",))
        return Failure(
            f"PyO3 {series.name} is built without `{EXTENSION_MODULE}`, so the module links libpython, "
            "which maturin refuses",
            where=project.show(project.crate.path),
            words={"key": pyo3.key},
            level="warning" if asked else "error",
            edits=() if asked else (features,),
        )


def _outdated_features(project: Project, series: ReleaseSeries) -> list[Deprecation]:
    """Return the enabled features that are deprecated."""
    on = {("pyo3" if crate in PYO3_CRATES else crate, name) for crate, name in project.features_of_crates()}
    return [
        feature
        for feature in deprecations()
        if (feature.crate, feature.name) in on
        and Version(series.name) >= feature.since
        # Whoever runs cargo alone still needs it.
        and (feature.name != EXTENSION_MODULE or project.builds_by_requirement)
    ]


def _obstacle(project: Project, names: list[str]) -> Iterator[str]:
    """Return a fix that asks the user to raise the build backend first, if that can't be done automatically."""
    if EXTENSION_MODULE in names and project.builder and not _raise_requirement(project, project.builder):
        for requirement in _requirements(project, project.builder).values():
            yield f"`[build-system]` asks for `{requirement}`: change that first"


def _removal(project: Project, outdated: list[Deprecation]) -> Iterator[Edit]:
    """Return the edits that remove the feature and require a build backend that replaces it."""
    features = [feature for feature in outdated if feature.name in LEFT_OUT]
    builder = project.builder if any(feature.name == EXTENSION_MODULE for feature in features) else None
    required = _raise_requirement(project, builder) if builder else None
    if builder and required is None:
        return
    yield from (entry.remove(features) for entry in feature_lists(project) if entry.select(features))
    if builder and required:
        for place, requirement in _requirements(project, builder).items():
            if str(requirement) != required:
                yield Put(project.pyproject_path, ("build-system", "requires", place), required)


def _requirements(project: Project, builder: str) -> dict[int, Requirement]:
    """Return the requirements on a build backend, by position."""
    from scaffolder.anatomy.project import read_requirement

    texts = project.pyproject.get("build-system", {}).get("requires", [])
    requirements = {place: read_requirement(text) for place, text in enumerate(texts)}
    return {place: item for place, item in requirements.items() if item and item.name == builder}


def _raise_requirement(project: Project, builder: str) -> str | None:
    """Return a requirement on a build backend that replaces the feature; none if it can't be written safely."""
    requirements = list(_requirements(project, builder).values())
    if len(requirements) != 1 or requirements[0].url:
        return None
    [requirement] = requirements
    bounds = {item.operator: Version(item.version.removesuffix(".*")) for item in requirement.specifier}
    lower = [bounds[operator] for operator in (">=", ">", "==", "===", "~=") if operator in bounds]
    if any(bound >= sets_extension_module(builder) for bound in lower):
        return str(requirement)
    wanted = _bounds(requirement.specifier, bounds, sets_extension_module(builder))
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{builder}{extras}{wanted}{marker}" if wanted else None


def _bounds(specifier: SpecifierSet, bounds: dict[str, Version], needed: Version) -> str | None:
    """Return the bounds with a new lower one, if they still allow it."""
    kept = [str(item) for item in specifier if item.operator in {"<", "<=", "!="}]
    kept += [f"<{_end(bounds['~='])}"] if "~=" in bounds else []
    wanted = ",".join([f">={needed}", *sorted(kept)])
    exact = "==" in bounds or "===" in bounds
    return None if exact or not SpecifierSet(wanted).contains(needed) else wanted


def _end(compatible: Version) -> str:
    """Return the first version that `~=` excludes: 2 for `~=1.7`, 1.8 for `~=1.7.2`."""
    *kept, last = compatible.release[:-1]
    return ".".join(map(str, [*kept, last + 1]))
