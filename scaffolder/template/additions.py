"""Which files a feature adds, by the names of the template's files, without rendering what they hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from scaffolder.template.answers import Rules, complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from scaffolder.template.catalog import Catalog


def count_additions(catalog: Catalog, folder: Path, given: Mapping[str, Any]) -> dict[str, int]:
    """Return how many files each feature adds to a project; the arguments are those of `list_additions`."""
    return {name: len(files) for name, files in list_additions(catalog, folder, given).items()}


def list_additions(catalog: Catalog, folder: Path, given: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the files that each feature adds to a project, as they are called in the template.

    Args:
        catalog: The template's questions.
        folder: The template.
        given: Answers so far; defaults stand in for the others.
    """
    rules = Rules(catalog)
    root = folder / catalog.settings.get("_subdirectory", "")
    paths = [path.relative_to(root).parts for path in root.rglob("*") if not path.is_dir()]

    def files_with(*features: str) -> set[str]:
        return project_files(rules, paths, complete(rules, {**given, "features": list(features)}))

    plain = files_with()
    return {feature.name: files_with(feature.name) - plain for feature in catalog.features}


def project_files(rules: Rules, paths: Iterable[tuple[str, ...]], answers: Mapping[str, Any]) -> set[str]:
    """Return what becomes of the paths of a template; one with a part that renders to nothing is left out."""
    values = {**answers, "_copier_conf": {"answers_file": rules.catalog.settings.get("_answers_file")}}

    @cache
    def render(part: str) -> str:
        return str(rules.render(part, values))

    return {"/".join(map(render, parts)) for parts in paths if all(map(render, parts))}
