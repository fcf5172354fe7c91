"""Work that reports, and stops when it is asked to."""

import _thread
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from performance_snippets._core import long_work

win_share, Stop = long_work.win_share, long_work.Stop
FOR_EVER = 10**13


@contextmanager
def quickly() -> Iterator[None]:
    """Fail if the block takes longer than some seconds, which busy machines need."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 8


def press_ctrl_c() -> None:
    """Send a real signal, which wakes up a main thread that waits for a lock; `interrupt_main` doesn't."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@contextmanager
def ctrl_c(press: Callable[[], None] = _thread.interrupt_main) -> Iterator[None]:
    """Interrupt the main thread after a moment."""
    timer = threading.Timer(0.3, press)
    with pytest.raises(KeyboardInterrupt), quickly():  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        yield
    timer.join()


def test_the_share_is_known() -> None:
    assert win_share(1_000_000) == pytest.approx(244 / 495, abs=0.003)
    assert win_share(0) == 0
    assert long_work.wins_alone(4_000) > 0


@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_seed_gives_one_result_with_any_number_of_threads(threads: str) -> None:
    code = "from performance_snippets._core import long_work; print(long_work.win_share(300_001, seed=7))"
    environment = {**os.environ, "RAYON_NUM_THREADS": threads}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert float(done.stdout) == win_share(300_001, seed=7)
    assert win_share(300_001, seed=7) != win_share(300_001, seed=8)


def test_ctrl_c_ends_it() -> None:
    with ctrl_c():
        win_share(FOR_EVER)
    with ctrl_c():
        long_work.wins_alone(FOR_EVER)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the system has no such signal")
def test_any_handler_may_end_it() -> None:
    def give_up(*_: object) -> None:
        raise ConnectionError("the dealer is gone")

    before = signal.signal(signal.SIGALRM, give_up)
    with pytest.raises(ConnectionError, match="the dealer is gone"), quickly():  # noqa: PT012 - as soon as it is set
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        win_share(FOR_EVER)
    signal.signal(signal.SIGALRM, before)


def test_time_is_up() -> None:
    with pytest.raises(TimeoutError, match="took too long"), quickly():
        win_share(FOR_EVER, timeout=0.2)
    assert win_share(1_000, timeout=60) is not None
    with pytest.raises(ValueError, match="timeout"):
        win_share(1_000, timeout=-1.0)


def test_progress_grows_and_comes_a_few_times_a_second() -> None:
    reports: list[tuple[int, float, int]] = []

    def report(done: int) -> None:
        reports.append((done, time.perf_counter(), threading.get_ident()))
        if len(reports) == 6:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        win_share(FOR_EVER, progress=report)
    done, times, threads = zip(*reports, strict=True)
    assert sorted(done) == list(done)
    assert done[-1] > 0
    assert times == tuple(sorted(times))
    assert times[-1] - times[0] > 5 / 12
    assert set(threads) == {threading.get_ident()}


def test_an_error_of_progress_ends_it() -> None:
    def report(done: int) -> None:
        raise LookupError(f"no bar for {done}")

    with pytest.raises(LookupError, match="no bar"), quickly():
        win_share(FOR_EVER, progress=report)


def test_a_panic_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BaseException, match="the dice are loaded"), quickly():
        long_work.panic_in_work()
    assert win_share(1_000) is not None


def test_stop_ends_it_from_any_thread() -> None:
    stop = Stop()
    threading.Timer(0.2, stop.request).start()
    with quickly():
        assert win_share(FOR_EVER, stop=stop) is None


# region: executor
def play_in_thread(games: int) -> float | None:
    """Play in another thread, and stop that when the main thread is interrupted."""
    stop = Stop()
    with ThreadPoolExecutor(1) as executor:
        call = executor.submit(win_share, games, stop=stop)
        try:
            return call.result()
        finally:
            # Without this the end of the `with` waits until all games are done.
            stop.request()
    # endregion: executor


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the system has no signals for threads")
def test_ctrl_c_reaches_another_thread_by_the_token() -> None:
    assert play_in_thread(1_000) is not None
    with ctrl_c(press_ctrl_c):
        play_in_thread(FOR_EVER)


async def play_in_loop(games: int, seconds: float) -> float | None:
    """Play beside an event loop, at most for some seconds."""
    stop = Stop()
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.to_thread(win_share, games, stop=stop)
    finally:
        stop.request()


def test_cancelling_ends_the_thread_as_well() -> None:
    assert asyncio.run(play_in_loop(1_000, 60)) is not None
    with pytest.raises(TimeoutError), quickly():
        asyncio.run(play_in_loop(FOR_EVER, 0.2))


def test_signals_are_for_the_main_thread() -> None:
    caught: list[bool] = []

    def handle(*_: object) -> None:
        caught.append(threading.current_thread() is threading.main_thread())

    before = signal.signal(signal.SIGINT, handle)
    try:
        with ThreadPoolExecutor(1) as executor:
            _thread.interrupt_main()
            assert executor.submit(long_work.check_elsewhere).result()
        long_work.check(1, False)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [True]


@pytest.mark.parametrize("attach", [False, True])
def test_checking_costs_nothing_but_time(attach: bool) -> None:
    assert long_work.check(100, attach) is None
    assert long_work.look_at_clock(100)
