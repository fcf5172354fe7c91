"""Metadata moves from `setup.py` and `setup.cfg` to `[project]`, where maturin reads it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from scaffolder.adoption.backend import find_package
from scaffolder.adoption.setup_files import COMMANDS, CONFIGURATION, SCRIPT, Content, Found, lines, read_setup
from scaffolder.anatomy.manifests import table_of
from scaffolder.anatomy.project import read_requirement
from scaffolder.checkout.manifest_merge import inline_table
from scaffolder.errors import ScaffolderError
from scaffolder.files import Reader, is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.anatomy.manifests import Manifests

TEXTS = {"name": "name", "version": "version", "description": "description", "python_requires": "requires-python"}
# What maturin needs no word for: it takes every file in the package, and nothing else.
NEEDLESS = {
    "zip_safe", "include_package_data", "package_data", "platforms", "tests_require", "test_suite", "package_dir",
    "packages", "long_description_content_type",
}  # fmt: skip
OWNERS = {"author", "author_email", "maintainer", "maintainer_email"}
ADDRESSES = {"url": "Homepage", "download_url": "Download"}
LISTS = {"keywords": "keywords", "classifiers": "classifiers", "install_requires": "dependencies"}
SCRIPTS = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}
BUILDERS = {"setuptools", "wheel", "setuptools-rust"}
HEADER = re.compile(r"^\[([^\]]+)\]")


def has_setup(manifests: Manifests) -> bool:
    """Whether setuptools has the metadata of a project, and `[project]` has none."""
    files = any(is_file(manifests.folder / name) for name in (SCRIPT, CONFIGURATION))
    return files and "project" not in manifests.pyproject


def move_metadata(manifests: Manifests) -> tuple[Manifests, str]:
    """Return the manifests and the pyproject.toml of a project whose metadata is in `[project]`.

    Args:
        manifests: The project's.

    Raises:
        ScaffolderError: There is metadata that has to be run to be known, or that has no place there.
    """
    values = read_setup(manifests.folder)
    project = project_table(manifests, values)
    require_places(manifests, values)
    text = with_project(read_text(manifests, "pyproject.toml"), project)
    data = tomllib.loads(text)
    # What readers of pyproject.toml have to know meanwhile.
    requires = ["setuptools", "setuptools-rust"] if manifests.extensions else ["setuptools"]
    data.setdefault("build-system", {"requires": requires, "build-backend": "setuptools.build_meta"})
    if places := values.get("package_dir"):
        data.setdefault("tool", {}).setdefault("setuptools", {}).setdefault("package-dir", places)
    return replace(manifests, pyproject=data), text


def project_table(manifests: Manifests, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `[project]` for the keywords of `setup`.

    Raises:
        ScaffolderError: One of them has no place there.
    """
    for name in ("name", "version"):
        if not isinstance(values.get(name), str):
            raise ScaffolderError(
                f"neither `{SCRIPT}` nor `{CONFIGURATION}` in `{manifests.folder}` has a `{name}` that can be read",
                "write it in `setup()` as a text",
            )
    table: dict[str, Any] = {}
    for key, value in values.items():
        if key in NEEDLESS or value in (None, "", [], {}):
            continue
        fields = list(fields_of(key, value, values))
        if not fields:
            raise ScaffolderError(
                f"`{key}` of `setup()` in `{manifests.folder}` has no place in `[project]`", "do without it"
            )
        for name, field in fields:
            both = isinstance(field, dict) and name in table
            table[name] = {**table[name], **field} if both else field
    return table


def fields_of(key: str, value: Any, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of `[project]` that say what a keyword says."""
    if isinstance(value, str) and key in TEXTS:
        yield TEXTS[key], value
    elif isinstance(value, str) and key in OWNERS:
        owner = key.partition("_")[0]
        parts = {"name": values.get(owner), "email": values.get(f"{owner}_email")}
        yield f"{owner}s", [{name: part for name, part in parts.items() if part}]
    elif isinstance(value, str) and key in ADDRESSES:
        yield "urls", {ADDRESSES[key]: value}
    elif isinstance(value, str) and key == "license":
        yield "license", {"text": value}
    elif isinstance(value, str | list):
        yield from list_fields(key, value)
    elif isinstance(value, Content) and key == "long_description":
        kind = values.get("long_description_content_type")
        usual = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}.get(PurePath(value.path).suffix)
        plain = usual is not None and kind in {None, usual}
        yield "readme", value.path if plain else {"file": value.path, "content-type": kind or "text/plain"}
    elif isinstance(value, dict):
        yield from table_fields(key, value)


def list_fields(key: str, value: str | list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that are lists."""
    if key == "keywords" and isinstance(value, str):
        yield key, [part.strip() for part in (value.split(",") if "," in value else value.split()) if part.strip()]
    elif key in LISTS:
        yield LISTS[key], as_lines(value)
    elif key == "setup_requires" and all(builds(text) for text in as_lines(value)):
        yield "dynamic", []


def table_fields(key: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that are tables."""
    if key == "project_urls":
        yield "urls", value
    elif key == "extras_require" and not any(":" in name for name in value):
        yield "optional-dependencies", {name: as_lines(entries) for name, entries in value.items()}
    elif key == "entry_points":
        yield from entry_points(value)


def entry_points(groups: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the tables of entry points."""
    for group, entries in groups.items():
        pairs = (entry.partition("=") for entry in as_lines(entries))
        table = {name.strip(): target.strip() for name, _, target in pairs}
        yield (SCRIPTS[group], table) if group in SCRIPTS else ("entry-points", {group: table})


def as_lines(value: Any) -> list[str]:
    """Return a list, which may be written as a text with a line for each item."""
    return lines(value) if isinstance(value, str) else [str(item) for item in value]


def builds(text: str) -> bool:
    """Whether a requirement is for a build that maturin takes over."""
    requirement = read_requirement(text)
    return requirement is not None and requirement.name in BUILDERS


def require_places(manifests: Manifests, values: Mapping[str, Any]) -> None:
    """Refuse packages in other places than maturin looks in.

    Raises:
        ScaffolderError: They are.
    """
    python, package = find_package(manifests)
    folder = "" if python == "." else python
    packages, places = values.get("packages"), values.get("package_dir") or {}
    where = packages.where if isinstance(packages, Found) else None
    named = packages if isinstance(packages, list) else []
    fits = (
        {key: value.strip("./") for key, value in places.items()}
        in ({}, {"": folder}, {package: f"{folder}/{package}"})
        and (where is None or where.strip("./") == folder)
        and all(name == package or name.startswith(f"{package}.") for name in named)
        and (where is not None or bool(named))
        and (bool(places) or not folder)
    )
    if not fits:
        raise ScaffolderError(
            f"`packages` and `package_dir` in `{manifests.folder}` say something else than the one package "
            f"`{package}` in `{python}`",
            "move what is installed beside it into the package",
        )


def with_project(text: str, project: Mapping[str, Any]) -> str:
    """Return a pyproject.toml with `[project]` at its end."""
    import tomlkit

    table = tomlkit.table()
    for key, value in project.items():
        if value or key != "dynamic":
            table[key] = in_lines(key, value)
    block = tomlkit.dumps({"project": table})
    return f"{text.rstrip()}\n\n{block}" if text.strip() else block


def in_lines(key: str, value: Any) -> Any:
    """Return a field of `[project]` as one writes it by hand: long lists with a line for each item."""
    import tomlkit

    if key in {"readme", "license"} and isinstance(value, dict):
        return inline_table(value)
    if not isinstance(value, list):
        return value
    array = tomlkit.array()
    array.extend(inline_table(item) if isinstance(item, dict) else item for item in value)
    return array.multiline(len(value) > 1)


def without_metadata(text: str) -> str:
    """Return a setup.cfg without what moved; empty if nothing else is in it."""
    kept, section = [], ""
    for line in text.splitlines(keepends=True):
        if match := HEADER.match(line):
            section = match[1].strip()
        first = section.partition(".")[0]
        if first not in {"metadata", "options"} | COMMANDS:
            kept.append(line)
    rest = "".join(kept)
    return rest if any(HEADER.match(line) for line in kept) else ""


def has_builder(manifests: Manifests) -> bool:
    """Whether setuptools-rust builds something of the project."""
    return bool(manifests.extensions or table_of(table_of(manifests.pyproject, "tool"), "setuptools-rust"))


def read_text(manifests: Manifests, name: str) -> str:
    """Return the text of a file at the top of a project, empty without one."""
    return (Reader().read(manifests.folder / name) or b"").decode("utf-8")
