"""The same in Python: reads, their mean qualities, and what is wrong with a file."""

import gzip
import math
import re
from collections.abc import Iterator
from pathlib import Path

RATES = [10 ** (-(quality - 33) / 10) for quality in range(127)]


def read_fastq(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, sequence and qualities of each read."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for name in file:
            sequence, separator, qualities = (next(file).rstrip(b"\r\n") for _ in range(3))
            if not (name.startswith(b"@") and separator.startswith(b"+") and len(sequence) == len(qualities)):
                raise ValueError(f"no FASTQ at {name!r}")
            yield name[1:].rstrip(b"\r\n").decode(), sequence.decode(), qualities.decode()


def mean_quality(qualities: str) -> float:
    """Return the quality of the mean of the error rates."""
    if not qualities:
        return 0.0
    return 0.0 - 10 * math.log10(sum(map(RATES.__getitem__, qualities.encode())) / len(qualities))


def is_fastq(data: bytes) -> bool:
    """Return whether all of some data is records."""
    record = re.compile(rb"@([^\n]*)\n([A-Za-z.*-]*)\r?\n\+([^\n]*)\n([!-~]*)\r?(?:\n|\Z)")
    position = 0
    while position < len(data):
        match = record.match(data, position)
        if (
            match is None
            or len(match[2]) != len(match[4])
            or match[3].rstrip(b"\r") not in {b"", match[1].rstrip(b"\r")}
        ):
            return False
        try:
            match[1].decode()
        except UnicodeDecodeError:
            return False
        position = match.end()
    return True
