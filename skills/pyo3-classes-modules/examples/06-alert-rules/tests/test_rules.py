"""Rules, and what is known of those that are wrong."""

import re
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alert_rules import (
    DuplicateRuleError,
    MissingSampleError,
    RuleError,
    RuleFileError,
    Rules,
    RuleSyntaxError,
    ThresholdError,
    check,
    read_rules,
)

PROJECT = Path(__file__).parents[1]
TEXT = """\
# What wakes people up
slow:    latency > 250ms and not load < 5%
full:    disk >= 90% or free < 1GiB

broken:  (errors > 10 or errors / 2 > 3)
"""


def test_rules_fire() -> None:
    rules = Rules(TEXT.replace("errors / 2", "errors"))
    assert rules.names == ["slow", "full", "broken"]
    assert rules.metrics == ["latency", "load", "disk", "free", "errors"]
    assert len(rules) == 3
    calm = {"latency": 0.25, "load": 0.5, "disk": 0.5, "free": 2**31, "errors": 0}
    assert rules.firing(calm) == []
    assert rules.firing(calm | {"latency": 0.3, "errors": 4, "unknown": 1}) == ["slow", "broken"]
    assert rules.firing(calm | {"free": 2**29}) == ["full"]
    assert repr(Rules("")) == "<Rules of 0 rules>"


def test_a_metric_without_a_sample_is_missed() -> None:
    with pytest.raises(MissingSampleError) as caught:
        Rules("a: x > 1\nslow: latency > 1s").firing({"x": 1})
    error = caught.value
    assert (error.metric, error.rule, error.line) == ("latency", "slow", 2)
    assert str(error) == "rule `slow` on line 2 needs a sample of `latency`"
    assert isinstance(error, KeyError)
    with pytest.raises(TypeError):
        Rules("a: x > 1").firing({"x": "1"})  # type: ignore[dict-item]


WRONG: list[tuple[str, type[RuleSyntaxError], int, int, str, str]] = [
    ("a", RuleSyntaxError, 1, 2, "", "expected `:`"),
    ("# ok\n\n  > 5", RuleSyntaxError, 3, 3, ">", "expected the name of a rule"),
    ("größe: é >> 1", RuleSyntaxError, 1, 10, ">>", "expected `<`, `<=`, `>`, `>=`, `==` or `!=`"),
    ("a: x > y", RuleSyntaxError, 1, 8, "y", "expected a threshold such as `0.9`, `250ms` or `5%`"),
    ("a: (x > 1", RuleSyntaxError, 1, 10, "", "expected `and`, `or` or `)`"),
    ("a: x > 1 b", RuleSyntaxError, 1, 10, "b", "expected `and`, `or` or the end of the line"),
    ("a: x > 1 and or", RuleSyntaxError, 1, 14, "or", "expected a metric, `not` or `(`"),
    ("a: 🦀 > 1", RuleSyntaxError, 1, 4, "🦀", "expected a metric, `not` or `(`"),
    ("a: " + "(" * 1000, RuleSyntaxError, 1, 104, "(", "nested more than 100 deep"),
    ("a: x > 1.2.3", ThresholdError, 1, 8, "1.2.3", "the threshold isn't a number"),
    ("a: x > 5parsec", ThresholdError, 1, 8, "5parsec", "the unit isn't known"),
    ("a: x > 1\na: x > 2", DuplicateRuleError, 2, 1, "a", "the rule is defined already"),
]


@pytest.mark.parametrize(("text", "kind", "line", "column", "token", "problem"), WRONG)
def test_an_error_says_what_is_wrong_and_where(
    text: str, kind: type[RuleSyntaxError], line: int, column: int, token: str, problem: str
) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        Rules(text)
    error = caught.value
    assert type(error) is kind
    assert (error.line, error.column, error.token, error.problem) == (line, column, token, problem)
    if token:
        assert text.splitlines()[line - 1][column - 1 :].startswith(token)


def test_an_error_is_a_sentence() -> None:
    assert str(check("a: x > y")[0]).endswith("or `5%` (at `y`)")
    assert str(check("a")[0]) == "line 1, column 2: expected `:` (at the end of the line)"
    error = check("a: x > 1\na: x > 2")[0]
    assert str(error) == "line 2, column 1: the rule is defined already (at `a`), first on line 1"


def test_errors_have_a_base_of_the_package_and_one_of_python() -> None:
    for error in (RuleSyntaxError, ThresholdError, DuplicateRuleError):
        assert issubclass(error, RuleError)
        assert issubclass(error, ValueError)
    assert issubclass(MissingSampleError, RuleError)
    assert issubclass(RuleFileError, RuleError)


# region: cause
CAUSES = [
    ("1.2.3", "invalid float literal"),
    ("5parsec", "`parsec` is none of `ms`, `s`, `m`, `h`, `%`, `B`, `KiB`, `MiB` and `GiB`"),
]


@pytest.mark.parametrize(("threshold", "cause"), CAUSES)
def test_the_source_of_a_rust_error_is_the_cause(threshold: str, cause: str) -> None:
    with pytest.raises(ThresholdError) as caught:
        Rules(f"a: x > {threshold}")
    assert type(caught.value.__cause__) is ValueError
    assert str(caught.value.__cause__) == cause
    printed = "".join(traceback.format_exception(caught.value))
    assert "direct cause" in printed


# endregion: cause


def test_what_has_no_source_has_no_cause() -> None:
    error = check("a: x > " + "9" * 400)[0]
    assert error.problem == "the threshold is too large"
    assert error.__cause__ is None


def test_what_was_handled_meanwhile_is_shown() -> None:
    with pytest.raises(RuleSyntaxError) as caught:  # noqa: PT012
        try:
            raise LookupError("no rules yet")
        except LookupError:
            Rules("a")
    assert "LookupError: no rules yet" in "".join(traceback.format_exception(caught.value))


# region: file
def test_a_file_is_refused_with_all_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("good: x > 1\nbad\nx: y > 1.2.3\ngood: x > 2\n", encoding="utf-8")
    with pytest.raises(RuleFileError) as caught:
        read_rules(path)
    errors = [error for error in caught.value.exceptions if isinstance(error, RuleSyntaxError)]
    assert [(type(error), error.line) for error in errors] == [
        (RuleSyntaxError, 2),
        (ThresholdError, 3),
        (DuplicateRuleError, 4),
    ]
    assert caught.value.message == f"`{path}` has wrong lines"


def test_a_part_of_a_group_is_of_its_class() -> None:
    group = RuleFileError("wrong", check("bad\nx: y > 1.2.3\n"))
    thresholds, rest = group.split(ThresholdError)
    assert type(thresholds) is RuleFileError
    assert type(rest) is RuleFileError
    assert [len(part.exceptions) for part in (thresholds, rest)] == [1, 1]


# endregion: file


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("good: x > 1\n", encoding="utf-8")
    assert read_rules(str(path)).names == ["good"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="`except*` came with Python 3.11")
def test_a_program_handles_each_kind_by_itself() -> None:
    program = """
from alert_rules import RuleFileError, RuleSyntaxError, ThresholdError, check
try:
    raise RuleFileError("wrong", check("bad\\nx: y > 1.2.3\\n"))
except* ThresholdError as thresholds:
    print("thresholds", [error.token for error in thresholds.exceptions])
except* RuleSyntaxError as group:
    print("others", [error.line for error in group.exceptions])
"""
    assert run_program(program) == "thresholds ['1.2.3']\nothers [1]\n"


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "not text"])
def test_a_file_that_can_t_be_read_says_why(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rules.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RuleError, match="can't be read") as caught:
        read_rules(path)
    assert isinstance(caught.value.__cause__, FileNotFoundError if content is None else UnicodeDecodeError)


def test_threads_share_rules_and_never_an_exception() -> None:
    rules = Rules("a: x > 1")

    def fail(number: int) -> tuple[Any, list[str]]:
        try:
            rules.firing({})
        except MissingSampleError as error:
            return error, rules.firing({"x": number})
        raise AssertionError("nothing was missed")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(fail, range(500)))
    assert len({id(error) for error, _ in results}) == 500
    assert [len(names) for _, names in results] == [number > 1 for number in range(500)]


def run_program(source: str) -> str:
    command = [sys.executable, "-W", "error", "-c", source]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert (
        run_program("\n".join(blocks))
        == "['slow']\nline 1, column 17: the unit isn't known (at `250parsec`)\n17 250parsec\n"
    )
