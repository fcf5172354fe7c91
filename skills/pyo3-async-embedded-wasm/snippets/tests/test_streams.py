"""The chapter on many items, either way."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import pytest
from async_snippets._core import streams
from await_points import cancel_everywhere
from streaming import batches, total

T = TypeVar("T")
LIMIT = 30.0


def run(work: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(work, LIMIT)

    return asyncio.run(limited())


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


async def items(scans: streams.Scans, most: int) -> list[int]:
    return [scan async for batch in batches(scans, most) for scan in batch]


@pytest.mark.parametrize("most", [1, 7, 1000])
@pytest.mark.parametrize("buffer", [1, 10, 1000])
def test_all_scans_come_in_order(most: int, buffer: int) -> None:
    assert run(items(streams.Scans(500, buffer), most)) == list(range(500))
    assert run(items(streams.Scans(0, buffer), most)) == []


def test_one_by_one_comes_the_same() -> None:
    async def main() -> list[int]:
        return [scan async for scan in streams.OneByOne(streams.Scans(100, 10))]

    assert run(main()) == list(range(100))


def test_no_more_is_made_than_there_is_room_for() -> None:
    async def main() -> None:
        scans = streams.Scans(1_000_000, 16)
        taken = 0
        for _ in range(20):
            await until(lambda taken=taken: bool(scans.made == taken + 16))  # type: ignore[misc]
            taken += len(scans.take(10))
            assert scans.made <= taken + 16
        assert taken == 200

    run(main())


async def read(scans: streams.Scans, seen: list[int]) -> None:
    async for batch in batches(scans):
        seen += batch


async def take_all(scans: streams.Scans) -> None:
    while True:
        scans.take(100)
        await asyncio.sleep(0.002)


def test_an_error_comes_after_what_was_before_it_and_then_the_end() -> None:
    async def main() -> None:
        seen: list[int] = []
        scans = streams.Scans(100, 20, fail_at=10)
        with pytest.raises(ValueError, match="the label of parcel 10 is torn"):
            await read(scans, seen)
        assert seen == list(range(10))
        with pytest.raises(StopAsyncIteration):
            scans.take(1)

    run(main())


def test_leaving_the_loop_ends_the_producer_when_the_generator_is_closed() -> None:
    async def main() -> None:
        scans = streams.Scans(1_000_000, 16)
        async with aclosing(batches(scans, 4)) as source:
            async for _ in source:
                break
        # What was made is still there; then comes the end, long before the last of a million.
        with pytest.raises(StopAsyncIteration):
            await take_all(scans)
        assert scans.made < 1_000

    run(main())


class Reading:
    """A reader that is cancelled at each of its waits, and one that goes on after it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.scans: Any = None
        self.seen: list[int] = []

    async def begin(self) -> None:
        self.scans, self.seen = streams.Scans(8, 2), []
        async for batch in self:
            self.seen += batch

    async def __aiter__(self) -> AsyncGenerator[list[int], None]:
        while True:
            # Always, so that there is something to cancel.
            await self.scans.wait()
            try:
                yield self.scans.take(self.most)
            except StopAsyncIteration:
                return

    async def check(self, when: str) -> None:
        async for batch in self:
            self.seen += batch
        assert self.seen == list(range(8)), when


def test_a_cancelled_reader_loses_nothing() -> None:
    reading = Reading(3)
    assert run(cancel_everywhere(reading.begin, reading.check)) >= 3


async def parcels(count: int, ends: list[str], fail_at: int | None = None) -> AsyncGenerator[int, None]:
    try:
        for parcel in range(count):
            if parcel == fail_at:
                raise LookupError("no such parcel")
            yield parcel
            await asyncio.sleep(0)
    finally:
        ends.append("closed")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_rust_takes_what_python_makes(size: int) -> None:
    ends: list[str] = []
    assert run(total(parcels(100, ends), streams.Sorter(2, 10**9), size)) == sum(range(100))
    assert ends == ["closed"]


def test_an_error_of_rust_ends_the_generator() -> None:
    ends: list[str] = []
    with pytest.raises(ValueError, match="the van is full"):
        run(total(parcels(10**9, ends), streams.Sorter(2, 1000), 10))
    assert ends == ["closed"]


def test_an_error_of_the_generator_is_raised_as_it_is() -> None:
    ends: list[str] = []
    with pytest.raises(LookupError, match="no such parcel"):
        run(total(parcels(100, ends, fail_at=50), streams.Sorter(2, 10**9), 10))
    assert ends == ["closed"]


def test_python_waits_for_a_full_channel() -> None:
    async def main() -> None:
        sorter, sent = streams.Sorter(1, 10**9), 0
        while sorter.offer([1]) and sent < 100_000:
            sent += 1
        assert await sorter.send([1])
        assert await sorter.finish() in {sent + 1, sent + 2}
        assert not sorter.offer([1])
        with pytest.raises(RuntimeError, match="it is finished"):
            sorter.finish()

    run(main())


@pytest.mark.parametrize("buffer", [0, -1, 1 << 16])
def test_a_buffer_is_checked(buffer: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        streams.Scans(1, buffer)
