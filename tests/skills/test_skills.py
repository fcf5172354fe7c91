"""The commands on skills: what they list, show, copy and run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.errors import UsageError
from scaffolder.skills import find_tool, load_skills
from tests.cli.test_terminal import call
from tests.conftest import tree

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Tool
    from tests.conftest import Command

EXAMPLE = "pyo3-fundamentals/01-word-count"
EXAMPLES = [example for skill in load_skills() for example in skill.examples]
TOOLS = [tool for skill in load_skills() for tool in skill.tools]


def test_skills_are_listed_with_what_they_have(pyo3_new: Command) -> None:
    found = json.loads(pyo3_new("list", "--skills", "--json").stdout)["skills"]
    assert [skill["name"] for skill in found] == [skill.name for skill in load_skills()]
    fundamentals = next(skill for skill in found if skill["name"] == "pyo3-fundamentals")
    assert EXAMPLE in fundamentals["examples"]
    text = pyo3_new("list", "--skills").stdout
    assert text == call("list", "skills").stdout
    assert "pyo3-fundamentals" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["tool"], [tool.name for tool in TOOLS]),
        (["list", "tools"], [tool.name for tool in TOOLS]),
        (["example", "list"], [example.name for example in EXAMPLES]),
        (["list", "examples"], [example.name for example in EXAMPLES]),
    ],
    ids=" ".join,
)
def test_tools_and_examples_are_listed_one_a_line(command: list[str], names: list[str]) -> None:
    lines = call(*command).stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 2 for line in lines)
    assert not any(line.endswith(" ") for line in lines)
    [entries] = json.loads(call(*command, "--json").stdout).values()
    assert [entry["name"] for entry in entries] == names


def test_a_tool_with_commands_of_its_own_is_listed_with_them() -> None:
    text = call("list", "tools").stdout
    assert re.search(r"setup_validator .*\(also `pyo3-new doctor`\)", text)
    assert re.search(r"debugger .*\(also `pyo3-new explain` and `pyo3-new debug`\)", text)
    help_text = call("--help").stdout
    for tool in TOOLS:
        for command in tool.commands:
            assert re.search(rf"^  {command} .*\(tool {tool.name}\)", help_text, re.MULTILINE)


def test_two_tools_of_one_name_are_an_error(tmp_path: Path) -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    for skill in ("first", "second"):
        (tmp_path / skill / "scripts").mkdir(parents=True)
        (tmp_path / skill / "scripts/profiler.py").write_text('"""Profile."""', encoding="utf-8")
    with pytest.raises(UsageError, match="several tools are called `profiler`: those of `first` and `second`"):
        find_tool("profiler", tmp_path)


@pytest.mark.parametrize("old", [["explain", "problems"], ["list", "problems"]], ids=" ".join)
def test_problems_are_listed_and_described(old: list[str]) -> None:
    assert "extension-not-built" in call(*old).stdout
    assert call(*old, "extension-not-built").stdout.startswith("note: ")


@pytest.mark.parametrize("old", ["explain", "debug"])
def test_debug_has_what_explain_had(old: str) -> None:
    assert call(old, "configs", "--help").stdout.startswith("Usage: pyo3-new debug configs")
    assert call(old, "backtrace", "--help").stdout.startswith("Usage: pyo3-new debug backtrace")


@pytest.mark.parametrize("command", ["explain", "debug backtrace"])
def test_a_command_without_dashes_is_answered_with_the_line_to_type(command: str) -> None:
    ending = call(*command.split(), "git", "log", "a b")
    assert ending.code == 2
    assert f"`pyo3-new {command} -- git log 'a b'`" in ending.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("list ex", "examples"),
        ("list problems extension-not-b", "extension-not-built"),
        ("guide pyo3-f", "pyo3-fundamentals"),
        ("guide pyo3-fundamentals trouble", "troubleshooting"),
        ("tool ty", "type_converter"),
        ("example show 01-w", "01-word-count"),
        ("example copy pyo3-fundamentals/01-w", EXAMPLE),
        ("debug back", "backtrace"),
        ("new --with numpy,cl", "numpy,classes"),
        ("new --data lic", "license="),
    ],
)
def test_the_shell_completes(pyo3_new: Command, environment: dict[str, str], words: str, offered: str) -> None:
    environment |= {
        "_PYO3_NEW_COMPLETE": "complete_bash", "COMP_WORDS": f"pyo3-new {words}", "COMP_CWORD": str(len(words.split())),
    }  # fmt: skip
    assert pyo3_new().stdout.split() == [offered]


def test_an_example_is_shown_with_its_files(pyo3_new: Command) -> None:
    text = pyo3_new("example", "show", "01-word-count").stdout
    assert "# word-count" in text
    assert "test_word_count.py" in text
    found = json.loads(pyo3_new("example", "show", EXAMPLE, "--json").stdout)
    assert found["name"] == EXAMPLE
    assert "src/lib.rs" in found["files"]


def test_a_copy_is_the_example_as_it_is(pyo3_new: Command, tmp_path: Path) -> None:
    made = json.loads(pyo3_new("example", "copy", "word-count", "mine/copy", "--json").stdout)
    example = next(example for skill in load_skills() for example in skill.examples if example.name == EXAMPLE)
    copied = tree(tmp_path / "mine/copy")
    assert sorted(copied) == made["files"]
    assert copied == {name: content for name, content in tree(example.path).items() if name in copied}
    assert "src/lib.rs" in copied


@pytest.mark.parametrize("command", [["example", "copy"], ["new", "--example"]], ids=lambda words: words[0])
def test_a_dry_run_writes_nothing(pyo3_new: Command, tmp_path: Path, command: list[str]) -> None:
    name = ["--name", "price-tools"] if command[0] == "new" else []
    assert "lib.rs" in pyo3_new(*command, EXAMPLE, *name, "--dry-run").stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["example", "show", "nothing"], "there is no example `nothing`"),
        (["example", "copy", "nothing"], "there is no example `nothing`"),
        (["new", "x-tools", "--example", "nothing"], "there is no example `nothing`"),
        (["new", "--example", EXAMPLE], "the answer `project_name` is missing"),
        (["new", "json", "--example", EXAMPLE], "`json` is "),
        (["new", "x-tools", "--example", EXAMPLE, "--all"], "`--example` can't be combined with `--with`"),
        (["tool", "nothing"], "there is no tool `nothing`"),
        (["tool", "type_convertr"], "there is no tool `type_convertr`\n\nhint: did you mean `type_converter`?"),
        (["example", "show", "wordcount"], "there is no example `wordcount`\n\nhint: did you mean `word-count`"),
        (["example", "show", "01-word"], "there is no example `01-word`\n\nhint: did you mean `01-word-count`?"),
        (["list", "nothing"], "`nothing` can't be listed"),
        (["list", "tools", "debugger"], "only problems have a NAME, not tools"),
        (["example"], "missing command"),
    ],
)
def test_wrong_usage_is_one_error_with_a_hint(
    pyo3_new: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    stderr = pyo3_new(*arguments, code=2).stderr
    assert stderr.startswith(f"error: {message}")
    assert "\n\nhint: " in stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "word-count").mkdir()
    (tmp_path / "word-count/mine.txt").write_text("mine")
    for arguments in (["example", "copy", EXAMPLE], ["new", "word-count", "--example", EXAMPLE]):
        assert "`word-count` is not empty" in pyo3_new(*arguments, code=1).stderr
    assert tree(tmp_path) == {"word-count/mine.txt": b"mine"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_runs_by_name_and_as_a_program(pyo3_new: Command, environment: dict[str, str], tool: Tool) -> None:
    name, path = tool.name, tool.path
    text = pyo3_new("tool", name, "--help").stdout
    assert text.startswith(f"Usage: pyo3-new tool {name}")
    for option in ("--json", "--verbose", "--dry-run", "--help"):
        assert option in text
    done = subprocess.run(
        [sys.executable, str(path), "--help"], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.splitlines()[1:] == text.splitlines()[1:]
    assert "no such option" in pyo3_new("tool", name, "--nonsense", code=2).stderr.lower()
