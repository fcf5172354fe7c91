"""The skills with their tools and examples, read from `skills/`."""

from __future__ import annotations

import ast
import importlib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scaffolder.errors import UsageError, listing, near
from scaffolder.template.catalog import SafeLoader

if TYPE_CHECKING:
    import typer

PACKAGE = Path(__file__).resolve().parent
# The tools that have commands of their own.
COMMANDS = {"debugger": ("explain", "debug"), "setup_validator": ("doctor",)}


@dataclass(frozen=True)
class Tool:
    """A program of a skill.

    Attributes:
        name: The file's name without its suffix.
        purpose: The first line of its docstring.
        skill: The skill that it belongs to.
        commands: The commands of `pyo3-new` that also run it.
        path: The file.
    """

    name: str
    purpose: str
    skill: str
    commands: tuple[str, ...]
    path: Path


@dataclass(frozen=True)
class Example:
    """A small project of a skill.

    Attributes:
        name: `<skill>/<folder>`.
        purpose: The project's description.
        path: Its folder.
        project: The project's name.
    """

    name: str
    purpose: str
    path: Path
    project: str

    @property
    def names(self) -> tuple[str, str, str]:
        """The names that it can be found by."""
        return self.name, self.path.name, self.project

    @property
    def readme(self) -> str:
        """Its README, as Markdown."""
        return (self.path / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Skill:
    """A skill: guide, references, tools and examples, each read on demand.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def purpose(self) -> str:
        """What it is for, and when to use it."""
        return str(self._head.get("description", ""))

    @property
    def features(self) -> tuple[str, ...]:
        """The features that it explains."""
        return tuple(str((self._head.get("metadata") or {}).get("features", "")).split())

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """Its tools, by name."""
        return tuple(map(_read_tool, sorted(self.path.glob("scripts/*.py"))))

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Its examples in reading order."""
        return tuple(_read_example(path.parent) for path in sorted(self.path.glob("examples/*/pyproject.toml")))

    @cached_property
    def _head(self) -> dict[str, Any]:
        """The YAML front matter of its guide."""
        _, head, _ = (self.path / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
        content: dict[str, Any] = yaml.load(head, SafeLoader)  # noqa: S506
        return content


def skills_folder() -> Path:
    """Return the folder of the skills: in the package if it is installed, else in the checkout."""
    installed = PACKAGE / "skills"
    return installed if installed.is_dir() else PACKAGE.parent / "skills"


def load_skills(folder: Path | None = None) -> tuple[Skill, ...]:
    """Return the skills by name.

    Args:
        folder: The folder of the skills; by default this version's.
    """
    return tuple(Skill(path.parent) for path in sorted((folder or skills_folder()).glob("*/SKILL.md")))


def find_skill(name: str) -> Skill:
    """Return a skill.

    Raises:
        UsageError: There is none of this name.
    """
    skills = {skill.name: skill for skill in load_skills()}
    if skill := skills.get(name):
        return skill
    raise UsageError(f"there is no skill `{name}`", near(name, skills))


def find_tool(name: str, folder: Path | None = None) -> Tool:
    """Return a tool.

    Args:
        name: The tool's name, with `_` or `-`.
        folder: As for `load_skills`.

    Raises:
        UsageError: There is none of this name, or there are several.
    """
    # Only the file that is asked for is read: there are many.
    scripts = sorted((folder or skills_folder()).glob("*/scripts/*.py"))
    # Shells and people write either; files that Python imports have no dashes.
    paths = [path for path in scripts if path.stem == name.replace("-", "_")]
    if len(paths) == 1:
        return _read_tool(paths[0])
    if paths:
        owners = listing([path.parents[1].name for path in paths], "and")
        raise UsageError(f"several tools are called `{name}`: those of {owners}", "rename all but one of them")
    raise UsageError(f"there is no tool `{name}`", near(name, [path.stem for path in scripts]))


def find_example(name: str) -> Example:
    """Return an example.

    Args:
        name: `<skill>/<folder>`, the folder alone, or the project's name.

    Raises:
        UsageError: There is none of this name, or there are several.
    """
    examples = [example for skill in load_skills() for example in skill.examples]
    wanted = name.replace("\\", "/").strip("/")
    matches = [example for example in examples if wanted in example.names]
    if len(matches) == 1:
        return matches[0]
    if matches:
        several = listing([example.name for example in matches], "and")
        raise UsageError(f"several examples are called `{name}`", f"choose from {several}")
    names = [name for example in examples for name in (example.project, example.path.name)]
    raise UsageError(f"there is no example `{name}`", near(wanted, names, "`pyo3-new list examples` lists them"))


def load_tool(name: str, program: str = "app") -> typer.Typer:
    """Import a tool and return its Typer program.

    Args:
        name: The tool's name.
        program: Which of the tool's programs to load.
    """
    module = importlib.import_module(f"scaffolder.tools.{name}.app")
    loaded: typer.Typer = getattr(module, program)
    return loaded


def _read_tool(path: Path) -> Tool:
    """Read a tool's docstring, without running it."""
    docstring = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    purpose = docstring.partition("\n")[0].rstrip(".")
    return Tool(path.stem, purpose, path.parents[1].name, COMMANDS.get(path.stem, ()), path)


def _read_example(folder: Path) -> Example:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Example(f"{folder.parents[1].name}/{folder.name}", project["description"], folder, project["name"])
