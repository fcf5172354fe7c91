"""Exceptions that are copied, pickled and sent from process to process, with all that they know."""

import copy
import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

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


def caught(call: Callable[[], object]) -> Exception:
    """Return what a call raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


ERRORS = [
    caught(lambda: Rules("a")),
    caught(lambda: Rules("a: x > 1.2.3")),
    caught(lambda: Rules("a: x > 1\na: x > 2")),
    caught(lambda: Rules("a: x > 1").firing({})),
    caught(lambda: read_rules("/missing/rules.txt")),
    RuleFileError("wrong", check("a\nb: x > 1.2.3")),
]

WAYS: list[Callable[[Exception], Exception]] = [
    copy.copy,
    copy.deepcopy,
    *(
        lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ),
]


def facts(error: BaseException | None) -> object:
    """Return all that is known of an exception, and of its cause."""
    if error is None:
        return None
    parts = [facts(part) for part in getattr(error, "exceptions", ())]
    known = {name: value for name, value in vars(error).items() if name != "_exceptions"}
    args = [] if parts else error.args
    return type(error), args, str(error), known, error.__suppress_context__, parts, facts(error.__cause__)


# region: pickle
@pytest.mark.parametrize("way", WAYS, ids=["copy", "deepcopy", *(f"pickle {n}" for n in range(len(WAYS) - 2))])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_keeps_what_it_knows(error: Exception, way: Callable[[Exception], Exception]) -> None:
    error.__dict__["request"] = 7
    copied = way(error)
    assert copied is not error
    assert facts(copied) == facts(error)


# endregion: pickle


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_notes_go_along(error: Exception) -> None:
    noted = copy.copy(error)
    noted.add_note("while the host started")
    for way in WAYS:
        assert way(noted).__notes__ == ["while the host started"]


class HostError(RuleSyntaxError):
    """What a user of the package derives."""

    def __init__(self, problem: str, line: int, column: int, token: str, host: str = "") -> None:
        super().__init__(problem, line, column, token)
        self.host = host


def test_a_subclass_keeps_its_attributes() -> None:
    error = pickle.loads(pickle.dumps(HostError("wrong", 1, 2, "x", "web-1")))  # noqa: S301
    assert (type(error), error.host, error.line) == (HostError, "web-1", 1)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    # Started anew, not forked: nothing is inherited, so all that arrives was pickled.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


# region: pool
def test_what_a_worker_raises_arrives_as_it_was(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(ThresholdError) as caught:
        pool.submit(Rules, "a: x > 1.2.3").result()
    error = caught.value
    assert (error.line, error.column, error.token) == (1, 8, "1.2.3")
    # The pool has put the worker's traceback in the place of the cause; what the cause said is in it.
    assert "ValueError: invalid float literal" in str(error.__cause__)


# endregion: pool


def test_what_a_worker_returns_keeps_its_cause(pool: ProcessPoolExecutor) -> None:
    (error,) = pool.submit(check, "a: x > 1.2.3").result()
    assert str(error.__cause__) == "invalid float literal"


def test_a_group_crosses_processes(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("a: x > 1\na: x > 5parsec\na: x > 2\n", encoding="utf-8")
    with pytest.raises(RuleFileError) as caught:
        pool.submit(read_rules, path).result()
    errors = [error for error in caught.value.exceptions if isinstance(error, RuleSyntaxError)]
    assert [(type(error), error.line) for error in errors] == [
        (ThresholdError, 2),
        (DuplicateRuleError, 3),
    ]
    assert "`parsec` is none of" in str(errors[0].__cause__)


def test_rules_cross_processes_and_the_pool_survives_errors(pool: ProcessPoolExecutor) -> None:
    rules = Rules("a: x > 1")
    with pytest.raises(MissingSampleError, match="needs a sample of `x`"):
        pool.submit(rules.firing, {}).result()
    assert pool.submit(rules.firing, {"x": 2}).result() == ["a"]


def test_the_base_alone_is_an_exception_as_any() -> None:
    assert facts(copy.copy(RuleError("why"))) == facts(RuleError("why"))
