"""Times a blur of one photo: here, and in plain Python by the same method."""

import os
from time import perf_counter

from photo_filters import Photo

WIDTH, HEIGHT, RADIUS = 480, 320, 4


def average(pixels: bytearray, start: int, step: int, count: int) -> None:
    """Average along a line, as `average` in `src/filters.rs` does."""
    size = 2 * RADIUS + 1
    for channel in range(3):
        first = start + channel
        stop = first + step * count
        line = pixels[first:stop:step]
        line = line[:1] * RADIUS + line + line[-1:] * (RADIUS + 1)
        total = sum(line[:size])
        for index in range(count):
            pixels[first + index * step] = (total + size // 2) // size
            total += line[index + size] - line[index]


def blur(pixels: bytes) -> bytes:
    """Blur in plain Python."""
    result = bytearray(pixels)
    for _ in range(3):
        for y in range(HEIGHT):
            average(result, y * WIDTH * 4, 4, WIDTH)
        for x in range(WIDTH):
            average(result, x * 4, WIDTH * 4, HEIGHT)
    return bytes(result)


def main() -> None:
    """Print both times, the best of some, and their ratio."""
    pixels = b"".join(bytes([x % 256, y % 256, (x * y) % 256, 255]) for y in range(HEIGHT) for x in range(WIDTH))
    photo = Photo(WIDTH, HEIGHT, pixels)
    times: dict[str, list[float]] = {"Rust": [], "Python": []}
    for _ in range(5):
        start = perf_counter()
        rust = photo.apply("blur", RADIUS)
        middle = perf_counter()
        python = blur(pixels)
        times["Rust"].append(middle - start)
        times["Python"].append(perf_counter() - middle)
        assert rust.pixels() == python
    best = {name: min(values) for name, values in times.items()}
    print(", ".join(f"{name}: {time * 1000:.1f} ms" for name, time in best.items()))
    print(f"{best['Python'] / best['Rust']:.0f} times; {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
