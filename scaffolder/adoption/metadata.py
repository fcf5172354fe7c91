"""What a project says of itself, as answers to the template's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scaffolder.anatomy.manifests import table_of
from scaffolder.checkout.pythons import allows, python_note
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.adoption.reading import Survey
    from scaffolder.template.catalog import Catalog

NO_LICENSE = "none"
# Names of `[project.urls]`, the most telling first; PyPI compares them without case and punctuation.
ADDRESSES = ("repository", "source", "sourcecode", "github", "code", "homepage")


def read_answers(survey: Survey, catalog: Catalog) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Return the answers that a project gives, those that are taken if they are valid, and notes.

    Raises:
        ScaffolderError: The project is for Pythons that the template does not know.
    """
    project = table_of(survey.manifests.pyproject, "project")
    name = str(project["name"])
    license_name, license_notes = read_license(project, survey, catalog.choices_of("license"))
    python_min, python_notes = read_python(project, catalog.choices_of("python_min"))
    given = {
        "project_name": name,
        "bare": True,
        "features": [],
        "description": one_line(project.get("description") or field_of(survey, "description")),
        "license": license_name,
        "python_min": python_min,
        "wheels": "abi3" if has_abi3(survey) else "version",
        "agent_skills": False,
        "update_workflow": False,
    }
    author = find_author(project, survey)
    suggested = {
        "repository": find_address(project, survey),
        "author_name": author.get("name"),
        "author_email": author.get("email"),
    }
    known = {key: value for key, value in suggested.items() if isinstance(value, str) and value}
    return given, known, (*license_notes, *python_notes)


def one_line(value: Any) -> str:
    """Return a description as the template takes it; of a project without one nothing."""
    text = value if isinstance(value, str) else ""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def read_license(project: Mapping[str, Any], survey: Survey, known: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the licence as the template calls it, and a note if it has no word for it."""
    value = project.get("license")
    text = value.get("text") if isinstance(value, dict) else value
    text = text or field_of(survey, "license")
    if not isinstance(text, str) or not text:
        return NO_LICENSE, ()
    match = next((name for name in known if same_license(name, text)), None)
    if match:
        return match, ()
    shown = " ".join(text.split())[:60]
    return NO_LICENSE, (f"the template does not know the licence `{shown}`; new crates get none, and yours stays",)


def same_license(name: str, text: str) -> bool:
    """Whether two expressions name the same licences, in any order."""
    parts = {part.strip().lower() for part in text.replace("/", " OR ").split(" OR ")}
    return {part.lower() for part in name.split(" OR ")} == parts


def read_python(project: Mapping[str, Any], known: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the oldest Python that both the project and the template support.

    Raises:
        ScaffolderError: There is none.
    """
    text = project.get("requires-python")
    try:
        allowed = SpecifierSet(str(text)) if text else SpecifierSet()
    except InvalidSpecifier as error:
        raise ScaffolderError(f'`requires-python = "{text}"` is not valid', "write for example `>=3.11`") from error

    oldest = next((version for version in known if allows(allowed, version)), None)
    if oldest is None:
        raise ScaffolderError(
            f'`requires-python = "{text}"` allows none of the Pythons that the template knows',
            f"it knows those from {known[0]} to {known[-1]}",
        )
    note = python_note(str(text), known[0]) if text else None
    return oldest, (note,) if note else ()


def has_abi3(survey: Survey) -> bool:
    """Whether the crate is built for the stable ABI, by any of its features or by those that maturin is given."""
    if survey.crate is None:
        return True
    given = map(str, as_list(survey.manifests.maturin.get("features")))
    dependency = survey.crate.dependency("pyo3")
    own = (str(name) for names in table_of(survey.crate.data, "features").values() for name in names)
    names = [*(dependency.features if dependency else ()), *own, *given]
    return any(name.rpartition("/")[2].startswith("abi3") for name in names)


def find_author(project: Mapping[str, Any], survey: Survey) -> Mapping[str, Any]:
    """Return the first author's name and address; a crate has both in one text."""
    author = next((entry for entry in as_list(project.get("authors")) if isinstance(entry, dict)), None)
    if author is not None:
        return author
    text = next((entry for entry in as_list(field_of(survey, "authors")) if isinstance(entry, str)), "")
    name, _, address = text.partition("<")
    return {"name": name.strip(), "email": address.rstrip("> ")}


def find_address(project: Mapping[str, Any], survey: Survey) -> Any:
    """Return the web address of the repository."""
    urls = {
        "".join(character for character in str(name).lower() if character.isalnum()): url
        for name, url in table_of(dict(project), "urls").items()
    }
    return next((urls[name] for name in ADDRESSES if name in urls), None) or field_of(survey, "repository")


def field_of(survey: Survey, name: str) -> Any:
    """Return a field of the crate's `[package]`."""
    return survey.crate.field(name) if survey.crate else None


def as_list(value: Any) -> list[Any]:
    """Return a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []
