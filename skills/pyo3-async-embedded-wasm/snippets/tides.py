"""Awaitables for any event loop, from work that only calls back."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import anyio
from async_snippets._core import event_loops

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


# region: soon
def soon() -> Callable[[Callable[[], object]], object]:
    """Return the way for other threads to have the running event loop call something."""
    trio = sys.modules.get("trio")
    if trio and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token().run_sync_soon
    return asyncio.get_running_loop().call_soon_threadsafe


# endregion: soon


# region: forecast
async def forecast(station: str, time: timedelta) -> float:
    """Forecast the tide in metres, under asyncio, uvloop or trio."""
    done, call_soon = anyio.Event(), soon()
    job = event_loops.start_forecast(station, time, lambda: call_soon(done.set))
    try:
        await done.wait()
    finally:
        # Does nothing to work that is done.
        job.cancel()
    return job.result()


# endregion: forecast
