"""What skills there are, with their tools and examples: read from the folder `skills/`."""

from __future__ import annotations

import ast
import importlib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scaffolder.errors import UsageError
from scaffolder.template.answers import listing
from scaffolder.template.catalog import SafeLoader

if TYPE_CHECKING:
    import typer

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Tool:
    """A program of a skill.

    Attributes:
        name: The file's name without its suffix.
        purpose: The first line of its docstring.
        path: The file.
    """

    name: str
    purpose: str
    path: Path


@dataclass(frozen=True)
class Example:
    """A small project of a skill.

    Attributes:
        name: `<skill>/<folder>`.
        purpose: The project's description.
        path: Its folder.
        project: What the project calls itself.
    """

    name: str
    purpose: str
    path: Path
    project: str

    @property
    def readme(self) -> str:
        """What it shows, as Markdown."""
        return (self.path / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Skill:
    """A folder of knowledge: guide, references, tools, examples. Each is read when it is asked for.

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
        """Its examples, in the order in which to read them."""
        return tuple(_read_example(path.parent) for path in sorted(self.path.glob("examples/*/pyproject.toml")))

    @cached_property
    def _head(self) -> dict[str, Any]:
        """The YAML that its guide opens with."""
        _, head, _ = (self.path / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
        found: dict[str, Any] = yaml.load(head, SafeLoader)  # noqa: S506
        return found


def skills_folder() -> Path:
    """Return the folder with this version's skills: in the package if it is installed, else in the checkout."""
    installed = PACKAGE / "skills"
    return installed if installed.is_dir() else PACKAGE.parent / "skills"


def load_skills(folder: Path | None = None) -> tuple[Skill, ...]:
    """Read what skills there are, by name.

    Args:
        folder: Holds one folder a skill; by default that of this version.
    """
    return tuple(Skill(path.parent) for path in sorted((folder or skills_folder()).glob("*/SKILL.md")))


def find_tool(name: str) -> Tool:
    """Return a tool.

    Raises:
        UsageError: There is none of this name.
    """
    tools = {tool.name: tool for skill in load_skills() for tool in skill.tools}
    # Shells and people write either; files that Python imports have no dashes.
    if found := tools.get(name.replace("-", "_")):
        return found
    raise UsageError(f"there is no tool `{name}`", f"the tools are {listing(tools, 'and')}")


def find_example(name: str) -> Example:
    """Return an example.

    Args:
        name: `<skill>/<folder>`, the folder alone, or the project's name.

    Raises:
        UsageError: There is none of this name, or there are several.
    """
    examples = [example for skill in load_skills() for example in skill.examples]
    wanted = name.replace("\\", "/").strip("/")
    found = [example for example in examples if wanted in {example.name, example.path.name, example.project}]
    if len(found) == 1:
        return found[0]
    if found:
        names = listing([example.name for example in found], "and")
        raise UsageError(f"`{name}` may be one of several examples", f"they are {names}")
    raise UsageError(f"there is no example `{name}`", "see `pyo3-new example list`")


def load_tool(tool: Tool) -> typer.Typer:
    """Import a tool and return its Typer program."""
    program: typer.Typer = importlib.import_module(f"scaffolder.tools.{tool.name}.app").app
    return program


def _read_tool(path: Path) -> Tool:
    """Read a tool's docstring, without running it."""
    docstring = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    return Tool(path.stem, docstring.partition("\n")[0].rstrip("."), path)


def _read_example(folder: Path) -> Example:
    """Read one example's metadata."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Example(f"{folder.parents[1].name}/{folder.name}", project["description"], folder, project["name"])
