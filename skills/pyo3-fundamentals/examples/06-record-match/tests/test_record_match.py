"""What a caller may rely on."""

import _thread
import inspect
import math
import threading
import time
from typing import Any

import pytest
from record_match import find_pairs

NAMES = ["Grace Hopper", "Ada Lovelace", "Grace Hoper", "ada lovelace", "Hopper, Grace"]


def accept(left: str, right: str, similarity: float) -> bool:
    return True


def refuse(left: str, right: str, similarity: float) -> bool:
    return False


def test_python_decides_about_the_doubtful_pairs() -> None:
    asked: list[tuple[str, str]] = []

    def decide(left: str, right: str, similarity: float) -> bool:
        asked.append((left, right))
        return "," not in left + right

    assert find_pairs(NAMES, decide) == [(0, 2), (1, 3)]
    assert asked == [
        ("Grace Hopper", "Grace Hoper"),
        ("Grace Hopper", "Hopper, Grace"),
        ("Grace Hoper", "Hopper, Grace"),
    ]


@pytest.mark.parametrize(("decide", "pairs"), [(accept, [(0, 2), (1, 3)]), (refuse, [(1, 3)])])
def test_sure_pairs_are_not_asked_about(decide: Any, pairs: list[tuple[int, int]]) -> None:
    assert find_pairs(NAMES[:4], decide) == pairs


def test_names_come_back_as_the_objects_that_they_were() -> None:
    names = [str(b"Grace Hopper", "ascii"), str(b"Grace Hoper", "ascii")]

    def decide(left: str, right: str, similarity: float) -> bool:
        return left is names[0] and right is names[1] and 0.5 < similarity < 0.9

    assert find_pairs(names, decide) == [(0, 1)]


class UndecidedError(Exception):
    """An exception that Rust has never heard of."""


# region: unchanged
def test_an_exception_passes_through_unchanged() -> None:
    error = UndecidedError("ask a person")

    def decide(left: str, right: str, similarity: float) -> bool:
        raise error

    with pytest.raises(UndecidedError) as caught:
        find_pairs(NAMES, decide)
    assert caught.value is error
    assert caught.traceback[-1].name == "decide"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_of_a_program_passes_too(error: type[BaseException]) -> None:
    def decide(left: str, right: str, similarity: float) -> bool:
        raise error

    with pytest.raises(error):
        find_pairs(NAMES, decide)


# endregion: unchanged


@pytest.mark.parametrize("answer", [None, 1, "yes", [True]])
def test_an_answer_is_yes_or_no(answer: Any) -> None:
    with pytest.raises(TypeError, match=f"`decide` must return a bool, not `{type(answer).__name__}`"):
        find_pairs(NAMES, lambda left, right, similarity: answer)


# region: reentrant
def test_the_callback_may_call_again() -> None:
    def decide(left: str, right: str, similarity: float) -> bool:
        return find_pairs([left, right], accept) == [(0, 1)]

    assert find_pairs(NAMES[:3], decide) == [(0, 2)]


def test_the_callback_may_change_the_list() -> None:
    names = list(NAMES)

    def decide(left: str, right: str, similarity: float) -> bool:
        names.clear()
        return True

    assert find_pairs(names, decide) == [(0, 2), (0, 4), (1, 3), (2, 4)]


# endregion: reentrant


# region: interrupt
def test_ctrl_c_ends_the_comparison() -> None:
    names = [f"{number:06} Grace Hopper {number:06}" for number in range(40_000)]
    timer = threading.Timer(0.3, _thread.interrupt_main)
    started = time.process_time()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        find_pairs(names, refuse, ask_from=0.99, sure_from=1)
    assert time.process_time() - started < 20
    timer.join()


# endregion: interrupt


@pytest.mark.parametrize(("ask_from", "sure_from"), [(-0.1, 0.9), (0.9, 0.5), (math.nan, 0.9), (0.5, math.nan)])
def test_limits_must_be_in_order(ask_from: float, sure_from: float) -> None:
    with pytest.raises(ValueError, match="`ask_from` must be from 0 to `sure_from`"):
        find_pairs(NAMES, accept, ask_from=ask_from, sure_from=sure_from)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError):
        find_pairs("one name", accept)
    with pytest.raises(TypeError, match="not callable"):
        find_pairs(NAMES, 3)  # type: ignore[arg-type]


def test_nobody_is_asked_about_nothing() -> None:
    assert find_pairs([], 3) == []  # type: ignore[arg-type]
    assert find_pairs(["Ada"], accept) == []


def test_python_sees_the_signature_and_the_documentation() -> None:
    assert str(inspect.signature(find_pairs)) == "(names, decide, *, ask_from=0.5, sure_from=0.9)"
    assert "Raises:" in (inspect.getdoc(find_pairs) or "")
