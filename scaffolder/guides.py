"""The installed guides and chapters, cut into sections to read in a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError, near
from scaffolder.skills import find_skill

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Skill

# What documents hold for the programs that write and test them.
COMMENT = re.compile(r"^<!-- .*? -->\n", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
TARGET = re.compile(r'<a id="[\w-]+"></a>')
# A line of a list that can be linked to.
ENTRY = re.compile(r'^- <a id="([\w-]+)"></a>.*$', re.MULTILINE)
CODE = re.compile(r"^ *(```+|~~~+).*?^ *\1", re.MULTILINE | re.DOTALL)
CONTENTS = "REFERENCE"


@dataclass(frozen=True)
class Page:
    """A guide or chapter, or a section of one.

    Attributes:
        skill: The skill's name.
        chapter: The chapter's name; none for the guide.
        section: The section's anchor, if this is only a section.
        path: The file.
        text: Its Markdown.
        chapters: The names of the skill's chapters.
    """

    skill: str
    chapter: str | None
    section: str | None
    path: Path
    text: str
    chapters: tuple[str, ...]


def read_page(name: str, chapter: str | None = None) -> Page:
    """Return a guide, or a chapter of its references.

    Args:
        name: The skill.
        chapter: A chapter, with an optional section after `#`.

    Raises:
        UsageError: There is no such skill, chapter or section.
    """
    skill = find_skill(name)
    chapters = tuple(chapter_names(skill))
    if chapter is None:
        path = skill.path / "SKILL.md"
        return Page(name, None, None, path, clean(path.read_text(encoding="utf-8").split("---\n", 2)[2]), chapters)
    chapter, _, section = chapter.partition("#")
    chapter = chapter.removesuffix(".md")
    if chapter not in chapters:
        raise UsageError(
            f"`{name}` has no chapter `{chapter}`",
            near(chapter, chapters, None if chapters else f"run `pyo3-new guide {name}`"),
        )
    path = skill.path / f"references/{chapter}.md"
    text = clean(path.read_text(encoding="utf-8"))
    shown = cut(text, chapter, section) if section else text
    return Page(name, chapter, section or None, path, TARGET.sub("", shown), chapters)


def chapter_names(skill: Skill) -> list[str]:
    """Return the names of a skill's chapters, in the order in which its contents name them."""
    names = {path.stem for path in skill.path.glob("references/*.md") if path.stem != CONTENTS}
    contents = skill.path / f"references/{CONTENTS}.md"
    text = contents.read_text(encoding="utf-8") if contents.is_file() else ""
    return sorted(names, key=lambda name: (text.find(f"]({name}.md)") % (len(text) + 1), name))


def clean(text: str) -> str:
    """Return Markdown without comments."""
    return COMMENT.sub("", text).strip() + "\n"


def sections(text: str) -> list[tuple[str, int, int]]:
    """Return the start and end of each section by its anchor, which is derived as GitHub does."""
    blocks = [match.span() for match in CODE.finditer(text)]
    headings = [
        match for match in HEADING.finditer(text) if not any(start < match.start() < end for start, end in blocks)
    ]
    levels = [(len(match[1]), match.start()) for match in headings]
    ends = [
        next((start for level, start in levels[number + 1 :] if level <= own), len(text))
        for number, (own, _) in enumerate(levels)
    ]
    return [
        *((anchor(match[2]), match.start(), end) for match, end in zip(headings, ends, strict=True)),
        *((match[1], *match.span()) for match in ENTRY.finditer(text)),
    ]


def anchor(heading: str) -> str:
    """Return a heading's anchor."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def cut(text: str, chapter: str, section: str) -> str:
    """Return one section of a chapter.

    Raises:
        UsageError: There is none of this name.
    """
    places = {name: (start, end) for name, start, end in reversed(sections(text))}
    if section not in places:
        raise UsageError(f"the chapter `{chapter}` has no section `{section}`", near(section, list(places)[::-1]))
    start, end = places[section]
    return text[start:end].strip() + "\n"
