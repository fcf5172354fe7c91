"""CRC-32C and Adler-32 of any buffer, without a copy of it."""

from crc_checks._core import Checksum, adler32, chunk_sums, combine, crc32c, find_damage
from crc_checks.files import find_file_damage, sum_file

__all__ = [
    "Checksum",
    "adler32",
    "chunk_sums",
    "combine",
    "crc32c",
    "find_damage",
    "find_file_damage",
    "sum_file",
]
