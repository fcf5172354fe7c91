"""The chapter on work of Rust that asyncio awaits."""

import asyncio
import gc
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from async_snippets._core import awaitables

T = TypeVar("T")
LIMIT = 60.0
HOUR = 3_600_000
PROC = Path("/proc/self")
needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="threads and memory are read from /proc")


def run(work: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, LIMIT)

    return asyncio.run(limited())


def depot_weigh(parcel: int, millis: int) -> Awaitable[int]:
    weight: Awaitable[int] = awaitables.Depot().weigh(parcel, millis)
    return weight


WAYS: dict[str, Callable[[int, int], Awaitable[int]]] = {
    "weigh": awaitables.weigh,
    "weigh_soon": awaitables.weigh_soon,
    "Depot": depot_weigh,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("millis", [0, 5])
def test_a_parcel_is_weighed_or_unknown(way: str, millis: int) -> None:
    async def main() -> None:
        assert await WAYS[way](4711, millis) == 4811
        with pytest.raises(ValueError, match="the depot has no parcel 0"):
            await WAYS[way](0, millis)

    run(main())


def test_all_parcels_are_weighed_in_order_or_none() -> None:
    async def main() -> None:
        assert await awaitables.weigh_all(list(range(1, 500)), 1, limit=50) == [100 + n for n in range(1, 500)]
        with pytest.raises(ValueError, match="no parcel 0"):
            await awaitables.weigh_all([1, 0, 2], HOUR - HOUR, limit=0)

    run(main())


def test_a_ready_result_needs_no_turn_of_the_event_loop() -> None:
    async def main() -> None:
        future = awaitables.weigh_soon(4711, 0)
        assert future.done()
        assert future.result() == 4811
        assert not awaitables.weigh(4711, 0).done()

    run(main())


def test_a_panic_is_an_exception_of_the_library(capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        await awaitables.weigh_gold()

    with pytest.raises(Exception, match=r"^rust future panicked: unknown error$") as caught:
        run(main())
    assert caught.type.__mro__[:2] == (caught.type, Exception)
    assert (caught.type.__module__, caught.type.__name__) == ("pyo3_async_runtimes", "RustPanic")
    assert "the scales broke" in capfd.readouterr().err


def test_stop_iteration_is_never_a_result() -> None:
    reports: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(str(report["exception"])))
        weight = awaitables.weigh_last()
        while not (reports or weight.done()):
            await asyncio.sleep(0.001)
        await asyncio.wait_for(weight, 0.1)

    version = sys.version_info[:3]
    if version >= (3, 12, 2) or (3, 11, 8) <= version < (3, 12):
        with pytest.raises(RuntimeError, match="StopIteration interacts badly"):
            run(main())
    else:
        # asyncio refuses it, and nobody else settles the future.
        with pytest.raises(TimeoutError):
            run(main())
        assert "StopIteration interacts badly" in reports[0]


@needs_proc
def test_results_that_come_at_once_take_a_thread_each_without_a_mailbox() -> None:
    def threads() -> int:
        return len(list((PROC / "task").iterdir()))

    async def main(weigh: Callable[[int, int], Awaitable[int]]) -> int:
        before = threads()
        weights = asyncio.gather(*(weigh(parcel, 20) for parcel in range(1, 101)))
        awaitables.stay_attached(300)
        more = threads() - before
        await weights
        return more

    async def in_depot() -> int:
        return await main(awaitables.Depot().weigh)

    assert run(in_depot()) < 10
    # A busy machine may start too few of them in the time that the thread stays attached.
    assert any(run(main(awaitables.weigh)) > 80 for _ in range(20))


def test_nothing_is_kept_of_a_cancelled_or_forgotten_weighing() -> None:
    async def main() -> None:
        depot = awaitables.Depot()
        cancelled, forgotten = depot.weigh(1, HOUR), depot.weigh(1, HOUR)
        kept = [weakref.ref(cancelled), weakref.ref(forgotten)]
        cancelled.cancel()
        await asyncio.wait([cancelled])
        del cancelled
        end = time.monotonic() + LIMIT / 2
        while kept[0]() is not None:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
            # What a thread of Rust lets go of is freed when Python next calls into Rust.
            awaitables.stay_attached(0)
            gc.collect()
        # Rust's task holds the future that it will settle: nobody but a cancellation frees it before.
        assert kept[1]() is forgotten

    run(main())


def python(code: str) -> subprocess.CompletedProcess[str]:
    code = f"import asyncio\nfrom async_snippets._core import awaitables\n{code}"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_results_for_a_closed_event_loop_are_dropped() -> None:
    begin = "async def main():\n    depot = awaitables.Depot(); return [depot.weigh(n, 30) for n in range(20)], depot\n"
    done = python(f"{begin}kept = asyncio.run(main())\nimport time; time.sleep(0.2)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    hook = "import sys, threading\nprinted = threading.Event()\n"
    hook += "def show(*error): sys.__excepthook__(*error); printed.set()\nsys.excepthook = show\n"
    weigh = "async def main(): return [awaitables.weigh(1, 500)]\n"
    done = python(f"{hook}{weigh}kept = asyncio.run(main())\nprinted.wait()")
    assert "RuntimeError: Event loop is closed" in done.stderr


@pytest.mark.parametrize("number", range(10))
def test_a_program_ends_right_after_a_depot_has_answered(number: int) -> None:
    begin = "async def main(): await awaitables.Depot().weigh(1, 5)\n"
    done = python(f"{begin}asyncio.run(main())")
    assert (done.returncode, done.stderr) == (0, ""), number


WAVES = """
import gc, os, sys
def kilobytes():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024

async def main():
    depot, sizes = awaitables.Depot(), []
    for wave in range(6):
        weights = await asyncio.gather(*(depot.weigh(parcel, 20) for parcel in range(1, 10_001)))
        assert sum(weights) == sum(100 + parcel % 5000 for parcel in range(1, 10_001))
        del weights
        gc.collect()
        sizes.append(kilobytes())
    print(max(sizes[3:]) - max(sizes[:3]), len(os.listdir("/proc/self/task")))

asyncio.run(main())
"""


@needs_proc
def test_ten_thousand_awaits_at_once_leave_memory_flat() -> None:
    done = python(WAVES)
    assert done.returncode == 0, done.stderr
    grown, threads = done.stdout.split()
    # A future with its callback takes more than 1 KB: a leak of every tenth would be seen.
    assert float(grown) < 2_000
    assert int(threads) < (os.cpu_count() or 1) + 20
