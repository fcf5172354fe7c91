"""Measure a batch of frames beside NumPy; `uv run maturin develop --release` first, a debug build says nothing."""

import time
from collections.abc import Callable

import numpy as np
from tensor_exchange import fill_tensor, to_tensor

MEAN = np.array([0.485, 0.456, 0.406], "f4")
DEVIATION = np.array([0.229, 0.224, 0.225], "f4")


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of some runs."""
    best = float("inf")
    for _ in range(9):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best * 1000:>9.1f} ms")


def main() -> None:
    """Convert eight frames of a camera, and exchange them."""
    frames = np.random.default_rng(1).integers(0, 256, (8, 720, 1280, 3)).astype("u1")
    target = np.zeros((8, 3, 720, 1280), "f4")
    factor, summand = 1 / (255 * DEVIATION), -MEAN / DEVIATION

    def in_numpy() -> None:
        np.ascontiguousarray(((frames.astype("f4") / np.float32(255) - MEAN) / DEVIATION).transpose(0, 3, 1, 2))

    def in_numpy_into() -> None:
        np.multiply(frames.transpose(0, 3, 1, 2), factor[:, None, None], out=target)
        np.add(target, summand[:, None, None], out=target)

    tensor = to_tensor(frames)
    np.testing.assert_array_equal(
        np.from_dlpack(tensor)[0, 0, 0, :3],
        ((frames[0, 0, :3, 0].astype("f4") / np.float32(255)) - MEAN[0]) / DEVIATION[0],
    )
    print(f"{frames.nbytes / 1e6:.0f} MB of frames, {target.nbytes / 1e6:.0f} MB of floats")
    measure("to_tensor", lambda: np.from_dlpack(to_tensor(frames)))
    measure("NumPy", in_numpy)
    measure("fill_tensor", lambda: fill_tensor(frames, target))
    measure("NumPy, into an array", in_numpy_into)
    measure("from_dlpack alone", lambda: np.from_dlpack(tensor))


if __name__ == "__main__":
    main()
