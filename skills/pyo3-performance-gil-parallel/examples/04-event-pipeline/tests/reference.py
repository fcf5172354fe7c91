"""The same in plain Python, and events to try it on."""

import gzip
import hmac
import ipaddress
import random
from pathlib import Path

KEY = b"0123456789abcdef"


def plain_line(line: str) -> str:
    """Anonymise an event as it is written without Rust."""
    seconds, user, address, action = line.split("\t")
    bits = 24 if ipaddress.ip_address(address).version == 4 else 48
    network = ipaddress.ip_network((address, bits), strict=False).network_address
    pseudonym = hmac.digest(KEY, user.encode(), "sha256")[:8].hex()
    return f"{int(seconds) // 60 * 60}\t{pseudonym}\t{network}\t{action}"


def plain_file(source: Path, target: Path) -> None:
    """Anonymise a file, a line at a time."""
    with gzip.open(source, "rt", encoding="utf-8") as lines, gzip.open(target, "wt", 6, "utf-8") as output:
        output.writelines(plain_line(line[:-1]) + "\n" for line in lines)


def make_lines(count: int, seed: int = 1) -> list[str]:
    """Make events of some thousand users."""
    dice = random.Random(seed)
    addresses = ["10.{}.{}.{}", "2001:db8:{:x}::{:x}:{:x}"]
    return [
        f"{1_700_000_000 + place}\tuser-{dice.randrange(5000)}\t"
        f"{dice.choice(addresses).format(*(dice.randrange(256) for _ in range(3)))}\t{dice.choice(['buy', 'ünï'])}"
        for place in range(count)
    ]


def write_events(path: Path, lines: list[str]) -> None:
    """Write a gzip file."""
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), 1))
