"""Coroutines of which it is known what they do to an event loop."""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import os
import re
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HARD = re.compile("(a+)+b")
LOCK = asyncio.Lock()
KEPT: list[object] = []
THREADS: list[threading.Thread] = []


async def waits(seconds: float = 0.03) -> None:
    """Wait as one should."""
    await asyncio.sleep(seconds)


async def returns() -> int:
    """Wait for nothing."""
    return 1


async def gives_up() -> int:
    """Cancel itself and catch that, as `asyncio.timeout` and a failed `TaskGroup` do."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().call_later(0.005, task.cancel)
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        return 1
    return 2


async def sleeps() -> None:
    """Wait on the loop's thread."""
    await asyncio.sleep(0.001)
    time.sleep(0.05)


async def sleeps_only() -> None:
    """Wait on the loop's thread, and never on the loop: one call follows another in the same turn."""
    time.sleep(0.04)


async def sleeps_attached() -> None:
    """Wait on the loop's thread, in C, with the GIL."""
    await asyncio.sleep(0.001)
    ctypes.PyDLL(None).usleep(50_000)


async def matches() -> None:
    """Compute on the loop's thread."""
    await asyncio.sleep(0.001)
    HARD.search("a" * 21)


async def swallows() -> int:
    """Return a result when it is cancelled."""
    try:
        await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return 0
    return 1


async def wraps() -> None:
    """Raise something else when it is cancelled."""
    try:
        await asyncio.sleep(0.05)
    except asyncio.CancelledError as error:
        raise OSError("gone") from error


async def ignores() -> None:
    """Go on when it is cancelled."""
    end = time.monotonic() + 2.5
    while (left := end - time.monotonic()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


async def tidies_up() -> None:
    """Take long to end when it is cancelled."""
    try:
        await asyncio.sleep(0.4)
    finally:
        await asyncio.sleep(0.2)


async def shields() -> None:
    """Leave work that goes on when it is cancelled, and ends by itself."""
    await asyncio.shield(asyncio.sleep(0.3))


async def leaks_tasks() -> None:
    """Leave a task behind."""
    KEPT.append(asyncio.create_task(asyncio.sleep(3600)))
    await asyncio.sleep(0.001)


async def leaks_memory() -> None:
    """Leave memory behind."""
    KEPT.append(bytes(3000))
    await asyncio.sleep(0.001)


async def forgets() -> None:
    """Forget to await."""
    asyncio.sleep(1)  # type: ignore[unused-coroutine]
    await asyncio.sleep(0.001)


async def queues() -> None:
    """Let one in at a time."""
    async with LOCK:
        await asyncio.sleep(0.005)


async def refuses_many() -> None:
    """Fail if there are several at once."""
    if LOCK.locked():
        raise OSError("too many")
    async with LOCK:
        await asyncio.sleep(0.005)


def hog() -> None:
    """Keep the GIL again and again."""
    while True:
        time.sleep(0.05)
        HARD.search("a" * 21)


async def waits_beside_a_hog() -> None:
    """Wait while another thread keeps the GIL."""
    if not THREADS:
        THREADS.append(threading.Thread(target=hog, daemon=True, name="hog"))
        THREADS[0].start()
    await asyncio.sleep(0.005)


def burn(seconds: float) -> None:
    """Compute while detached."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.sha256(bytes(1_000_000))


async def burns() -> None:
    """Compute in a thread that does not end when it is cancelled."""
    await asyncio.to_thread(burn, 0.5)


async def fails() -> None:
    """Raise an exception."""
    raise ValueError("no")


async def ends() -> None:
    """End the process."""
    os._exit(7)


async def hangs() -> None:
    """Take too long."""
    await asyncio.sleep(3600)


async def stream() -> AsyncIterator[int]:
    """Yield a number."""
    yield 1


def plain() -> int:
    """Return what can't be awaited."""
    return 1


class Server:
    """Answers on this machine, after a while, and goes on with that when nobody waits any more."""

    def __init__(self, server: asyncio.Server) -> None:
        self.port = server.sockets[0].getsockname()[1]

    @classmethod
    async def start(cls) -> Server:
        """Begin to answer."""
        return cls(await asyncio.start_server(cls.answer, "127.0.0.1", 0))

    @staticmethod
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question."""
        await asyncio.sleep(0.05)
        writer.write(b"x")
        writer.close()


async def ask(server: Server) -> bytes:
    """Ask a server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        return await reader.read()
    finally:
        writer.close()
