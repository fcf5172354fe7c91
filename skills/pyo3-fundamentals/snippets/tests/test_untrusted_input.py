"""Input that is made to hurt: sizes, depths and lies about lengths."""

import subprocess
import sys

import pytest
from fundamentals_snippets._core import untrusted_input as snippets


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, which may end badly."""
    lines = f"from fundamentals_snippets._core import untrusted_input as snippets\n{script}"
    return subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=300, check=False)


def test_a_length_is_compared_with_what_is_there() -> None:
    assert snippets.split_frames(b"\x02\0\0\0ab\0\0\0\0") == [b"ab", b""]
    with pytest.raises(ValueError, match="a frame is cut off"):
        snippets.split_frames(b"\xff\xff\xff\xffab")


def test_memory_that_is_not_there_is_an_exception() -> None:
    assert snippets.blank(2, 2, 7) == b"\7\7\7\7"
    with pytest.raises(MemoryError):
        snippets.blank(2**30, 2**30, 7)
    with pytest.raises(ValueError, match="too large"):
        snippets.blank(2**40, 2**40, 7)


def test_a_vec_reserves_what_a_length_promises_and_a_failure_ends_the_process() -> None:
    assert snippets.total(range(5)) == 10
    done = run("snippets.total(range(2**50))")
    assert done.returncode not in {0, 1}
    assert "memory allocation of 9007199254740992 bytes failed" in done.stderr
    assert "Traceback" not in done.stderr


class Liar(list[int]):
    def __len__(self) -> int:
        return 2**50


def test_items_are_counted_whatever_a_length_says() -> None:
    assert snippets.limited_total([1, 2]) == 3
    assert snippets.limited_total(Liar([1, 2])) == 3
    for values in (range(2**50), range(2**63, 2**63 + 1)):
        with pytest.raises((ValueError, OverflowError)):
            snippets.limited_total(values)


def test_a_list_can_lie_about_its_length() -> None:
    done = run("class Liar(list):\n    def __len__(self):\n        return 2**50\nsnippets.total(Liar([1]))")
    assert done.returncode not in {0, 1}
    assert "memory allocation of 9007199254740992 bytes failed" in done.stderr


def test_depth_has_a_limit() -> None:
    assert snippets.depth("[[],[[]]]") == 3
    assert snippets.depth("[" * 100 + "]" * 100) == 100
    for text in ["[" * 101 + "]" * 101, "", "[", "[x]"]:
        with pytest.raises(ValueError, match=r"nested too deeply|a list (begins|ends)"):
            snippets.depth(text)


@pytest.mark.parametrize("script", ["snippets.depth('[' * 10**7, limit=10**8)", "snippets.count_nested(deep)"])
def test_a_stack_overflow_ends_the_process(script: str) -> None:
    assert snippets.count_nested([1, [2, [3]]]) == 3
    done = run(f"deep = []\nfor _ in range(10**6):\n    deep = [deep]\n{script}")
    assert done.returncode not in {0, 1}
    assert "Traceback" not in done.stderr
