"""Features of PyO3 that PyO3 is giving up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scaffolder.anatomy.feature_lists import feature_lists, switch_off
from scaffolder.anatomy.project import PYO3_CRATES, read_requirement
from scaffolder.anatomy.versions import Deprecation, deprecations, sets_extension_module
from scaffolder.tools.setup_validator.check import ProjectCheck, Section, listing

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project
    from scaffolder.toolkit import Level

# What can be left out, because nothing depends on it or the builder does the same.
LEFT_OUT = {"extension-module", "generate-import-lib", "resolve-config"}


class OutdatedFeatures(ProjectCheck):
    """No feature of PyO3 is switched on that PyO3 is giving up."""

    id = "outdated-features"
    level: Level = "warning"
    see = Section("troubleshooting", "undefined-python-symbols")

    def passes(self, project: Project) -> bool | None:
        """Take it out, in the dependency and in `[tool.maturin]`.

        ```toml
        $crate = { version = "$version", features = [$features] }
        ```
        """
        if project.series is None:
            return None
        found = _outdated(project)
        names = [each.name for each in found]
        gone = [each.name for each in found if each.removed and Version(project.series.name) >= each.removed]
        self.where = _place(project, names)
        self.words = _dependency(project, found)
        self.see = Section(*found[0].see) if found else self.see
        self.level = "error" if gone else "warning"
        how = f"there is no feature {listing(gone)}" if gone else f"outdated features are on: {listing(names)}"
        self.found = f"in PyO3 {project.series.name} {how}"
        self.evidence = "\n".join([*(f"{each.name}: {each.replacement}" for each in found), *_obstacle(project, names)])
        return not found

    def repair(self, project: Project, draft: Draft) -> None:
        """Take out what the builder does instead, and require a builder that does; with comments there, do nothing."""
        found = [each for each in _outdated(project) if each.name in LEFT_OUT]
        lists = [each for each in feature_lists(project, draft) if each.holds(found)]
        builder = project.builder if any(each.name == "extension-module" for each in found) else None
        bound = _raised(project, builder) if builder else None
        if any(each.has_comments for each in lists) or (builder and bound is None):
            return
        for each in lists:
            switch_off(each, found)
        if builder and bound:
            _require(project, builder, bound, draft)


def _outdated(project: Project) -> list[Deprecation]:
    """Return the outdated features that are on."""
    on = {("pyo3" if crate in PYO3_CRATES else crate, name) for crate, name in project.features_of_crates()}
    line = Version(project.series.name) if project.series else Version("0")
    return [
        each
        for each in deprecations()
        if (each.crate, each.name) in on
        and line >= each.since
        # Whoever runs cargo alone still needs it.
        and (each.name != "extension-module" or project.builds_by_requirement)
    ]


def _obstacle(project: Project, names: list[str]) -> list[str]:
    """Say that the builder has to be raised first, where that is not for a program to decide."""
    if "extension-module" not in names or not project.builder or _raised(project, project.builder):
        return []
    asked = next(each for each in project.build_requirements if each.name == project.builder)
    return [f"`[build-system]` asks for `{asked}`: change that first"]


def _place(project: Project, names: list[str]) -> str:
    """Return the file that switches one of these features on."""
    if any(str(each).partition("/")[2] in names for each in project.maturin.get("features", [])):
        return "pyproject.toml"
    inherited = {name for each in project.crate.dependencies for name in each.handed_down}
    path = project.crate.workspace_path if inherited.intersection(names) else project.crate.path
    return project.show(path)


def _dependency(project: Project, found: list[Deprecation]) -> dict[str, str]:
    """Return the parts of the dependency as it would be."""
    crate = found[0].crate if found else "pyo3"
    named = project.crate.dependency(crate) or project.pyo3
    names = {each.name for each in found}
    kept = [name for name in named.features if name not in names] if named else []
    line = project.series.name if project.series else ""
    features = ", ".join(f'"{name}"' for name in kept)
    return {"crate": named.key if named else crate, "version": line, "features": features}


def _raised(project: Project, builder: str) -> str | None:
    """Return the requirement of a builder that does what the feature did; none if that can't be written safely."""
    asked = [each for each in project.build_requirements if each.name == builder]
    if len(asked) != 1 or asked[0].url:
        return None
    [found] = asked
    bounds = {each.operator: Version(each.version.removesuffix(".*")) for each in found.specifier}
    lower = [bounds[operator] for operator in (">=", ">", "==", "===", "~=") if operator in bounds]
    if any(bound >= sets_extension_module(builder) for bound in lower):
        return str(found)
    wanted = _bounds(found.specifier, bounds, sets_extension_module(builder))
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    return f"{builder}{extras}{wanted}" + (f"; {found.marker}" if found.marker else "") if wanted else None


def _bounds(specifier: SpecifierSet, bounds: dict[str, Version], needed: Version) -> str | None:
    """Return the bounds with another lower one, if they still allow what is needed."""
    kept = [str(each) for each in specifier if each.operator in {"<", "<=", "!="}]
    kept += [f"<{_end(bounds['~='])}"] if "~=" in bounds else []
    wanted = ",".join([f">={needed}", *sorted(kept)])
    exact = "==" in bounds or "===" in bounds
    return None if exact or not SpecifierSet(wanted).contains(needed) else wanted


def _end(compatible: Version) -> str:
    """Return the first version that `~=` doesn't allow: 2 for `~=1.7`, 1.8 for `~=1.7.2`."""
    *kept, last = compatible.release[:-1]
    return ".".join(map(str, [*kept, last + 1]))


def _require(project: Project, builder: str, requirement: str, draft: Draft) -> None:
    """Write the requirement of a builder, if it is another one."""
    requires: Any = draft.toml(project.pyproject_path)["build-system"]["requires"]
    for place, text in enumerate(requires):
        found = read_requirement(text)
        if found and found.name == builder and str(found) != requirement:
            requires[place] = requirement
