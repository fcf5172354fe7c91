"""What the command says: trees, results and problems, as text and as data."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffolder.errors import ScaffolderError
    from scaffolder.skills import Example, Skill
    from scaffolder.template.catalog import Catalog, Feature, Question
    from scaffolder.template.generate import Project

SHORT = 25

Folder = dict[str, "Folder"]


def as_json(data: Any) -> str:
    """Return data as JSON for other programs."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def project_data(project: Project) -> dict[str, Any]:
    """Return what was made as data."""
    return {
        "name": project.name,
        "path": str(project.path),
        "template": {"source": project.source, "version": project.version},
        "features": list(project.features),
        "files": list(project.files),
        "next": list(project.next),
        "dry_run": project.dry_run,
    }


def project_text(project: Project) -> str:
    """Return what was made, or would be, as text."""
    if project.dry_run:
        return f"{project.path}\n{tree(project.files, limit=None)}"
    steps = "\n".join(f"  {command}" for command in project.next)
    return f"{project.path}\n{tree(project.files)}\n\nNext:\n{steps}"


def features_data(features: Iterable[Feature]) -> dict[str, Any]:
    """Return the features on offer as data."""
    return {"features": [{"name": feature.name, "purpose": feature.purpose} for feature in features]}


def features_text(features: Iterable[Feature]) -> str:
    """Return the features on offer, one a line."""
    lines = in_columns([(feature.name, feature.purpose) for feature in features])
    return "\n".join(["Features, for `pyo3-new new --with`:", *lines])


def skills_data(skills: Iterable[Skill]) -> dict[str, Any]:
    """Return the skills as data."""
    return {
        "skills": [
            {
                "name": skill.name,
                "purpose": skill.purpose,
                "path": str(skill.path),
                "features": list(skill.features),
                "tools": [tool.name for tool in skill.tools],
                "examples": [example.name for example in skill.examples],
            }
            for skill in skills
        ]
    }


def skills_text(skills: Iterable[Skill]) -> str:
    """Return the skills: what each is for, and what it has."""
    lines = ["Skills, each a guide with references, tools and examples:"]
    for skill in skills:
        has = f"{len(skill.tools)} tools and {len(skill.examples)} examples, in {skill.path}"
        lines += ["", f"  {skill.name}", *wrapped(skill.purpose), *wrapped(has)]
    return "\n".join(lines)


def wrapped(text: str) -> list[str]:
    """Return a text as lines below a name."""
    return textwrap.wrap(text, 100, initial_indent="    ", subsequent_indent="    ", break_long_words=False)


def tools_data(skills: Iterable[Skill]) -> dict[str, Any]:
    """Return the tools of all skills as data."""
    return {
        "tools": [
            {"name": tool.name, "purpose": tool.purpose, "skill": skill.name, "path": str(tool.path)}
            for skill in skills
            for tool in skill.tools
        ]
    }


def tools_text(skills: Iterable[Skill]) -> str:
    """Return the tools of all skills, one a line."""
    rows = [(tool.name, tool.purpose) for skill in skills for tool in skill.tools]
    return "\n".join(["Tools, for `pyo3-new tool NAME`:", *in_columns(rows)])


def examples_data(skills: Iterable[Skill]) -> dict[str, Any]:
    """Return the examples of all skills as data."""
    examples = [example for skill in skills for example in skill.examples]
    return {
        "examples": [
            {"name": example.name, "purpose": example.purpose, "path": str(example.path)} for example in examples
        ]
    }


def examples_text(skills: Iterable[Skill]) -> str:
    """Return the examples of all skills, one a line."""
    rows = [(example.name, example.purpose) for skill in skills for example in skill.examples]
    return "\n".join(["Examples, for `pyo3-new example copy` and `pyo3-new new --example`:", *in_columns(rows)])


def example_data(example: Example, files: Iterable[str]) -> dict[str, Any]:
    """Return an example as data."""
    return {
        "name": example.name,
        "purpose": example.purpose,
        "path": str(example.path),
        "files": list(files),
        "readme": example.readme,
    }


def example_text(example: Example, files: Iterable[str]) -> str:
    """Return what an example shows, and its files."""
    return f"{example.readme}\n{example.path}\n{tree(files, limit=None)}"


def in_columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return names with what they are for."""
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:<{width}}  {purpose}" for name, purpose in rows]


def review(catalog: Catalog, answers: Mapping[str, Any], project: Project) -> str:
    """Return the answers and what they would make, for a last look."""
    rows = [
        (question.help, shown(question, answers[question.name]))
        for question in catalog.asked
        if question.name in answers
    ]
    rows.append(("Folder", str(project.path)))
    width = max(len(label) for label, _ in rows)
    lines = [f"  {label:<{width}}  {value}" for label, value in rows]
    return "\n".join(
        ["", *lines, "", f"  {counted(len(project.files))}:", *indented(tree(project.files, limit=16)), ""]
    )


def shown(question: Question, answer: Any) -> str:
    """Return an answer as a user reads it."""
    if isinstance(answer, list):
        return ", ".join(map(str, answer)) or "none"
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    label = next((choice.label for choice in question.choices if choice.value == answer), answer)
    return "-" if label == "" else str(label)


def indented(text: str) -> Iterator[str]:
    """Return the lines of a text, moved to the right."""
    return (f"  {line}" for line in text.splitlines())


def problem(error: ScaffolderError) -> str:
    """Return an error as text."""
    text = f"error: {error.message}"
    return f"{text}\n\nhint: {error.hint}" if error.hint else text


def tree(files: Iterable[str], limit: int | None = SHORT) -> str:
    """Draw files as a tree, with the deepest folders closed until it fits in `limit` lines."""
    root: Folder = {}
    for file in files:
        folder = root
        for part in file.split("/"):
            folder = folder.setdefault(part, {})
    depth = max((file.count("/") for file in files), default=0)
    lines = list(branches(root, depth))
    while limit is not None and len(lines) > limit and depth:
        depth -= 1
        lines = list(branches(root, depth))
    return "\n".join(lines)


def branches(folder: Folder, depth: int, prefix: str = "") -> Iterator[str]:
    """Draw what is in a folder, and in its folders down to a depth."""
    middle, end, down = ("├── ", "└── ", "│   ") if draws_lines() else ("|-- ", "`-- ", "|   ")
    # Folders first, as file managers have them.
    entries = sorted(folder.items(), key=lambda entry: (not entry[1], entry[0].lower()))
    for name, inside in entries:
        last = name == entries[-1][0]
        closed = f"  ({counted(count(inside))})" if inside and not depth else ""
        yield f"{prefix}{end if last else middle}{name}{'/' if inside else ''}{closed}"
        if inside and depth:
            yield from branches(inside, depth - 1, prefix + ("    " if last else down))


def counted(number: int) -> str:
    """Return a number of files in words."""
    return f"{number} file{'s' if number != 1 else ''}"


def count(folder: Folder) -> int:
    """Count the files in a folder."""
    return sum(count(inside) if inside else 1 for inside in folder.values())


def draws_lines() -> bool:
    """Whether the terminal's encoding has box-drawing characters."""
    try:
        "├└│".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
