"""Measure the decoder beside Python with `re`; `uv run maturin develop --release` first, a debug build says nothing."""

import time
from collections.abc import Callable

import reference
from terminal_events import Decoder, Event

LINE = (
    "\x1b[2K\x1b[1;36mtest\x1b[0m src/parser.rs \x1b]8;;file:///src/parser.rs\x07parser\x1b]8;;\x07 … "
    "\x1b[38;5;{}mok\x1b[m \x1b[{}C{}\r\n"
)


def measure(title: str, size: int, work: Callable[[], object]) -> None:
    """Print the shortest of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<28}{best:>8.3f} s{size / best / 1e6:>8.1f} MB/s")


def feed(data: bytes, size: int) -> list[Event]:
    """Decode data in pieces."""
    decoder = Decoder()
    return [event for start in range(0, len(data), size) for event in decoder.feed(data[start : start + size])]


def main() -> None:
    """Decode the output of a long run of tests."""
    data = "".join(LINE.format(number % 256, number % 80, number) for number in range(20_000)).encode()
    assert feed(data, len(data)) == reference.decode(data)
    print(f"{len(data) / 1e6:.1f} MB, {len(reference.decode(data))} events")
    measure("in Python", len(data), lambda: reference.decode(data))
    measure("Decoder, all at once", len(data), lambda: feed(data, len(data)))
    measure("Decoder, 4096 bytes each", len(data), lambda: feed(data, 4096))


if __name__ == "__main__":
    main()
