"""What `untrusted-data.md` claims."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conversion_snippets._core import untrusted_data as untrusted
from conversion_snippets._core import values

if TYPE_CHECKING:
    from collections.abc import Iterator


def crash(code: str) -> str:
    """Run code that must end the process with a signal, and return what it wrote to standard error."""
    prelude = "import numpy\nfrom conversion_snippets._core import untrusted_data as untrusted\n"
    process = subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=False)
    assert process.returncode < 0, process
    return process.stderr


class Liar(list[float]):
    """A list that claims to be much longer."""

    def __len__(self) -> int:
        return 2**50


class Hinting:
    def __iter__(self) -> Iterator[float]:
        return iter([1.0, 2.0])

    def __length_hint__(self) -> int:
        return 2**50


def test_a_vec_reserves_what_an_object_claims() -> None:
    liar = "class Liar(list):\n    def __len__(self): return 2**50\n"
    assert "memory allocation of 9007199254740992 bytes failed" in crash(liar + "untrusted.count(Liar([1.0]))")


def test_the_items_count() -> None:
    assert untrusted.median(Liar([3.0, 1.0, 2.0])) == 2.0
    assert untrusted.median(Hinting()) == 2.0
    assert untrusted.median([]) is None
    with pytest.raises(ValueError, match="more than 1000000 items"):
        untrusted.median(itertools.repeat(1.0))


class HintingIterator:
    """Two numbers, and a wrong hint."""

    def __init__(self) -> None:
        self.numbers = iter([1.0, 2.0])

    def __iter__(self) -> HintingIterator:
        return self

    def __next__(self) -> float:
        return next(self.numbers)

    def __length_hint__(self) -> int:
        return 2**50


def test_a_length_hint_is_not_reserved_for_results() -> None:
    hint, room = untrusted.room_of_collected(HintingIterator())
    assert hint == 2**50
    assert room < 10


def test_a_length_hint_is_reserved_for_items() -> None:
    assert untrusted.collected_plainly([1.0, 2.0]) == 2
    code = """class Hinting:
    __iter__ = lambda self: self
    __next__ = lambda self: 1.0
    __length_hint__ = lambda self: 2**50
untrusted.collected_plainly(Hinting())"""
    assert "memory allocation of" in crash(code)


def test_python_raises_a_recursion_error_for_depth() -> None:
    with pytest.raises(RecursionError):
        json.loads("[" * 200_000)


def nest(depth: int, value: Any = 1) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def test_documents() -> None:
    assert untrusted.leaves({"a": [1, 2.5, "x", None, True], "b": {}}) == 4
    with pytest.raises(TypeError):
        untrusted.leaves({1: 2})
    with pytest.raises(TypeError):
        untrusted.leaves([b"x"])
    with pytest.raises(OverflowError):
        untrusted.leaves([2**63])


def test_depth() -> None:
    assert untrusted.leaves(nest(64)) == 1
    with pytest.raises(RecursionError, match="nested too deeply, or in itself"):
        untrusted.leaves(nest(65))


def test_a_list_in_itself() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(RecursionError):
        untrusted.leaves(cycle)


def test_a_small_list_that_is_large() -> None:
    # region: bomb
    bomb: Any = [1]
    for _ in range(10):
        bomb = [bomb] * 10
    # endregion: bomb
    with pytest.raises(ValueError, match="too many values"):
        untrusted.leaves(bomb)


def test_much_text() -> None:
    with pytest.raises(ValueError, match="too much text"):
        untrusted.leaves(["x" * 1_000_000] * 11)


def test_a_derive_has_no_limit() -> None:
    assert untrusted.leaves_unlimited(nest(64)) == 1
    crash("value = 1\nfor _ in range(200_000): value = [value]\nuntrusted.leaves_unlimited(value)")
    crash("value = []\nvalue.append(value)\nuntrusted.leaves_unlimited(value)")


def test_digits() -> None:
    assert untrusted.digits(2**4095) == 1233
    with pytest.raises(OverflowError, match="up to 4096 bits, not 1000001"):
        untrusted.digits(2**1_000_000)
    with pytest.raises(TypeError, match="is not an instance of 'int'"):
        untrusted.digits("12")


class Small(int):
    def bit_length(self) -> int:
        return 1


def test_a_number_may_lie_about_its_length() -> None:
    assert Small(2**1_000_000).bit_length() == 1
    with pytest.raises(TypeError, match="is not an instance of 'int'"):
        untrusted.digits(Small(2**1_000_000))


def test_python_refuses_to_write_many_digits_and_rust_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    number = 10**5000
    with pytest.raises(ValueError, match="4300"):
        str(number)
    assert untrusted.digits_unlimited(number) == 5001
    assert untrusted.in_a_message(number) == "<unprintable int object> is too large"
    assert [args.exc_type for args in unraisable] == [ValueError]


def test_a_short_decimal_is_a_long_integer() -> None:
    assert values.halve(Decimal("1e10000")).numerator == 10**10000 // 2
    assert Decimal("1e10000").adjusted() == 10000


PRIME = 2**61 - 1


def test_hashes_of_numbers_can_be_chosen() -> None:
    keys = [index * PRIME for index in range(1000)]
    assert {hash(key) for key in keys} == {0}
    assert sum(key < 2**64 for key in keys) == 9
    assert len(untrusted.numbered(keys)) == untrusted.distinct(keys) == 1000


def test_a_buffer_that_is_larger_than_memory() -> None:
    broadcast = np.broadcast_to(np.array([7], dtype=np.uint8), 2**50)
    with pytest.raises(ValueError, match="1125899906842624 bytes are more than a megabyte"):
        untrusted.packed(broadcast)
    assert untrusted.packed(np.arange(6, dtype=np.uint8)[::2]) == b"\x00\x02\x04"
    assert untrusted.packed(b"") == b""


def test_a_copy_of_it_ends_the_process() -> None:
    code = "untrusted.packed_unlimited(numpy.broadcast_to(numpy.array([7], dtype=numpy.uint8), 2**50))"
    assert "memory allocation of 1125899906842624 bytes failed" in crash(code)


def test_too_many_zeros() -> None:
    assert untrusted.zeros(3) == untrusted.zeros_of_vec(3) == bytes(3)
    with pytest.raises(MemoryError):
        untrusted.zeros(2**50)
    assert "memory allocation of 1125899906842624 bytes failed" in crash("untrusted.zeros_of_vec(2**50)")
