"""uvloop, trio and anyio as callers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import pytest
import tides
import trio
from async_snippets._core import event_loops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOMENT, LONG = timedelta(milliseconds=20), timedelta(seconds=100)


def on_asyncio(main: Callable[[], Awaitable[object]]) -> object:
    return asyncio.run(main())  # type: ignore[arg-type]


def on_uvloop(main: Callable[[], Awaitable[object]]) -> object:
    uvloop = pytest.importorskip("uvloop", reason="uvloop does not exist for this system")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


ASYNCIO = [on_asyncio, on_uvloop]
ALL = [*ASYNCIO, trio.run]


@pytest.mark.parametrize("run", ALL)
def test_the_forecast_works_on_every_event_loop(run: Callable[..., object]) -> None:
    async def main() -> float:
        with anyio.fail_after(30):
            return await tides.forecast("Dover", MOMENT)

    assert run(main) == 6.7


@pytest.mark.parametrize("run", ALL)
@pytest.mark.parametrize(
    ("station", "error", "message"),
    [("Nowhere", LookupError, "no station `Nowhere`"), ("Atlantis", RuntimeError, "the work panicked")],
)
def test_errors_and_panics_reach_the_caller(
    run: Callable[..., object], station: str, error: type[Exception], message: str
) -> None:
    async def main() -> None:
        with anyio.fail_after(30):
            await tides.forecast(station, MOMENT)

    with pytest.raises(error, match=message):
        run(main)


@pytest.mark.parametrize("run", ALL)
def test_a_cancellation_drops_the_work(run: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled: list[object] = []

    class Job:
        def __init__(self, *args: object) -> None:
            self.job = event_loops.start_forecast(*args)

        def cancel(self) -> None:
            self.job.cancel()
            cancelled.append(self)

    monkeypatch.setattr(tides, "event_loops", type("Module", (), {"start_forecast": Job}))

    async def main() -> None:
        with anyio.move_on_after(0.05):
            await tides.forecast("Dover", LONG)

    run(main)
    assert len(cancelled) == 1


@pytest.mark.parametrize("run", ALL)
def test_many_at_once_overlap(run: Callable[..., object]) -> None:
    levels: list[float] = []

    async def one() -> None:
        levels.append(await tides.forecast("Cuxhaven", MOMENT))

    async def main() -> None:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for _ in range(200):
                    group.start_soon(one)

    run(main)
    assert levels == [3.2] * 200


def test_a_wake_that_comes_after_the_end_harms_nobody() -> None:
    jobs = []
    woken = threading.Event()

    async def main() -> None:
        call_soon = tides.soon()

        def wake() -> None:
            try:
                call_soon(int)
            finally:
                woken.set()

        jobs.append(event_loops.start_forecast("Dover", timedelta(milliseconds=200), wake))

    for run in ALL:
        run(main)
        assert woken.wait(30)
        woken.clear()
    assert len(jobs) == 3


@pytest.mark.parametrize("run", ASYNCIO)
def test_futures_of_asyncio_work_on_every_loop_of_asyncio(run: Callable[..., object]) -> None:
    async def main() -> tuple[float, float, float]:
        future = event_loops.forecast_for_asyncio("Dover", MOMENT)
        # uvloop makes futures of its own class.
        assert asyncio.isfuture(future)
        return (
            await future,
            await event_loops.forecast_natively("Dover", MOMENT),
            await event_loops.forecast_natively("Dover", timedelta()),
        )

    assert run(main) == (6.7, 6.7, 6.7)


def test_trio_takes_no_futures_of_asyncio() -> None:
    async def make() -> None:
        event_loops.forecast_for_asyncio("Dover", MOMENT)

    async def native() -> None:
        await event_loops.forecast_natively("Dover", MOMENT)

    async def ready() -> float:
        return await event_loops.forecast_natively("Dover", timedelta())

    for main in (make, native):
        with pytest.raises(RuntimeError, match="no running event loop"):
            trio.run(main)
    # It is never suspended, so no event loop takes notice.
    assert trio.run(ready) == 6.7
    with pytest.raises(StopIteration, match=r"6\.7"):
        event_loops.forecast_natively("Dover", timedelta()).send(None)


def test_trio_says_what_is_wrong_with_a_future() -> None:
    loop = asyncio.new_event_loop()
    future = loop.create_future()

    async def main() -> None:
        await future

    with pytest.raises(TypeError, match=r"unrecognized yield message .* some other framework like asyncio"):
        trio.run(main)
    loop.close()


def test_without_a_loop_there_is_no_future() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        event_loops.forecast_for_asyncio("Dover", MOMENT)


def test_several_loops_in_several_threads_get_their_own_results() -> None:
    levels: list[float] = []

    async def main() -> None:
        levels.extend(await asyncio.gather(*(event_loops.forecast_for_asyncio("Dover", MOMENT) for _ in range(20))))

    threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert levels == [6.7] * 80


def test_a_future_belongs_to_the_loop_that_made_it() -> None:
    async def make() -> asyncio.Future[float]:
        return event_loops.forecast_for_asyncio("Dover", LONG)

    async def take(future: asyncio.Future[float]) -> float:
        return await future

    future = asyncio.run(make())
    with pytest.raises(RuntimeError, match="attached to a different loop"):
        asyncio.run(take(future))


def run(code: str) -> subprocess.CompletedProcess[str]:
    header = (
        "import asyncio, time\nfrom datetime import timedelta\nfrom async_snippets._core import event_loops\n"
        "moment = timedelta(milliseconds=500)\n"
    )
    command = [sys.executable, "-c", header + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


LATE = """
import sys, threading
printed = threading.Event()

def hook(*error):
    show(*error)
    printed.set()

async def main():
    event_loops.forecast_for_asyncio("Dover", moment)

sys.excepthook = hook
asyncio.run(main())
printed.wait()
"""


def test_a_result_for_a_loop_that_is_closed_is_printed_as_an_error() -> None:
    done = run(f"show = lambda *error: sys.__excepthook__(*error)\n{LATE}")
    assert done.returncode == 0
    assert "RuntimeError: Event loop is closed" in done.stderr
    assert run(f"show = lambda *error: print(error[1])\n{LATE}").stdout == "Event loop is closed\n"


def test_a_loop_that_runs_cannot_be_run_or_waited_for() -> None:
    async def coroutine() -> float:
        return await event_loops.forecast_for_asyncio("Dover", MOMENT)

    async def again() -> None:
        work = coroutine()
        try:
            asyncio.run(work)
        finally:
            work.close()

    with pytest.raises(RuntimeError, match=r"asyncio.run\(\) cannot be called from a running event loop"):
        asyncio.run(again())

    async def wait() -> None:
        event_loops.wait_for(coroutine())

    with pytest.raises(RuntimeError, match="the event loop stood still"):
        asyncio.run(wait())


def test_the_repl_of_asyncio_awaits_as_a_notebook_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "asyncio"],
        input="from async_snippets._core import event_loops\nfrom datetime import timedelta\n"
        "await event_loops.forecast_for_asyncio('Dover', timedelta())\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "6.7" in done.stdout
