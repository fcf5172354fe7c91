"""Stages that wait for each other."""

import _thread
import functools
import gc
import operator
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from performance_snippets._core import back_pressure

Readings = back_pressure.Readings


def packet(height: float, temperature: float) -> bytes:
    text = f"{height} {temperature}".encode()
    return text + bytes([functools.reduce(operator.xor, text)])


def packets(count: int) -> list[bytes]:
    return [packet(number, -number / 2) for number in range(count)]


@pytest.mark.parametrize("window", [1, 2, 64, 10_000])
def test_readings_come_in_order(window: int) -> None:
    assert list(Readings(packets(2_000), window)) == [(number, -number / 2) for number in range(2_000)]
    assert list(Readings([], window)) == []


def test_a_panic_of_the_decoder_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="the decoder panicked"):
        back_pressure.panic_in_decoder()
    assert "the battery is flat" in capfd.readouterr().err


def test_a_window_is_needed() -> None:
    with pytest.raises(ValueError, match="the window is empty"):
        Readings([], 0)
    with pytest.raises(TypeError, match="not iterable"):
        Readings(1)


# region: bound
def test_no_more_is_taken_than_the_window_holds() -> None:
    taken = 0

    def source() -> Iterator[bytes]:
        nonlocal taken
        for taken, item in enumerate(packets(1_000), 1):  # noqa: B007 - what counts is how far it got
            yield item

    for number, _ in enumerate(Readings(source(), window=8), 1):
        assert taken <= number + 7
    assert taken == 1_000
    # endregion: bound


WRONG = [
    (b"12 3", "the checksum is wrong"),
    (b"", "the packet is empty"),
    (b"x x\x20", "is not a number"),
    (b"\x00", "missing"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_an_error_comes_in_its_turn(wrong: bytes, message: str) -> None:
    readings = Readings([*packets(3), wrong, *packets(2)])
    assert [next(readings) for _ in range(3)] == [(0, 0), (1, -0.5), (2, -1)]
    with pytest.raises(ValueError, match=message):
        next(readings)
    assert list(readings) == [(0, 0), (1, -0.5)]


def test_an_error_of_the_source_comes_in_its_turn() -> None:
    def source() -> Iterator[Any]:
        yield packet(1, 2)
        yield 3
        raise ConnectionError("the balloon is gone")

    readings = Readings(source())
    assert next(readings) == (1, 2)
    with pytest.raises(TypeError):
        next(readings)
    with pytest.raises(ConnectionError, match="the balloon is gone"):
        next(readings)
    assert next(readings, None) is None


def test_the_source_runs_in_the_callers_thread() -> None:
    threads = set()

    def source() -> Iterator[bytes]:
        for item in packets(100):
            threads.add(threading.get_ident())
            yield item

    assert len(list(Readings(source(), 4))) == 100
    assert threads == {threading.get_ident()}


def test_a_second_user_gets_an_error() -> None:
    def source() -> Iterator[bytes]:
        yield packet(1, 2)
        next(readings)

    readings = Readings(source(), 2)
    assert next(readings) == (1, 2)
    with pytest.raises(RuntimeError, match="Already borrowed"):
        next(readings)


def test_ctrl_c_reaches_a_slow_source_and_the_rest_goes_on() -> None:
    def source() -> Iterator[bytes]:
        yield packet(1, 2)
        _thread.interrupt_main()
        yield packet(3, 4)

    readings = Readings(source(), 1)
    assert next(readings) == (1, 2)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come a moment later
        for _ in range(100):
            next(readings, None)
            time.sleep(0.01)


def test_what_is_abandoned_is_freed() -> None:
    class Source:
        def __init__(self) -> None:
            self.readings = Readings(iter(self))

        def __iter__(self) -> Iterator[bytes]:
            return self

        def __next__(self) -> bytes:
            return packet(1, 2)

    source = Source()
    assert next(source.readings) == (1, 2)
    gone = weakref.ref(source)
    del source
    for _ in range(50):
        gc.collect()
        if gone() is None:
            return
        time.sleep(0.02)
    pytest.fail("the cycle is kept")


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("capacity", [0, 1, 16])
def test_stages_see_every_packet(workers: int, capacity: int) -> None:
    count, mean = back_pressure.summarise(packets(5_001), workers, capacity)
    assert (count, mean) == (5_001, pytest.approx(-1_250))
    assert back_pressure.summarise([], workers, capacity) == (0, 0)


def test_an_error_ends_all_stages() -> None:
    wrong = packets(50_000)
    wrong[150] = b"torn"
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(ValueError, match="the checksum is wrong"):
            back_pressure.summarise(wrong, capacity=1)
    assert threading.active_count() == before


def test_a_bound_bounds() -> None:
    assert back_pressure.longest_queue(2_000, 16) <= 16
    assert any(back_pressure.longest_queue(2_000, None) > 200 for _ in range(10))


def test_to_send_attached_is_a_deadlock() -> None:
    code = "import faulthandler; faulthandler.dump_traceback_later(2, exit=True)\n"
    code += "from performance_snippets._core import back_pressure; back_pressure.send_attached(print)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Timeout" in done.stderr


def test_several_pipelines_share_the_pool() -> None:
    with ThreadPoolExecutor(4) as executor:
        results = list(executor.map(lambda _: len(list(Readings(packets(500)))), range(8)))
    assert results == [500] * 8
