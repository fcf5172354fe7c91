"""Measure requests beside sockets in Python; `uv run maturin develop --release` first, a debug build says nothing.

The server is a process of its own, so that it does not share the interpreter.
"""

import multiprocessing
import os
import queue
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from threading import Thread
from typing import Any

from cache_pool import Client
from conftest import Server

REQUESTS, SIZE = 4000, 4


class PlainClient:
    """A pool as it is written without Rust."""

    def __init__(self, address: str, size: int) -> None:
        host, port = address.split(":")
        self.files: queue.Queue[Any] = queue.Queue()
        for _ in range(size):
            self.files.put(socket.create_connection((host, int(port))).makefile("rwb"))

    def get(self, key: str) -> bytes | None:
        """Return a value."""
        file = self.files.get(timeout=30)
        file.write(f"get {key}\r\n".encode())
        file.flush()
        line = file.readline()
        value = None if line == b"END\r\n" else file.read(int(line.split()[3]) + 7)[:-7]
        self.files.put(file)
        return value


def serve(addresses: Any, over: Event) -> None:
    """Serve until it is over."""
    with Server() as server:
        server.values["a"] = bytes(1000)
        Thread(target=server.serve_forever, daemon=True).start()
        addresses.put(server.address)
        over.wait()


def measure(title: str, threads: int, get: Callable[[str], bytes | None]) -> None:
    """Print the shortest of five runs, on the clock and of the processors of this process."""
    counts = [REQUESTS // threads] * threads
    wall, busy = float("inf"), float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start, start_busy = time.perf_counter(), time.process_time()
            sizes = list(pool.map(lambda count: sum(len(get("a") or b"") for _ in range(count)), counts))
            wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - start_busy)
            assert sum(sizes) == sum(counts) * 1000
    wall, busy = wall / REQUESTS * 1e6, busy / REQUESTS * 1e6
    print(f"{title:<12}{threads:>3} thread(s){wall:>8.0f} µs a request{busy:>8.0f} µs of processors")


def main() -> None:
    """Ask for a value of 1000 bytes."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    context = multiprocessing.get_context("spawn")
    addresses, over = context.Queue(), context.Event()
    server = context.Process(target=serve, args=[addresses, over])
    server.start()
    address = addresses.get()
    for threads in (1, 8):
        measure("plain Python", threads, PlainClient(address, SIZE).get)
        with Client(address, size=SIZE, timeout=30) as client:
            measure("cache_pool", threads, client.get)
    over.set()
    server.join()


if __name__ == "__main__":
    main()
