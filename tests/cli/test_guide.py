"""`pyo3-new guide`: the installed guides and chapters, in the terminal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from scaffolder.guides import chapter_names, read_page
from scaffolder.skills import load_skills
from scaffolder.toolkit import Finding, Result, guide_command, reference, show
from scaffolder.tools.debugger.catalogue import load_problems
from tests.cli.test_terminal import call
from tests.skills.test_documents import anchors

if TYPE_CHECKING:
    from scaffolder.skills import Skill

SKILLS = load_skills()
SKILL = "pyo3-fundamentals"


def test_the_guides_are_listed() -> None:
    assert call("guide").stdout == call("list", "skills").stdout


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_a_guide_names_its_chapters(skill: Skill) -> None:
    text = call("guide", skill.name).stdout
    assert text.startswith("# ")
    for chapter in chapter_names(skill):
        assert f"\n- {chapter}\n" in f"{text}\n"


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_every_section_can_be_shown(skill: Skill) -> None:
    for chapter in chapter_names(skill):
        whole = read_page(skill.name, chapter)
        assert "[[[" not in whole.text
        for anchor in anchors(whole.path):
            section = read_page(skill.name, f"{chapter}#{anchor}").text
            assert section.startswith(("#", f"- **{anchor}**"))
            assert section.rstrip() in whole.text


def test_a_section_ends_before_the_next_of_its_level() -> None:
    text = call("guide", SKILL, "errors#catching").stdout
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Catching"]
    assert "/// Ask a callable" in text


def test_a_page_as_data() -> None:
    page = json.loads(call("guide", SKILL, "errors.md#raising", "--json").stdout)
    assert (page["skill"], page["chapter"], page["section"]) == (SKILL, "errors", "raising")
    assert page["text"].startswith("## Raising")
    assert "troubleshooting" in page["chapters"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["pyo3-fundamental"], "there is no skill `pyo3-fundamental`", f"did you mean `{SKILL}`?"),
        ([SKILL, "erors"], f"`{SKILL}` has no chapter `erors`", "did you mean `errors`"),
        ([SKILL, "errors#rasing"], "the chapter `errors` has no section `rasing`", "did you mean `raising`"),
        ([SKILL, "../SKILL"], f"`{SKILL}` has no chapter `../SKILL`", ""),
    ],
)
def test_a_wrong_name_is_one_clear_error(arguments: list[str], message: str, hint: str) -> None:
    ending = call("guide", *arguments)
    assert ending.code == 2
    assert ending.stderr.startswith(f"error: {message}\n\nhint: {hint}")


def test_a_reference_is_printed_with_the_command_that_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    address = reference(SKILL, "errors", "raising")
    show(Result("tool", "done", (Finding("id", "note", "message", reference=address),)))
    assert f"  see: pyo3-new guide {SKILL} errors#raising\n       {address}\n" in capsys.readouterr().out


def test_a_line_of_the_index_can_be_shown() -> None:
    text = call("guide", SKILL, "troubleshooting#rust-missing").stdout
    assert text.startswith("- **rust-missing**: ")
    assert len(text.splitlines()) == 1
    assert "<a id" not in call("guide", SKILL, "troubleshooting").stdout


def test_chapters_come_in_the_order_of_learning() -> None:
    skill = next(skill for skill in SKILLS if skill.name == SKILL)
    names = chapter_names(skill)
    assert names.index("functions") < names.index("ownership") < names.index("versions")
    assert sorted(names) == sorted(path.stem for path in skill.path.glob("references/[a-z]*.md"))


def test_an_address_of_somebody_else_has_no_command() -> None:
    assert guide_command("https://example.org/skills/x/references/errors.md") is None


def test_every_problem_refers_to_a_section_that_can_be_shown() -> None:
    for problem in load_problems():
        command = guide_command(problem.reference) or ""
        name, chapter = re.fullmatch(r"pyo3-new guide (\S+) (\S+)", command).groups()  # type: ignore[union-attr]
        assert read_page(name, chapter).text
