"""The chapter on coroutines of Python that Rust runs."""

import asyncio
import contextvars
import gc
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from async_snippets._core import coroutines

T = TypeVar("T")
LIMIT = 30.0
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


async def ask(parcel: int) -> str:
    await asyncio.sleep(0)
    return f"{parcel:04}"


class Desk:
    """Counts what runs at once."""

    def __init__(self, others: int = 0) -> None:
        """Parcel 0 fails as soon as so many others are asked for."""
        self.now = self.most = self.ended = self.cancelled = 0
        self.others, self.may_end = others, asyncio.Event()

    async def ask(self, parcel: int) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if parcel == 0:
                await until(lambda: self.now > self.others)
                raise LookupError("no locker")
            await self.may_end.wait()
            self.ended += 1
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1
        return f"{parcel:04}"


def test_codes_come_in_order() -> None:
    async def main() -> None:
        expected = [f"{parcel:04}" for parcel in range(30)]
        assert await coroutines.codes(ask, list(range(30))) == expected
        assert await coroutines.codes_at_once(ask, list(range(30))) == expected

    run(main())


@pytest.mark.parametrize("limit", [1, 4])
def test_so_many_run_at_once(limit: int) -> None:
    async def main() -> None:
        desk = Desk()
        codes = coroutines.codes_at_once(desk.ask, [1] * 20, limit=limit)
        await until(lambda: desk.now == limit)
        desk.may_end.set()
        await codes
        assert desk.most == limit

    run(main())


def test_coroutines_run_on_the_event_loop_of_the_caller() -> None:
    async def main() -> None:
        here = (threading.get_ident(), asyncio.get_running_loop())

        async def look(_parcel: int) -> str:
            return str((threading.get_ident(), asyncio.get_running_loop()) == here)

        same.extend(await coroutines.codes(look, [1]))

    same: list[str] = []

    run(main())
    threads = [threading.Thread(target=run, args=(main(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert same == ["True"] * 4


def test_an_exception_keeps_its_traceback() -> None:
    async def main() -> None:
        with pytest.raises(LookupError, match="no locker") as caught:
            await coroutines.codes(Desk().ask, [0])
        assert "raise LookupError" in "".join(traceback.format_exception(caught.value))

    run(main())


def test_the_first_error_leaves_the_others_running() -> None:
    async def main() -> None:
        desk = Desk(others=3)
        with pytest.raises(LookupError):
            await coroutines.codes_at_once(desk.ask, [0, 1, 1, 1])
        assert desk.now == 3
        desk.may_end.set()
        await until(lambda: desk.now == 0)
        assert (desk.ended, desk.cancelled) == (3, 0)

    run(main())


def test_what_is_dropped_in_rust_goes_on_in_python() -> None:
    async def main() -> None:
        desk = Desk()
        coroutines.give_up(desk.ask(1), 1)
        await asyncio.sleep(0.1)
        desk.may_end.set()
        await until(lambda: desk.ended == 1)
        assert desk.cancelled == 0

    run(main())


def test_a_plain_function_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(TypeError, match="must be a coroutine function"):
            await coroutines.codes(str, [1])

    run(main())


def test_without_the_check_it_would_hang_and_then_look_like_a_cancellation() -> None:
    async def main() -> None:
        reports: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(repr(report["exception"])))
        gc.disable()
        code = coroutines.code_in_task(str, 1, True)
        await until(lambda: bool(reports))
        assert reports[0].startswith("TypeError")
        await asyncio.wait([code], timeout=0.2)
        assert not code.done()
        gc.collect()
        with pytest.raises(asyncio.CancelledError):
            await code

    try:
        run(main())
    finally:
        gc.enable()


def test_a_task_of_tokio_needs_the_locals() -> None:
    async def fails() -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            await coroutines.code_in_task(ask, 7, False)
        gc.collect()

    async def main() -> None:
        assert await coroutines.code_in_task(ask, 7, True) == "0007"
        with pytest.warns(RuntimeWarning, match="never awaited"):
            await fails()

    run(main())


def test_context_variables_are_copied_when_the_awaitable_is_made() -> None:
    async def look(_parcel: int) -> str:
        before = tenant.get()
        tenant.set("changed")
        return before

    async def main() -> None:
        tenant.set("Ada")
        codes = coroutines.codes(look, [1, 2])
        tenant.set("Bob")
        # Each coroutine is a task with a copy: what it sets, no other sees.
        assert await codes == ["Ada", "Ada"]
        assert tenant.get() == "Bob"

    run(main())


def test_a_plain_function_has_to_be_run_in_the_context() -> None:
    async def main() -> None:
        tenant.set("Ada")
        assert await coroutines.call_plain(tenant.get, False) == "nobody"
        assert await coroutines.call_plain(tenant.get, True) == "Ada"

    run(main())


def test_a_context_is_entered_once_at_a_time() -> None:
    context = contextvars.copy_context()
    with pytest.raises(RuntimeError, match="cannot enter context"):
        context.run(context.run, list)
    assert context.run(context.copy().run, list) == []


def test_a_thread_asks_and_waits() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert await asyncio.to_thread(coroutines.code_from_thread, loop, ask, 7, LIMIT) == "0007"
        assert await asyncio.to_thread(coroutines.code_from_rust_thread, loop, ask, 7) == "0007"

    run(main())


def test_a_thread_waits_no_longer_than_it_said() -> None:
    async def main() -> None:
        loop, begun, cancelled = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        async def slow(parcel: int) -> str:
            begun.set()
            try:
                await asyncio.sleep(LIMIT)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return "0000"

        # On a busy machine the time may be over before it has begun.
        while not begun.is_set():
            with pytest.raises(TimeoutError):
                await asyncio.to_thread(coroutines.code_from_thread, loop, slow, 7, 0.05)
        await cancelled.wait()
        # The event loop's own thread would wait for itself.
        with pytest.raises(TimeoutError):
            coroutines.code_from_thread(loop, slow, 7, 0.05)

    run(main())


def test_without_an_event_loop_one_is_made() -> None:
    assert coroutines.code_by_run(ask, 7) == "0007"

    async def main() -> None:
        coroutine = ask(7)
        with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
            coroutines.code_by_run(lambda _: coroutine, 7)
        coroutine.close()

    run(main())
