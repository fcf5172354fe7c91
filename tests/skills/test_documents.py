"""Guides and references: their code is that of tested files, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from docs.documents import documents
from scaffolder.skills import load_skills
from scaffolder.template.catalog import load_catalog
from tests.cli.test_terminal import call
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Skill

SKILLS = load_skills()
DOCUMENTS = documents()
# A young skill has no reference yet.
REFERENCES = [skill for skill in SKILLS if (skill.path / "references").is_dir()]
READMES = [example.path / "README.md" for skill in SKILLS for example in skill.examples]
# A command line up to what it runs, or to the end of the code: its words, and the rest with the options.
COMMAND = re.compile(r"pyo3-new((?: [a-z_]+)+)((?: (?!-- )[^\s`|]+)*)")
SOURCE = re.compile(r"<!-- \[\[\[cog .+\]\]\] -->|<!-- not run: \S.+ -->")


def named(path: Path) -> str:
    return path.relative_to(CHECKOUT / "skills").as_posix()


def test_documents_show_what_the_files_have() -> None:
    command = [sys.executable, "-m", "docs.documents", "--check"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run `python -m docs.documents`\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_block_of_code_has_a_source_or_a_reason(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    generated = False
    inside = [
        generated := bool(re.search(r"\[\[\[cog", line)) or (generated and "[[[end]]]" not in line) for line in lines
    ]
    for token in MarkdownIt().parse("\n".join(lines)):
        if token.type in {"fence", "code_block"} and token.map:
            first = token.map[0]
            assert inside[first] or SOURCE.fullmatch(lines[first - 1]), f"line {first + 1} comes from nowhere"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_have_the_options_that_are_shown(path: Path) -> None:
    for words, rest in COMMAND.findall(path.read_text(encoding="utf-8")):
        for option in re.findall(r"(?<= )--[a-z-]+", rest):
            assert option in call(*words.split()[:2], "--help").stdout, f"pyo3-new{words}{rest}"


@pytest.mark.parametrize("path", [*DOCUMENTS, *READMES], ids=named)
def test_links_lead_to_what_is_there(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", without_code(path)):
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), target
        assert not anchor or anchor in anchors(page), target


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_a_guide_is_short(skill: Skill) -> None:
    assert len((skill.path / "SKILL.md").read_text(encoding="utf-8").splitlines()) < 300


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_guide_and_chapters_can_be_read_in_a_day(skill: Skill) -> None:
    pages = [skill.path / "SKILL.md", *skill.path.glob("references/*.md")]
    assert sum(len(page.read_text(encoding="utf-8").splitlines()) for page in pages) <= 4_500


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_a_guide_has_the_format_of_agent_skills(skill: Skill) -> None:
    done = subprocess.run(["agentskills", "validate", str(skill.path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("skill", REFERENCES, ids=lambda skill: skill.name)
def test_the_contents_name_every_chapter(skill: Skill) -> None:
    folder = skill.path / "references"
    contents = (folder / "REFERENCE.md").read_text(encoding="utf-8")
    missing = [
        page.name for page in folder.glob("*.md") if page.name != "REFERENCE.md" and f"({page.name})" not in contents
    ]
    assert not missing


def test_skills_own_features_that_there_are() -> None:
    owned = [feature for skill in SKILLS for feature in skill.features]
    assert len(owned) == len(set(owned))
    assert set(owned) <= {feature.name for feature in load_catalog(CHECKOUT).features}


def without_code(path: Path) -> str:
    """Return a document's text without its blocks of code."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for token in MarkdownIt().parse("\n".join(lines)):
        if token.type == "fence" and token.map:
            lines[slice(*token.map)] = [""] * (token.map[1] - token.map[0])
    return "\n".join(re.sub(r"`[^`]*`", "", line) for line in lines)


def anchors(page: Path) -> set[str]:
    """Return a document's anchors: its own, and those that GitHub makes of its headings."""
    text = page.read_text(encoding="utf-8")
    tokens = MarkdownIt().parse(text)
    titles = [tokens[number + 1].content for number, token in enumerate(tokens) if token.type == "heading_open"]
    headings = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return headings | set(re.findall(r'<a id="([^"]+)"></a>', text))
