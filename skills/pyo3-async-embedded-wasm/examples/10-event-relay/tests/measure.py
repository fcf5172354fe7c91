"""Measure the relay beside one in plain asyncio; `uv run maturin develop --release` first, a debug build says nothing.

The relay is a process of its own, and so is each subscriber.
"""

import asyncio
import json
import multiprocessing
import os
import socket
import time
from collections.abc import Iterable
from typing import Any

from event_relay import Relay

EVENTS, SUBSCRIBERS = 50_000, 3
LINE = json.dumps({"topic": "orders.paid", "order": 123456, "items": [{"sku": "a-1", "count": 2}] * 3}).encode() + b"\n"


async def check(events: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Look at each event, as a hook does."""
    return [event for event in events if event["order"] > 0]


async def relay_plainly(hooked: bool) -> int:
    """Relay without Rust: a queue for each subscriber, and no limits to lines or time."""
    queues: list[asyncio.Queue[bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readline()).startswith(b"SUB"):
            queue: asyncio.Queue[bytes] = asyncio.Queue(1024)
            queues.append(queue)
            while line := await queue.get():
                writer.write(line)
                await writer.drain()
        while line := await reader.readline():
            event = json.loads(line)
            if not isinstance(event["topic"], str):
                continue
            if hooked:
                (event,) = await check([event])
                line = json.dumps(event).encode() + b"\n"
            for queue in queues:
                await queue.put(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


def relay(kind: str, hooked: bool, ports: Any) -> None:
    """Relay until the process is ended."""

    async def main() -> None:
        rust = Relay(check if hooked else None)
        ports.put(await (rust.start() if kind == "event_relay" else relay_plainly(hooked)))
        await asyncio.Event().wait()

    asyncio.run(main())


def subscribe(port: int, ready: Any, done: Any) -> None:
    """Read all events."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"SUB\n")
        ready.put(None)
        left = EVENTS
        while left:
            left -= connection.recv(1 << 18).count(b"\n")
    done.put(time.perf_counter())


def measure(kind: str, hooked: bool) -> float:
    """Return events in a second, from the first that is sent to the last that is read by all."""
    context = multiprocessing.get_context("spawn")
    ports, ready, done = context.Queue(), context.Queue(), context.Queue()
    server = context.Process(target=relay, args=[kind, hooked, ports], daemon=True)
    server.start()
    port = ports.get()
    clients = [context.Process(target=subscribe, args=[port, ready, done], daemon=True) for _ in range(SUBSCRIBERS)]
    for client in clients:
        client.start()
    for _ in clients:
        ready.get()
    time.sleep(0.2)
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"PUB\n" + LINE * EVENTS)
        end: float = max(done.get() for _ in clients)
    server.terminate()
    server.join()
    return EVENTS / (end - start)


def main() -> None:
    """Print the best of three runs."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {len(LINE)} bytes, {SUBSCRIBERS} subscribers")
    for hooked in (False, True):
        for kind in ("plain asyncio", "event_relay"):
            best = max(measure(kind, hooked) for _ in range(3))
            print(f"{kind:<14}{'with' if hooked else 'without'} a hook{best:>10.0f} events a second")


if __name__ == "__main__":
    main()
