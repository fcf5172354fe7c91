"""CRC-32C as it is written without Rust."""

POLYNOMIAL = 0x82F6_3B78


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()


def plain_crc32c(data: bytes, value: int = 0) -> int:
    """Compute the CRC-32C of bytes, one at a time."""
    value ^= 0xFFFF_FFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFF_FFFF
