"""Measure a store beside NumPy's own files; `uv run maturin develop --release` first, a debug build says nothing."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from column_store import Store, write_store
from numpy.typing import NDArray

ROWS, COLUMNS = 5_000_000, 8


def measure(title: str, work: Callable[[], object], runs: int = 5) -> None:
    """Print the shortest of some runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<44}{best * 1e6:>12.0f} us")


def between(values: NDArray[Any], low: float, high: float) -> list[tuple[int, int]]:
    """Do what `Column.between` does, with whole arrays."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (low <= values) & (values < high), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def main() -> None:
    """Open eight columns of five million rows, and look for some of them."""
    dice = np.random.default_rng(1)
    slow = np.cumsum(dice.normal(0, 0.01, ROWS))
    with TemporaryDirectory() as folder:
        path = Path(folder, "store")
        columns = {"time": np.arange(ROWS), "slow": slow} | {f"more {number}": slow for number in range(COLUMNS - 2)}
        write_store(path, columns)
        for name, values in columns.items():
            np.save(Path(folder, name), values)
        np.savez(Path(folder, "all.npz"), *columns.values())
        del columns
        print(f"{ROWS} rows, {path.stat().st_size / 1e6:.0f} MB")

        def open_all() -> None:
            store = Store(path)
            for name in store.keys():  # noqa: SIM118
                np.asarray(store[name])

        def map_all() -> None:
            for file in Path(folder).glob("*.npy"):
                np.load(file, mmap_mode="r")

        def load_all() -> None:
            with np.load(Path(folder, "all.npz")) as file:
                for name in file:
                    file[name]

        measure("open all columns", open_all, 100)
        measure("open all columns, np.load(mmap_mode='r')", map_all, 100)
        measure("load all columns, np.load of a .npz", load_all, 2)
        column, mapped = Store(path)["slow"], np.load(Path(folder, "slow.npy"), mmap_mode="r")
        low, high = np.quantile(slow, [0.4, 0.6]).tolist()
        assert [(part.start, part.stop) for part in column.between(low, high)] == between(mapped, low, high)
        measure("between", lambda: column.between(low, high))
        measure("between, in NumPy", lambda: between(mapped, low, high))
        times, order = Store(path)["time"], np.load(Path(folder, "time.npy"), mmap_mode="r")
        measure("search", lambda: times.search(1_000_000, 2_000_000), 100)
        measure("search, in NumPy", lambda: order.searchsorted([1_000_000, 2_000_000]), 100)


if __name__ == "__main__":
    main()
