"""How late the timers of an event loop are."""

import asyncio
from time import monotonic

TICK = 0.005


async def loop_lag(time: float) -> float:
    """Return the longest that asyncio was late within some seconds: its thread was busy, or waited for the GIL."""
    start, worst = monotonic(), 0.0
    while (before := monotonic()) - start < time:
        await asyncio.sleep(TICK)
        worst = max(worst, monotonic() - before - TICK)
    return worst
