"""The chapter on timeouts and the end."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from async_snippets._core import awaitables, deadlines

T = TypeVar("T")
LIMIT = 30.0
HOUR = 3_600_000
SNIPPETS = Path(__file__).parents[1]


def run(work: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, LIMIT)

    return asyncio.run(limited())


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


def test_a_timeout_of_asyncio_drops_the_rust_future() -> None:
    async def main() -> None:
        depot = deadlines.Depot(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await depot.ask(1)
        await until(lambda: depot.asking == 0)

    run(main())


def test_a_timeout_of_rust_is_a_timeout_error() -> None:
    async def main() -> None:
        depot = deadlines.Depot(1_000)
        with pytest.raises(TimeoutError, match="the depot did not answer in time"):
            await depot.ask(1, timeout=0.02)
        assert depot.asking == 0

    run(main())
    assert asyncio.TimeoutError is TimeoutError


def test_attempts_share_a_deadline() -> None:
    async def main() -> None:
        depot = deadlines.Depot(2)
        assert await depot.ask(41, timeout=20) == 1
        assert depot.asked == 3
        assert await depot.ask(41, timeout=1e19) == 1
        depot, start = deadlines.Depot(1_000), time.monotonic()
        with pytest.raises(TimeoutError):
            await depot.ask(41, timeout=1)
        assert depot.asked >= 2
        # It gives up as soon as there is no time for another pause, and never waits longer than asked.
        assert time.monotonic() - start < 5

    run(main())


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_time_span_is_checked(limit: float) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="is not a number of seconds"):
            deadlines.Depot(0).ask(1, timeout=limit)

    run(main())


def test_a_timeout_of_asyncio_needs_an_event_loop_that_turns() -> None:
    async def ask(depot: deadlines.Depot) -> None:
        async with asyncio.timeout(0.05):
            answer = depot.ask(1)
            awaitables.stay_attached(400)
            await answer

    async def main() -> None:
        depot, start = deadlines.Depot(1_000), time.monotonic()
        with pytest.raises(TimeoutError):
            await ask(depot)
        assert time.monotonic() - start > 0.35
        await until(lambda: depot.asking == 0)
        # The timer of tokio needs no event loop: this one stands still.
        asked, answer, end = depot.asked, depot.ask(1, timeout=0.02), time.monotonic() + LIMIT
        while depot.asked == asked or depot.asking:
            assert time.monotonic() < end
            awaitables.stay_attached(10)
        assert not answer.done()
        await asyncio.wait([answer])

    run(main())


async def end_of_task(way: Callable[[Any, float], Any], time: float) -> str:
    begun, ends = asyncio.Event(), []

    async def slow() -> None:
        begun.set()
        try:
            await asyncio.sleep(time)
            ends.append("went on")
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    # On a busy machine the limit may be over before it has begun.
    while not begun.is_set():
        with pytest.raises(TimeoutError):
            await way(slow, 0.1)
    await until(lambda: bool(ends))
    return ends[0]


def test_a_timeout_of_rust_cancels_a_python_task_and_no_into_future() -> None:
    assert run(end_of_task(deadlines.within, LIMIT)) == "cancelled"
    assert run(end_of_task(deadlines.within_into_future, 0.5)) == "went on"


def test_an_office_sorts_what_it_took_and_takes_no_more() -> None:
    async def main() -> None:
        office, before = deadlines.Office(), deadlines.sorted()
        for parcel in range(20):
            office.accept(parcel, 20)
        closing = office.close(LIMIT)
        with pytest.raises(RuntimeError, match="the office is closed"):
            office.accept(1, 1)
        assert await closing == 0
        assert deadlines.sorted() == before + 20
        assert await office.close(LIMIT) == 0

    run(main())


@pytest.mark.parametrize("wait", [True, False])
def test_an_office_gives_up_what_takes_too_long(wait: bool) -> None:
    async def main() -> None:
        office, before = deadlines.Office(), deadlines.sorted()
        office.accept(1, HOUR)
        if wait:
            assert office.close_and_wait(0.05) == 1
        else:
            assert await office.close(0.05) == 1
        assert deadlines.sorted() == before

    run(main())


class Counting:
    """Ends with what `close` returns."""

    def __init__(self) -> None:
        self.office = deadlines.Office()

    async def __aenter__(self) -> Any:
        return self.office

    async def __aexit__(self, *_: object) -> Any:
        return await self.office.close(0.0)


async def fail(manager: Any, millis: int) -> None:
    async with manager as office:
        office.accept(1, millis)
        raise KeyError


def test_async_with_closes_and_lets_an_error_pass_unless_what_it_ends_with_is_true() -> None:
    async def main() -> None:
        office, before = deadlines.Office(), deadlines.sorted()
        with pytest.raises(KeyError):
            await fail(office, 20)
        assert deadlines.sorted() == before + 1
        with pytest.raises(RuntimeError, match="the office is closed"):
            office.accept(1, 1)
        await fail(Counting(), HOUR)

    run(main())


def python(code: str) -> subprocess.CompletedProcess[str]:
    code = f"import asyncio, atexit, time\nfrom async_snippets._core import cancellation, deadlines\n{code}"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process can handle")
def test_sigterm_ends_it_in_order() -> None:
    command = [sys.executable, str(SNIPPETS / "serving.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=LIMIT)
    assert (process.returncode, output, errors) == (0, "0 10\n", "")


def test_the_end_of_asyncio_run_cancels_tasks_and_no_bare_futures() -> None:
    begin = """
async def ride():
    await cancellation.ride_for(3_600_000)

async def main():
    work = {work}
    while not cancellation.riding():
        await asyncio.sleep(0.001)

asyncio.run(main())
"""
    # The thread that ends last still tells the loop, which is closed: Python must live until it has.
    wait = "while cancellation.riding(): time.sleep(0.001)\ntime.sleep(1)\n"
    done = python(begin.format(work="asyncio.create_task(ride())") + wait)
    assert (done.returncode, done.stderr) == (0, "")
    done = python(
        begin.format(work="cancellation.ride_for(3_600_000)") + "time.sleep(0.2); print(cancellation.riding())"
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_atexit_gives_what_has_begun_its_time() -> None:
    begin = "office = deadlines.Office()\nfor parcel in range(5): office.accept(parcel, {})\n"
    show = "atexit.register(lambda: print(deadlines.sorted()))\n"
    assert python(show + begin.format(HOUR)).stdout == "0\n"
    done = python(show + begin.format(100) + "atexit.register(office.close_and_wait, 10.0)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
