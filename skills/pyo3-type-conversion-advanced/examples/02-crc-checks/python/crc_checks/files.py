"""Sums of the chunks of a file, which is mapped to memory and never read into it as a whole."""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crc_checks._core import chunk_sums, find_damage

MEBIBYTE = 1 << 20


@contextmanager
def _map_file(path: str | os.PathLike[str]) -> Iterator[mmap.mmap | bytes]:
    with Path(path).open("rb") as file:
        # An empty file can't be mapped.
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
            yield memory


def sum_file(path: str | os.PathLike[str], size: int = MEBIBYTE) -> list[int]:
    """Compute the CRC-32C of each chunk of a file.

    Args:
        path: The file.
        size: The number of bytes of a chunk, at least 64.
    """
    with _map_file(path) as memory:
        return chunk_sums(memory, size)


def find_file_damage(path: str | os.PathLike[str], sums: Sequence[int], size: int = MEBIBYTE) -> list[range]:
    """Find the parts of a file that are not as they were when it was summed.

    Args:
        path: The file.
        sums: What `sum_file` returned.
        size: The number of bytes of a chunk.

    Returns:
        The places of the bytes of each chunk that has changed.

    Raises:
        ValueError: If the file has another number of chunks.
    """
    with _map_file(path) as memory:
        return [
            range(number * size, min(number * size + size, len(memory))) for number in find_damage(memory, sums, size)
        ]
