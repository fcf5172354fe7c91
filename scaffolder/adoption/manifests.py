"""What the template needs in `Cargo.toml` and `pyproject.toml`, beside what the project has there."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from scaffolder.adoption.reading import join
from scaffolder.anatomy.crates import crates_by_path
from scaffolder.anatomy.manifests import table_of
from scaffolder.checkout.manifest_merge import merge_manifest
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.adoption.reading import Survey

CRATES = ("thiserror",)  # what every feature's errors derive from
BACKEND = ("tool", "setuptools"), ("tool", "setuptools-rust")


def merge_cargo(survey: Survey, ours: str, template: str) -> str:
    """Return a crate's Cargo.toml with what features build on.

    Args:
        survey: The project.
        ours: Its Cargo.toml.
        template: That of the template.
    """
    wanted = table_of(tomllib.loads(template), "dependencies")
    theirs: dict[str, Any] = {"dependencies": {name: wanted[name] for name in CRATES}}
    if survey.crate and "cdylib" not in survey.crate.library_types:
        theirs["lib"] = {"crate-type": ["cdylib"]}
    return merged(survey.cargo_path, {}, ours, theirs)


def merge_pyproject(survey: Survey, ours: str, template: str, *, maturin: bool) -> str:
    """Return a pyproject.toml with what the template needs in it.

    Args:
        survey: The project.
        ours: Its pyproject.toml.
        template: That of the template.
        maturin: Whether maturin is to build what another backend builds.
    """
    data, wanted = tomllib.loads(ours), tomllib.loads(template)
    base: dict[str, Any] = {}
    theirs: dict[str, Any] = {"tool": {}}
    if "cache-keys" not in table_of(table_of(data, "tool"), "uv"):
        theirs["tool"]["uv"] = {"cache-keys": cache_keys(survey)}
    if not mentions_pytest(data):
        theirs["dependency-groups"] = {"dev": ["pytest"]}
    if maturin or survey.builder == "python":
        system = table_of(data, "build-system")
        base = {"build-system": system, "tool": backend_tables(data)}
        theirs["build-system"] = {**system, **wanted["build-system"]}
        theirs["tool"]["maturin"] = maturin_table(survey)
    if survey.is_single:
        present = table_of(table_of(data, "tool"), "maturin")
        replaced = {key: present[key] for key in ("module-name", "python-source") if key in present}
        base = {"tool": {"maturin": replaced}} if replaced else {}
        theirs["tool"]["maturin"] = maturin_table(survey)
    return merged("pyproject.toml", base, ours, theirs)


def cache_keys(survey: Survey) -> list[dict[str, str]]:
    """Return the files whose changes uv has to notice."""
    sources = join(survey.crate_folder, survey.source, "**/*.rs")
    # Also one that comes later, as `adopt --take` can bring it.
    script = join(survey.crate_folder, "build.rs")
    paths = ["pyproject.toml", survey.cargo_path, *lock_paths(survey), script, sources, *needed_paths(survey)]
    return [{"file": path} for path in dict.fromkeys(paths)]


def lock_paths(survey: Survey) -> list[str]:
    """Return the lock file of a crate, and the manifest of the workspace that it is in."""
    if survey.crate is None:
        return [join(survey.crate_folder, "Cargo.lock")]
    workspace = survey.crate.workspace_path
    manifest = [] if workspace == survey.crate.path else [from_project(survey, workspace)]
    return [*manifest, from_project(survey, workspace.with_name("Cargo.lock"))]


def needed_paths(survey: Survey) -> Iterator[str]:
    """Yield the files of the crates that a crate needs from its neighbourhood."""
    for crate in crates_by_path(survey.crate) if survey.crate else ():
        library = crate.folder / str(crate.library.get("path", "src/lib.rs"))
        yield from_project(survey, crate.path)
        yield f"{from_project(survey, library.parent)}/**/*.rs"


def from_project(survey: Survey, path: Path) -> str:
    """Return a path from the project's folder, also one outside of it."""
    return Path(os.path.relpath(path, survey.folder)).as_posix()


def backend_tables(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of backends that maturin replaces."""
    tool = table_of(dict(data), "tool")
    return {name: tool[name] for _, name in BACKEND if name in tool}


def maturin_table(survey: Survey) -> dict[str, Any]:
    """Return what maturin has to know of a project."""
    table = {"module-name": f"{survey.package}.{survey.extension}"}
    if survey.python != ".":
        table["python-source"] = survey.python
    if survey.crate_folder != "." and not survey.is_single:
        table["manifest-path"] = survey.cargo_path
    if survey.crate is None:
        table["editable-profile"] = "editable"  # of the new crate
    return table


def mentions_pytest(data: Mapping[str, Any]) -> bool:
    """Whether any list of a pyproject.toml asks for pytest."""
    lists = [
        *table_of(table_of(dict(data), "project"), "optional-dependencies").values(),
        *table_of(dict(data), "dependency-groups").values(),
        table_of(dict(data), "project").get("dependencies", []),
    ]
    return any(str(entry).lower().startswith("pytest") for entries in lists for entry in entries)


def merged(path: str, base: Mapping[str, Any], ours: str, theirs: Mapping[str, Any]) -> str:
    """Merge by keys.

    Raises:
        ScaffolderError: That would lose something.
    """
    import tomlkit

    text = merge_manifest(tomlkit.dumps(base), ours, tomlkit.dumps(theirs))
    if text is None:
        raise ScaffolderError(
            f"`{path}` can't be edited without losing a line of it", "write tables with headers, one key a line"
        )
    return text


def with_version(template: str, version: object) -> tuple[str, tuple[str, ...]]:
    """Return the Cargo.toml of a new crate with the project's version, and a note if cargo has no such version."""
    import tomlkit

    text = cargo_version(str(version))
    if text is None:
        return template, (f"the crate begins with version 0.1.0: cargo has no version like `{version}`",)
    document = tomlkit.parse(template)
    document["package"]["version"] = text
    return tomlkit.dumps(document), ()


def cargo_version(text: str) -> str | None:
    """Return a version of Python's as cargo writes it, if it can."""
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    if (
        version.epoch
        or version.post is not None
        or version.local
        or version.dev is not None
        or len(version.release) > 3
    ):
        return None
    numbers = ".".join(map(str, (*version.release, 0, 0)[:3]))
    words = {"a": "alpha", "b": "beta", "rc": "rc"}
    return f"{numbers}-{words[version.pre[0]]}.{version.pre[1]}" if version.pre else numbers
