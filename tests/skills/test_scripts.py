"""The scripts of the skills: a head that is the same in all, and a program of the package."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from scaffolder.skills import load_skills
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from scaffolder.skills import Skill, Tool

TOOLS = [(skill, tool) for skill in load_skills() for tool in skill.tools]
PROGRAMS = CHECKOUT / "scaffolder/tools"
SCRIPT = '''# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = {{ path = "../../..", editable = true }}
# ///
"""{purpose}."""

from scaffolder import toolkit
from scaffolder.tools.{name}.app import app

if __name__ == "__main__":
    toolkit.main(app, "{name}")
'''

each_tool = pytest.mark.parametrize(("skill", "tool"), TOOLS, ids=[tool.name for _, tool in TOOLS])


@each_tool
def test_a_script_is_its_head_and_the_program_of_the_package(skill: Skill, tool: Tool) -> None:
    assert tool.path.parent == skill.path / "scripts"
    assert tool.path.read_text(encoding="utf-8") == SCRIPT.format(purpose=tool.purpose, name=tool.name)


def test_the_head_asks_for_the_python_of_the_package() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'(?m)^requires-python = "(.*)"', text)
    assert f'requires-python = "{version}"' in SCRIPT


@each_tool
def test_a_program_names_the_skill_that_its_script_is_in(skill: Skill, tool: Tool) -> None:
    for module in (PROGRAMS / tool.name).rglob("*.py"):
        for node in ast.parse(module.read_bytes()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SKILL":
                assert ast.literal_eval(node.value) == skill.name, module


def test_every_program_has_one_script() -> None:
    scripts = Counter(tool.name for _, tool in TOOLS)
    assert scripts == Counter(path.parent.name for path in PROGRAMS.glob("*/app.py"))
