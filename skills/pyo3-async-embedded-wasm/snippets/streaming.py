"""Streams between asyncio and Rust: the parts in Python."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from async_snippets._core import streams


# region: batches
async def batches(scans: streams.Scans, most: int = 256) -> AsyncGenerator[list[int], None]:
    """Yield scans as they come, many in a list; the producer ends when nobody reads any more."""
    try:
        while True:
            if batch := scans.take(most):
                yield batch
            else:
                await scans.wait()
    except StopAsyncIteration:
        return
    finally:
        scans.close()


# endregion: batches


# region: sort
async def total(parcels: AsyncGenerator[int, None], sorter: streams.Sorter, size: int = 256) -> int:
    """Send parcels to the sorter in batches, no faster than it takes them, and return its sum."""
    batch: list[int] = []
    async with contextlib.aclosing(parcels) as source:
        async for parcel in source:
            batch.append(parcel)
            if len(batch) == size:
                if not (sorter.offer(batch) or await sorter.send(batch)):
                    break
                batch = []
    if batch:
        await sorter.send(batch)
    result: int = await sorter.finish()
    return result


# endregion: sort
