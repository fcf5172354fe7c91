"""Each rule does with its example what it says, once; a second time there is nothing to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scaffolder.migration.companions import number
from scaffolder.migration.matching import Message, Result, apply_rules, find_matches
from scaffolder.migration.rules import load_rules, releases
from tests.conftest import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scaffolder.migration.rules import Rule
    from tests.conftest import Command

RULES = [rule for release in (*releases(), "declarative") for rule in load_rules(release)]
PRELUDE = "use pyo3::prelude::*;\n"
# Crates that examples use beside PyO3; each has the number of its release.
COMPANIONS = ("numpy", "pythonize")
CRATE = """\
[package]
name = "examples"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
"""


def messages_for(rule: Rule, text: str) -> Iterator[Message]:
    """Yield what the compiler would say wherever a rule's search finds something."""
    if rule.trigger:
        for match in find_matches(text, rule):
            yield Message(rule.trigger.codes[0], " ".join(rule.trigger.mentions), *match.span)


def apply(rule: Rule, text: str) -> Result:
    """Apply one rule as if the compiler spoke of all that it finds."""
    return apply_rules(text, [rule], list(messages_for(rule, text)))


def name(rule: Rule) -> str:
    return f"{rule.release}-{rule.name}"


def test_rules_have_names_of_their_own() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_says_why_and_has_an_example(rule: Rule) -> None:
    assert rule.why
    assert rule.before
    assert bool(rule.after) == rule.decides


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fix is not None or rule.rewrite], ids=name)
def test_a_rule_changes_its_example_once(rule: Rule) -> None:
    result = apply(rule, rule.before)
    assert result.text == rule.after
    # A rule that asks the compiler finds its own result, of which the compiler says nothing.
    assert rule.trigger or apply(rule, result.text).text == result.text


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.decides and rule.search], ids=name)
def test_a_note_finds_its_example(rule: Rule) -> None:
    assert list(find_matches(rule.before, rule))
    assert apply(rule, rule.before).text == rule.before


def module(rule: Rule, text: str) -> str:
    imports = "" if PRELUDE in rule.setup else PRELUDE
    # Not as rustfmt writes it, so that the result stays as the rules leave it.
    return f"#![allow( dead_code, unused )]\n{imports}{rule.setup}\n{text}"


def write_examples(folder: Path, rules: list[Rule], before: str) -> None:
    """Write a crate with the code of each rule in a module of its own."""
    text = "".join(module(rule, rule.before) for rule in rules)
    used = [crate for crate in COMPANIONS if f"{crate}::" in text]
    dependencies = "".join(f'{crate} = "{before}"\n' for crate in ("pyo3", *used))
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(CRATE + dependencies, encoding="utf-8")
    for rule in rules:
        (folder / f"src/{identifier(rule)}.rs").write_text(module(rule, rule.before), encoding="utf-8")
    modules = "".join(f"mod {identifier(rule)};\n" for rule in rules)
    (folder / "src/lib.rs").write_text(modules, encoding="utf-8")
    git("init", "--quiet", ".", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", "Start", cwd=folder)


def identifier(rule: Rule) -> str:
    return "rule_" + rule.name.replace("-", "_")


@pytest.mark.slow
@pytest.mark.exclusive("migration")
@pytest.mark.parametrize("release", releases())
def test_examples_compile_before_and_after(
    pyo3_new: Command, environment: dict[str, str], shared_target: str, tmp_path: Path, release: str
) -> None:
    rules = [rule for rule in load_rules(release) if rule.decides and rule.compiles]
    before = f"{number(release)[0]}.{number(release)[1] - 1}"
    folder = tmp_path / "examples"
    write_examples(folder, rules, before)
    environment["CARGO_TARGET_DIR"] = shared_target
    done = pyo3_new("migrate", "--to", release, "--json", cwd=folder, code=0)
    result = json.loads(done.stdout)
    assert result["errors"] == []
    for rule in rules:
        written = (folder / f"src/{identifier(rule)}.rs").read_text(encoding="utf-8")
        assert written == module(rule, rule.after), rule.name


@pytest.mark.parametrize("name", ["type-qualname", "type-name"])
def test_the_name_of_a_type_is_marked_however_the_type_is_had(name: str) -> None:
    # It compiles, and another name comes out.
    rule = next(rule for rule in RULES if rule.name == name)
    lines = [
        'fn direct(object: &PyAny) { format!("{}", object.get_type().name()?) }',
        "fn parameter(kind: &PyType) { kind.name()?.to_string() }",
        'fn in_macro(kind: &Bound<\'_, PyType>) { format!("{}", kind.name()?) }',
        "fn variable(object: &PyAny) { let kind = object.get_type(); kind.name() }",
        "fn foreign(kind: &PyType, person: &Person) { person.name(); person.kind.name() }",
        "fn parameter_of_its_own(kind: &Person) { kind.name() }",
    ]
    text = "\n".join(lines)
    places = {text.count("\n", 0, match.span[0]) for match in find_matches(text, rule)}
    assert places == {0, 1, 2, 3}


def test_new_lines_end_as_the_lines_of_the_file() -> None:
    rule = next(rule for rule in RULES if rule.name == "into-py-object-impl-converting")
    windows = rule.before.replace("\n", "\r\n")
    assert apply(rule, windows).text == rule.after.replace("\n", "\r\n")
    mixed = windows.replace("\r\n", "\n", 1)
    assert apply(rule, mixed).text.startswith(mixed.split("\n", 1)[0] + "\n")
