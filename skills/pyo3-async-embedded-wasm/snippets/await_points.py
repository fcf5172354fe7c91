"""Find every await of a piece of work, and cancel it there."""

from __future__ import annotations

import asyncio
import itertools
import types
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator


@types.coroutine
def cancel_at(work: Coroutine[Any, Any, object], point: int, *, late: bool) -> Generator[Any, Any, bool]:
    """Await work, and cancel it at its so many-th wait: as it begins or, `late`, when its result has just come.

    Returns:
        Whether the work came to that wait.
    """
    step: Callable[[], Any] = partial(work.send, None)
    for number in itertools.count():
        try:
            awaited = step()
        except StopIteration:
            return number > point
        except asyncio.CancelledError:
            return True
        # region: cancel_at
        step = partial(work.send, None)
        if number == point and not late:
            # asyncio cancels what is awaited, and throws CancelledError in at the next step.
            asyncio.current_task().cancel()
        try:
            yield awaited
        except asyncio.CancelledError as cancelled:
            step = partial(work.throw, cancelled)
        else:
            if number == point and late:
                step = partial(work.throw, asyncio.CancelledError())
        # endregion: cancel_at
    raise AssertionError("the loop has no end")


async def cancel_everywhere(
    begin: Callable[[], Coroutine[Any, Any, object]],
    check: Callable[[str], Coroutine[Any, Any, None]],
) -> int:
    """Begin work again and again, cancel it at each of its waits in turn, and check what it leaves behind.

    Returns:
        How many waits there are.
    """
    for point in itertools.count():
        for late in (False, True):
            reached = await asyncio.create_task(in_task(begin(), point, late=late))
            await check(f"cancelled at wait {point}, {'late' if late else 'early'}")
            if not reached:
                return point
    raise AssertionError("the loop has no end")


async def in_task(work: Coroutine[Any, Any, object], point: int, *, late: bool) -> bool:
    """Run `cancel_at` in a task of its own, which is the one that is cancelled."""
    return await cancel_at(work, point, late=late)
