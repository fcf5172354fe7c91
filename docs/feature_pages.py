"""Write the site's pages on features, from the template itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from scaffolder.skills import load_skills
from scaffolder.template.additions import list_additions
from scaffolder.template.answers import Rules, complete
from scaffolder.template.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scaffolder.template.catalog import Feature

# The names of a project are the same on all pages.
PROJECT = {"project_name": "price-tools"}
PAGE = """\
# {name}

{explanation} In a new project, or in one that you have:

```console
pyo3-new new price-tools --with {name}
pyo3-new add {name}
```
{guide}
What follows is the page that a project gets, and the files that the feature adds.
{page}
## Files

```text
{files}
```
"""


def feature_pages(root: Path) -> dict[Path, str]:
    """Return the pages, by path.

    Args:
        root: The repository.
    """
    catalog = load_catalog(root)
    rules = Rules(catalog)
    guides = {feature: skill.name for skill in load_skills(root / "skills") for feature in skill.features}
    return {
        root / f"docs/features/{feature.name}.md": feature_page(root, rules, feature, files, guides.get(feature.name))
        for feature, files in zip(catalog.features, list_additions(catalog, root, PROJECT).values(), strict=True)
    }


def feature_page(root: Path, rules: Rules, feature: Feature, files: Iterable[str], guide: str | None) -> str:
    """Return the page of a feature.

    Args:
        root: The repository.
        rules: The template's.
        feature: What the page is about.
        files: What it adds, as it is called in the template.
        guide: The skill that explains it, if there is one.
    """
    # A page that no answer changes is no template.
    (page,) = root.glob(f"templates/{{{{{feature.name}}}}}/docs/{feature.name}.md*")
    answers = complete(rules, {**PROJECT, "features": [feature.name]})
    link = f"\nThe guide to it is [{guide}](../../skills/{guide}/SKILL.md).\n" if guide else ""
    return PAGE.format(
        name=feature.name,
        explanation=f"{feature.purpose[0].upper()}{feature.purpose[1:]}.",
        guide=link,
        page=project_page(page, rules, answers),
        files="\n".join(sorted(str(PurePosixPath(file.removesuffix(".jinja"))) for file in files)),
    )


def project_page(path: Path, rules: Rules, answers: dict[str, Any]) -> str:
    """Return the page of a feature as it is in a project, its headings one level lower."""
    inside, lines = False, []
    for line in str(rules.render(path.read_text(encoding="utf-8"), answers)).splitlines():
        inside ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not inside else line)
    return "\n".join(["", *lines, ""])
