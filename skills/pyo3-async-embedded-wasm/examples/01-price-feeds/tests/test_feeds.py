"""Feeds: awaitables, streams, cancellation, errors and the end of the process."""

import asyncio
import gc
import os
import re
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import pytest
from price_feeds import (
    Candle,
    ClosedError,
    Feed,
    FeedError,
    HaltedError,
    PriceError,
    fetch_all,
    running,
    summarize,
)

T = TypeVar("T")

FOREVER = 3600.0
# Reached by code that hangs, and by no other.
LIMIT = 20.0


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, LIMIT))


async def until(reached: Callable[[], bool]) -> None:
    """Wait for other threads; `run` ends a wait in vain."""
    while not reached():
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """No test leaves work behind in Rust."""
    yield
    gc.collect()
    deadline = time.monotonic() + LIMIT
    while running():
        assert time.monotonic() < deadline, f"{running()} jobs go on"
        time.sleep(0.001)


def test_a_feed_is_an_async_iterator() -> None:
    async def main() -> list[float]:
        return [price async for price in Feed(1.0, 0.5, count=3)]

    assert run(main()) == [1.0, 1.5, 2.0]


def test_an_error_in_rust_ends_the_stream() -> None:
    async def main() -> None:
        feed = Feed(50.0, -20.0)
        assert [await feed.next(FOREVER) for _ in range(3)] == [50.0, 30.0, 10.0]
        with pytest.raises(HaltedError, match=r"^trading was halted after 3 quotes$"):
            await anext(feed)
        assert [price async for price in feed] == []

    run(main())


async def by_cancel(feed: Feed) -> None:
    waiting = asyncio.ensure_future(feed.next(FOREVER))
    await until(lambda: running() == 2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def by_wait_for(feed: Feed) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(feed.next(FOREVER), 0.01)


async def by_timeout(feed: Feed) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await feed.next(FOREVER)


async def by_task_group(feed: Feed) -> None:
    async def wait() -> None:
        await feed.next(FOREVER)

    async def fail() -> None:
        await until(lambda: running() == 2)
        raise LookupError

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait())
            group.create_task(fail())

    with pytest.raises(ExceptionGroup):  # noqa: F821
        await together()


@pytest.mark.parametrize("interrupt", [by_cancel, by_wait_for, by_timeout, by_task_group])
def test_cancelling_drops_the_rust_future(
    interrupt: Callable[[Feed], Coroutine[Any, Any, None]],
) -> None:
    async def main() -> None:
        feed = Feed(1.0, interval=FOREVER)
        await interrupt(feed)
        # The feed itself is left.
        await until(lambda: running() == 1)

    run(main())


def test_rust_times_out_and_loses_no_quote() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError, match=r"^no quote in time$"):
            await Feed(1.0, interval=FOREVER).next(0.01)
        feed, seen = Feed(1.0, 1.0, interval=0.02, count=5), []
        while True:
            try:
                if (price := await feed.next(0.003)) is None:
                    break
                seen.append(price)
            except TimeoutError:
                continue
        assert seen == [1.0, 2.0, 3.0, 4.0, 5.0]

    run(main())


def test_nobody_reads_nothing_is_produced() -> None:
    async def main() -> None:
        feed = Feed(1.0, 1.0, buffer=4)
        for read in range(3):
            while feed.produced < 4 + read:
                await asyncio.sleep(0.001)
            # Time enough: the same work, done by a feed that is read.
            assert len([price async for price in Feed(1.0, 1.0, count=200)]) == 200
            assert feed.produced == 4 + read
            assert await feed.next(FOREVER) == 1.0 + read

    run(main())


@pytest.mark.parametrize("interval", [0.0, 0.001])
def test_break_ends_the_producer(interval: float) -> None:
    async def main() -> None:
        async for _ in Feed(1.0, 1.0, interval=interval):
            break
        await until(lambda: running() == 0)

    run(main())


def test_dropping_a_feed_ends_its_producer_in_the_middle_of_an_interval() -> None:
    feed = Feed(1.0, interval=FOREVER)
    assert running() == 1
    del feed
    deadline = time.monotonic() + LIMIT
    while running():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_reader_keeps_the_feed_open() -> None:
    async def main() -> float | None:
        return await Feed(1.0, interval=0.01).next(FOREVER)

    assert run(main()) == 1.0


def test_aclose_ends_readers_and_producer() -> None:
    async def main() -> None:
        feed = Feed(1.0, interval=FOREVER)
        reader = asyncio.ensure_future(feed.next(FOREVER))
        await until(lambda: running() == 2)
        await feed.aclose()
        assert await reader is None
        await until(lambda: running() == 0)
        await feed.aclose()

    run(main())


def test_aclose_drops_unread_quotes() -> None:
    async def main() -> None:
        feed = Feed(1.0, 1.0, buffer=4)
        await until(lambda: feed.produced == 4)
        await feed.aclose()
        assert [price async for price in feed] == []

    run(main())


def test_a_python_generator_is_read_in_rust() -> None:
    async def prices() -> AsyncIterator[float]:
        for price in [2.0, 5.0, 1.0, 4.0] * 50:
            yield price
            await asyncio.sleep(0)

    candle = run(summarize(prices(), buffer=1))
    assert (candle.open, candle.high, candle.low, candle.close) == (2.0, 5.0, 1.0, 4.0)


def test_any_async_iterable_is_read() -> None:
    async def main() -> Candle:
        return await summarize(Feed(1.0, 1.0, count=100))

    candle = run(main())
    assert (candle.open, candle.close) == (1.0, 100.0)


class Source:
    """An endless generator of one price, which may fail, hang, and knows when it is closed."""

    def __init__(self, price: float = 1.0, *, error: Exception | None = None) -> None:
        self.price, self.error = price, error
        self.hangs = self.closed = False

    async def __aiter__(self) -> AsyncIterator[float]:
        try:
            for _ in range(10):
                yield self.price
            if self.error:
                raise self.error
            self.hangs = True
            await asyncio.sleep(FOREVER)
        finally:
            # A generator that is only dropped would not get past this.
            await asyncio.sleep(0)
            self.closed = True


def test_the_generators_error_arrives_as_it_is() -> None:
    source = Source(error=LookupError("no such symbol"))
    with pytest.raises(LookupError) as caught:
        run(summarize(source))
    assert caught.value is source.error
    assert source.closed


def test_an_error_in_rust_closes_the_generator() -> None:
    async def main() -> None:
        source = Source(-1.0)
        with pytest.raises(PriceError, match=r"^-1 is not a price$"):
            await summarize(source, buffer=1)
        assert source.closed

    run(main())


def test_cancelling_closes_the_generator_and_stops_rust() -> None:
    async def main() -> None:
        source = Source()
        task = asyncio.create_task(summarize(source))
        await until(lambda: source.hangs)
        assert running() == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed
        del task
        await until(lambda: running() == 0)

    run(main())


def test_no_prices_no_candle() -> None:
    async def main() -> None:
        with pytest.raises(PriceError, match="there are no prices"):
            await summarize(Feed(1.0, count=0))

    run(main())


def test_prices_come_in_the_order_of_the_symbols() -> None:
    async def fetch(symbol: str) -> float:
        await asyncio.sleep(0.001 * (5 - len(symbol)))
        return float(len(symbol))

    async def main() -> list[float]:
        return await fetch_all(fetch, ["a", "bb", "ccc", "dddd"])

    assert run(main()) == [1.0, 2.0, 3.0, 4.0]


def test_context_variables_reach_python_through_rust() -> None:
    rate = ContextVar("rate", default=0.0)

    async def fetch(symbol: str) -> float:
        return rate.get()

    async def main(value: float) -> list[float]:
        rate.set(value)
        return await fetch_all(fetch, ["EUR", "USD"])

    async def both() -> tuple[list[float], list[float]]:
        first, second = await asyncio.gather(main(1.0), main(2.0))
        return first, second

    assert run(both()) == ([1.0, 1.0], [2.0, 2.0])


def test_fetches_run_together_but_not_more_than_allowed() -> None:
    active = peak = 0

    async def fetch(symbol: str) -> float:
        nonlocal active, peak
        active += 1
        peak = max(peak, active)
        # One at a time would wait here for ever.
        await until(lambda: peak >= 3)
        await asyncio.sleep(0.001)
        active -= 1
        return 0.0

    async def main() -> None:
        await fetch_all(fetch, [str(number) for number in range(30)], limit=3)

    run(main())
    assert peak == 3


class Fetcher:
    """Fetches that hang until they are cancelled, but for the symbol that fails."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.started = self.cancelled = 0

    async def __call__(self, symbol: str) -> float:
        if symbol == "bad" and self.error:
            await until(lambda: self.started == 3)
            raise self.error
        self.started += 1
        try:
            await asyncio.sleep(FOREVER)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return 0.0


@pytest.mark.parametrize("error", [LookupError("no such symbol"), asyncio.CancelledError()])
def test_the_first_error_cancels_the_other_fetches(error: BaseException) -> None:
    async def main() -> None:
        fetcher = Fetcher(error)
        with pytest.raises(type(error)) as caught:
            await fetch_all(fetcher, ["a", "b", "bad", "c"])
        assert isinstance(error, asyncio.CancelledError) or caught.value is error
        await until(lambda: fetcher.cancelled == 3)

    run(main())


def test_an_error_arrives_when_the_other_fetches_have_ended() -> None:
    begun: list[str] = []
    ended: list[str] = []

    async def fetch(symbol: str) -> float:
        if symbol == "bad":
            await until(lambda: len(begun) == 3)
            raise LookupError(symbol)
        try:
            begun.append(symbol)
            await asyncio.sleep(FOREVER)
        finally:
            await asyncio.sleep(0.05)
            ended.append(symbol)
        return 0.0

    async def main() -> None:
        with pytest.raises(LookupError):
            await fetch_all(fetch, ["a", "b", "bad", "c", "d"], limit=4)
        assert sorted(ended) == ["a", "b", "c"]

    run(main())


def test_after_an_error_no_fetch_begins() -> None:
    begun: list[str] = []

    async def fetch(symbol: str) -> float:
        begun.append(symbol)
        raise LookupError(symbol)

    async def main() -> None:
        with pytest.raises(LookupError):
            await fetch_all(fetch, [str(number) for number in range(100)], limit=1)
        assert begun == ["0"]

    run(main())


class Traced:
    """Lives as long as the coroutine that refers to it."""


def test_a_task_of_a_closed_event_loop_is_collected() -> None:
    def begin() -> "weakref.ref[Traced]":
        traced = Traced()
        started = threading.Event()

        async def fetch(symbol: str, traced: Traced = traced) -> float:
            started.set()
            await asyncio.Event().wait()
            return 0.0

        async def main() -> None:
            fetches = asyncio.ensure_future(fetch_all(fetch, ["a"]))
            await until(started.is_set)
            # The event loop ends before Rust can have the task cancelled.
            fetches.cancel()

        event_loop = asyncio.new_event_loop()
        event_loop.run_until_complete(main())
        event_loop.close()
        return weakref.ref(traced)

    alive = begin()
    deadline = time.monotonic() + LIMIT
    while alive() is not None:
        assert time.monotonic() < deadline, "a circle through Rust is never freed"
        # References that a thread of Rust's own drops are released when Python next calls into Rust.
        running()
        gc.collect()
        time.sleep(0.01)


def test_cancelling_reaches_python_through_rust() -> None:
    async def main() -> None:
        fetcher = Fetcher()
        fetches = asyncio.ensure_future(fetch_all(fetcher, ["a", "b", "c"]))
        await until(lambda: fetcher.started == 3)
        fetches.cancel()
        await until(lambda: fetcher.cancelled == 3)
        await until(lambda: running() == 0)

    run(main())


def test_a_fetch_must_be_a_coroutine_and_its_result_a_price() -> None:
    async def text(symbol: str) -> str:
        return symbol

    async def main() -> None:
        with pytest.raises(TypeError, match="coroutine"):
            await fetch_all(len, ["a"])  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="real number"):
            await fetch_all(text, ["a"])  # type: ignore[arg-type]

    run(main())


def test_without_an_event_loop_there_is_nothing_to_await() -> None:
    feed = Feed(1.0, interval=FOREVER)
    for waiting in (feed.next(1.0), feed.aclose(), anext(feed)):
        with pytest.raises(RuntimeError, match="no running event loop"):
            waiting.__await__().__next__()
    with pytest.raises(RuntimeError, match="no running event loop"):
        fetch_all(Fetcher(), ["a"])


@pytest.mark.parametrize("size", [0, -1, 1 << 64])
def test_sizes_are_checked(size: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        Feed(1.0, buffer=size)


@pytest.mark.parametrize("limit", [0, 1 << 16])
def test_the_limit_is_checked(limit: int) -> None:
    async def main() -> None:
        with pytest.raises((ValueError, OverflowError)):
            await fetch_all(Fetcher(), ["a"], limit=limit)

    run(main())


@pytest.mark.parametrize("interval", [-1.0, float("nan"), float("inf")])
def test_time_spans_are_checked(interval: float) -> None:
    with pytest.raises(ValueError, match="is not a number of seconds"):
        Feed(1.0, interval=interval)


async def first_prices() -> list[float]:
    return [price async for price in Feed(1.0, 1.0, count=3)]


def test_exceptions_of_the_package_have_one_base() -> None:
    for error, builtin in ((HaltedError, RuntimeError), (ClosedError, RuntimeError), (PriceError, ValueError)):
        assert issubclass(error, FeedError)
        assert issubclass(error, builtin)


def test_waiting_for_the_gil_delays_no_timer() -> None:
    """While Python computes, futures in Rust go on: what waits for the GIL is not on their threads."""

    async def main() -> int:
        feed = Feed(1.0, 1.0, interval=0.001, buffer=1000)
        readers = [asyncio.ensure_future(Feed(1.0, interval=0.001).next()) for _ in range(8)]
        await asyncio.sleep(0)
        before = feed.produced
        # One call that neither ends nor gives the GIL away.
        sum(range(20_000_000))
        made = feed.produced - before
        await asyncio.gather(*readers)
        return made

    assert run(main()) > 20


def test_a_ready_price_costs_no_trip_over_the_event_loop() -> None:
    async def main() -> None:
        feed = Feed(1.0, 1.0, count=100, buffer=100)
        await until(lambda: feed.produced == 100)
        # A coroutine that waits for nothing ends at its first step.
        for number in range(100):
            with pytest.raises(StopIteration) as ended:
                anext(feed).__await__().__next__()
            assert ended.value.value == 1.0 + number

    run(main())


def test_without_a_timeout_a_reader_waits() -> None:
    async def main() -> None:
        assert await Feed(1.0, interval=0.01).next() == 1.0
        assert await Feed(1.0, count=0).next() is None

    run(main())


def test_a_cancelled_reader_loses_no_price() -> None:
    async def main() -> None:
        feed, seen = Feed(1.0, 1.0, interval=0.002, count=20), []
        while True:
            reader = asyncio.ensure_future(feed.next())
            done, _ = await asyncio.wait([reader], timeout=0.001)
            if not done:
                reader.cancel()
                continue
            if (price := reader.result()) is None:
                break
            seen.append(price)
        assert seen == [float(number) for number in range(1, 21)]

    run(main())


def test_event_loops_follow_each_other() -> None:
    assert [run(first_prices()) for _ in range(3)] == [[1.0, 2.0, 3.0]] * 3


def test_a_feed_outlives_its_event_loop() -> None:
    feed = Feed(1.0, 1.0)

    async def read() -> float | None:
        return await feed.next(FOREVER)

    assert [run(read()) for _ in range(3)] == [1.0, 2.0, 3.0]


def test_threads_have_event_loops_of_their_own() -> None:
    seen: list[list[float]] = []
    threads = [threading.Thread(target=lambda: seen.append(run(first_prices())), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert seen == [[1.0, 2.0, 3.0]] * 4


def python(code: str) -> subprocess.CompletedProcess[str]:
    prelude = "import asyncio, os, threading, time\nfrom price_feeds import *\n"
    command = [sys.executable, "-c", prelude + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_example_in_the_readme_runs() -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    process = python(example)
    assert (process.returncode, process.stderr) == (0, "")


IN_FLIGHT = """
async def fetch(symbol):
    await asyncio.sleep(3600)

async def fetch_many():
    await fetch_all(fetch, ["a"] * 9)

async def wait():
    await Feed(1.0, interval=3600).next(3600)

async def read():
    async for _ in Feed(1.0):
        pass

async def main():
    jobs = [asyncio.create_task(work()) for work in [fetch_many, wait, read] * 10]
    await asyncio.sleep(0.05)
    return jobs
"""


ENDS = {
    "tasks": "asyncio.run(main())",
    "exit": """
async def leave():
    await main()
    raise SystemExit

asyncio.run(leave())
""",
    "busy feeds": "feeds = [Feed(1.0, interval=0.0001) for _ in range(50)]",
    "daemon": """
threading.Thread(target=lambda: asyncio.run(wait()), daemon=True).start()
while running() < 2:
    time.sleep(0.001)
""",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_ends_while_work_is_in_flight(end: str) -> None:
    process = python(IN_FLIGHT + ENDS[end])
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def test_no_work_is_taken_when_python_ends() -> None:
    process = python(
        "import atexit\n"
        "def late():\n"
        "    try: Feed(1.0)\n"
        "    except RuntimeError as error: print(error, running())\n"
        "atexit.register(late)\n"
        "feed = Feed(1.0)\n"
    )
    assert (process.stdout, process.stderr) == ("the interpreter is shutting down 0\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_is_told_that_it_has_no_runtime() -> None:
    process = python(
        "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
        "ready, late = Feed(1.0), Feed(1.0, interval=3600)\n"
        "child = os.fork()\n"
        # A quote that is there already is read without the runtime.
        "async def read(): return await (ready if child else late).next(3600)\n"
        "if child: os.waitpid(child, 0)\n"
        "try: print(asyncio.run(read()))\n"
        "except RuntimeError as error: print(error)\n"
    )
    assert process.stderr == ""
    forked, parent = process.stdout.splitlines()
    assert parent == "1.0"
    assert "forked" in forked


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_another_thread_starts_the_runtime_gives_the_child_its_own() -> None:
    process = python(
        "import atexit, signal, warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
        "starting, forked, register = threading.Event(), threading.Event(), atexit.register\n"
        "def slow(function):\n"
        "    starting.set()\n"
        "    forked.wait()\n"
        "    register(function)\n"
        "atexit.register = slow\n"
        "thread = threading.Thread(target=lambda: Feed(1.0))\n"
        "thread.start()\n"
        "starting.wait()\n"
        "child = os.fork()\n"
        "atexit.register = register\n"
        "if child == 0:\n"
        "    signal.alarm(10)\n"
        "    feed = Feed(2.0)\n"
        "    async def read(): return await feed.next(3600)\n"
        "    print(asyncio.run(read()), flush=True)\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "forked.set()\n"
        "thread.join()\n"
    )
    assert (process.stdout, process.stderr) == ("2.0\n0\n", "")
