"""Built extensions: one with planted flaws, and the ledger of the skill, which has none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.skills import load_skills
from tests.tools.class_inspector.conftest import SKILL, messages, table
from tests.tools.extensions import install

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command, Run
    from tests.tools.class_inspector.conftest import Inspect

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("skill-pyo3-classes-modules")]
LEDGER = next(example for skill in load_skills() for example in skill.examples if example.name.endswith("-ledger"))


@pytest.fixture
def with_planted(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tool import the extension with planted flaws."""
    monkeypatch.setenv("PYTHONPATH", str(planted))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The folder of the built ledger."""
    from scaffolder.cli.app import app
    from scaffolder.terminal import run

    folder = tmp_path_factory.mktemp("ledger")
    assert run(app, "pyo3-new", ["example", "copy", LEDGER.name, str(folder / "ledger")]) == 0
    return install(folder / "ledger", build_run, SKILL)


@pytest.mark.usefixtures("with_planted")
def test_planted_flaws_are_reported_and_no_others(inspect: Inspect) -> None:
    cycles = ["Leaky=obj.value = witness", "Tidy=obj.value = witness", "Hoard=obj.keep(witness)"]
    options = [word for cycle in cycles for word in ("--cycle", cycle)]
    options += ["--make", "Point=Point(1, 2)", "--make", "Forgetful=Forgetful('a')", "--class", "Point"]
    for name in ("Forgetful", "Homeless", "Pinned", "Leaky", "Tidy", "Hoard", "Derived", "Fickle", "Colour", "Shape"):
        options += ["--class", name]
    result = inspect("planted", "--construct", "--no-stubs", *options, code=1)
    by_class = {
        (finding["where"].rpartition(".")[2], finding["id"])
        for finding in result["findings"]
        if finding["id"] not in {"not-pickled", "crash"}
    }
    assert by_class == {
        ("Forgetful", "copy-differs"),
        ("Fickle", "hash-differs"),
        ("Leaky", "cycle-leaks"),
        ("Pinned", "unsendable"),
        ("planted", "module-wrong"),
        ("planted", "unhashable"),
    }
    assert messages(result, "module-wrong") == ["`__module__` of `Homeless` is `builtins`, which has no such class"]
    outcomes = {statement: outcome for _, statement, outcome in table(result, "Cycles")}
    assert outcomes["obj.value = witness"] in {"freed", "never freed"}
    assert ["Tidy", "obj.value = witness", "freed"] in table(result, "Cycles")
    assert outcomes["obj.keep(witness)"] == "unknown: something else keeps the object"
    assert outcomes["Leaky()"] == outcomes["Derived()"] == "freed"
    (point,) = [row for row in table(result, "Objects tried") if row[0] == "Point(1, 2)"]
    assert point[5:7] == ["equal", "equal"]
    assert point[7] == "fails, from 2 equal"


@pytest.mark.usefixtures("with_planted")
def test_flags_are_those_of_the_class(inspect: Inspect) -> None:
    result = inspect("planted", "--no-stubs")
    rows = {row[0]: row[1:] for row in table(result, "Objects in memory")}
    # bytes, subclassable, weak references, `__dict__`, GC, hashable
    assert rows["Leaky"][1:] == ["yes", "yes", "yes", "yes", "by identity"]
    assert rows["Point"][1:] == ["no", "no", "no", "yes", "yes"]
    assert rows["Forgetful"][-1] == "no"
    classes = {row[0]: row[1:] for row in table(result, "Classes")}
    assert classes["Derived"][:2] == ["planted.Leaky", "()"]
    assert classes["Point"][1] == "(x, y=0)"
    assert classes["Homeless"][1] == "none"
    assert classes["Shape.Circle"][:2] == ["planted.Shape", "(radius)"]
    facts = {(name, fact): value for name, fact, value in table(result, "Facts")}
    assert facts["Shape.Circle", "`__match_args__`"] == "radius"
    assert facts["Derived", "extends the memory of"] == "planted.Leaky"


@pytest.mark.usefixtures("with_planted")
def test_a_crash_in_rust_leaves_the_rest(inspect: Inspect) -> None:
    result = inspect("planted", "--no-stubs", "--make", "Abort=Abort('now')", "--make", "Point=Point(1)", code=1)
    assert [text.partition(" (")[0] for text in messages(result, "crash")] == [
        "`repr` of `Abort('now')` ended the process"
    ]
    rows = {row[0]: row[1:] for row in table(result, "Objects tried")}
    assert rows["Abort('now')"][0] == "crashes"
    assert rows["Abort('now')"][1] == "fails"
    assert rows["Point(1)"][0] == "works"


@pytest.mark.usefixtures("with_planted")
def test_differences_from_the_stub_are_listed(inspect: Inspect) -> None:
    result = inspect("planted", "--class", "Point", "--class", "Leaky")
    (finding,) = [finding for finding in result["findings"] if finding["id"] == "stub-differs"]
    assert finding["where"].endswith("planted/__init__.pyi")
    lines = finding["evidence"].splitlines()
    assert "planted.Point.length: is not present at runtime" in lines
    assert any(line.startswith("planted.Point.__new__: is inconsistent, runtime parameter") for line in lines)
    assert not any("Leaky" in line for line in lines)


def test_the_ledger_has_no_flaws(inspect: Inspect, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ledger))
    result = inspect(
        "ledger", "--make", "Money=Money(150, Currency.EUR)", "--make", "Account=Account('cash', Currency.EUR)",
        "--make", "Journal=Journal([])", "--cycle", "Journal=obj.on_post = witness",
    )  # fmt: skip
    assert not [finding for finding in result["findings"] if finding["level"] in {"error", "warning"}]
    assert ["Journal", "obj.on_post = witness", "freed"] in table(result, "Cycles")


def test_the_command_inspects_a_package(pyo3_new: Command, environment: dict[str, str], planted: Path) -> None:
    environment["PYTHONPATH"] += f"{os.pathsep}{planted}"
    done = pyo3_new("tool", "class_inspector", "planted", "--python", sys.executable, "--no-stubs")
    assert "14 classes of `planted`" in done.stdout
