"""The command's output as text: trees, results and lists."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from scaffolder.terminal import echo, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.guides import Page
    from scaffolder.skills import Example, Skill, Tool
    from scaffolder.template.catalog import Feature, Question
    from scaffolder.template.generate import NewProject

SHORT = 25

Folder = dict[str, "Folder"]


def project_text(project: NewProject) -> str:
    """Return a new project's tree and the next steps."""
    if project.dry_run:
        return f"{project.path}\n{tree(project.files, limit=None)}"
    steps = "\n".join(f"  {command}" for command in project.next)
    return f"{project.path}\n{tree(project.files)}\n\nNext:\n{steps}"


def features_text(features: Iterable[Feature]) -> str:
    """Return the features, one a line."""
    rows = [(feature.name, feature.purpose) for feature in features]
    return table("Features, for `pyo3-new new --with` and `pyo3-new add`:", rows)


def skills_text(skills: Iterable[Skill]) -> str:
    """Return the skills with their purpose and contents."""
    lines = ["Skills, each a guide with what it has of chapters, tools and examples:"]
    for skill in skills:
        parts = {"tool": len(skill.tools), "example": len(skill.examples)}
        counts = [f"{number} {part}{'s' if number > 1 else ''}" for part, number in parts.items() if number]
        shown = f"`pyo3-new guide {skill.name}` shows it"
        contents = f"{' and '.join(counts)}; {shown}" if counts else shown
        lines += ["", f"  {skill.name}", *wrap(skill.purpose), *wrap(contents), f"    {skill.path}"]
    return "\n".join(lines)


def wrap(text: str) -> list[str]:
    """Wrap a text below a name."""
    return textwrap.wrap(
        text, min(100, width()), initial_indent="    ", subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def tools_text(tools: Iterable[Tool]) -> str:
    """Return the tools, one a line, with their own commands."""
    rows = [(tool.name, f"{tool.purpose}{also(tool)}") for tool in tools]
    return table("Tools, for `pyo3-new tool NAME`:", rows)


def also(tool: Tool) -> str:
    """Return the commands that also run a tool."""
    names = " and ".join(f"`pyo3-new {command}`" for command in tool.commands)
    return f" (also {names})" if names else ""


def examples_text(examples: Iterable[Example]) -> str:
    """Return the examples, one a line."""
    rows = [(example.name, example.purpose) for example in examples]
    return table("Examples, for `pyo3-new example copy` and `pyo3-new new --example`:", rows)


def example_text(example: Example, files: Iterable[str]) -> str:
    """Return an example's README and its files."""
    return f"{example.readme}\n{example.path}\n{tree(files, limit=None)}"


def chapters_markdown(page: Page) -> str:
    """Return a section that says how to open a guide's chapters; nothing if it has none."""
    if not page.chapters:
        return ""
    names = "\n".join(f"- {name}" for name in page.chapters)
    return f"## Chapters in this terminal\n\n`pyo3-new guide {page.skill} CHAPTER` shows one of them:\n\n{names}"


def print_markdown(text: str) -> None:
    """Print Markdown, formatted on a terminal and as it is for other programs."""
    if not sys.stdout.isatty():
        echo(text.rstrip("\n"))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(printable(text), hyperlinks=False))


def table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return names and purposes: wrapped on a terminal, one a line for other programs."""
    column = max((len(name) for name, _ in rows), default=0) + 4
    lines = [title]
    for name, purpose in rows:
        first, *others = fold(purpose, column)
        lines += [f"  {name:<{column - 2}}{first}".rstrip(), *(" " * column + line for line in others)]
    return "\n".join(lines)


def width() -> int:
    """Return the terminal's width, or no limit where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000


def answer_text(label: str, value: str, column: int) -> str:
    """Return an answer beside its label, or below it where the label is too long."""
    first, *others = fold(value, column)
    head = [f"  {label:<{column - 2}}{first}"] if len(label) <= column - 4 else [f"  {label}", " " * column + first]
    return "\n".join([*head, *(" " * column + line for line in others)])


def fold(text: str, column: int) -> list[str]:
    """Wrap a text so that it starts at a column."""
    return textwrap.wrap(text, max(width() - column, 20), break_long_words=False, break_on_hyphens=False) or [""]


def format_answer(question: Question, answer: Any) -> str:
    """Return an answer in words."""
    if isinstance(answer, list):
        return ", ".join(map(str, answer)) or "none"
    if isinstance(answer, bool):
        word = "yes" if answer else "no"
        return f"{word} ({question.explanation})" if question.explanation else word
    return str(next((choice.label for choice in question.choices if choice.value == answer), answer)) or "none"


def tree(files: Iterable[str], limit: int | None = SHORT) -> str:
    """Draw files as a tree, collapsing the deepest folders until it fits in `limit` lines."""
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
    """Draw a folder's contents down to a depth."""
    middle, end, down = ("├── ", "└── ", "│   ") if draws_lines() else ("|-- ", "`-- ", "|   ")
    # Folders first, as file managers have them.
    entries = sorted(folder.items(), key=lambda entry: (not entry[1], entry[0].lower()))
    for name, inside in entries:
        is_last = name == entries[-1][0]
        closed = f"  ({number_of_files(count_files(inside))})" if inside and not depth else ""
        yield f"{prefix}{end if is_last else middle}{name}{'/' if inside else ''}{closed}"
        if inside and depth:
            yield from branches(inside, depth - 1, prefix + ("    " if is_last else down))


def number_of_files(number: int) -> str:
    """Return a number of files in words."""
    return f"{number} file{'s' if number != 1 else ''}"


def count_files(folder: Folder) -> int:
    """Count the files in a folder."""
    return sum(count_files(inside) if inside else 1 for inside in folder.values())


def draws_lines() -> bool:
    """Whether the terminal's encoding has box-drawing characters."""
    try:
        "├└│".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
