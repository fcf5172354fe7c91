"""What a project says about its plugins: the entry-point group that it reads, the contract, and the settings."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.extensions import parse_python
from scaffolder.anatomy.layout import SKIPPED
from scaffolder.anatomy.manifests import read_toml, table_of
from scaffolder.errors import UsageError, listing
from scaffolder.files import MEGABYTE, Reader, is_file, is_folder
from scaffolder.machine.entry_points import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = "plugins.toml"
PYPROJECT = "pyproject.toml"
READERS = {"entry_points", "iter_entry_points", "select"}
NOT_ITS_OWN = SKIPPED | {"tests", "test", "examples", "docs", "benchmarks"}


@dataclass(frozen=True)
class Host:
    """What reads plugins.

    Attributes:
        folder: The project's folder, or the current one.
        group: The entry-point group.
        contract: The protocol that its plugins keep, `text_filters.registry:Filter`; none if it is not known.
        reads_settings: Whether its sources name the file of settings.
    """

    folder: Path
    group: str
    contract: str | None = None
    reads_settings: bool = False


@dataclass(frozen=True)
class _Module:
    """A module that reads the entry points of a group, and the protocols that it defines."""

    name: str
    group: str
    protocols: tuple[str, ...]


def find_project(folder: Path | None) -> Path | None:
    """Return the folder of the project that is named, or that encloses this one.

    Raises:
        UsageError: There is no project in the folder that is named.
    """
    if folder is None:
        return next((place for place in upwards(Path.cwd()) if is_file(place / PYPROJECT)), None)
    if not is_file(folder / PYPROJECT):
        raise UsageError(f"there is no project in `{folder}`", f"name the folder that holds `{PYPROJECT}`")
    return Path(os.path.abspath(folder))  # noqa: PTH100


def find_host(project: Path | None, group: str | None) -> Host | None:
    """Return the host that a project is, or that its plugins are for; none without a group.

    Args:
        project: The project's folder.
        group: The entry-point group that the user names.

    Raises:
        UsageError: The project reads several groups.
        ScaffolderError: Its pyproject.toml can't be read.
    """
    if project is None:
        return Host(Path.cwd(), group) if group else None
    modules, reads_settings = _read(project)
    groups = sorted({module.group for module in modules} or _offered(project))
    if group is None and len(groups) > 1:
        message = f"`{project}` has to do with several groups: {listing(groups, 'and')}"
        raise UsageError(message, f"choose one: `--group {groups[0]}`")
    group = group or next(iter(groups), None)
    contracts = [f"{module.name}:{name}" for module in modules if module.group == group for name in module.protocols]
    # Which one of several it is nobody says.
    contract = contracts[0] if len(contracts) == 1 else None
    return Host(project, group, contract, reads_settings) if group else None


def _read(project: Path) -> tuple[list[_Module], bool]:
    """Return the modules of a project that read entry points, and whether any names the file of settings."""
    reader, modules, reads_settings = Reader(), [], False
    for path in reader.walk(project, (".py",), skip=_is_foreign):
        source = reader.read(path, MEGABYTE) or b""
        reads_settings = reads_settings or SETTINGS.encode() in source
        if b"entry_points" in source and (tree := parse_python(source)):
            protocols = tuple(_protocols(tree))
            modules += [_Module(_module_name(path), group, protocols) for group in sorted(set(_groups(tree)))]
    return modules, reads_settings


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    """Whether a folder holds no sources of the project: an environment, tests, or another project."""
    marks = (PYPROJECT, "pyvenv.cfg")
    return (
        entry.name in NOT_ITS_OWN
        or entry.name.startswith(".")
        or (is_folder(Path(entry.path)) and any(is_file(Path(entry.path, mark)) for mark in marks))
    )


def _groups(tree: ast.Module) -> Iterator[str]:
    """Yield the groups whose entry points a module reads: texts, or names of constants of the module."""
    constants: dict[str, str] = {}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            constants |= {target.id: value.value for target in targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in READERS:
            arguments = [keyword.value for keyword in node.keywords if keyword.arg == "group"]
            for argument in arguments or (node.args[:1] if not ast.unparse(node.func).endswith("select") else []):
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
                elif isinstance(argument, ast.Name) and argument.id in constants:
                    yield constants[argument.id]


def _protocols(tree: ast.Module) -> Iterator[str]:
    """Yield the protocols that a module defines."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = (ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases)
            if "Protocol" in bases:
                yield node.name


def _module_name(path: Path) -> str:
    """Return the full name of a module by the packages that it lies in."""
    names = [] if path.name == "__init__.py" else [path.stem]
    for folder in path.parents:
        if not is_file(folder / "__init__.py"):
            break
        names.insert(0, folder.name)
    return ".".join(names)


def _offered(project: Path) -> set[str]:
    """Return the groups that a project's own entry points are in."""
    return set(table_of(table_of(read_toml(project / PYPROJECT), "project"), "entry-points")) - COMMON
