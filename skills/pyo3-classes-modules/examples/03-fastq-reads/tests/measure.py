"""Measure reading and filtering beside Python; `uv run maturin develop --release` first, a debug build says nothing."""

import gzip
import random
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from fastq_reads import Reads
from reference import mean_quality, read_fastq

COUNT, LENGTH = 100_000, 150


def write(path: Path) -> None:
    """Write reads of a sequencing machine: certain at the start, less so at the end."""
    dice = random.Random(3)
    with path.open("w", encoding="utf-8") as file:
        for number in range(COUNT):
            letters = "".join(dice.choices("ACGT", k=LENGTH))
            worst = dice.randrange(2, 38)
            qualities = "".join(chr(33 + 38 - (38 - worst) * place // LENGTH) for place in range(LENGTH))
            file.write(f"@machine:1:{number}\n{letters}\n+\n{qualities}\n")


def measure(title: str, work: Callable[[], int]) -> None:
    """Print the shortest of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        count = work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<40}{best:>8.3f} s{count:>10} reads")


def main() -> None:
    """Read a file, count the reads that are certain enough, and do so from gzip."""
    with TemporaryDirectory() as folder:
        path, zipped = Path(folder, "reads.fastq"), Path(folder, "reads.fastq.gz")
        write(path)
        zipped.write_bytes(gzip.compress(path.read_bytes(), 5))
        print(f"{path.stat().st_size / 1e6:.0f} MB, {zipped.stat().st_size / 1e6:.0f} MB as gzip")
        measure("read, in Python", lambda: sum(1 for _ in read_fastq(path)))
        measure("read", lambda: sum(1 for _ in Reads(path)))
        measure("read in batches of 1000", lambda: sum(map(len, Reads(path).batches(1000))))
        measure("filter, in Python", lambda: sum(mean_quality(read[2]) >= 25 for read in read_fastq(path)))
        measure("filter", lambda: sum(1 for _ in Reads(path).filter(min_quality=25)))
        measure("filter gzip, in Python", lambda: sum(mean_quality(read[2]) >= 25 for read in read_fastq(zipped)))
        measure("filter gzip", lambda: sum(1 for _ in Reads(zipped).filter(min_quality=25)))


if __name__ == "__main__":
    main()
