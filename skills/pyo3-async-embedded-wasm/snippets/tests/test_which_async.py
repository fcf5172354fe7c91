"""The chapter on the ways to join Rust and asyncio."""

import asyncio
import gc
import inspect
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from async_snippets._core import which_async

T = TypeVar("T")
LIMIT = 30.0
HOUR = 3_600_000


def run(work: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, LIMIT)

    return asyncio.run(limited())


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


def to_thread(parcel: int, millis: int) -> Awaitable[int]:
    return asyncio.to_thread(which_async.blocking, parcel, millis)


WAYS: dict[str, Callable[[int, int], Awaitable[int]]] = {
    "native": which_async.native,
    "spawned": which_async.spawned,
    "thread": lambda parcel, millis: which_async.Clerk().find(parcel, millis),
    "to_thread": to_thread,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("millis", [0, 5])
def test_each_way_finds_the_shelf(way: str, millis: int) -> None:
    async def main() -> list[int]:
        return await asyncio.gather(*(WAYS[way](parcel, millis) for parcel in range(50)))

    assert run(main()) == [parcel % 40 for parcel in range(50)]


def test_a_coroutine_begins_when_it_is_awaited_and_a_future_at_once() -> None:
    async def main() -> None:
        begun = which_async.counts()[0]
        coroutine = which_async.native(1, 0)
        await asyncio.sleep(0.05)
        assert which_async.counts()[0] == begun
        assert await coroutine == 1
        future = which_async.spawned(1, 0)
        await until(lambda: which_async.counts()[0] == begun + 2)
        assert await future == 1

    run(main())


def test_a_native_coroutine_that_is_never_awaited_warns_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        which_async.native(1, 0)
        gc.collect()


def test_only_a_coroutine_can_be_made_a_task() -> None:
    async def main() -> None:
        assert await asyncio.create_task(which_async.native(1, 0)) == 1
        assert inspect.isawaitable(which_async.native(1, 0))
        assert not inspect.iscoroutinefunction(which_async.native)
        with pytest.raises(TypeError, match="a coroutine was expected"):
            await asyncio.create_task(which_async.spawned(1, 0))
        assert await asyncio.ensure_future(which_async.spawned(1, 0)) == 1

    run(main())


def test_a_future_needs_a_running_event_loop_when_it_is_made() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        which_async.spawned(1, 0)
    which_async.native(1, 0)


def test_a_native_coroutine_has_no_tokio_around_it() -> None:
    async def main() -> None:
        await which_async.native_timer()

    with pytest.raises(BaseException, match="there is no reactor running, must be called from the context of a Tokio"):
        run(main())


def test_a_native_coroutine_is_polled_by_the_thread_of_the_event_loop() -> None:
    async def main() -> int:
        return await which_async.native_thread()

    assert run(main()) == threading.get_ident()


def test_a_native_method_borrows_its_object_until_it_is_done() -> None:
    async def main() -> None:
        locker = which_async.Locker()
        watching = asyncio.ensure_future(locker.watch(HOUR))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="Already borrowed"):
            locker.open()
        watching.cancel()
        await asyncio.wait([watching])
        assert locker.open() == 1
        opening = asyncio.ensure_future(locker.open_for(HOUR))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="Already mutably borrowed"):
            await locker.watch(0)
        opening.cancel()

    run(main())


def test_waking_a_native_coroutine_attaches_the_thread_that_wakes_it() -> None:
    async def ring(bell: Awaitable[None], millis: int) -> bool:
        waiting = asyncio.ensure_future(bell)
        await asyncio.sleep(0.05)
        went_on: bool = which_async.call_attached(millis)
        await waiting
        return went_on

    assert not run(ring(which_async.native_bell(), 300))

    async def spawned() -> bool:
        # It returns as soon as the other goes on.
        return await ring(which_async.spawned_bell(), 10_000)

    assert run(spawned())


@pytest.mark.parametrize("way", ["native", "spawned"])
def test_a_cancelled_question_is_dropped(way: str) -> None:
    async def main() -> None:
        before = which_async.counts()[1]
        question = asyncio.ensure_future(WAYS[way](1, HOUR))
        await until(lambda: which_async.counts()[1] == before + 1)
        question.cancel()
        await until(lambda: which_async.counts()[1] == before)
        assert question.cancelled()

    run(main())


def test_what_blocks_a_thread_goes_on_after_it_was_cancelled() -> None:
    async def main() -> None:
        before = which_async.counts()[1]
        for way in ("to_thread", "thread"):
            start = time.monotonic()
            question = asyncio.ensure_future(WAYS[way](1, 500))
            await until(lambda: which_async.counts()[1] == before + 1)
            question.cancel()
            await asyncio.wait([question])
            assert question.cancelled()
            await until(lambda: which_async.counts()[1] == before)
            assert time.monotonic() - start >= 0.5

    run(main())


def test_to_thread_runs_a_few_at_once_and_tokio_all() -> None:
    async def peak(way: str, millis: int) -> int:
        which_async.counts()
        await asyncio.gather(*(WAYS[way](parcel, millis) for parcel in range(100)))
        return which_async.counts()[2]

    assert run(peak("to_thread", 100)) <= 32
    assert run(peak("spawned", 1_000)) > 60
