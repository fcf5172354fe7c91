"""Measure opening a store beside Python; `uv run maturin develop --release` first, a debug build says nothing."""

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from log_store import Store


def replay(path: Path) -> dict[bytes, bytes]:
    """Do what opening a store does, in Python, without the rules for what is damaged."""
    data, place, values = path.read_bytes(), 8, dict[bytes, bytes]()
    while place < len(data):
        size, checksum, header = struct.unpack_from("<III", data, place)
        payload = data[place + 12 : place + 12 + size]
        if zlib.crc32(data[place : place + 8]) != header or zlib.crc32(payload) != checksum:
            break
        place, at = place + 12 + size, 0
        while at < size:
            (length,) = struct.unpack_from("<I", payload, at)
            key = payload[at + 4 : at + 4 + length]
            at += 5 + length
            if payload[at - 1]:
                (length,) = struct.unpack_from("<I", payload, at)
                values[key] = payload[at + 4 : at + 4 + length]
                at += 4 + length
            else:
                values.pop(key, None)
    return values


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best * 1000:>10.1f} ms")


def main() -> None:
    """Open a log of a million writes in two hundred transactions."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.log"
        with Store(path) as store:
            for number in range(200):
                with store.transaction() as transaction:
                    for key in range(5000):
                        transaction[b"key %d" % (number * 37 + key)] = b"value %d" % number
            assert replay(path) == {key: store[key] for key in store.keys()}  # noqa: SIM118
        measure("in Python", lambda: replay(path))
        measure("Store", lambda: Store(path).close())
        with Store(path) as store:

            def commit() -> None:
                for _ in range(100):
                    with store.transaction() as transaction:
                        transaction[b"key"] = b"value"

            measure("100 transactions, on the disk", commit)


if __name__ == "__main__":
    main()
