"""The chapter on cancellation, on both sides."""

import asyncio
import contextvars
import gc
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from async_snippets._core import cancellation
from await_points import cancel_everywhere

T = TypeVar("T")
LIMIT = 30.0
HOUR = 3_600_000
tenant = contextvars.ContextVar("tenant", default="nobody")


def run(work: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, LIMIT)

    return asyncio.run(limited())


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


@pytest.mark.parametrize("careful", [True, False])
def test_a_guard_holds_at_every_wait_and_without_it_a_parcel_is_lost(careful: bool) -> None:
    places = []
    for point in range(100):
        cut_off, lockers = cancellation.carry_cut_off(careful, point)
        places.append(lockers)
        if not cut_off:
            break
    # A timer may be looked at more than once.
    assert len(places) >= 4
    assert places[-2:] == [[3], [3]]
    assert ([] in places) is not careful


def test_cancelling_drops_the_rust_future_after_the_await_has_ended() -> None:
    async def main() -> None:
        ride = asyncio.ensure_future(cancellation.ride_for(HOUR))
        await until(lambda: cancellation.riding() == 1)
        ride.cancel()
        assert ride.cancelled()
        # The callback that tells Rust runs in the next turn of the event loop.
        assert cancellation.riding() == 1
        await until(lambda: cancellation.riding() == 0)

    run(main())


def test_dropping_the_reference_cancels_nothing() -> None:
    async def main() -> None:
        ride = cancellation.ride_for(HOUR)
        await until(lambda: cancellation.riding() == 1)
        kept = weakref.ref(ride)
        del ride
        gc.collect()
        await asyncio.sleep(0.05)
        assert cancellation.riding() == 1
        # Rust's task still holds the future that it will settle.
        kept().cancel()
        await until(lambda: cancellation.riding() == 0)

    run(main())


def test_what_does_not_await_goes_on() -> None:
    async def main() -> None:
        start = time.monotonic()
        ride = cancellation.ride_without_await(500)
        await until(lambda: cancellation.riding() == 1)
        assert ride.cancel()
        await until(lambda: cancellation.riding() == 0)
        assert time.monotonic() - start >= 0.5

    run(main())


def test_a_native_coroutine_is_dropped_at_once() -> None:
    async def main() -> None:
        ride = asyncio.ensure_future(cancellation.native_ride())
        await until(lambda: cancellation.riding() == 1)
        ride.cancel()
        await asyncio.wait([ride])
        assert cancellation.riding() == 0

    run(main())


@pytest.mark.parametrize("swallow", [True, False])
def test_a_cancel_handle_takes_the_exception(swallow: bool) -> None:
    async def main() -> None:
        ride = asyncio.ensure_future(cancellation.native_return(swallow))
        await until(lambda: cancellation.riding() == 1)
        ride.cancel()
        await asyncio.wait([ride])
        assert ride.cancelled() is not swallow

    run(main())


def test_a_swallowed_cancellation_defeats_a_timeout() -> None:
    async def main() -> None:
        async with asyncio.timeout(0.01):
            assert await cancellation.native_return(True) == "back"
            # Still inside, after the time is up; asyncio raises when the block ends.
            await asyncio.sleep(0.05)
            raise LookupError("reached")

    with pytest.raises(LookupError):
        run(main())


def test_work_of_its_own_task_is_finished() -> None:
    async def main(name: str, to: int) -> dict[int, str]:
        lockers = cancellation.Lockers({1: "lamp"})
        ride = getattr(lockers, name)(1, to)
        await until(lambda: lockers.parcels != {1: "lamp"})
        ride.cancel()
        await until(lambda: bool(lockers.parcels))
        result: dict[int, str] = lockers.parcels
        return result

    # So far away that it is still on its way when it is cancelled.
    assert run(main("carry", HOUR)) == {1: "lamp"}
    assert run(main("carry_to_the_end", 101)) == {101: "lamp"}


def test_shield_leaves_the_rust_future_alone() -> None:
    async def main() -> None:
        lockers = cancellation.Lockers({1: "lamp"})
        ride = lockers.carry(1, 101)
        shielded = asyncio.shield(ride)
        await until(lambda: lockers.parcels != {1: "lamp"})
        shielded.cancel()
        await ride
        assert lockers.parcels == {101: "lamp"}

    run(main())


async def read_by_next(belt: Any, seen: list[int]) -> None:
    while len(seen) < 3:
        seen.append(await belt.next())


async def read_by_wait(belt: Any, seen: list[int]) -> None:
    while len(seen) < 3:
        await belt.wait()
        seen.append(belt.take())


class Reading:
    """Three parcels on a belt, and a reader that is cancelled."""

    def __init__(self, read: Callable[[Any, list[int]], Coroutine[Any, Any, None]]) -> None:
        self.read = read
        self.belt: Any = None
        self.seen: list[int] = []
        self.losses: list[str] = []

    async def begin(self) -> None:
        self.belt, self.seen = cancellation.Belt(), []
        for parcel in (1, 2, 3):
            self.belt.lay(parcel)
        await self.read(self.belt, self.seen)

    async def check(self, when: str) -> None:
        # Rust drops a wait a little later.
        await until(lambda: not self.belt.waited_for)
        while (parcel := self.belt.take()) is not None:
            self.seen.append(parcel)
        if self.seen != [1, 2, 3]:
            self.losses.append(when)


@pytest.mark.parametrize(("read", "loses"), [(read_by_next, True), (read_by_wait, False)])
def test_a_result_that_comes_with_the_cancellation_is_lost(
    read: Callable[[Any, list[int]], Coroutine[Any, Any, None]], loses: bool
) -> None:
    reading = Reading(read)
    assert run(cancel_everywhere(reading.begin, reading.check)) >= 2
    assert ("cancelled at wait 0, late" in reading.losses) is loses
    assert bool(reading.losses) is loses


def test_every_wait_of_python_and_rust_is_cancelled_once() -> None:
    lockers = [cancellation.Lockers({1: "lamp"})]

    async def deliver() -> None:
        lockers[0] = cancellation.Lockers({1: "lamp"})
        await lockers[0].carry(1, 5)
        await asyncio.sleep(0)
        await lockers[0].carry(5, 9)

    async def check(when: str) -> None:
        # Rust drops the work a little later.
        await until(lambda: not lockers[0].carrying)
        assert list(lockers[0].parcels.values()) == ["lamp"], when

    # Waits, not awaits: the three above.
    assert run(cancel_everywhere(deliver, check)) == 3


@pytest.mark.parametrize("late", [False, True])
def test_a_python_task_is_cancelled_with_the_rust_future(late: bool) -> None:
    async def main() -> None:
        events: list[str] = []

        async def slow() -> str:
            events.append(f"began for {tenant.get()} in {threading.current_thread().name}")
            try:
                await asyncio.sleep(LIMIT)
            except asyncio.CancelledError:
                events.append("cancelled")
                raise
            return "done"

        tenant.set("Ada")
        waiting = cancellation.ask(slow)
        if late:
            await until(lambda: bool(events))
        waiting.cancel()
        if late:
            await until(lambda: len(events) == 2)
            assert events == ["began for Ada in MainThread", "cancelled"]
        await asyncio.sleep(0.05)
        await until(lambda: len(asyncio.all_tasks()) <= 2)

    run(main())


def test_a_python_task_hands_on_result_and_error() -> None:
    async def works() -> int:
        await asyncio.sleep(0)
        return 7

    async def fails() -> int:
        raise LookupError("no locker")

    async def main() -> None:
        assert await cancellation.ask(works) == 7
        with pytest.raises(LookupError, match="no locker"):
            await cancellation.ask(fails)

    run(main())


def test_a_select_in_a_loop_must_not_begin_its_reading_anew() -> None:
    async def main() -> None:
        assert await cancellation.read_frame(True)
        assert not await cancellation.read_frame(False)

    run(main())
