"""The wizard, in a terminal of its own."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pexpect: Any = pytest.importorskip("pexpect", reason="needs pexpect, which Windows does not have")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")

DOWN, ENTER, SPACE, INTERRUPT, END = "\x1b[B", "\r", " ", "\x03", "\x04"
# What is on the screen, and what is typed then.
STEPS = [
    ("Project name", "price-tools" + ENTER),
    ("in one line", ENTER),
    ("plugins  ", SPACE + DOWN + SPACE + ENTER),
    ("sample function", ENTER),
    ("Author ", ENTER),
    ("email address", ENTER),
    ("BSD-3-Clause", DOWN + ENTER),
    ("3.14", ENTER),
    ("version: ", ENTER),
    ("newer template", ENTER),
    ("coding agents", ENTER),
    ("Cancel", ENTER),
]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Start the command in a terminal."""

    def spawn(*arguments: str, width: int = 120) -> Any:
        command = ["-m", "scaffolder", "new", *arguments]
        variables: Any = environment | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        return pexpect.spawn(
            sys.executable,
            command,
            cwd=str(tmp_path),
            env=variables,
            encoding="utf-8",
            timeout=30,
            dimensions=(50, width),
        )

    return spawn


def play(child: Any, steps: list[tuple[str, str]]) -> None:
    for seen, typed in steps:
        child.expect_exact(seen)
        child.send(typed)


def end(child: Any) -> tuple[int, str]:
    """Wait for the end, and return the exit code and what was printed last."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before


def recorded(project: Path) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    return answers


def test_the_answers_become_a_project(start: Callable[..., Any], tmp_path: Path) -> None:
    child = start()
    play(child, STEPS)
    code, text = end(child)
    assert code == 0, text
    assert "cd price-tools" in text
    answers = recorded(tmp_path / "price-tools")
    assert answers["features"] == ["classes", "numpy"]
    assert answers["license"] == "Apache-2.0"
    assert answers["author_name"] == "Ada Lovelace"
    assert (tmp_path / "price-tools/.git").is_dir()


@pytest.mark.parametrize(("step", "key"), [*((step, INTERRUPT) for step in range(len(STEPS))), (0, END)])
def test_stopping_at_any_step_leaves_nothing(start: Callable[..., Any], tmp_path: Path, step: int, key: str) -> None:
    child = start()
    play(child, STEPS[:step])
    child.expect_exact(STEPS[step][0])
    child.send(key)
    code, text = end(child)
    assert (code, "error: stopped, nothing was made" in text) == (130, True)
    assert "Traceback" not in text
    assert not list(tmp_path.iterdir())


def test_cancelling_the_review_leaves_nothing(start: Callable[..., Any], tmp_path: Path) -> None:
    child = start()
    play(child, [*STEPS[:-1], ("Cancel", DOWN + DOWN + ENTER)])
    assert end(child)[0] == 130
    assert not list(tmp_path.iterdir())


def test_an_answer_can_be_changed_in_the_review(start: Callable[..., Any], tmp_path: Path) -> None:
    child = start()
    play(child, [*STEPS[:-1], ("Cancel", DOWN + ENTER), ("Which answer?", DOWN + ENTER), ("in one line", "!" + ENTER)])
    play(child, [("Rust!", ""), ("Cancel", ENTER)])
    assert end(child)[0] == 0
    assert recorded(tmp_path / "price-tools")["description"].endswith("in Rust!")


def test_the_suggestion_fits_into_a_narrow_terminal(start: Callable[..., Any]) -> None:
    child = start(width=80)
    play(child, [("Project name", "7 price tools" + ENTER), ("try `price-tools`", INTERRUPT)])
    assert end(child)[0] == 130


def test_the_review_says_yes_and_no(start: Callable[..., Any]) -> None:
    child = start()
    play(child, STEPS[:-1])
    child.expect(r"newer template +no\s")
    child.expect(r"in \.agents/skills +yes\s")
    play(child, [("Cancel", INTERRUPT)])
    assert end(child)[0] == 130


def test_what_is_given_is_not_asked(start: Callable[..., Any], tmp_path: Path) -> None:
    given = ["--name", "price-tools", "--with", "async", "--data", "license=none", "--data", "description=Prices"]
    child = start("folder", *given)
    play(child, [("Author ", ENTER), ("email address", ENTER), ("3.14", ENTER), ("version: ", ENTER)])
    assert "Licence" not in child.before
    play(child, [("newer template", ENTER), ("coding agents", ENTER), ("Cancel", ENTER)])
    assert end(child)[0] == 0
    assert recorded(tmp_path / "folder")["features"] == ["async"]


def test_the_folder_suggests_a_name(start: Callable[..., Any], tmp_path: Path) -> None:
    child = start("Café Tools")
    play(child, [("Cafe-Tools", ENTER), *STEPS[1:]])
    assert end(child)[0] == 0
    assert (tmp_path / "Café Tools/python/cafe_tools").is_dir()


def test_a_refused_answer_can_be_mended(start: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    child = start()
    play(child, [("Project name", "json" + ENTER), ("try `json-rs`", "\x15taken" + ENTER), ("not empty", "2" + ENTER)])
    play(child, STEPS[1:])
    assert end(child)[0] == 0
    assert (tmp_path / "taken2/Cargo.toml").is_file()


def test_a_terminal_with_defaults_is_not_asked(start: Callable[..., Any], tmp_path: Path) -> None:
    code, text = end(start("price-tools", "--defaults"))
    assert code == 0
    assert "Project name" not in text
    assert (tmp_path / "price-tools/Cargo.toml").is_file()


def test_no_colour_where_none_is_wanted(start: Callable[..., Any], environment: dict[str, str]) -> None:
    environment["NO_COLOR"] = "1"
    child = start()
    play(child, STEPS)
    child.expect(pexpect.EOF)
    assert not re.search(r"\x1b\[(\d+;)*(3[0-8]|4[0-8]|9[0-7])[;m]", child.before)
