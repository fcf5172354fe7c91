"""What the rules of the matrix come to, whatever features there are."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest
import yaml

from scaffolder.skills import load_skills
from tests.conftest import CHECKOUT, FEATURES
from tests.template.matrix import (
    AXES,
    LINES,
    QUESTIONS,
    THIS_PYTHON,
    VARIABLE,
    WAYS,
    Cell,
    Matrix,
    choose,
    chosen,
    jobs,
    load,
    parse,
)

MATRIX = load()
EXTRA = ["tables", "images", "dates", "graphs"]
GROWN = Matrix(MATRIX.rules, [*FEATURES, *EXTRA])
FULL = Matrix(MATRIX.rules, [f"feature{number}" for number in range(25)])


def select(options: str, matrix: Matrix = MATRIX) -> list[Cell]:
    return choose(matrix, parse(matrix, shlex.split(options)))


def test_each_two_values_of_the_whole_rule_meet_unless_that_is_excluded() -> None:
    values = {axis: {getattr(cell, axis) for cell in MATRIX.workflow} for axis in AXES}
    met = {
        frozenset([(one, getattr(cell, one)), (other, getattr(cell, other))])
        for cell in MATRIX.workflow
        for one, other in combinations(AXES, 2)
    }
    for one, other in combinations(AXES, 2):
        for left, right in product(values[one], values[other]):
            pair = {one: left, other: right}
            assert (frozenset(pair.items()) in met) != MATRIX.excluded(pair), pair


def test_every_answer_that_is_offered_is_built() -> None:
    details = {name: question.details["default"] for name, question in QUESTIONS.items() if question.computed}
    cells = MATRIX.workflow
    assert {cell.python for cell in cells} == {*details["supported_pythons"], details["free_threaded"]}
    assert {cell.pyo3 for cell in cells} == {cell.pyo3 for cell in MATRIX.here} == set(details["crates_by_line"])
    assert {cell.wheels for cell in cells} == {choice.value for choice in QUESTIONS["wheels"].choices}
    assert {cell.features for cell in cells} >= {(), *((feature,) for feature in FEATURES), tuple(FEATURES)}


@pytest.mark.parametrize("matrix", [MATRIX, GROWN, FULL], ids=["now", "nine features", "25 features"])
def test_every_pair_of_features_is_built_here(matrix: Matrix) -> None:
    built = [set(cell.features) for cell in matrix.here if len(cell.features) < len(matrix.features)]
    for one, other in combinations(matrix.features, 2):
        assert {(one in chosen, other in chosen) for chosen in built} == set(product([True, False], repeat=2))


def test_a_new_feature_joins_without_an_edit() -> None:
    alone = Cell(("tables",))
    assert {cell.features for cell in GROWN.here} >= {("tables",), (*FEATURES, *EXTRA)}
    assert len({cell.python for cell in GROWN.workflow if cell.features == alone.features}) == len(
        {cell.python for cell in MATRIX.workflow}
    )
    # Nine features make 36 pairs, and a quarter as many builds show them all.
    assert len(GROWN.sets(["pairs"])) < 12


def test_builds_add_and_do_not_multiply() -> None:
    sets = FULL.sets(["none", "each", "pairs", "all"])
    assert len(sets) <= len(FULL.features) + 16
    assert len(FULL.here) <= len(sets) + 4
    assert len(FULL.workflow) <= 8 * len(FULL.features)


@pytest.mark.parametrize("matrix", [MATRIX, GROWN, FULL], ids=["now", "nine features", "25 features"])
def test_no_two_cells_share_a_name(matrix: Matrix) -> None:
    # On another system it is the same project.
    cells = {replace(cell, system="", checks=()) for cell in [*matrix.here, *matrix.left]}
    names = {cell.name.replace("-", "_") for cell in cells}
    assert len(names) == len(cells)
    assert max(map(len, names)) <= 40


def test_a_cells_command_builds_that_cell_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for cell in [*MATRIX.here, *MATRIX.left]:
        monkeypatch.setenv(VARIABLE, cell.command.removeprefix("nox -s matrix -- "))
        (again,) = chosen()
        assert [getattr(again, axis) for axis in ("features", *WAYS)] == [
            getattr(cell, axis) for axis in ("features", *WAYS)
        ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--only numpy", lambda cell: cell.features == ("numpy",)),
        ("--only classes,numpy", lambda cell: cell.features == ("classes", "numpy")),
        ("--with numpy --python 3.12", lambda cell: "numpy" in cell.features and cell.python == "3.12"),
        ("--only none --front pip", lambda cell: not cell.features and cell.front == "pip"),
        ("--only classes,numpy,async --python 3.13", lambda cell: len(cell.features) == 3 and cell.python == "3.13"),
    ],
)
def test_options_choose_cells(options: str, expected: Any) -> None:
    cells = select(options)
    assert cells
    assert all(map(expected, cells))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--python 3.9", "invalid choice: '3.9'"),
        ("--wheels abi4", "invalid choice: 'abi4'"),
        ("--system beos", "invalid choice: 'beos'"),
        ("--shard 1/0", "`1/0` is no part of something"),
        ("--shard x", "`x` is no part of something"),
        ("--shard 9/3", "`9/3` is no part of something"),
        ("--shard 1/3 --only numpy", "goes with --system only"),
        ("--skill nothing", "invalid choice: 'nothing'"),
        ("--skill pyo3-fundamentals --python 3.12", "--skill goes with no other option"),
    ],
)
def test_a_value_that_no_cell_can_have_is_told(options: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        select(options)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("options", ["--only numpie", "--with numpie", "--only numpy,numpie"])
def test_an_unknown_feature_is_told(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        select(options)
    assert f"there is no feature `numpie`; the features are {FEATURES[0]}, " in capsys.readouterr().err


def test_a_cell_that_is_never_built_is_told_with_the_reason() -> None:
    with pytest.raises(SystemExit, match="only a feature holds a project back"):
        select(f"--only none --python 3.12 --pyo3 {LINES[1]}")


def test_a_feature_that_is_held_back_is_built_with_the_older_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.template.matrix.HELD_BACK", {"numpy"})
    held = Matrix(MATRIX.rules, FEATURES)
    with_numpy = [cell for cell in [*held.here, *held.left] if "numpy" in cell.features]
    assert {cell.pyo3 for cell in with_numpy} == {LINES[1]}
    assert not any(cell.off_line for cell in with_numpy)
    assert {cell.features for cell in held.here} == {cell.features for cell in MATRIX.here}


def run_pytest(*arguments: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {VARIABLE, "FORCE_COLOR"}}
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment | variables, capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout


@pytest.mark.parametrize(
    "options", [["tests/template/test_build.py"], ["tests/template", "--numprocesses=2"]], ids=["alone", "all"]
)
def test_the_summary_names_the_cells_that_are_left(options: list[str]) -> None:
    *lines, last = run_pytest("--setup-only", "-k", "test_lints_and_types and built-none", *options).splitlines()
    assert re.fullmatch(r"=+ .* in .*s.* =+", last)
    title = next(number for number, line in enumerate(lines) if "were left to the workflow" in line)
    assert f"{len(MATRIX.left)} cells" in lines[title]
    named = [line.split(": ")[1].split(", ") for line in lines[title:] if re.match("(linux|macos|windows): ", line)]
    assert sorted(short for shorts in named for short in shorts) == sorted(cell.short for cell in MATRIX.left)


def test_a_cell_that_fails_comes_with_its_command() -> None:
    printed = run_pytest(
        "tests/template/test_build.py",
        "-m",
        "cell",
        **{VARIABLE: f"--only numpy --python {THIS_PYTHON}", "CARGO_BUILD_TARGET": "none-such"},
    )
    assert "1 failed" in printed
    assert (
        f"nox -s matrix -- --only numpy --python {THIS_PYTHON} --wheels abi3 --front uv --pyo3 {LINES[0]}\n" in printed
    )


def test_the_workflows_jobs_build_every_cell_once() -> None:
    options = [f"--system {job['system']} --shard {job['shard']}" for job in jobs(MATRIX)["projects"]]
    cells = [cell for option in options for cell in select(option)]
    assert sorted(map(repr, cells)) == sorted(map(repr, MATRIX.workflow))


def test_every_skill_is_tested_on_every_system() -> None:
    pairs = [(job["skill"], job["system"]) for job in jobs(MATRIX)["skills"]]
    assert sorted(pairs) == sorted(product([skill.name for skill in load_skills()], MATRIX.rules["systems"]))


@pytest.mark.parametrize("kind", ["projects", "skills"])
def test_the_workflow_passes_what_a_job_needs(kind: str) -> None:
    text = (CHECKOUT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(text)["jobs"][kind]
    assert all(f"matrix.{key} }}}}" in str(job) for key in jobs(MATRIX)[kind][0])
    assert job["strategy"]["matrix"] == {"include": f"${{{{ fromJSON(needs.jobs.outputs.jobs).{kind} }}}}"}


def test_the_tests_of_a_skill_are_those_of_its_documents_examples_and_tools() -> None:
    skill = next(skill for skill in load_skills() if skill.tools)
    printed = run_pytest("--collect-only", "--quiet", "--skill", skill.name, "tests/skills", "tests/tools")
    tests = [line for line in printed.splitlines() if "::" in line]
    folders = {line.split("/")[2] for line in tests if line.startswith("tests/tools/")}
    assert folders <= {tool.name for tool in skill.tools}
    assert folders
    assert all(f"[{skill.name}" in line for line in tests if line.startswith("tests/skills/"))
    for example in skill.examples:
        assert any(f"[{example.name}]" in line for line in tests)
